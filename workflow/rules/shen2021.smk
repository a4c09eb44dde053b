# Shen, Wang & Navlakha 2021: normalization strategies of LeNet5 as homeostasis.
# data -> train (one job per condition and block of seeds) -> table (per figure) -> figures.


rule shen2021:
    """All figures of Shen, Wang & Navlakha 2021."""
    input:
        figure_files("shen2021"),
    message:
        "The figures of shen2021 are in results/figures/shen2021."


rule shen2021_data:
    """Fit an image set to the study: colour planes, sizes, a mixed test order."""
    input:
        images_file,
    output:
        "results/store/shen2021/data/{images}.{key}.npz",
    log:
        "results/logs/shen2021/data/{images}.{key}.log",
    benchmark:
        "results/benchmarks/shen2021/data/{images}.{key}.tsv"
    conda:
        "../../envs/homeostat.yaml"
    threads: 1
    resources:
        mem_mb=3000,
        runtime=10,
    params:
        code=code_hash("shen2021/data.py"),
        sizes=shen2021_sizes,
    message:
        "shen2021: preparing the images of {wildcards.images}."
    shell:
        "python -m shen2021.data --images {input:q} {params.sizes} --output {output:q} > {log:q} 2>&1"


rule shen2021_train:
    """Train the networks of one condition for a block of seeds, and measure them on the test set."""
    input:
        stored("shen2021_data"),
    output:
        "results/store/shen2021/fits/{images}/{condition}/seeds~{first}-{last}.{key}.npz",
    log:
        "results/logs/shen2021/fits/{images}/{condition}/seeds~{first}-{last}.{key}.log",
    benchmark:
        "results/benchmarks/shen2021/fits/{images}/{condition}/seeds~{first}-{last}.{key}.tsv"
    conda:
        "../../envs/homeostat.yaml"
    threads: 1
    resources:
        mem_mb=3000,
        runtime=240,
        gpu=gpu_count,
    params:
        code=code_hash("shen2021/train.py"),
        device=config["device"],
        checkpoint="results/checkpoints/{key}.npz",
        recording=shen2021_recording,
    message:
        "shen2021: training {wildcards.condition} on {wildcards.images}, seeds {wildcards.first} to {wildcards.last}."
    shell:
        "python -m shen2021.train --data {input:q} --condition {wildcards.condition:q}"
        " --seeds {wildcards.first} {wildcards.last} {params.recording} --device {params.device}"
        " --checkpoint {params.checkpoint:q} --output {output:q} > {log:q} 2>&1"


rule shen2021_table:
    """Collect the fits that one figure needs into a tidy table."""
    input:
        lambda wildcards: shen2021_fits(wildcards.name),
    output:
        "results/store/shen2021/tables/{name}.{key}.csv",
    log:
        "results/logs/shen2021/tables/{name}.{key}.log",
    benchmark:
        "results/benchmarks/shen2021/tables/{name}.{key}.tsv"
    conda:
        "../../envs/homeostat.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=10,
    params:
        code=code_hash("shen2021/table.py"),
        units=lambda wildcards: "" if wildcards.name == "learning_rates" else "--units",
        scale=SCALE["shen2021"],
    message:
        "shen2021: collecting the fits of {wildcards.name}."
    shell:
        "python -m shen2021.table --fits {input:q} {params.units} --scale {params.scale:q} --output {output:q}"
        " > {log:q} 2>&1"


rule shen2021_draw_fig2:
    """Figure 2: accuracy, activation, outputs and alphas of six networks."""
    input:
        stored("shen2021_table", name="fig2"),
    output:
        multiext("results/store/shen2021/figures/fig2.{key}", ".pdf", ".png", ".csv"),
    log:
        "results/logs/shen2021/figures/fig2.{key}.log",
    benchmark:
        "results/benchmarks/shen2021/figures/fig2.{key}.tsv"
    conda:
        "../../envs/homeostat.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=10,
    params:
        code=code_hash("shen2021/fig2.py"),
    message:
        "shen2021: drawing fig2."
    shell:
        "python -m shen2021.fig2 --table {input:q} --output {output:q} > {log:q} 2>&1"


rule shen2021_draw_fig3:
    """Figure 3: the same on a second image set."""
    input:
        stored("shen2021_table", name="fig3"),
    output:
        multiext("results/store/shen2021/figures/fig3.{key}", ".pdf", ".png", ".csv"),
    log:
        "results/logs/shen2021/figures/fig3.{key}.log",
    benchmark:
        "results/benchmarks/shen2021/figures/fig3.{key}.tsv"
    conda:
        "../../envs/homeostat.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=10,
    params:
        code=code_hash("shen2021/fig3.py"),
    message:
        "shen2021: drawing fig3."
    shell:
        "python -m shen2021.fig3 --table {input:q} --output {output:q} > {log:q} 2>&1"


rule shen2021_draw_learning_rates:
    """Robustness of batch normalization and synaptic scaling to the learning rate."""
    input:
        stored("shen2021_table", name="learning_rates"),
    output:
        multiext("results/store/shen2021/figures/learning_rates.{key}", ".pdf", ".png", ".csv"),
    log:
        "results/logs/shen2021/figures/learning_rates.{key}.log",
    benchmark:
        "results/benchmarks/shen2021/figures/learning_rates.{key}.tsv"
    conda:
        "../../envs/homeostat.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=10,
    params:
        code=code_hash("shen2021/learning_rates.py"),
    message:
        "shen2021: drawing learning_rates."
    shell:
        "python -m shen2021.learning_rates --table {input:q} --output {output:q} > {log:q} 2>&1"
