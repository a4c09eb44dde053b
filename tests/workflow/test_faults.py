"""A machine that fails: each time a sentence, an exit status, and a state from which the next run goes on."""

import contextlib
import gzip
import hashlib
import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
import yaml
from pipeline import (
    PROGRAMS,
    SMALL_FIGURE,
    Built,
    build,
    command,
    copy_data,
    environment,
    left_over,
    overlay,
    run,
    shell_commands,
    tables,
)
from web import Site, serve

from homeostat.files import load_npz

FIGURE = f"{SMALL_FIGURE}.pdf"
STEP_FIT = "slope~inf"  # the quickest fit


@contextlib.contextmanager
def disk(folder: Path, megabytes: int) -> Iterator[Path]:
    """Mount a small disk."""
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(folder)]
    if os.geteuid() or subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("needs root and the right to mount")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def fits_alone(small: Built, folder: Path) -> list[Path]:
    """Copy the small run without what was made from its fits; return the files of one of them."""
    shutil.copytree(small.folder, folder, dirs_exist_ok=True)
    for name in ("tables", "figures", "store/mayzel2024/tables", "store/mayzel2024/figures"):
        shutil.rmtree(folder / "results" / name)
    return list(folder.glob(f"results/store/*/fits/*/*{STEP_FIT}*/*"))


def unfinished(small: Built, folder: Path) -> None:
    """Copy the small run without one of its fits and what was made from it."""
    for path in fits_alone(small, folder):
        path.unlink()


def fails(folder: Path, configs: tuple[Path, ...], *sentences: str) -> None:
    status, printed = run(command(folder, FIGURE, configs=configs))
    assert status != 0
    for sentence in sentences:
        assert sentence in printed, printed


def goes_on(folder: Path, small: Built) -> None:
    build(folder, FIGURE, configs=small.configs)
    assert tables(folder) == small.tables
    assert not left_over(folder)


# ------------------------------------------------------------------------------------------- the whole run


def test_full_disk(small: Built, tmp_path: Path) -> None:
    with disk(tmp_path / "disk", 8) as folder:
        unfinished(small, folder)
        # Snakemake's own records fit, and not much more.
        room = os.statvfs(folder)
        (folder / "filler").write_bytes(bytes(room.f_bavail * room.f_frsize - 20_000))
        fails(folder, small.configs, "The disk is full: ")
        (folder / "filler").unlink()
        goes_on(folder, small)


def test_results_that_cannot_be_written(small: Built, tmp_path: Path) -> None:
    with disk(tmp_path / "disk", 8) as folder:
        unfinished(small, folder)
        subprocess.run(["mount", "-o", "remount,ro", str(folder)], check=True)
        fails(folder, small.configs, f"Read-only file system: '{folder}")
        assert not tables(folder)


def test_results_that_were_cut(small: Built, tmp_path: Path) -> None:
    (fit,) = [path for path in fits_alone(small, tmp_path) if path.suffix == ".npz"]
    os.truncate(fit, fit.stat().st_size // 2)
    fails(tmp_path, small.configs, f"error: {fit.relative_to(tmp_path)}: not a complete NPZ file")
    fit.unlink()
    goes_on(tmp_path, small)


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_a_gpu_that_is_not_there(small: Built, tmp_path: Path) -> None:
    copy_data(small, tmp_path)
    cuda = overlay(tmp_path / "cuda.yaml", {"device": "cuda"})
    fails(tmp_path, (*small.configs, cuda), "error: device: cuda was asked for", "use device: auto or cpu")
    assert not list(tmp_path.glob("results/store/*/fits/**/*.npz"))


# ------------------------------------------------------------------------------------------ single programs


def program(line: str, folder: Path, *, limit: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["bash", "-c", f"{limit} exec {line}"],
        cwd=folder,
        env=environment(**PROGRAMS),
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )


def test_out_of_memory(small: Built, tmp_path: Path) -> None:
    copy_data(small, tmp_path)
    (fit,) = [
        line.partition(" > ")[0]
        for line in shell_commands(tmp_path, FIGURE, configs=small.configs)
        if STEP_FIT in line and "--checkpoint" in line
    ]
    output = tmp_path / re.findall(r"--output '([^']+)", fit)[0]
    limit = "ulimit -v 3000000;"
    greedy = program(fit.replace('"chains": 192', '"chains": 640000000'), tmp_path, limit=limit)
    assert greedy.returncode == 1 and greedy.stderr.splitlines()[-1].startswith("error: not enough memory (")
    assert "Traceback" not in greedy.stderr and not output.exists()
    modest = program(fit, tmp_path, limit=limit)
    assert modest.returncode == 0 and output.exists(), modest.stderr


def test_out_of_memory_as_torch_tells_it(tmp_path: Path) -> None:
    code = "import torch; from homeostat import cli; cli.run(lambda: torch.zeros(10**14))"
    done = program(f"python -c '{code}'", tmp_path)
    assert done.returncode == 1 and done.stderr.startswith("error: not enough memory (")
    assert len(done.stderr.splitlines()) == 1


@pytest.fixture
def site() -> Iterator[Site]:
    with serve() as served:
        yield served


@pytest.mark.parametrize("fault", ["stall", "wrong bytes", "wrong mirror", "packed bomb"])
def test_data_that_cannot_be_had(fault: str, site: Site, tmp_path: Path) -> None:
    body = np.random.default_rng(0).bytes(100_000)
    file = {"name": "a.bin", "bytes": len(body), "sha256": hashlib.sha256(body).hexdigest()}
    source = {"kind": "url", "url": f"{site.url}/a.bin"}
    about = {"title": "toy", "kind": "images", "licence": "none", "citation": "none"}
    (tmp_path / "table.yaml").write_text(yaml.safe_dump({"toy": {**about, "files": [file], "sources": [source]}}))
    mirror = tmp_path / "mirror"
    mirror.mkdir()
    settings = json.dumps({"dataset": "toy", "table": "table.yaml", "timeout": 1, "retries": 0})
    fetch = f"python -m data.fetch --settings '{settings}' --output raw/fetched.json"
    expected = {
        "stall": "no answer from the server for 1 s",
        "wrong bytes": "wrong content: sha256",
        "wrong mirror": f"mirror folder {mirror}: a.bin: wrong content: sha256",
        "packed bomb": f"mirror folder {mirror}: the archive unpacks to more than 100,000 bytes",
    }[fault]
    if fault == "stall":
        site.files["/a.bin"], site.behaviour["/a.bin"] = body, "stall"
    elif fault == "wrong bytes":
        site.files["/a.bin"] = bytes(len(body))
    elif fault == "wrong mirror":
        (mirror / "a.bin").write_bytes(bytes(len(body)))
    else:
        (mirror / "a.bin.gz").write_bytes(gzip.compress(bytes(10_000_000)))
    if "mirror" in fault or "bomb" in fault:
        fetch = f"env HOMEOSTAT_MIRROR={mirror} {fetch}"
    failed = program(fetch, tmp_path)
    assert failed.returncode == 1 and expected in failed.stderr, failed.stderr
    assert "error: dataset 'toy': no source has the right a.bin" in failed.stderr and "To go on" in failed.stderr
    assert "Traceback" not in failed.stderr and not list(tmp_path.glob("raw/[af]*"))
    site.files["/a.bin"], site.behaviour["/a.bin"] = body, ""
    assert program(fetch, tmp_path).returncode == 0
    assert (tmp_path / "raw/a.bin").read_bytes() == body


def test_fetched_images_that_were_harmed(tmp_path: Path) -> None:
    """Without a look at the hash, the cut file would be read as one with fewer images."""
    rows = np.zeros((6, 3073), np.uint8)
    bodies = {name: (rows + number).tobytes() for number, name in enumerate(("data_batch_1.bin", "test_batch.bin"))}
    mirror, raw = tmp_path / "mirror", tmp_path / "raw"
    mirror.mkdir()
    for name, body in bodies.items():
        (mirror / name).write_bytes(body)
    files = [{"name": name, "sha256": hashlib.sha256(body).hexdigest()} for name, body in bodies.items()]
    source = {"kind": "url", "url": "http://127.0.0.1:9/never-asked"}
    about = {"title": "toy", "kind": "images", "licence": "none", "citation": "none"}
    table = {"toy": {**about, "files": files, "sources": [source]}}
    (tmp_path / "table.yaml").write_text(yaml.safe_dump(table))
    settings = json.dumps({"dataset": "toy", "table": "table.yaml"})
    fetch = f"env HOMEOSTAT_MIRROR={mirror} python -m data.fetch --settings '{settings}' --output raw/fetched.json"
    decode = f"python -m data.images --settings '{settings}' --raw raw/fetched.json --output toy.npz"
    assert program(fetch, tmp_path).returncode == 0
    name, body = next(iter(bodies.items()))
    for harmed in (body[: 3 * 3073], bytes(rows.size - 1) + b"1", None):
        (raw / name).unlink()
        if harmed is not None:
            (raw / name).write_bytes(harmed)
        failed = program(decode, tmp_path)
        assert failed.returncode == 1 and not (tmp_path / "toy.npz").exists(), failed.stderr
        (sentence,) = failed.stderr.splitlines()
        assert sentence.startswith(f"error: raw/{name}: ")
        assert sentence.endswith("fetch it again (delete raw/fetched.json, and the next run does)")
        # What Snakemake does where the record is missing.
        assert program(fetch, tmp_path).returncode == 0
        assert (raw / name).read_bytes() == body
    assert program(decode, tmp_path).returncode == 0
    assert len(load_npz(tmp_path / "toy.npz")[0]["train_images"]) == len(rows)
