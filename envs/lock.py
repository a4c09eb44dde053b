"""Resolve pyproject.toml's dependencies and write every pin to the lock files: ``make lock``.

The present pins are kept where they still fit, so that adding one package moves no other;
``make lock UPGRADE=1`` takes the newest of everything. envs/homeostat.yaml names the direct dependencies
for conda; its pins follow the lock.
"""

import argparse
import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
RUNTIME, DEV = ROOT / "requirements.lock", ROOT / "requirements-dev.lock"
CONDA = ROOT / "envs" / "homeostat.yaml"

# torch's CUDA packages depend on the machine; pip finds the ones that its torch wheel asks for.
MACHINE_SPECIFIC = re.compile(r"nvidia-|cuda-|triton")

RUNTIME_HEAD = """\
# Every package that the pipeline runs on, pinned. Made by `make lock` from pyproject.toml; do not edit.
# On Linux, pip adds the CUDA packages that its torch wheel asks for. To save their gigabytes on a machine
# without a GPU, run `make venv` and install torch first, as pytorch.org says for your platform and "CPU";
# any build of the pinned version will do.
"""
DEV_HEAD = """\
# The tools for tests and lint, on top of the pipeline's packages. Made by `make lock`; do not edit.
-r requirements.lock
"""


def resolve(requirements: list[str], constraints: list[Path]) -> dict[str, str]:
    """Return the version of each package that pip would install in an empty environment."""
    command = [sys.executable, "-m", "pip", "install", "-qq", "--dry-run", "--ignore-installed"]
    command += ["--report", "-", *requirements]
    for path in constraints:
        command += ["--constraint", str(path)]
    report = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
    pins = {}
    for item in report["install"]:
        name = re.sub(r"[-_.]+", "-", item["metadata"]["name"]).lower()
        if not MACHINE_SPECIFIC.match(name):
            pins[name] = item["metadata"]["version"].partition("+")[0]
    return pins


def write(path: Path, head: str, pins: dict[str, str]) -> None:
    """Write one lock file."""
    path.write_text(head + "".join(f"{name}=={pins[name]}\n" for name in sorted(pins)))


def main() -> None:
    """Write both lock files and the pins of the conda environment."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--upgrade", action="store_true", help="forget the present pins")
    options = parser.parse_args()
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    runtime, dev = project["dependencies"], project["optional-dependencies"]["dev"]

    old = [] if options.upgrade else [path for path in (RUNTIME, DEV) if path.exists()]
    print("Resolving the pipeline's packages ...", flush=True)
    pins = resolve(runtime, old)
    write(RUNTIME, RUNTIME_HEAD, pins)
    print("Resolving the tools for tests and lint ...", flush=True)
    # An old constraint file includes the runtime lock, which has just been written anew.
    dev_pins = resolve([*runtime, *dev], [RUNTIME, *old[1:]])
    write(DEV, DEV_HEAD, {name: version for name, version in dev_pins.items() if name not in pins})

    aliases = {"snakemake-minimal": "snakemake", "matplotlib-base": "matplotlib"}
    text = re.sub(
        r"([\w-]+)(==?)([\d.]+)$",
        lambda m: m[1] + m[2] + pins.get(aliases.get(m[1], m[1]), m[3]),
        CONDA.read_text(),
        flags=re.MULTILINE,
    )
    CONDA.write_text(text)
    print(f"Wrote {RUNTIME.name} ({len(pins)} packages), {DEV.name} and envs/{CONDA.name}.")


if __name__ == "__main__":
    main()
