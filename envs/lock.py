"""Resolve pyproject.toml with uv and write the lock files: ``make lock``.

Pins that still fit are kept, so that adding one package moves no other; ``make lock UPGRADE=1`` takes the newest of
everything. Every file is named by its hash: wheels for Linux and macOS, x86-64 and ARM, of the Python versions that
are supported, and sources for all else. The direct dependencies in envs/homeostat.yaml, for conda, get the same pins.
"""

import argparse
import re
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

from packaging.utils import parse_wheel_filename

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

# Hashes are kept of wheels for these versions; a package such as aiohttp has two hundred wheels.
PYTHONS = range(11, 15)
PLATFORM = re.compile(r"any$|(many)?linux.*_(x86_64|aarch64)$|macosx_.*_(x86_64|arm64|universal2)$")


def is_kept(name: str) -> bool:
    """Return whether the hash of a file is kept."""
    if not name.endswith(".whl"):
        return True
    for tag in parse_wheel_filename(name)[3]:
        exact = tag.interpreter in {f"cp3{minor}" for minor in PYTHONS} and tag.abi in (tag.interpreter, "none")
        if (exact or tag.interpreter == "py3" or tag.abi == "abi3") and PLATFORM.match(tag.platform):
            return True
    return False


def kept_hashes(lock: Path) -> set[str]:
    """Return the hashes of a lock file that are kept, by the names that the index has for them."""
    files = lock.with_name("pylock.toml")
    command = [sys.executable, "-m", "uv", "pip", "compile", "--quiet", str(lock), "--universal", "--no-deps"]
    subprocess.run([*command, "--python-version", "3.11", "--output-file", str(files)], check=True, cwd=ROOT)
    found = set()
    for package in tomllib.loads(files.read_text())["packages"]:
        every = [*package.get("wheels", []), *([package["sdist"]] if "sdist" in package else [])]
        named = [(each.get("name") or each["url"].rpartition("/")[2], each["hashes"]["sha256"]) for each in every]
        found |= {value for name, value in named if is_kept(name)} or {value for _, value in named}
    return found


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
    kept = kept_hashes(output)
    text = re.sub(
        r" \\\n    --hash=sha256:(\w+)", lambda match: match[0] if match[1] in kept else "", output.read_text().strip()
    )
    entries = re.split(r"\n(?=[a-z0-9])", text)
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
