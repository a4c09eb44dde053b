"""A SLURM of one node with two fake GPUs on this machine's loopback: no systemd, cgroups or accounting needed.

Only what is asked for is checked, not kept: nothing limits a job's memory, and the GPUs are twins of /dev/null.
"""

import contextlib
import fcntl
import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

VARIABLE = "HOMEOSTAT_SLURM_TESTS"
ETC = Path("/etc/slurm")
FILES = ("slurm.conf", "gres.conf", "cgroup.conf")
DAEMONS = ("slurmd", "slurmctld", "munged")  # in the order to stop them
PREFIX = "homeostat-slurm-"
LOCK = "/tmp/homeostat-slurm.lock"

CONFIGURATION = """\
ClusterName=homeostat
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={control_port}
SlurmdPort={node_port}
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
CryptoType=crypto/munge
MpiDefault=none
ReturnToService=2
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.log
SlurmdParameters=config_overrides
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
JobCompType=jobcomp/none
MinJobAge=3600
CommunicationParameters=NoCtldInAddrAny,NoInAddrAny
SchedulerParameters=sched_interval=2,bf_interval=2,sched_min_interval=100000
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU_Memory
GresTypes=gpu
KillWait=2
MailProg=/bin/true
NodeName=node NodeHostname={host} NodeAddr=127.0.0.1 CPUs=4 RealMemory=64000 Gres=gpu:fake:2 State=UNKNOWN
PartitionName=cpu Nodes=node Default=YES MaxTime=08:00:00 State=UP
PartitionName=gpu Nodes=node Default=NO  MaxTime=08:00:00 State=UP
"""


def need_slurm() -> None:
    """Skip the test, with the reason, where no cluster can or should be started."""
    if os.environ.get(VARIABLE) != "1":
        pytest.skip(f"starts the daemons of a SLURM cluster; set {VARIABLE}=1 to allow it (.ci/run does where it can)")
    if os.geteuid() != 0:
        pytest.skip("a SLURM cluster on this machine needs root")
    absent = [name for name in (*DAEMONS, "sbatch") if shutil.which(name) is None]
    if absent:
        pytest.skip(f"{', '.join(absent)} not found: apt-get install --no-install-recommends slurm-wlm munge")
    pytest.importorskip("snakemake_executor_plugin_slurm")
    if any((ETC / name).exists() and not (ETC / name).is_symlink() for name in FILES):
        pytest.skip(f"{ETC} holds the configuration of a SLURM of this machine's own")


@contextlib.contextmanager
def cluster() -> Iterator[None]:
    """Start the cluster and wait for its node; at the end, cancel what runs and stop the daemons."""
    with open(LOCK, "w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            pytest.skip("another test has its SLURM on this machine")
        yield from _locked_cluster()


def _locked_cluster() -> Iterator[None]:
    _stop_what_a_killed_test_left()
    folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir="/tmp"))  # the path of a socket must be short
    try:
        _configure(folder)
        _daemon("munged", "--force", f"--key-file={folder}/munge.key", f"--socket={folder}/munge.socket",
                f"--pid-file={folder}/munged.pid", f"--log-file={folder}/munged.log",
                f"--seed-file={folder}/munge.seed")  # fmt: skip
        _wait(lambda: _answers("munge", "-S", f"{folder}/munge.socket", "-n"))
        _daemon("slurmctld", "-i")
        _wait(lambda: "is UP" in _answers("scontrol", "ping"))
        _daemon("slurmd", "-N", "node")
        _wait(lambda: "idle" in _answers("sinfo", "-h", "-o", "%T"))
        yield
    finally:
        _stop(folder)


def jobs() -> dict[str, dict[str, str]]:
    """Return what SLURM says of every job since the start, by job id: the words of `scontrol show job`."""
    lines = _run("scontrol", "show", "job", "-o").splitlines()
    records = (dict(re.findall(r"(\w+)=(\S*)", line)) for line in lines if line.startswith("JobId="))
    return {record["JobId"]: record for record in records}


def cancel(number: str) -> None:
    """Cancel a job, as an operator does."""
    _run("scancel", number)
    _wait(lambda: jobs()[number]["JobState"] not in ("RUNNING", "COMPLETING"))


def cancel_all() -> None:
    """Cancel every job that waits."""
    _run("scancel", "--user=root", "--state=PENDING")
    _wait(lambda: not _answers("squeue", "-h"))


def requeue(number: str) -> None:
    """Kill a job and have it start again under its number, as pre-emption does."""
    _run("scontrol", "requeue", number)
    _wait(lambda: jobs()[number]["JobState"] == "PENDING")
    time.sleep(2)  # what it started last time must be gone
    _run("scontrol", "update", f"JobId={number}", "StartTime=now")  # SLURM would wait two minutes
    _wait(lambda: jobs()[number]["JobState"] != "PENDING")


def partitions(state: str) -> None:
    """Set the state of both partitions: UP, or DOWN, where jobs wait."""
    for name in ("cpu", "gpu"):
        _run("scontrol", "update", f"PartitionName={name}", f"State={state}")


def _configure(folder: Path) -> None:
    for name in ("state", "spool"):
        (folder / name).mkdir()
    folder.chmod(0o755)  # slurmd's own check
    (folder / "munge.key").write_bytes(os.urandom(1024))
    (folder / "munge.key").chmod(0o600)
    for index in (0, 1):
        # SLURM accepts nothing but a device.
        os.mknod(folder / f"gpu{index}", 0o666 | 0o020000, os.makedev(1, 3))
    control_port, node_port = _free_ports(2)
    text = CONFIGURATION.format(
        folder=folder, host=socket.gethostname(), control_port=control_port, node_port=node_port
    )
    (folder / "slurm.conf").write_text(text)
    (folder / "gres.conf").write_text(f"NodeName=node Name=gpu Type=fake File={folder}/gpu[0-1]\n")
    constrain = "".join(f"Constrain{what}=no\n" for what in ("Cores", "RAMSpace", "SwapSpace", "Devices"))
    (folder / "cgroup.conf").write_text(f"CgroupPlugin=cgroup/v1\n{constrain}")
    # Here and not by SLURM_CONF: Snakemake's executor removes SLURM's variables inside its jobs.
    ETC.mkdir(exist_ok=True)
    for name in FILES:
        (ETC / name).symlink_to(folder / name)


def _free_ports(count: int) -> list[int]:
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]


def _run(*command: str) -> str:
    return subprocess.run(command, check=True, timeout=1200, capture_output=True, text=True).stdout


def _daemon(*command: str) -> None:
    # Files, not pipes: a daemon that keeps a pipe open would never let go of us.
    subprocess.run(command, check=True, timeout=1200, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def _answers(*command: str) -> str:
    done = subprocess.run(command, check=False, timeout=1200, capture_output=True, text=True)
    return done.stdout if done.returncode == 0 else ""


def _wait(ready) -> None:
    end = time.monotonic() + 20
    while not ready():
        if time.monotonic() > end:
            raise TimeoutError("SLURM did not come up within 20 s")
        time.sleep(0.1)


def _stop_what_a_killed_test_left() -> None:
    for name in FILES:
        if (ETC / name).is_symlink():
            folder = (ETC / name).readlink().parent
            if not folder.name.startswith(PREFIX):
                pytest.skip(f"{ETC}/{name} belongs to another SLURM on this machine")
            _stop(folder)


def _stop(folder: Path) -> None:
    if _alive(folder, "slurmctld"):
        subprocess.run(["scancel", "--user=root"], check=False, timeout=20, capture_output=True)
        with contextlib.suppress(TimeoutError):
            _wait(lambda: not _answers("squeue", "-h", "-t", "R,CG"))
    for name in DAEMONS:
        if pid := _alive(folder, name):
            os.kill(pid, signal.SIGKILL)  # slurmctld takes 5 s to save a state that nobody wants
    for name in FILES:
        path = ETC / name
        if path.is_symlink() and path.readlink().parent == folder:
            path.unlink()
    shutil.rmtree(folder, ignore_errors=True)


def _alive(folder: Path, name: str) -> int:
    """Return the process id of a daemon of the cluster in ``folder``, 0 where it does not run."""
    try:
        pid = int((folder / f"{name}.pid").read_text())
        return pid if Path(f"/proc/{pid}/comm").read_text().strip() == name else 0
    except (OSError, ValueError):
        return 0
