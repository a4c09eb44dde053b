# Keck, Savin & Lücke 2012: input normalization and synaptic scaling as maximum likelihood.
# data -> fit (bars), digits (one job per grid of conditions and block of seeds) -> table (per figure) -> figures.


rule keck2012:
    """All figures of Keck, Savin & Lücke 2012."""
    input:
        figure_files("keck2012"),
    message:
        "The figures of keck2012 are in results/figures/keck2012."


rule keck2012_data:
    """Make the generating fields of the artificial data."""
    output:
        "results/store/keck2012/data/bars.{key}.npz",
    log:
        "results/logs/keck2012/data/bars.{key}.log",
    benchmark:
        "results/benchmarks/keck2012/data/bars.{key}.tsv"
    conda:
        "../../envs/homeostat.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        code=code_hash("keck2012/data.py"),
        sizes=keck2012_flags("bars", "side", "background", "total", "samples"),
    message:
        "keck2012: making the bars."
    shell:
        "python -m keck2012.data {params.sizes} --output {output:q} > {log:q} 2>&1"


rule keck2012_fit:
    """Fit a grid of conditions to bars, for a block of seeds."""
    input:
        stored("keck2012_data"),
    output:
        "results/store/keck2012/fits/bars/{condition}/seeds~{first}-{last}.{key}.npz",
    log:
        "results/logs/keck2012/fits/bars/{condition}/seeds~{first}-{last}.{key}.log",
    benchmark:
        "results/benchmarks/keck2012/fits/bars/{condition}/seeds~{first}-{last}.{key}.tsv"
    conda:
        "../../envs/homeostat.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=120,
    params:
        code=code_hash("keck2012/fit.py"),
        checkpoint="results/checkpoints/{key}.npz",
        training=keck2012_flags("bars", "epochs", "iterations", "every"),
    message:
        "keck2012: fitting {wildcards.condition} to bars, seeds {wildcards.first} to {wildcards.last}."
    shell:
        "python -m keck2012.fit --data {input:q} --grid {wildcards.condition:q}"
        " --seeds {wildcards.first} {wildcards.last} {params.training} --checkpoint {params.checkpoint:q}"
        " --output {output:q} > {log:q} 2>&1"


rule keck2012_digits:
    """Fit a grid of conditions to MNIST digits, for a block of seeds, and read out classes."""
    input:
        stored("data_images", dataset="mnist"),
    output:
        "results/store/keck2012/fits/digits/{condition}/seeds~{first}-{last}.{key}.npz",
    log:
        "results/logs/keck2012/fits/digits/{condition}/seeds~{first}-{last}.{key}.log",
    benchmark:
        "results/benchmarks/keck2012/fits/digits/{condition}/seeds~{first}-{last}.{key}.tsv"
    conda:
        "../../envs/homeostat.yaml"
    threads: 1
    resources:
        mem_mb=6000,
        runtime=480,
        gpu=gpu_count,
    params:
        code=code_hash("keck2012/digits.py"),
        device=config["device"],
        checkpoint="results/checkpoints/{key}.npz",
        training=keck2012_flags("digits", "samples", "tests", "epochs", "iterations", "every", "labels"),
    message:
        "keck2012: fitting {wildcards.condition} to digits, seeds {wildcards.first} to {wildcards.last}."
    shell:
        "python -m keck2012.digits --data {input:q} --grid {wildcards.condition:q}"
        " --seeds {wildcards.first} {wildcards.last} {params.training} --device {params.device}"
        " --checkpoint {params.checkpoint:q} --output {output:q} > {log:q} 2>&1"


rule keck2012_table:
    """Collect the fits that one figure needs into a tidy table."""
    input:
        lambda wildcards: keck2012_fits(wildcards.figure),
    output:
        "results/store/keck2012/tables/{figure}.{key}.csv",
    log:
        "results/logs/keck2012/tables/{figure}.{key}.log",
    benchmark:
        "results/benchmarks/keck2012/tables/{figure}.{key}.tsv"
    conda:
        "../../envs/homeostat.yaml"
    threads: 1
    resources:
        mem_mb=4000,
        runtime=20,
    params:
        code=code_hash("keck2012/table.py"),
        details=lambda wildcards: as_flags(KECK2012_DETAILS[wildcards.figure]),
        scale=SCALE["keck2012"],
    message:
        "keck2012: collecting the fits of {wildcards.figure}."
    shell:
        "python -m keck2012.table --fits {input:q} {params.details} --scale {params.scale:q}"
        " --output {output:q} > {log:q} 2>&1"


rule keck2012_draw_fig1:
    """Figure 1 (A-C): bars; fields, likelihood of network and EM, total weights."""
    input:
        data=stored("keck2012_data"),
        table=stored("keck2012_table", figure="fig1"),
    output:
        multiext("results/store/keck2012/figures/fig1.{key}", ".pdf", ".png", ".csv"),
    log:
        "results/logs/keck2012/figures/fig1.{key}.log",
    benchmark:
        "results/benchmarks/keck2012/figures/fig1.{key}.tsv"
    conda:
        "../../envs/homeostat.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=10,
    params:
        code=code_hash("keck2012/fig1.py"),
    message:
        "keck2012: drawing figure 1."
    shell:
        "python -m keck2012.fig1 --data {input.data:q} --table {input.table:q} --output {output:q} > {log:q} 2>&1"


rule keck2012_draw_fig2:
    """Figure 2 (D-F): MNIST; fields, likelihood of network and EM, classes from few labels."""
    input:
        stored("keck2012_table", figure="fig2"),
    output:
        multiext("results/store/keck2012/figures/fig2.{key}", ".pdf", ".png", ".csv"),
    log:
        "results/logs/keck2012/figures/fig2.{key}.log",
    benchmark:
        "results/benchmarks/keck2012/figures/fig2.{key}.tsv"
    conda:
        "../../envs/homeostat.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=10,
    params:
        code=code_hash("keck2012/fig2.py"),
        settings=json.dumps({name: config["keck2012"]["digits"][name] for name in ("samples", "tests")}),
    message:
        "keck2012: drawing figure 2."
    shell:
        "python -m keck2012.fig2 --table {input:q} --settings {params.settings:q} --output {output:q} > {log:q} 2>&1"


rule keck2012_draw_fig3:
    """Figure 3 (G-I): learning rates, local optima, stimulus intensity."""
    input:
        data=stored("keck2012_data"),
        images=stored("data_images", dataset="mnist"),
        table=stored("keck2012_table", figure="fig3"),
    output:
        multiext("results/store/keck2012/figures/fig3.{key}", ".pdf", ".png", ".csv"),
    log:
        "results/logs/keck2012/figures/fig3.{key}.log",
    benchmark:
        "results/benchmarks/keck2012/figures/fig3.{key}.tsv"
    conda:
        "../../envs/homeostat.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=10,
    params:
        code=code_hash("keck2012/fig3.py"),
        settings=json.dumps({name: config["keck2012"]["digits"][name] for name in ("samples", "tests")}),
    message:
        "keck2012: drawing figure 3."
    shell:
        "python -m keck2012.fig3 --data {input.data:q} --images {input.images:q} --table {input.table:q}"
        " --settings {params.settings:q} --output {output:q} > {log:q} 2>&1"
