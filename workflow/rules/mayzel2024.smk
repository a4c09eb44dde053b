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
        data="results/data/mayzel2024/{recording}.npz",
        teacher=mayzel2024_teacher,
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
        mem_mb=6000,
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
        "python -m mayzel2024.fit --data {input.data:q} --teacher {input.teacher:q}"
        " --condition {wildcards.condition:q}"
        " --seeds {wildcards.first} {wildcards.last} {params.training} --device {params.device}"
        " --checkpoint {params.checkpoint:q} --output {output:q} > {log:q} 2>&1"


rule mayzel2024_teacher:
    """Train the teacher of figure 4 on the recording."""
    input:
        "results/data/mayzel2024/{recording}.npz",
    output:
        "results/fits/mayzel2024/{recording}/teacher.npz",
    log:
        "results/logs/mayzel2024/teacher/{recording}.log",
    benchmark:
        "results/benchmarks/mayzel2024/teacher/{recording}.tsv"
    conda:
        "../../envs/homeostat.yaml"
    threads: 1
    resources:
        mem_mb=3000,
        runtime=60,
        gpu=gpu_count,
    params:
        code=code_hash("mayzel2024/teacher.py"),
        device=config["device"],
        model=as_flags(
            {name: config["mayzel2024"][name] for name in ("neurons", "in_degree", "slope", "threshold", "chains")}
        ),
        projections=lookup(dpath="mayzel2024/fig4/teacher_projections", within=config),
        steps=lookup(dpath="mayzel2024/steps/rp", within=config),
    message:
        "mayzel2024: training the teacher on {wildcards.recording}."
    shell:
        "python -m mayzel2024.teacher --data {input:q} {params.model} --projections {params.projections}"
        " --steps {params.steps} --device {params.device} --output {output:q} > {log:q} 2>&1"


rule mayzel2024_synthetic:
    """Draw the synthetic patterns of figure 4 from the teacher."""
    input:
        "results/fits/mayzel2024/{recording}/teacher.npz",
    output:
        "results/data/recordings/{recording}-teacher.npz",
    log:
        "results/logs/mayzel2024/synthetic/{recording}.log",
    benchmark:
        "results/benchmarks/mayzel2024/synthetic/{recording}.tsv"
    conda:
        "../../envs/homeostat.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        code=code_hash("data/surrogate.py"),
        samples=config["mayzel2024"]["train_samples"] + config["mayzel2024"]["test_samples"],
        sampling=as_flags(config["surrogate"], "samples"),
    message:
        "mayzel2024: drawing patterns from the teacher of {wildcards.recording}."
    shell:
        "python -m data.surrogate --generator {input:q} --name {wildcards.recording:q}-teacher"
        " --samples {params.samples} {params.sampling} --output {output:q} > {log:q} 2>&1"


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
        degree=lookup(dpath="mayzel2024/in_degree", within=config),
        scale=SCALE["mayzel2024"],
    message:
        "mayzel2024: collecting the fits of {wildcards.figure}."
    shell:
        "python -m mayzel2024.table --fits {input:q} --labels {params.labels:q} --in-degree {params.degree}"
        " --scale {params.scale:q}"
        " --output {output:q} > {log:q} 2>&1"


rule mayzel2024_details:
    """Collect what a figure shows of single projections, synapses and steps."""
    input:
        lambda wildcards: mayzel2024_fits(wildcards.figure)[0],
    output:
        "results/tables/mayzel2024/{figure}_details.csv",
    log:
        "results/logs/mayzel2024/details/{figure}.log",
    benchmark:
        "results/benchmarks/mayzel2024/details/{figure}.tsv"
    conda:
        "../../envs/homeostat.yaml"
    threads: 1
    resources:
        mem_mb=4000,
        runtime=20,
    params:
        code=code_hash("mayzel2024/details.py"),
        labels=lambda wildcards: mayzel2024_fits(wildcards.figure)[1],
        kinds=lambda wildcards: MAYZEL2024_DETAILS[wildcards.figure],
        scale=SCALE["mayzel2024"],
    message:
        "mayzel2024: collecting the projections of {wildcards.figure}."
    shell:
        "python -m mayzel2024.details --fits {input:q} --labels {params.labels:q} --kinds {params.kinds}"
        " --scale {params.scale:q} --output {output:q} > {log:q} 2>&1"


rule mayzel2024_patterns:
    """Compare predicted and observed probabilities of single patterns (panel 1C)."""
    input:
        data=f"results/data/mayzel2024/{RECORDING}.npz",
        fits=mayzel2024_fits("fig1_patterns")[0],
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
        labels=mayzel2024_fits("fig1_patterns")[1],
        scale=SCALE["mayzel2024"],
    message:
        "mayzel2024: comparing predicted and observed pattern probabilities."
    shell:
        "python -m mayzel2024.patterns --data {input.data:q} --fits {input.fits:q} --labels {params.labels:q}"
        " --scale {params.scale:q} --patterns {output.patterns:q} --funnel {output.funnel:q} > {log:q} 2>&1"


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


rule mayzel2024_fig2:
    """Figure 2: homeostatic v bounded synapses."""
    input:
        data=f"results/data/mayzel2024/{RECORDING}.npz",
        table="results/tables/mayzel2024/fig2.csv",
    output:
        pdf=figure_report("mayzel2024", "fig2"),
        rest=multiext("results/figures/mayzel2024/fig2", ".png", ".csv"),
    log:
        "results/logs/mayzel2024/fig2.log",
    benchmark:
        "results/benchmarks/mayzel2024/fig2.tsv"
    conda:
        "../../envs/homeostat.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=10,
    params:
        code=code_hash("mayzel2024/fig2.py"),
    message:
        "mayzel2024: drawing figure 2."
    shell:
        "python -m mayzel2024.fig2 --data {input.data:q} --table {input.table:q}" " --output {output:q} > {log:q} 2>&1"


rule mayzel2024_fig2s1:
    """Figure 2, supplement 1: homeostasis at other fixed factors."""
    input:
        data=f"results/data/mayzel2024/{RECORDING}.npz",
        table="results/tables/mayzel2024/fig2s1.csv",
    output:
        pdf=figure_report("mayzel2024", "fig2s1"),
        rest=multiext("results/figures/mayzel2024/fig2s1", ".png", ".csv"),
    log:
        "results/logs/mayzel2024/fig2s1.log",
    benchmark:
        "results/benchmarks/mayzel2024/fig2s1.tsv"
    conda:
        "../../envs/homeostat.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=10,
    params:
        code=code_hash("mayzel2024/fig2s1.py"),
    message:
        "mayzel2024: drawing figure 2, supplement 1."
    shell:
        "python -m mayzel2024.fig2s1 --data {input.data:q} --table {input.table:q}"
        " --output {output:q} > {log:q} 2>&1"


rule mayzel2024_fig3:
    """Figure 3: homeostasis regulates the firing of projections."""
    input:
        data=f"results/data/mayzel2024/{RECORDING}.npz",
        table="results/tables/mayzel2024/fig3.csv",
        details="results/tables/mayzel2024/fig3_details.csv",
    output:
        pdf=figure_report("mayzel2024", "fig3"),
        rest=multiext("results/figures/mayzel2024/fig3", ".png", ".csv"),
    log:
        "results/logs/mayzel2024/fig3.log",
    benchmark:
        "results/benchmarks/mayzel2024/fig3.tsv"
    conda:
        "../../envs/homeostat.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=10,
    params:
        code=code_hash("mayzel2024/fig3.py"),
    message:
        "mayzel2024: drawing figure 3."
    shell:
        "python -m mayzel2024.fig3 --data {input.data:q} --table {input.table:q}"
        " --details {input.details:q} --output {output:q} > {log:q} 2>&1"


rule mayzel2024_fig4:
    """Figure 4: learning from a teacher with known connectivity."""
    input:
        data=f"results/data/mayzel2024/{TEACHER}.npz",
        table="results/tables/mayzel2024/fig4.csv",
    output:
        pdf=figure_report("mayzel2024", "fig4"),
        rest=multiext("results/figures/mayzel2024/fig4", ".png", ".csv"),
    log:
        "results/logs/mayzel2024/fig4.log",
    benchmark:
        "results/benchmarks/mayzel2024/fig4.tsv"
    conda:
        "../../envs/homeostat.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=10,
    params:
        code=code_hash("mayzel2024/fig4.py"),
    message:
        "mayzel2024: drawing figure 4."
    shell:
        "python -m mayzel2024.fig4 --data {input.data:q} --table {input.table:q}" " --output {output:q} > {log:q} 2>&1"


rule mayzel2024_fig5:
    """Figure 5: kinds of homeostatic normalization."""
    input:
        data=f"results/data/mayzel2024/{RECORDING}.npz",
        table="results/tables/mayzel2024/fig5.csv",
        details="results/tables/mayzel2024/fig5_details.csv",
    output:
        pdf=figure_report("mayzel2024", "fig5"),
        rest=multiext("results/figures/mayzel2024/fig5", ".png", ".csv"),
    log:
        "results/logs/mayzel2024/fig5.log",
    benchmark:
        "results/benchmarks/mayzel2024/fig5.tsv"
    conda:
        "../../envs/homeostat.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=10,
    params:
        code=code_hash("mayzel2024/fig5.py"),
    message:
        "mayzel2024: drawing figure 5."
    shell:
        "python -m mayzel2024.fig5 --data {input.data:q} --table {input.table:q}"
        " --details {input.details:q} --output {output:q} > {log:q} 2>&1"


rule mayzel2024_fig5s1:
    """Figure 5, supplement 1: correlations, rates, angles and weights."""
    input:
        data=f"results/data/mayzel2024/{RECORDING}.npz",
        table="results/tables/mayzel2024/fig5s1.csv",
        details="results/tables/mayzel2024/fig5s1_details.csv",
    output:
        pdf=figure_report("mayzel2024", "fig5s1"),
        rest=multiext("results/figures/mayzel2024/fig5s1", ".png", ".csv"),
    log:
        "results/logs/mayzel2024/fig5s1.log",
    benchmark:
        "results/benchmarks/mayzel2024/fig5s1.tsv"
    conda:
        "../../envs/homeostat.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=10,
    params:
        code=code_hash("mayzel2024/fig5s1.py"),
    message:
        "mayzel2024: drawing figure 5, supplement 1."
    shell:
        "python -m mayzel2024.fig5s1 --data {input.data:q} --table {input.table:q}"
        " --details {input.details:q} --output {output:q} > {log:q} 2>&1"
