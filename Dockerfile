# The pipeline with its locked packages (docs/containers.md). With a GPU: --build-arg TORCH=cuda, and run with --gpus all.
FROM python:3.11-slim-bookworm

ARG TORCH=cpu
ARG TORCH_INDEX=https://download.pytorch.org/whl/cpu
ARG REVISION=unknown

# Results record the revision; the image has no git. Caches where any user may write.
ENV HOMEOSTAT_GIT_REVISION=${REVISION} \
    GIT_PYTHON_REFRESH=quiet \
    PIP_NO_CACHE_DIR=1 \
    XDG_CACHE_HOME=/tmp/cache \
    NUMBA_CACHE_DIR=/tmp/cache/numba \
    MPLCONFIGDIR=/tmp/cache/matplotlib

WORKDIR /opt/homeostat

# The packages first: they stay in the cache while only the sources change.
COPY requirements.lock requirements-torch.lock ./
COPY envs/install.py envs/
RUN python envs/install.py "$TORCH" --index "$TORCH_INDEX"

COPY . .
RUN python -m pip install --no-deps --no-build-isolation --editable .

CMD ["snakemake", "--logger", "homeostat", "--cores", "all"]
