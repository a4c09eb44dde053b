"""Jobs as forks of a process with the libraries loaded (workflow/lib/warm.py)."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

PROGRAM = Path(__file__).resolve().parents[2] / "workflow" / "lib" / "warm.py"
JOB = """
import json, os, sys, time
print(json.dumps([sys.argv[1:], os.getcwd(), os.environ["WHICH"], "numba" in sys.modules, os.getpid()]), flush=True)
print("said", file=sys.stderr)
if sys.argv[1] == "sleep":
    time.sleep(60)
if sys.argv[1] == "die":
    os.kill(os.getpid(), 9)
if sys.argv[1] == "fail":
    raise ValueError("what went wrong")
if sys.argv[1] == "say":
    import atexit
    atexit.register(print, "at the end")
    sys.exit("in words")
sys.exit(int(sys.argv[1]))
"""

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="such a process is used on Linux only")


@pytest.fixture(scope="module")
def process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """The environment of a job that has such a process, for a program that stands in a folder of modules."""
    folder = tmp_path_factory.mktemp("w")
    (folder / "program.py").write_text(JOB)
    environment = os.environ | {"PYTHONPATH": str(folder), "PYTHONSAFEPATH": "1", "OMP_NUM_THREADS": "1"}
    words = [sys.executable, str(PROGRAM), "serve", str(folder / "socket")]
    server = subprocess.Popen(words, stdin=subprocess.PIPE, env=environment)
    deadline = time.monotonic() + 300
    while not (folder / "socket").exists():
        assert server.poll() is None and time.monotonic() < deadline
        time.sleep(0.1)
    yield environment | {"HOMEOSTAT_WARM": str(folder / "socket"), "WHICH": "job's own"}
    # It ends when its input is closed.
    server.communicate(timeout=1200)
    assert server.returncode == 0


def test_process_that_is_interrupted_while_it_loads_says_nothing(tmp_path: Path) -> None:
    words = [sys.executable, str(PROGRAM), "serve", str(tmp_path / "socket")]
    server = subprocess.Popen(words, stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    maps, deadline = Path(f"/proc/{server.pid}/maps"), time.monotonic() + 60
    while "_multiarray_umath" not in maps.read_text():  # the first that NumPy loads
        assert time.monotonic() < deadline
        time.sleep(0.01)
    server.send_signal(signal.SIGINT)
    assert server.communicate(timeout=300) == (None, "") and server.returncode == -signal.SIGINT


def command(*words: str) -> list[str]:
    return [sys.executable, "-I", "-S", str(PROGRAM), "-m", "program", *words]


def ran(environment: dict[str, str], folder: Path, *words: str) -> tuple[int, list[object], str]:
    done = subprocess.run(command(*words), env=environment, cwd=folder, capture_output=True, text=True, timeout=600)
    return done.returncode, json.loads(done.stdout.splitlines()[0]), done.stdout.partition("\n")[2] + done.stderr


def test_job_has_its_arguments_folder_environment_files_and_status(process: dict[str, str], tmp_path: Path) -> None:
    status, said, error = ran(process, tmp_path, "3", "a word 'of' its own")
    assert status == 3
    assert said[:4] == [["3", "a word 'of' its own"], str(tmp_path), "job's own", True]
    assert error == "said\n"


def test_job_that_a_signal_ends_has_the_status_that_a_shell_gives_it(process: dict[str, str], tmp_path: Path) -> None:
    assert ran(process, tmp_path, "die")[0] == 128 + signal.SIGKILL


def test_job_that_fails_says_why_as_python_does(process: dict[str, str], tmp_path: Path) -> None:
    status, _, error = ran(process, tmp_path, "fail")
    assert status == 1
    assert error.startswith("said\nTraceback") and error.endswith("ValueError: what went wrong\n")
    assert ran(process, tmp_path, "say")[::2] == (1, "at the end\nsaid\nin words\n")


def test_job_ends_with_the_command_that_asked_for_it(process: dict[str, str], tmp_path: Path) -> None:
    with subprocess.Popen(command("sleep"), env=process, cwd=tmp_path, stdout=subprocess.PIPE, text=True) as asking:
        assert asking.stdout is not None
        number = int(asking.stdout.readline().rsplit(",", 1)[1].rstrip("]\n"))
        assert Path(f"/proc/{number}").exists() and number != asking.pid
        asking.terminate()
    deadline = time.monotonic() + 30
    while Path(f"/proc/{number}").exists():
        assert time.monotonic() < deadline
        time.sleep(0.1)


@pytest.mark.parametrize("change", [{"HOMEOSTAT_WARM": "/nowhere"}, {"HOMEOSTAT_WARM": ""}, {"OMP_NUM_THREADS": "2"}])
def test_job_is_an_ordinary_python_without_the_process(
    process: dict[str, str], tmp_path: Path, change: dict[str, str]
) -> None:
    status, said, _ = ran(process | change, tmp_path, "0")
    assert (status, said[3]) == (0, False)
