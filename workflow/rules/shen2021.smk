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
        "results/data/images/{images}.npz",
    output:
        "results/data/shen2021/{images}.npz",
    log:
        "results/logs/shen2021/data/{images}.log",
    benchmark:
        "results/benchmarks/shen2021/data/{images}.tsv"
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
        "results/data/shen2021/{images}.npz",
    output:
        "results/fits/shen2021/{images}/{condition}/seeds~{first}-{last}.npz",
    log:
        "results/logs/shen2021/train/{images}/{condition}/seeds~{first}-{last}.log",
    benchmark:
        "results/benchmarks/shen2021/train/{images}/{condition}/seeds~{first}-{last}.tsv"
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
        checkpoint="results/checkpoints/shen2021/{images}/{condition}/seeds~{first}-{last}.npz",
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
        "results/tables/shen2021/{name}.csv",
    log:
        "results/logs/shen2021/table/{name}.log",
    benchmark:
        "results/benchmarks/shen2021/table/{name}.tsv"
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


rule shen2021_fig2:
    """Figure 2: accuracy, activation, outputs and alphas of six networks."""
    input:
        "results/tables/shen2021/fig2.csv",
    output:
        pdf=figure_report("shen2021", "fig2"),
        rest=multiext("results/figures/shen2021/fig2", ".png", ".csv"),
    log:
        "results/logs/shen2021/fig2.log",
    benchmark:
        "results/benchmarks/shen2021/fig2.tsv"
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


rule shen2021_fig3:
    """Figure 3: the same on a second image set."""
    input:
        "results/tables/shen2021/fig3.csv",
    output:
        pdf=figure_report("shen2021", "fig3"),
        rest=multiext("results/figures/shen2021/fig3", ".png", ".csv"),
    log:
        "results/logs/shen2021/fig3.log",
    benchmark:
        "results/benchmarks/shen2021/fig3.tsv"
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


rule shen2021_learning_rates:
    """Robustness of batch normalization and synaptic scaling to the learning rate."""
    input:
        "results/tables/shen2021/learning_rates.csv",
    output:
        pdf=figure_report("shen2021", "learning_rates"),
        rest=multiext("results/figures/shen2021/learning_rates", ".png", ".csv"),
    log:
        "results/logs/shen2021/learning_rates.log",
    benchmark:
        "results/benchmarks/shen2021/learning_rates.tsv"
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
