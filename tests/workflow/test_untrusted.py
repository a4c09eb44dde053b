"""Files and settings of strangers: nothing in them is run, nothing is written elsewhere, nothing fills the machine."""

import ast
import gzip
import io
import json
import os
import re
import shlex
import subprocess
import sys
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.io
import yaml
from pipeline import PROGRAMS, ROOT, TEST, build, command, environment, overlay, run, shell_commands
from spike_files import words

from homeostat import files
from homeostat.datasets.archives import extract_tar_gz
from homeostat.datasets.verify import SourceError
from homeostat.errors import DataError
from homeostat.files import load_npz, save_npz
from homeostat.images import ImageSet
from homeostat.images import read as images_read
from homeostat.recordings import Recording, read_spikes
from homeostat.yaml_files import read_yaml

NASTY = "a; touch pwned $(touch pwned) `touch pwned` 'b' \"c\" {d} ü"


class Payload:
    """Makes a folder when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, (str(self.path),)


@pytest.mark.parametrize(
    "read", [load_npz, ImageSet.read, Recording.read, read_spikes], ids=lambda read: read.__qualname__
)
@pytest.mark.parametrize("member", ["spikes", "meta_json", "spikes_packed", "train_images"])
def test_a_pickle_in_an_npz_is_not_run(read: Callable[[Path], Any], member: str, tmp_path: Path) -> None:
    path, made = tmp_path / "a.npz", tmp_path / "pwned"
    evil = np.array([Payload(made)], dtype=object)
    arrays = {"spikes_packed": np.zeros(3, np.uint8), "meta_json": np.frombuffer(b"{}", np.uint8), member: evil}
    np.savez(path, allow_pickle=True, **arrays)
    with pytest.raises(DataError):
        read(path)
    assert not made.exists()
    with np.load(path, allow_pickle=True) as opened:
        opened[member]
    assert made.exists(), "the payload does nothing: this test cannot fail"


@pytest.mark.parametrize("suffix", [".npy", ".npz", ".mat", ".nwb", ".csv"])
def test_a_bare_pickle_under_any_name_is_not_run(suffix: str, tmp_path: Path) -> None:
    import pickle

    path, made = tmp_path / f"a{suffix}", tmp_path / "pwned"
    path.write_bytes(pickle.dumps(Payload(made)))
    with pytest.raises(DataError):
        read_spikes(path)
    with pytest.raises(DataError):
        load_npz(path)
    assert not made.exists()


def test_npz_and_idx_that_unpack_to_too_much(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "_FLOOR", 1_000_000)
    save_npz(tmp_path / "a.npz", {"zeros": np.zeros(2_000_000, np.uint8)}, {})
    with pytest.raises(DataError, match=r"a.npz: claims 1.9 MiB in [\d.]+ KiB of the file, more than 100 times"):
        load_npz(tmp_path / "a.npz")
    monkeypatch.setattr(images_read, "_MOST_BYTES", 1_000_000)
    (tmp_path / "x-idx1").write_bytes(gzip.compress(bytes(2_000_000)))
    with pytest.raises(DataError, match="x-idx1: it unpacks to more than 1,000,000 bytes"):
        images_read._idx(tmp_path / "x-idx1")


def test_an_npz_that_asks_for_a_password(tmp_path: Path) -> None:
    save_npz(tmp_path / "a.npz", {"x": np.zeros(9)}, {})
    content = bytearray((tmp_path / "a.npz").read_bytes())
    for entry in re.finditer(rb"PK\x01\x02", bytes(content)):
        content[entry.start() + 8] |= 1  # the flags of a member in the directory
    (tmp_path / "a.npz").write_bytes(content)
    for read in (load_npz, read_spikes):
        with pytest.raises(DataError, match="password"):
            read(tmp_path / "a.npz")


def test_archives_whose_headers_promise_too_much(tmp_path: Path) -> None:
    sparse, header = tarfile.TarInfo("good"), tarfile.TarInfo("good")
    sparse.pax_headers = {"GNU.sparse.map": "50000000,0", "GNU.sparse.size": "50000000", "GNU.sparse.numblocks": "1"}
    header.pax_headers = {"comment": "x" * 5_000_000}
    for index, info in enumerate((sparse, header)):
        path = tmp_path / f"{index}.tgz"
        with tarfile.open(path, "w:gz", format=tarfile.PAX_FORMAT) as tar:
            tar.addfile(info, io.BytesIO())
        with pytest.raises(SourceError, match=r"no regular file|more than 1,000,000 bytes"):
            extract_tar_gz(path, {"good": tmp_path / "good"}, 1_000_000)
        assert not (tmp_path / "good").exists()


def test_nothing_evaluates_text() -> None:
    """No eval, exec, os.system, shell=True or unsafe YAML anywhere in the library or the programs."""
    for folder in ("src", "workflow"):
        for path in (ROOT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.Call):
                    name = ast.unparse(node.func)
                    assert name not in ("eval", "exec", "os.system", "os.popen", "yaml.load", "yaml.unsafe_load"), path
                    shell = [keyword for keyword in node.keywords if keyword.arg == "shell"]
                    assert not shell, f"{path}: {ast.unparse(node)}"


def test_yaml_files_run_nothing(tmp_path: Path) -> None:
    made = tmp_path / "pwned"
    (tmp_path / "a.yaml").write_text(f"device: !!python/object/apply:os.mkdir ['{made}']\n")
    with pytest.raises(yaml.YAMLError, match="could not determine a constructor"):
        read_yaml(tmp_path / "a.yaml")
    assert not made.exists()


def test_a_configuration_runs_nothing(tmp_path: Path) -> None:
    config = tmp_path / "mine.yaml"
    config.write_text(f"device: !!python/object/apply:os.mkdir ['{tmp_path}/pwned']\n")
    status, printed = run(command(tmp_path, "all", configs=(config,), flags=("--dry-run",)))
    assert status != 0 and "not valid JSON or YAML" in printed, printed
    assert not (tmp_path / "pwned").exists()


def test_awkward_names_never_reach_a_shell_unquoted(tmp_path: Path) -> None:
    """Each job's command is run with a python that only writes down its arguments."""
    (tmp_path / "bin").mkdir()
    stub = tmp_path / "bin/python"
    writes = "import json, sys; open('calls', 'a').write(json.dumps(sys.argv[1:]) + '\\n')"
    stub.write_text(f"#!{sys.executable}\n{writes}\n")
    stub.chmod(0o755)
    source = tmp_path / f"{NASTY}.mat".replace("{d}", "d")
    source.touch()
    options = {"key": NASTY, "units": [NASTY, "- x"], "orientation": "time_by_neurons"}
    settings = {"recording": str(source), "recording_options": options}
    configs = (TEST, overlay(tmp_path / "mine.yaml", settings))
    targets = ["all", "results/data/images/mnist.npz"]
    # One command of each program.
    lines = {line.split()[2]: line for line in shell_commands(tmp_path, *targets, configs=configs)}
    around = environment(**PROGRAMS | {"PATH": f"{tmp_path / 'bin'}:{os.environ['PATH']}"})
    for line in lines.values():
        for log in re.findall(r"> (\S*results/logs/.*) 2>&1$", line):
            (tmp_path / shlex.split(log)[0]).parent.mkdir(parents=True, exist_ok=True)
        done = subprocess.run(["bash", "-euc", line], cwd=tmp_path, env=around, capture_output=True)
        assert done.returncode == 0, (line, done.stderr)
    calls = [json.loads(call) for call in (tmp_path / "calls").read_text().splitlines()]
    assert len(calls) == len(lines)
    (reading,) = [call for call in calls if call[1] == "data.recording"]
    given = dict(zip(reading[2::2], reading[3::2], strict=False))
    assert given["--source"] == str(source)
    assert json.loads(given["--settings"])["reading"] == options | {"min_bins": 100}
    assert not list(tmp_path.rglob("pwned*"))


def test_braces_in_the_name_of_a_recording(tmp_path: Path) -> None:
    configs = (TEST, overlay(tmp_path / "mine.yaml", {"recording": "my/{a}.mat"}))
    status, printed = run(command(tmp_path, "all", configs=configs, flags=("--dry-run",)))
    assert status != 0 and "'my/{a}.mat' holds '{', which names a wildcard" in printed and "Traceback" not in printed, (
        printed
    )


def test_a_recording_with_an_awkward_name_is_read(tmp_path: Path) -> None:
    source = tmp_path / "a; touch pwned.mat"
    scipy.io.savemat(source, {"spikes": words(1500, 4)})
    configs = (TEST, overlay(tmp_path / "mine.yaml", {"recording": str(source)}))
    printed = build(tmp_path, "mayzel2024", configs=configs, flags=("--until", "data_own_recording"))
    (made,) = tmp_path.glob("results/store/data/recordings/own-a-touch-pwned-*.npz")
    assert np.array_equal(Recording.read(made).spikes, words(1500, 4))
    # What was left out is repeated at the end, also by a run that has nothing to do.
    again = build(tmp_path, "mayzel2024", configs=configs, flags=("--until", "data_own_recording"))
    for each in (printed, again):
        assert f"Left out of the recording {made.name.partition('.')[0]}, assumed or in doubt:\n" in each
        assert "\n  warning: The recording has 1,500 bins for 4 neurons" in each
    assert not list(tmp_path.rglob("pwned*"))
