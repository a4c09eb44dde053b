# Krishna et al. 2024: offline reactivation in noisy recurrent networks.
# data (test trajectories) -> train (one job per condition and block of seeds) -> replay (awake and quiescent runs of
# one family of networks) -> table (per figure) -> figures.


rule krishna2024:
    """All figures of Krishna et al. 2024."""
    input:
        figure_files("krishna2024"),
    message:
        "The figures of krishna2024 are in results/figures/krishna2024."


rule krishna2024_data:
    """Draw the test trajectories and place cells of a block of seeds."""
    output:
        "results/data/krishna2024/seeds~{first}-{last}.npz",
    log:
        "results/logs/krishna2024/data/seeds~{first}-{last}.log",
    benchmark:
        "results/benchmarks/krishna2024/data/seeds~{first}-{last}.tsv"
    conda:
        "../../envs/homeostat.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=10,
    params:
        code=code_hash("krishna2024/data.py"),
        trajectories=lookup(dpath="krishna2024/test_trajectories", within=config),
        steps=[config["krishna2024"][task]["steps"] for task in ("position", "heading")],
        cells=[config["krishna2024"][task]["cells"] for task in ("position", "heading")],
    message:
        "krishna2024: drawing test trajectories of seeds {wildcards.first} to {wildcards.last}."
    shell:
        "python -m krishna2024.data --seeds {wildcards.first} {wildcards.last} --trajectories {params.trajectories}"
        " --steps {params.steps} --cells {params.cells} --output {output:q} > {log:q} 2>&1"


rule krishna2024_train:
    """Train the networks of one condition for a block of seeds."""
    input:
        "results/data/krishna2024/seeds~{first}-{last}.npz",
    output:
        "results/fits/krishna2024/{condition}/seeds~{first}-{last}.npz",
    log:
        "results/logs/krishna2024/train/{condition}/seeds~{first}-{last}.log",
    benchmark:
        "results/benchmarks/krishna2024/train/{condition}/seeds~{first}-{last}.tsv"
    conda:
        "../../envs/homeostat.yaml"
    threads: krishna2024_threads
    resources:
        mem_mb=3000,
        runtime=480,
        gpu=gpu_count,
    params:
        code=code_hash("krishna2024/train.py"),
        device=config["device"],
        checkpoint="results/checkpoints/krishna2024/{condition}/seeds~{first}-{last}.npz",
        training=krishna2024_training,
    message:
        "krishna2024: training {wildcards.condition}, seeds {wildcards.first} to {wildcards.last}."
    shell:
        "python -m krishna2024.train --data {input:q} --condition {wildcards.condition:q}"
        " --seeds {wildcards.first} {wildcards.last} {params.training} --device {params.device} --threads {threads}"
        " --checkpoint {params.checkpoint:q} --output {output:q} > {log:q} 2>&1"


rule krishna2024_replay:
    """Run the networks of one family awake and quiescent, and measure what they do."""
    input:
        data="results/data/krishna2024/seeds~{first}-{last}.npz",
        fits=krishna2024_networks,
    output:
        "results/replays/krishna2024/{family}/seeds~{first}-{last}.npz",
    log:
        "results/logs/krishna2024/replay/{family}/seeds~{first}-{last}.log",
    benchmark:
        "results/benchmarks/krishna2024/replay/{family}/seeds~{first}-{last}.tsv"
    conda:
        "../../envs/homeostat.yaml"
    threads: krishna2024_threads
    resources:
        mem_mb=4000,
        runtime=240,
        gpu=gpu_count,
    params:
        code=code_hash("krishna2024/replay.py"),
        device=config["device"],
        quiescence=as_flags(config["krishna2024"]["quiescence"]),
    message:
        "krishna2024: replaying {wildcards.family}, seeds {wildcards.first} to {wildcards.last}."
    shell:
        "python -m krishna2024.replay --data {input.data:q} --fits {input.fits:q} {params.quiescence}"
        " --device {params.device} --output {output:q} > {log:q} 2>&1"


rule krishna2024_table:
    """Collect what one figure shows into a tidy table."""
    input:
        krishna2024_replays,
    output:
        "results/tables/krishna2024/{figure}.csv",
    log:
        "results/logs/krishna2024/table/{figure}.log",
    benchmark:
        "results/benchmarks/krishna2024/table/{figure}.tsv"
    conda:
        "../../envs/homeostat.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=10,
    params:
        code=code_hash("krishna2024/table.py"),
        scale=SCALE["krishna2024"],
    message:
        "krishna2024: collecting the measures of {wildcards.figure}."
    shell:
        "python -m krishna2024.table --figure {wildcards.figure} --replays {input:q} --scale {params.scale:q}"
        " --output {output:q} > {log:q} 2>&1"


rule krishna2024_fig1:
    """Figure 1: networks that know their position, awake and quiescent."""
    input:
        "results/tables/krishna2024/fig1.csv",
    output:
        pdf=figure_report("krishna2024", "fig1"),
        rest=multiext("results/figures/krishna2024/fig1", ".png", ".csv"),
    log:
        "results/logs/krishna2024/fig1.log",
    benchmark:
        "results/benchmarks/krishna2024/fig1.tsv"
    conda:
        "../../envs/homeostat.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=10,
    params:
        code=code_hash("krishna2024/fig1.py"),
    message:
        "krishna2024: drawing figure 1."
    shell:
        "python -m krishna2024.fig1 --table {input:q} --output {output:q} > {log:q} 2>&1"


rule krishna2024_fig2:
    """Figure 2: biased walks, divergences and variance of quiescence."""
    input:
        "results/tables/krishna2024/fig2.csv",
    output:
        pdf=figure_report("krishna2024", "fig2"),
        rest=multiext("results/figures/krishna2024/fig2", ".png", ".csv"),
    log:
        "results/logs/krishna2024/fig2.log",
    benchmark:
        "results/benchmarks/krishna2024/fig2.tsv"
    conda:
        "../../envs/homeostat.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=10,
    params:
        code=code_hash("krishna2024/fig2.py"),
    message:
        "krishna2024: drawing figure 2."
    shell:
        "python -m krishna2024.fig2 --table {input:q} --output {output:q} > {log:q} 2>&1"


rule krishna2024_fig3:
    """Figure 3: networks that know their head direction."""
    input:
        "results/tables/krishna2024/fig3.csv",
    output:
        pdf=figure_report("krishna2024", "fig3"),
        rest=multiext("results/figures/krishna2024/fig3", ".png", ".csv"),
    log:
        "results/logs/krishna2024/fig3.log",
    benchmark:
        "results/benchmarks/krishna2024/fig3.tsv"
    conda:
        "../../envs/homeostat.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=10,
    params:
        code=code_hash("krishna2024/fig3.py"),
    message:
        "krishna2024: drawing figure 3."
    shell:
        "python -m krishna2024.fig3 --table {input:q} --output {output:q} > {log:q} 2>&1"


rule krishna2024_figC1:
    """Figure C.1: quiescence with the noise of training."""
    input:
        "results/tables/krishna2024/figC1.csv",
    output:
        pdf=figure_report("krishna2024", "figC1"),
        rest=multiext("results/figures/krishna2024/figC1", ".png", ".csv"),
    log:
        "results/logs/krishna2024/figC1.log",
    benchmark:
        "results/benchmarks/krishna2024/figC1.tsv"
    conda:
        "../../envs/homeostat.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=10,
    params:
        code=code_hash("krishna2024/figC1.py"),
    message:
        "krishna2024: drawing figure C1."
    shell:
        "python -m krishna2024.figC1 --table {input:q} --output {output:q} > {log:q} 2>&1"


rule krishna2024_figC2:
    """Figure C.2: gated networks."""
    input:
        "results/tables/krishna2024/figC2.csv",
    output:
        pdf=figure_report("krishna2024", "figC2"),
        rest=multiext("results/figures/krishna2024/figC2", ".png", ".csv"),
    log:
        "results/logs/krishna2024/figC2.log",
    benchmark:
        "results/benchmarks/krishna2024/figC2.tsv"
    conda:
        "../../envs/homeostat.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=10,
    params:
        code=code_hash("krishna2024/figC2.py"),
    message:
        "krishna2024: drawing figure C2."
    shell:
        "python -m krishna2024.figC2 --table {input:q} --output {output:q} > {log:q} 2>&1"


rule krishna2024_figC3:
    """Figure C.3: single quiescent trajectories."""
    input:
        "results/tables/krishna2024/figC3.csv",
    output:
        pdf=figure_report("krishna2024", "figC3"),
        rest=multiext("results/figures/krishna2024/figC3", ".png", ".csv"),
    log:
        "results/logs/krishna2024/figC3.log",
    benchmark:
        "results/benchmarks/krishna2024/figC3.tsv"
    conda:
        "../../envs/homeostat.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=10,
    params:
        code=code_hash("krishna2024/figC3.py"),
    message:
        "krishna2024: drawing figure C3."
    shell:
        "python -m krishna2024.figC3 --table {input:q} --output {output:q} > {log:q} 2>&1"


rule krishna2024_figC4:
    """Figure C.4: distances of a step, awake and quiescent."""
    input:
        "results/tables/krishna2024/figC4.csv",
    output:
        pdf=figure_report("krishna2024", "figC4"),
        rest=multiext("results/figures/krishna2024/figC4", ".png", ".csv"),
    log:
        "results/logs/krishna2024/figC4.log",
    benchmark:
        "results/benchmarks/krishna2024/figC4.tsv"
    conda:
        "../../envs/homeostat.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=10,
    params:
        code=code_hash("krishna2024/figC4.py"),
    message:
        "krishna2024: drawing figure C4."
    shell:
        "python -m krishna2024.figC4 --table {input:q} --output {output:q} > {log:q} 2>&1"


rule krishna2024_figC5:
    """Figure C.5: heads that turn one way."""
    input:
        "results/tables/krishna2024/figC5.csv",
    output:
        pdf=figure_report("krishna2024", "figC5"),
        rest=multiext("results/figures/krishna2024/figC5", ".png", ".csv"),
    log:
        "results/logs/krishna2024/figC5.log",
    benchmark:
        "results/benchmarks/krishna2024/figC5.tsv"
    conda:
        "../../envs/homeostat.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=10,
    params:
        code=code_hash("krishna2024/figC5.py"),
    message:
        "krishna2024: drawing figure C5."
    shell:
        "python -m krishna2024.figC5 --table {input:q} --output {output:q} > {log:q} 2>&1"


rule krishna2024_figC6:
    """Figure C.6 (ours): is quiescence sampled or inherited from its starting states?"""
    input:
        "results/tables/krishna2024/figC6.csv",
    output:
        pdf=figure_report("krishna2024", "figC6"),
        rest=multiext("results/figures/krishna2024/figC6", ".png", ".csv"),
    log:
        "results/logs/krishna2024/figC6.log",
    benchmark:
        "results/benchmarks/krishna2024/figC6.tsv"
    conda:
        "../../envs/homeostat.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=10,
    params:
        code=code_hash("krishna2024/figC6.py"),
    message:
        "krishna2024: drawing figure C6."
    shell:
        "python -m krishna2024.figC6 --table {input:q} --output {output:q} > {log:q} 2>&1"
