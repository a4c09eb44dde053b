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
        recording_file,
    output:
        "results/store/mayzel2024/data/{recording}.{key}.npz",
    log:
        "results/logs/mayzel2024/data/{recording}.{key}.log",
    benchmark:
        "results/benchmarks/mayzel2024/data/{recording}.{key}.tsv"
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
        data=stored("mayzel2024_data"),
        teacher=mayzel2024_teacher,
    output:
        "results/store/mayzel2024/fits/{recording}/{condition}/seeds~{first}-{last}.{key}.npz",
    log:
        "results/logs/mayzel2024/fits/{recording}/{condition}/seeds~{first}-{last}.{key}.log",
    benchmark:
        "results/benchmarks/mayzel2024/fits/{recording}/{condition}/seeds~{first}-{last}.{key}.tsv"
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
        checkpoint="results/checkpoints/{key}.npz",
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
        stored("mayzel2024_data"),
    output:
        "results/store/mayzel2024/fits/{recording}/teacher.{key}.npz",
    log:
        "results/logs/mayzel2024/fits/{recording}/teacher.{key}.log",
    benchmark:
        "results/benchmarks/mayzel2024/fits/{recording}/teacher.{key}.tsv"
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
        stored("mayzel2024_teacher"),
    output:
        "results/store/data/recordings/{recording}-teacher.{key}.npz",
    log:
        "results/logs/data/recordings/{recording}-teacher.{key}.log",
    benchmark:
        "results/benchmarks/data/recordings/{recording}-teacher.{key}.tsv"
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
        data=stored("mayzel2024_data", recording=RECORDING),
        fits=lambda wildcards: mayzel2024_fits(wildcards.figure)[0],
    output:
        "results/store/mayzel2024/tables/{figure}.{key}.csv",
    log:
        "results/logs/mayzel2024/tables/{figure}.{key}.log",
    benchmark:
        "results/benchmarks/mayzel2024/tables/{figure}.{key}.tsv"
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
        needs=mayzel2024_needs(),
    message:
        "mayzel2024: collecting the fits of {wildcards.figure}."
    shell:
        "python -m mayzel2024.table --data {input.data:q} --fits {input.fits:q} --labels {params.labels:q}"
        " --in-degree {params.degree} --scale {params.scale:q} --needs {params.needs:q}"
        " --output {output:q} > {log:q} 2>&1"


rule mayzel2024_details:
    """Collect what a figure shows of single projections, synapses and steps."""
    input:
        data=stored("mayzel2024_data", recording=RECORDING),
        fits=lambda wildcards: mayzel2024_fits(wildcards.figure)[0],
    output:
        "results/store/mayzel2024/tables/{figure}_details.{key}.csv",
    log:
        "results/logs/mayzel2024/tables/{figure}_details.{key}.log",
    benchmark:
        "results/benchmarks/mayzel2024/tables/{figure}_details.{key}.tsv"
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
        needs=mayzel2024_needs(),
    message:
        "mayzel2024: collecting the projections of {wildcards.figure}."
    shell:
        "python -m mayzel2024.details --data {input.data:q} --fits {input.fits:q} --labels {params.labels:q}"
        " --kinds {params.kinds} --scale {params.scale:q} --needs {params.needs:q}"
        " --output {output:q} > {log:q} 2>&1"


rule mayzel2024_patterns:
    """Compare predicted and observed probabilities of single patterns (panel 1C)."""
    input:
        data=stored("mayzel2024_data", recording=RECORDING),
        fits=lambda wildcards: mayzel2024_fits("fig1_patterns")[0],
    output:
        patterns="results/store/mayzel2024/tables/fig1_patterns.{key}.csv",
        funnel="results/store/mayzel2024/tables/fig1_funnel.{key}.csv",
    log:
        "results/logs/mayzel2024/tables/fig1_patterns.{key}.log",
    benchmark:
        "results/benchmarks/mayzel2024/tables/fig1_patterns.{key}.tsv"
    conda:
        "../../envs/homeostat.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=10,
    params:
        code=code_hash("mayzel2024/patterns.py"),
        labels=lambda wildcards: mayzel2024_fits("fig1_patterns")[1],
        scale=SCALE["mayzel2024"],
        needs=mayzel2024_needs(),
    message:
        "mayzel2024: comparing predicted and observed pattern probabilities."
    shell:
        "python -m mayzel2024.patterns --data {input.data:q} --fits {input.fits:q} --labels {params.labels:q}"
        " --scale {params.scale:q} --needs {params.needs:q}"
        " --patterns {output.patterns:q} --funnel {output.funnel:q} > {log:q} 2>&1"


rule mayzel2024_draw_fig1:
    """Figure 1: reshaped random projections outperform random ones."""
    input:
        data=stored("mayzel2024_data", recording=RECORDING),
        table=stored("mayzel2024_table", figure="fig1"),
        patterns=stored("mayzel2024_patterns", of="patterns"),
        funnel=stored("mayzel2024_patterns", of="funnel"),
    output:
        multiext("results/store/mayzel2024/figures/fig1.{key}", ".pdf", ".png", ".csv"),
    log:
        "results/logs/mayzel2024/figures/fig1.{key}.log",
    benchmark:
        "results/benchmarks/mayzel2024/figures/fig1.{key}.tsv"
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


rule mayzel2024_draw_fig1s1:
    """Figure 1, supplement 1: step v sigmoid projections; pruning and replacement."""
    input:
        data=stored("mayzel2024_data", recording=RECORDING),
        table=stored("mayzel2024_table", figure="fig1s1"),
    output:
        multiext("results/store/mayzel2024/figures/fig1s1.{key}", ".pdf", ".png", ".csv"),
    log:
        "results/logs/mayzel2024/figures/fig1s1.{key}.log",
    benchmark:
        "results/benchmarks/mayzel2024/figures/fig1s1.{key}.tsv"
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


rule mayzel2024_draw_fig1s2:
    """Figure 1, supplement 2: tuned thresholds; the fixed factor of reshaped models."""
    input:
        data=stored("mayzel2024_data", recording=RECORDING),
        table=stored("mayzel2024_table", figure="fig1s2"),
    output:
        multiext("results/store/mayzel2024/figures/fig1s2.{key}", ".pdf", ".png", ".csv"),
    log:
        "results/logs/mayzel2024/figures/fig1s2.{key}.log",
    benchmark:
        "results/benchmarks/mayzel2024/figures/fig1s2.{key}.tsv"
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


rule mayzel2024_draw_fig2:
    """Figure 2: homeostatic v bounded synapses."""
    input:
        data=stored("mayzel2024_data", recording=RECORDING),
        table=stored("mayzel2024_table", figure="fig2"),
    output:
        multiext("results/store/mayzel2024/figures/fig2.{key}", ".pdf", ".png", ".csv"),
    log:
        "results/logs/mayzel2024/figures/fig2.{key}.log",
    benchmark:
        "results/benchmarks/mayzel2024/figures/fig2.{key}.tsv"
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


rule mayzel2024_draw_fig2s1:
    """Figure 2, supplement 1: homeostasis at other fixed factors."""
    input:
        data=stored("mayzel2024_data", recording=RECORDING),
        table=stored("mayzel2024_table", figure="fig2s1"),
    output:
        multiext("results/store/mayzel2024/figures/fig2s1.{key}", ".pdf", ".png", ".csv"),
    log:
        "results/logs/mayzel2024/figures/fig2s1.{key}.log",
    benchmark:
        "results/benchmarks/mayzel2024/figures/fig2s1.{key}.tsv"
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


rule mayzel2024_draw_fig3:
    """Figure 3: homeostasis regulates the firing of projections."""
    input:
        data=stored("mayzel2024_data", recording=RECORDING),
        table=stored("mayzel2024_table", figure="fig3"),
        details=stored("mayzel2024_details", figure="fig3"),
    output:
        multiext("results/store/mayzel2024/figures/fig3.{key}", ".pdf", ".png", ".csv"),
    log:
        "results/logs/mayzel2024/figures/fig3.{key}.log",
    benchmark:
        "results/benchmarks/mayzel2024/figures/fig3.{key}.tsv"
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


rule mayzel2024_draw_fig4:
    """Figure 4: learning from a teacher with known connectivity."""
    input:
        data=stored("mayzel2024_data", recording=TEACHER),
        table=stored("mayzel2024_table", figure="fig4"),
    output:
        multiext("results/store/mayzel2024/figures/fig4.{key}", ".pdf", ".png", ".csv"),
    log:
        "results/logs/mayzel2024/figures/fig4.{key}.log",
    benchmark:
        "results/benchmarks/mayzel2024/figures/fig4.{key}.tsv"
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


rule mayzel2024_draw_fig5:
    """Figure 5: kinds of homeostatic normalization."""
    input:
        data=stored("mayzel2024_data", recording=RECORDING),
        table=stored("mayzel2024_table", figure="fig5"),
        details=stored("mayzel2024_details", figure="fig5"),
    output:
        multiext("results/store/mayzel2024/figures/fig5.{key}", ".pdf", ".png", ".csv"),
    log:
        "results/logs/mayzel2024/figures/fig5.{key}.log",
    benchmark:
        "results/benchmarks/mayzel2024/figures/fig5.{key}.tsv"
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


rule mayzel2024_draw_fig5s1:
    """Figure 5, supplement 1: correlations, rates, angles and weights."""
    input:
        data=stored("mayzel2024_data", recording=RECORDING),
        table=stored("mayzel2024_table", figure="fig5s1"),
        details=stored("mayzel2024_details", figure="fig5s1"),
    output:
        multiext("results/store/mayzel2024/figures/fig5s1.{key}", ".pdf", ".png", ".csv"),
    log:
        "results/logs/mayzel2024/figures/fig5s1.{key}.log",
    benchmark:
        "results/benchmarks/mayzel2024/figures/fig5s1.{key}.tsv"
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
