# Mayzel & Schneidman 2024: random-projection models of population activity.
# data -> fit (one job per condition and block of seeds) -> table (per figure) -> figures.


rule mayzel2024:
    """All figures of Mayzel & Schneidman 2024."""
    input:
        figure_files("mayzel2024"),
    message:
        "The figures of mayzel2024 are in results/figures/mayzel2024."


rule mayzel2024_data:
    """Fit the recording to the study: sizes of training and test set."""
    input:
        "results/data/recordings/{recording}.npz",
    output:
        "results/data/mayzel2024/{recording}.npz",
    log:
        "results/logs/mayzel2024/data/{recording}.log",
    benchmark:
        "results/benchmarks/mayzel2024/data/{recording}.tsv"
    conda:
        "../../envs/homeostat.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=10,
    params:
        code=code_hash("mayzel2024/data.py"),
        train=lookup(dpath="mayzel2024/train_samples", within=config),
        test=lookup(dpath="mayzel2024/test_samples", within=config),
        split=lookup(dpath="recording_options/split", within=config),
    message:
        "mayzel2024: preparing the recording {wildcards.recording}."
    shell:
        "python -m mayzel2024.data --recording {input:q} --train {params.train} --test {params.test}"
        " --split {params.split} --output {output:q} > {log:q} 2>&1"


rule mayzel2024_fit:
    """Fit one condition for a block of seeds, and measure it on held-out patterns."""
    input:
        "results/data/mayzel2024/{recording}.npz",
    output:
        "results/fits/mayzel2024/{recording}/{condition}/seeds~{first}-{last}.npz",
    log:
        "results/logs/mayzel2024/fit/{recording}/{condition}/seeds~{first}-{last}.log",
    benchmark:
        "results/benchmarks/mayzel2024/fit/{recording}/{condition}/seeds~{first}-{last}.tsv"
    conda:
        "../../envs/homeostat.yaml"
    threads: 1
    resources:
        mem_mb=3000,
        runtime=240,
        gpu=gpu_count,
    params:
        code=code_hash("mayzel2024/fit.py"),
        device=config["device"],
        checkpoint="results/checkpoints/mayzel2024/{recording}/{condition}/seeds~{first}-{last}.npz",
        training=mayzel2024_training,
    message:
        "mayzel2024: fitting {wildcards.condition}, seeds {wildcards.first} to {wildcards.last}."
    shell:
        "python -m mayzel2024.fit --data {input:q} --condition {wildcards.condition:q}"
        " --seeds {wildcards.first} {wildcards.last} {params.training} --device {params.device}"
        " --checkpoint {params.checkpoint:q} --output {output:q} > {log:q} 2>&1"


rule mayzel2024_table:
    """Collect the fits that one figure needs into a tidy table."""
    input:
        lambda wildcards: mayzel2024_fits(wildcards.figure)[0],
    output:
        "results/tables/mayzel2024/{figure}.csv",
    log:
        "results/logs/mayzel2024/table/{figure}.log",
    benchmark:
        "results/benchmarks/mayzel2024/table/{figure}.tsv"
    conda:
        "../../envs/homeostat.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=10,
    params:
        code=code_hash("mayzel2024/table.py"),
        labels=lambda wildcards: mayzel2024_fits(wildcards.figure)[1],
        scale=config["scale"],
    message:
        "mayzel2024: collecting the fits of {wildcards.figure}."
    shell:
        "python -m mayzel2024.table --fits {input:q} --labels {params.labels:q} --scale {params.scale}"
        " --output {output:q} > {log:q} 2>&1"


rule mayzel2024_patterns:
    """Compare predicted and observed probabilities of single patterns (panel 1C)."""
    input:
        data=f"results/data/mayzel2024/{RECORDING}.npz",
        fits=mayzel2024_fits("patterns")[0],
    output:
        patterns="results/tables/mayzel2024/fig1_patterns.csv",
        funnel="results/tables/mayzel2024/fig1_funnel.csv",
    log:
        "results/logs/mayzel2024/patterns.log",
    benchmark:
        "results/benchmarks/mayzel2024/patterns.tsv"
    conda:
        "../../envs/homeostat.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=10,
    params:
        code=code_hash("mayzel2024/patterns.py"),
        labels=mayzel2024_fits("patterns")[1],
        scale=config["scale"],
    message:
        "mayzel2024: comparing predicted and observed pattern probabilities."
    shell:
        "python -m mayzel2024.patterns --data {input.data:q} --fits {input.fits:q} --labels {params.labels:q}"
        " --scale {params.scale} --patterns {output.patterns:q} --funnel {output.funnel:q} > {log:q} 2>&1"


rule mayzel2024_fig1:
    """Figure 1: reshaped random projections outperform random ones."""
    input:
        data=f"results/data/mayzel2024/{RECORDING}.npz",
        table="results/tables/mayzel2024/fig1.csv",
        patterns="results/tables/mayzel2024/fig1_patterns.csv",
        funnel="results/tables/mayzel2024/fig1_funnel.csv",
    output:
        pdf=figure_report("mayzel2024", "fig1"),
        rest=multiext("results/figures/mayzel2024/fig1", ".png", ".csv"),
    log:
        "results/logs/mayzel2024/fig1.log",
    benchmark:
        "results/benchmarks/mayzel2024/fig1.tsv"
    conda:
        "../../envs/homeostat.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=10,
    params:
        code=code_hash("mayzel2024/fig1.py"),
    message:
        "mayzel2024: drawing figure 1."
    shell:
        "python -m mayzel2024.fig1 --data {input.data:q} --table {input.table:q} --patterns {input.patterns:q}"
        " --funnel {input.funnel:q} --output {output:q} > {log:q} 2>&1"


rule mayzel2024_fig1s1:
    """Figure 1, supplement 1: step v sigmoid projections; pruning and replacement."""
    input:
        data=f"results/data/mayzel2024/{RECORDING}.npz",
        table="results/tables/mayzel2024/fig1s1.csv",
    output:
        pdf=figure_report("mayzel2024", "fig1s1"),
        rest=multiext("results/figures/mayzel2024/fig1s1", ".png", ".csv"),
    log:
        "results/logs/mayzel2024/fig1s1.log",
    benchmark:
        "results/benchmarks/mayzel2024/fig1s1.tsv"
    conda:
        "../../envs/homeostat.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=10,
    params:
        code=code_hash("mayzel2024/fig1s1.py"),
    message:
        "mayzel2024: drawing figure 1, supplement 1."
    shell:
        "python -m mayzel2024.fig1s1 --data {input.data:q} --table {input.table:q} --output {output:q} > {log:q} 2>&1"


rule mayzel2024_fig1s2:
    """Figure 1, supplement 2: tuned thresholds; the fixed factor of reshaped models."""
    input:
        data=f"results/data/mayzel2024/{RECORDING}.npz",
        table="results/tables/mayzel2024/fig1s2.csv",
    output:
        pdf=figure_report("mayzel2024", "fig1s2"),
        rest=multiext("results/figures/mayzel2024/fig1s2", ".png", ".csv"),
    log:
        "results/logs/mayzel2024/fig1s2.log",
    benchmark:
        "results/benchmarks/mayzel2024/fig1s2.tsv"
    conda:
        "../../envs/homeostat.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=10,
    params:
        code=code_hash("mayzel2024/fig1s2.py"),
    message:
        "mayzel2024: drawing figure 1, supplement 2."
    shell:
        "python -m mayzel2024.fig1s2 --data {input.data:q} --table {input.table:q} --output {output:q} > {log:q} 2>&1"
