# From sources to data: raw files, recordings of binary words, image sets, the embedded generator and surrogates.

stage(
    "data_fetch",
    "Fetch the raw files of one dataset and check their content.",
    says="Fetching the dataset {wildcards.dataset}.",
    output="data/raw/{dataset}.{key}/fetched.json",
    wildcards=("dataset",),
    depends={"content": DATA.content},
    runtime=120,
)

stage(
    "data_recording",
    "Turn a fetched dataset into a checked recording of binary words.",
    says="Reading and checking the recording {wildcards.dataset}.",
    inputs={"raw": stored("data_fetch")},
    output="data/recordings/{dataset}.{key}.npz",
    wildcards=("dataset",),
    settings=DATA.reading,
    depends={"entry": DATA.entry},
    mem_mb=4000,
)

stage(
    "data_images",
    "Decode a fetched image set, once for all studies.",
    says="Decoding the images of {wildcards.dataset}.",
    inputs={"raw": stored("data_fetch")},
    output="data/images/{dataset}.{key}.npz",
    wildcards=("dataset",),
    depends={"entry": DATA.entry},
    mem_mb=4000,
)

stage(
    "data_own_recording",
    "Turn the user's own file into a checked recording of binary words.",
    says="Reading and checking your recording {input:q}.",
    program="data.recording",
    inputs={"source": INPUTS.own_files},
    output="data/recordings/{own}.{key}.npz",
    wildcards=("own",),
    settings=DATA.own_reading,
    mem_mb=8000,
)

stage(
    "data_generator",
    "Train the RP generator of a recording (its result is embedded in config/generators).",
    says="Training the generator of {wildcards.dataset}.",
    inputs={"recording": stored("data_recording")},
    output=[f"data/generators/{{dataset}}.{{key}}.{kind}" for kind in ("npz", "json", "png")],
    settings=config["generator"],
    gpu=True,
    mem_mb=4000,
    runtime=60,
)

stage(
    "data_surrogate",
    "Draw a surrogate recording from the embedded generator.",
    says="Drawing the surrogate recording from the embedded generator.",
    repository={"generator": "config/generators/prefrontal_50.npz"},
    output="data/recordings/prefrontal_surrogate.{key}.npz",
    settings={"name": SURROGATE, **config["surrogate"]},
)

stage(
    "data_street_digits",
    "Make street_digits, the generated stand-in for SVHN, from MNIST.",
    says="Making street_digits from MNIST.",
    inputs={"digits": stored("data_images", dataset="mnist")},
    output="data/images/street_digits.{key}.npz",
    settings=config["street_digits"],
    mem_mb=3000,
)
