# Henha Eyono et al. 2026: inhibition that normalizes activity and errors, on Fashion-MNIST.
# data -> train (one job per condition and block of configurations) -> table (per figure) -> figures.


rule eyono2026:
    """All figures of Henha Eyono et al. 2026."""
    input:
        figure_files("eyono2026"),
    message:
        "The figures of eyono2026 are in results/figures/eyono2026."


rule eyono2026_data:
    """Deal the images to training, validation and test."""
    input:
        stored("data_images"),
    output:
        "results/store/eyono2026/data/{dataset}.{key}.npz",
    log:
        "results/logs/eyono2026/data/{dataset}.{key}.log",
    benchmark:
        "results/benchmarks/eyono2026/data/{dataset}.{key}.tsv"
    conda:
        "../../envs/homeostat.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=10,
    params:
        code=code_hash("eyono2026/data.py"),
        train=lookup(dpath="eyono2026/train_images", within=config),
        validation=lookup(dpath="eyono2026/validation_images", within=config),
        test=lookup(dpath="eyono2026/test_images", within=config),
    message:
        "eyono2026: preparing the images of {wildcards.dataset}."
    shell:
        "python -m eyono2026.data --images {input:q} --train {params.train} --validation {params.validation}"
        " --test {params.test} --output {output:q} > {log:q} 2>&1"


rule eyono2026_train:
    """Train one condition for a block of hyper-parameter configurations, and measure it after each epoch."""
    input:
        stored("eyono2026_data"),
    output:
        "results/store/eyono2026/fits/{dataset}/{condition}/configurations~{first}-{last}.{key}.npz",
    log:
        "results/logs/eyono2026/fits/{dataset}/{condition}/configurations~{first}-{last}.{key}.log",
    benchmark:
        "results/benchmarks/eyono2026/fits/{dataset}/{condition}/configurations~{first}-{last}.{key}.tsv"
    conda:
        "../../envs/homeostat.yaml"
    threads: 1
    resources:
        mem_mb=4000,
        runtime=120,
        gpu=gpu_count,
    params:
        code=code_hash("eyono2026/train.py"),
        device=config["device"],
        checkpoint="results/checkpoints/{key}.npz",
        training=eyono2026_training(),
    message:
        "eyono2026: training {wildcards.condition}, configurations {wildcards.first} to {wildcards.last}."
    shell:
        "python -m eyono2026.train --data {input:q} --condition {wildcards.condition:q}"
        " --configurations {wildcards.first} {wildcards.last} {params.training} --device {params.device}"
        " --checkpoint {params.checkpoint:q} --output {output:q} > {log:q} 2>&1"


rule eyono2026_table:
    """Collect the runs that one figure needs into a tidy table."""
    input:
        eyono2026_runs,
    output:
        "results/store/eyono2026/tables/{figure}.{key}.csv",
    log:
        "results/logs/eyono2026/tables/{figure}.{key}.log",
    benchmark:
        "results/benchmarks/eyono2026/tables/{figure}.{key}.tsv"
    conda:
        "../../envs/homeostat.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=10,
    params:
        code=code_hash("eyono2026/table.py"),
        epochs=lambda wildcards: "all" if wildcards.figure == "fig4" else "last",
        scale=SCALE["eyono2026"],
    message:
        "eyono2026: collecting the runs of {wildcards.figure}."
    shell:
        "python -m eyono2026.table --runs {input:q} --epochs {params.epochs} --scale {params.scale:q}"
        " --output {output:q} > {log:q} 2>&1"


rule eyono2026_draw_fig1:
    """Figure 1: the I-Norm layer, and the stimuli."""
    input:
        stored("eyono2026_data", dataset=EYONO2026_DATA),
    output:
        multiext("results/store/eyono2026/figures/fig1.{key}", ".pdf", ".png", ".csv"),
    log:
        "results/logs/eyono2026/figures/fig1.{key}.log",
    benchmark:
        "results/benchmarks/eyono2026/figures/fig1.{key}.tsv"
    conda:
        "../../envs/homeostat.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=10,
    params:
        code=code_hash("eyono2026/fig1.py"),
        settings=json.dumps({"epsilon": max(config["eyono2026"]["epsilons"]), "scale": SCALE["eyono2026"]}),
    message:
        "eyono2026: drawing figure 1."
    shell:
        "python -m eyono2026.fig1 --data {input:q} --settings {params.settings:q}" " --output {output:q} > {log:q} 2>&1"


rule eyono2026_draw_fig2:
    """Figure 2: LayerNorm in E/I networks, and without inhibition."""
    input:
        stored("eyono2026_table", figure="fig2"),
    output:
        multiext("results/store/eyono2026/figures/fig2.{key}", ".pdf", ".png", ".csv"),
    log:
        "results/logs/eyono2026/figures/fig2.{key}.log",
    benchmark:
        "results/benchmarks/eyono2026/figures/fig2.{key}.tsv"
    conda:
        "../../envs/homeostat.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=10,
    params:
        code=code_hash("eyono2026/fig2.py"),
        settings=json.dumps({"best": config["eyono2026"]["best"]}),
    message:
        "eyono2026: drawing figure 2."
    shell:
        "python -m eyono2026.fig2 --table {input:q} --settings {params.settings:q} --output {output:q} > {log:q} 2>&1"


rule eyono2026_draw_fig3:
    """Figure 3: moments of activity under learned inhibition."""
    input:
        stored("eyono2026_table", figure="fig3"),
    output:
        multiext("results/store/eyono2026/figures/fig3.{key}", ".pdf", ".png", ".csv"),
    log:
        "results/logs/eyono2026/figures/fig3.{key}.log",
    benchmark:
        "results/benchmarks/eyono2026/figures/fig3.{key}.tsv"
    conda:
        "../../envs/homeostat.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=10,
    params:
        code=code_hash("eyono2026/fig3.py"),
        settings=json.dumps({"best": config["eyono2026"]["best"]}),
    message:
        "eyono2026: drawing figure 3."
    shell:
        "python -m eyono2026.fig3 --table {input:q} --settings {params.settings:q} --output {output:q} > {log:q} 2>&1"


rule eyono2026_draw_fig4:
    """Figure 4: activity normalized, errors not."""
    input:
        stored("eyono2026_table", figure="fig4"),
    output:
        multiext("results/store/eyono2026/figures/fig4.{key}", ".pdf", ".png", ".csv"),
    log:
        "results/logs/eyono2026/figures/fig4.{key}.log",
    benchmark:
        "results/benchmarks/eyono2026/figures/fig4.{key}.tsv"
    conda:
        "../../envs/homeostat.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=10,
    params:
        code=code_hash("eyono2026/fig4.py"),
        settings=json.dumps({"best": config["eyono2026"]["best"]}),
    message:
        "eyono2026: drawing figure 4."
    shell:
        "python -m eyono2026.fig4 --table {input:q} --settings {params.settings:q} --output {output:q} > {log:q} 2>&1"


rule eyono2026_draw_fig5:
    """Figure 5: activity and errors normalized."""
    input:
        stored("eyono2026_table", figure="fig5"),
    output:
        multiext("results/store/eyono2026/figures/fig5.{key}", ".pdf", ".png", ".csv"),
    log:
        "results/logs/eyono2026/figures/fig5.{key}.log",
    benchmark:
        "results/benchmarks/eyono2026/figures/fig5.{key}.tsv"
    conda:
        "../../envs/homeostat.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=10,
    params:
        code=code_hash("eyono2026/fig5.py"),
        settings=json.dumps({"best": config["eyono2026"]["best"]}),
    message:
        "eyono2026: drawing figure 5."
    shell:
        "python -m eyono2026.fig5 --table {input:q} --settings {params.settings:q} --output {output:q} > {log:q} 2>&1"


rule eyono2026_draw_fig6:
    """Figure 6: parts of the normalization of errors."""
    input:
        stored("eyono2026_table", figure="fig6"),
    output:
        multiext("results/store/eyono2026/figures/fig6.{key}", ".pdf", ".png", ".csv"),
    log:
        "results/logs/eyono2026/figures/fig6.{key}.log",
    benchmark:
        "results/benchmarks/eyono2026/figures/fig6.{key}.tsv"
    conda:
        "../../envs/homeostat.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=10,
    params:
        code=code_hash("eyono2026/fig6.py"),
        settings=json.dumps({"best": config["eyono2026"]["best"]}),
    message:
        "eyono2026: drawing figure 6."
    shell:
        "python -m eyono2026.fig6 --table {input:q} --settings {params.settings:q} --output {output:q} > {log:q} 2>&1"


rule eyono2026_draw_fig7:
    """Figure 7: errors centered by lateral inhibition."""
    input:
        stored("eyono2026_table", figure="fig7"),
    output:
        multiext("results/store/eyono2026/figures/fig7.{key}", ".pdf", ".png", ".csv"),
    log:
        "results/logs/eyono2026/figures/fig7.{key}.log",
    benchmark:
        "results/benchmarks/eyono2026/figures/fig7.{key}.tsv"
    conda:
        "../../envs/homeostat.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=10,
    params:
        code=code_hash("eyono2026/fig7.py"),
        settings=json.dumps({"best": config["eyono2026"]["best"]}),
    message:
        "eyono2026: drawing figure 7."
    shell:
        "python -m eyono2026.fig7 --table {input:q} --settings {params.settings:q} --output {output:q} > {log:q} 2>&1"
