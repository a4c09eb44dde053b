# From sources to data: raw files, recordings of binary words, image sets, the embedded generator and surrogates.


rule data_fetch:
    """Fetch the raw files of one dataset and check their content."""
    output:
        "results/store/data/raw/{dataset}.{key}/fetched.json",
    log:
        "results/logs/data/raw/{dataset}.{key}/fetched.log",
    benchmark:
        "results/benchmarks/data/raw/{dataset}.{key}/fetched.tsv"
    conda:
        "../../envs/homeostat.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=120,
    params:
        content=dataset_content,
    message:
        "Fetching the dataset {wildcards.dataset}."
    shell:
        "python -m data.fetch --dataset {wildcards.dataset:q}"
        ' --table "$HOMEOSTAT_ROOT/config/datasets.yaml" --output {output:q} > {log:q} 2>&1'


rule data_recording:
    """Turn a fetched dataset into a checked recording of binary words."""
    input:
        stored("data_fetch"),
    output:
        "results/store/data/recordings/{dataset}.{key}.npz",
    log:
        "results/logs/data/recordings/{dataset}.{key}.log",
    benchmark:
        "results/benchmarks/data/recordings/{dataset}.{key}.tsv"
    conda:
        "../../envs/homeostat.yaml"
    threads: 1
    resources:
        mem_mb=4000,
        runtime=30,
    params:
        code=code_hash("data/recording.py"),
        entry=dataset_entry,
        reading=lambda wildcards: as_flags(config["recording_options"], "split"),
    message:
        "Reading and checking the recording {wildcards.dataset}."
    shell:
        "python -m data.recording --source {wildcards.dataset:q} --raw $(dirname {input:q})"
        ' --table "$HOMEOSTAT_ROOT/config/datasets.yaml" {params.reading} --output {output:q} > {log:q} 2>&1'


rule data_images:
    """Decode a fetched image set, once for all studies."""
    input:
        stored("data_fetch"),
    output:
        "results/store/data/images/{dataset}.{key}.npz",
    log:
        "results/logs/data/images/{dataset}.{key}.log",
    benchmark:
        "results/benchmarks/data/images/{dataset}.{key}.tsv"
    conda:
        "../../envs/homeostat.yaml"
    threads: 1
    resources:
        mem_mb=4000,
        runtime=30,
    params:
        code=code_hash("data/images.py"),
        entry=dataset_entry,
    message:
        "Decoding the images of {wildcards.dataset}."
    shell:
        "python -m data.images --dataset {wildcards.dataset:q} --raw $(dirname {input:q})"
        ' --table "$HOMEOSTAT_ROOT/config/datasets.yaml" --output {output:q} > {log:q} 2>&1'


rule data_own_recording:
    """Turn the user's own file into a checked recording of binary words."""
    input:
        own_recording_file(),
    output:
        "results/store/data/recordings/{own}.{key}.npz",
    log:
        "results/logs/data/recordings/{own}.{key}.log",
    benchmark:
        "results/benchmarks/data/recordings/{own}.{key}.tsv"
    conda:
        "../../envs/homeostat.yaml"
    threads: 1
    resources:
        mem_mb=8000,
        runtime=30,
    params:
        code=code_hash("data/recording.py"),
        reading=lambda wildcards: as_flags(config["recording_options"], "split"),
    message:
        "Reading and checking your recording {input:q}."
    shell:
        "python -m data.recording --source={input:q} --name {wildcards.own:q}"
        ' --table "$HOMEOSTAT_ROOT/config/datasets.yaml" {params.reading} --output {output:q} > {log:q} 2>&1'


rule data_generator:
    """Train the RP generator of a recording (its result is embedded in config/generators)."""
    input:
        stored("data_recording"),
    output:
        parameters="results/store/data/generators/{dataset}.{key}.npz",
        record="results/store/data/generators/{dataset}.{key}.json",
        picture="results/store/data/generators/{dataset}.{key}.png",
    log:
        "results/logs/data/generators/{dataset}.{key}.log",
    benchmark:
        "results/benchmarks/data/generators/{dataset}.{key}.tsv"
    conda:
        "../../envs/homeostat.yaml"
    threads: 1
    resources:
        mem_mb=4000,
        runtime=60,
        gpu=gpu_count,
    params:
        code=code_hash("data/generator.py"),
        device=config["device"],
        settings=as_flags(config["generator"]),
    message:
        "Training the generator of {wildcards.dataset}."
    shell:
        "python -m data.generator --recording {input:q} {params.settings} --device {params.device}"
        " --output {output.parameters:q} --record {output.record:q} --picture {output.picture:q} > {log:q} 2>&1"


rule data_surrogate:
    """Draw a surrogate recording from the embedded generator."""
    output:
        "results/store/data/recordings/prefrontal_surrogate.{key}.npz",
    log:
        "results/logs/data/recordings/prefrontal_surrogate.{key}.log",
    benchmark:
        "results/benchmarks/data/recordings/prefrontal_surrogate.{key}.tsv"
    conda:
        "../../envs/homeostat.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        code=code_hash("data/surrogate.py"),
        generator=file_hash("config/generators/prefrontal_50.npz"),
        sampling=as_flags(config["surrogate"]),
    message:
        "Drawing the surrogate recording from the embedded generator."
    shell:
        "python -m data.surrogate --name prefrontal_surrogate {params.sampling}"
        ' --generator "$HOMEOSTAT_ROOT/config/generators/prefrontal_50.npz" --output {output:q} > {log:q} 2>&1'


rule data_street_digits:
    """Make street_digits, the generated stand-in for SVHN, from MNIST."""
    input:
        stored("data_images", dataset="mnist"),
    output:
        "results/store/data/images/street_digits.{key}.npz",
    log:
        "results/logs/data/images/street_digits.{key}.log",
    benchmark:
        "results/benchmarks/data/images/street_digits.{key}.tsv"
    conda:
        "../../envs/homeostat.yaml"
    threads: 1
    resources:
        mem_mb=3000,
        runtime=10,
    params:
        code=code_hash("data/street_digits.py"),
        sizes=as_flags(config["street_digits"]),
    message:
        "Making street_digits from MNIST."
    shell:
        "python -m data.street_digits --digits {input:q} {params.sizes} --output {output:q} > {log:q} 2>&1"
