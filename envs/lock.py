"""Resolve pyproject.toml with uv and write the lock files: ``make lock``.

Pins that still fit are kept, so that adding one package moves no other; ``make lock UPGRADE=1`` takes the newest of
everything. Every file of every package is named by its hash, for all platforms and Python versions at once. The
direct dependencies in envs/homeostat.yaml, for conda, get the same pins.
"""

import argparse
import re
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
RUNTIME, TORCH, DEV = (ROOT / f"requirements{kind}.lock" for kind in ("", "-torch", "-dev"))
CONDA = ROOT / "envs" / "homeostat.yaml"
CONDA_NAMES = {"snakemake-minimal": "snakemake", "matplotlib-base": "matplotlib", "seaborn-base": "seaborn"}
HEADS = {
    RUNTIME: "# What the pipeline runs on, but for torch. Made by `make lock` from pyproject.toml; do not edit.\n",
    TORCH: "# torch as the default index has it, on Linux with its CUDA packages. Made by `make lock`; do not edit.\n"
    "# Any other build of this version will do, with requirements.lock alone.\n"
    "-r requirements.lock\n",
    DEV: "# The tools for tests and lint, on top of the pipeline's packages. Made by `make lock`; do not edit.\n"
    "-r requirements.lock\n",
}

# torch, and what only its CUDA build asks for.
OF_TORCH = re.compile(r"torch$|nvidia-|cuda-|triton")


def resolve(extras: list[str], old: list[Path], folder: Path) -> dict[str, str]:
    """Return each package's entry of a lock file: pin, marker and hashes."""
    build = folder / "build.txt"
    build.write_text("\n".join(tomllib.loads((ROOT / "pyproject.toml").read_text())["build-system"]["requires"]))
    output = folder / "lock.txt"
    # uv keeps the pins that it finds in its output file.
    output.write_text("\n".join(re.sub("^-r .*", "", path.read_text(), flags=re.M) for path in old if path.exists()))
    command = [sys.executable, "-m", "uv", "pip", "compile", "--quiet", "pyproject.toml", str(build)]
    command += ["--universal", "--fork-strategy", "fewest", "--python-version", "3.11"]
    command += ["--generate-hashes", "--no-header", "--no-annotate", "--no-emit-package", "homeostat"]
    command += [f"--extra={extra}" for extra in extras]
    subprocess.run([*command, "--output-file", str(output)], check=True, cwd=ROOT)
    entries = re.split(r"\n(?=[a-z0-9])", output.read_text().strip())
    return {entry.partition("==")[0]: f"{entry}\n" for entry in entries}


def write(path: Path, entries: dict[str, str]) -> None:
    """Write one lock file."""
    path.write_text(HEADS[path] + "".join(entries[name] for name in sorted(entries)))


def main() -> None:
    """Write the lock files and the pins of the conda environment."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--upgrade", action="store_true", help="forget the present pins")
    old = [] if parser.parse_args().upgrade else [RUNTIME, TORCH, DEV]
    with tempfile.TemporaryDirectory() as folder:
        runtime = resolve(["all"], old, Path(folder))
        write(TORCH, {name: entry for name, entry in runtime.items() if OF_TORCH.match(name)})
        write(RUNTIME, {name: entry for name, entry in runtime.items() if not OF_TORCH.match(name)})
        everything = resolve(["all", "dev"], [RUNTIME, TORCH, DEV][: 3 if old else 2], Path(folder))
    write(DEV, {name: entry for name, entry in everything.items() if name not in runtime})

    def pinned(match: re.Match[str]) -> str:
        entry = runtime.get(CONDA_NAMES.get(match[1], match[1]))
        return f"{match[1]}{match[2]}{re.split(r'[= ;]+', entry)[1]}" if entry else match[0]

    CONDA.write_text(re.sub(r"([\w-]+)(==?)([\w.]+)$", pinned, CONDA.read_text(), flags=re.MULTILINE))
    print(f"Wrote {RUNTIME.name} ({len(runtime)} packages with {TORCH.name}), {DEV.name} and envs/{CONDA.name}.")


if __name__ == "__main__":
    main()
