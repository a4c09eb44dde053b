"""Install the pinned packages into the virtual environment of this interpreter: ``make venv TORCH=cpu|cuda``.

pip checks every package against the hashes in the lock files. requirements-torch.lock has the builds of torch that the
default index has: on Linux the one with CUDA, some gigabytes. Another build comes from another index, without a hash
of ours; requirements.lock has all the rest.
"""

import argparse
import compileall
import ctypes.util
import importlib.metadata
import os
import re
import subprocess
import sys
import sysconfig
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
RUNTIME, TORCH = ROOT / "requirements.lock", ROOT / "requirements-torch.lock"
PIP = [sys.executable, "-m", "pip", "--disable-pip-version-check"]


def pinned_torch() -> str:
    """Return the version of torch in the lock."""
    match = re.search(r"^torch==([\w.]+)", TORCH.read_text(), re.MULTILINE)
    if match is None:
        raise SystemExit(f"error: {TORCH} pins no torch; run `make lock`")
    return match[1]


def installed_torch() -> str | None:
    """Return the version of the torch that is here, if any."""
    try:
        return importlib.metadata.version("torch")
    except importlib.metadata.PackageNotFoundError:
        return None


def has_gpu() -> bool:
    """Return whether there may be an NVIDIA GPU."""
    return os.path.exists("/dev/nvidia0") or ctypes.util.find_library("cuda") is not None


def install_cpu_build(version: str, index: str | None) -> bool:
    """Install the CPU build of torch for Linux; return whether pip found one."""
    place = ["--index-url", index] if index else []
    command = [*PIP, "install", "-qq", "--no-deps", *place, f"torch=={version}+cpu"]
    return subprocess.run(command, capture_output=True).returncode == 0


def choose(wanted: str, index: str | None) -> Path:
    """Bring the wanted build of torch where the default index does not have it; return the lock for the rest.

    Raises
    ------
    SystemExit
        The build cannot be had; the sentence says where it is.
    """
    version, here = pinned_torch(), installed_torch()
    linux = sys.platform == "linux"
    pinned = here is not None and here.partition("+")[0] == version
    of_cpu = here is not None and here.endswith("+cpu")
    if wanted == "cuda":
        if not linux:
            raise SystemExit("error: TORCH=cuda: the pinned torch has a CUDA build for Linux only; leave TORCH out")
        if of_cpu:
            # Any build satisfies the pin: pip would keep it.
            subprocess.run([*PIP, "uninstall", "-qq", "--yes", "torch"], check=True)
        return TORCH
    if (pinned and of_cpu) or (wanted == "auto" and pinned):
        return RUNTIME
    if not linux:
        # The build of the default index is for the CPU.
        return TORCH
    if wanted == "cpu":
        if not install_cpu_build(version, index):
            raise SystemExit(
                f"error: TORCH=cpu: pip found no CPU build of torch {version} in "
                f"{index or 'its default index'}; name the index that pytorch.org gives for pip and CPU: "
                "make venv TORCH=cpu TORCH_INDEX=https://..."
            )
        return RUNTIME
    if not has_gpu() and install_cpu_build(version, index):
        return RUNTIME
    if not has_gpu():
        print(
            "There is no GPU here, and pip's index has no CPU build of torch: installing the one with CUDA, some "
            "gigabytes. To save them, stop with Ctrl-C; then make venv TORCH=cpu TORCH_INDEX=https://... with the "
            "index that pytorch.org gives for pip and CPU.",
            flush=True,
        )
    return TORCH


def main() -> None:
    """Install torch and everything else."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("torch", nargs="?", default="auto", choices=("auto", "cpu", "cuda"))
    parser.add_argument("--index", help="where the CPU build of torch is")
    options = parser.parse_args()
    lock = choose(options.torch, options.index)
    done = subprocess.run([*PIP, "install", "-qq", "--no-compile", "--require-hashes", "--requirement", str(lock)])
    if done.returncode == 0:
        # pip compiles on one core; a file that is no valid Python, such as a template, is passed over by both.
        compileall.compile_dir(sysconfig.get_path("purelib"), quiet=2, workers=0)
    sys.exit(done.returncode)


if __name__ == "__main__":
    main()
