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
        "results/store/krishna2024/data/seeds~{first}-{last}.{key}.npz",
    log:
        "results/logs/krishna2024/data/seeds~{first}-{last}.{key}.log",
    benchmark:
        "results/benchmarks/krishna2024/data/seeds~{first}-{last}.{key}.tsv"
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
        stored("krishna2024_data"),
    output:
        "results/store/krishna2024/fits/{condition}/seeds~{first}-{last}.{key}.npz",
    log:
        "results/logs/krishna2024/fits/{condition}/seeds~{first}-{last}.{key}.log",
    benchmark:
        "results/benchmarks/krishna2024/fits/{condition}/seeds~{first}-{last}.{key}.tsv"
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
        checkpoint="results/checkpoints/{key}.npz",
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
        data=stored("krishna2024_data"),
        fits=krishna2024_networks,
    output:
        "results/store/krishna2024/replays/{family}/seeds~{first}-{last}.{key}.npz",
    log:
        "results/logs/krishna2024/replays/{family}/seeds~{first}-{last}.{key}.log",
    benchmark:
        "results/benchmarks/krishna2024/replays/{family}/seeds~{first}-{last}.{key}.tsv"
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
        "results/store/krishna2024/tables/{figure}.{key}.csv",
    log:
        "results/logs/krishna2024/tables/{figure}.{key}.log",
    benchmark:
        "results/benchmarks/krishna2024/tables/{figure}.{key}.tsv"
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


rule krishna2024_draw_fig1:
    """Figure 1: networks that know their position, awake and quiescent."""
    input:
        stored("krishna2024_table", figure="fig1"),
    output:
        multiext("results/store/krishna2024/figures/fig1.{key}", ".pdf", ".png", ".csv"),
    log:
        "results/logs/krishna2024/figures/fig1.{key}.log",
    benchmark:
        "results/benchmarks/krishna2024/figures/fig1.{key}.tsv"
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


rule krishna2024_draw_fig2:
    """Figure 2: biased walks, divergences and variance of quiescence."""
    input:
        stored("krishna2024_table", figure="fig2"),
    output:
        multiext("results/store/krishna2024/figures/fig2.{key}", ".pdf", ".png", ".csv"),
    log:
        "results/logs/krishna2024/figures/fig2.{key}.log",
    benchmark:
        "results/benchmarks/krishna2024/figures/fig2.{key}.tsv"
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


rule krishna2024_draw_fig3:
    """Figure 3: networks that know their head direction."""
    input:
        stored("krishna2024_table", figure="fig3"),
    output:
        multiext("results/store/krishna2024/figures/fig3.{key}", ".pdf", ".png", ".csv"),
    log:
        "results/logs/krishna2024/figures/fig3.{key}.log",
    benchmark:
        "results/benchmarks/krishna2024/figures/fig3.{key}.tsv"
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


rule krishna2024_draw_figC1:
    """Figure C.1: quiescence with the noise of training."""
    input:
        stored("krishna2024_table", figure="figC1"),
    output:
        multiext("results/store/krishna2024/figures/figC1.{key}", ".pdf", ".png", ".csv"),
    log:
        "results/logs/krishna2024/figures/figC1.{key}.log",
    benchmark:
        "results/benchmarks/krishna2024/figures/figC1.{key}.tsv"
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


rule krishna2024_draw_figC2:
    """Figure C.2: gated networks."""
    input:
        stored("krishna2024_table", figure="figC2"),
    output:
        multiext("results/store/krishna2024/figures/figC2.{key}", ".pdf", ".png", ".csv"),
    log:
        "results/logs/krishna2024/figures/figC2.{key}.log",
    benchmark:
        "results/benchmarks/krishna2024/figures/figC2.{key}.tsv"
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


rule krishna2024_draw_figC3:
    """Figure C.3: single quiescent trajectories."""
    input:
        stored("krishna2024_table", figure="figC3"),
    output:
        multiext("results/store/krishna2024/figures/figC3.{key}", ".pdf", ".png", ".csv"),
    log:
        "results/logs/krishna2024/figures/figC3.{key}.log",
    benchmark:
        "results/benchmarks/krishna2024/figures/figC3.{key}.tsv"
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


rule krishna2024_draw_figC4:
    """Figure C.4: distances of a step, awake and quiescent."""
    input:
        stored("krishna2024_table", figure="figC4"),
    output:
        multiext("results/store/krishna2024/figures/figC4.{key}", ".pdf", ".png", ".csv"),
    log:
        "results/logs/krishna2024/figures/figC4.{key}.log",
    benchmark:
        "results/benchmarks/krishna2024/figures/figC4.{key}.tsv"
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


rule krishna2024_draw_figC5:
    """Figure C.5: heads that turn one way."""
    input:
        stored("krishna2024_table", figure="figC5"),
    output:
        multiext("results/store/krishna2024/figures/figC5.{key}", ".pdf", ".png", ".csv"),
    log:
        "results/logs/krishna2024/figures/figC5.{key}.log",
    benchmark:
        "results/benchmarks/krishna2024/figures/figC5.{key}.tsv"
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


rule krishna2024_draw_figC6:
    """Figure C.6 (ours): is quiescence sampled or inherited from its starting states?"""
    input:
        stored("krishna2024_table", figure="figC6"),
    output:
        multiext("results/store/krishna2024/figures/figC6.{key}", ".pdf", ".png", ".csv"),
    log:
        "results/logs/krishna2024/figures/figC6.{key}.log",
    benchmark:
        "results/benchmarks/krishna2024/figures/figC6.{key}.tsv"
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
