"""Jobs without imports: a process that has the libraries loaded, and forks for each job of a run on this machine.

    python -I -S warm.py -m PROGRAM ARGUMENTS      what a job calls in place of `python -m PROGRAM ARGUMENTS`
    python warm.py serve SOCKET                    the process, until its standard input is closed

Loading numba and SciPy takes half of the time of small fits. So a job asks the process of its run, by the socket that
HOMEOSTAT_WARM names, to run the program in a fork of itself, in the job's folder, with its environment and open files.
A job of several threads, and one that finds no such process, runs an ordinary Python.
"""

import contextlib
import os
import socket
import sys
from collections.abc import Sequence

VARIABLE = "HOMEOSTAT_WARM"
LIBRARIES = ("homeostat.compiled", "numba", "scipy.optimize", "scipy.special", "yaml", "pandas", "seaborn", "torch")
# Snakemake sets it to the threads of a job.
_THREADS = "OMP_NUM_THREADS"
# Jobs of a run for which loading the libraries once more is worth it.
WORTH_IT = 20


def main() -> None:
    """Be the process, or a job."""
    words = sys.argv[1:]
    if words[0] == "serve":
        serve(words[1])
        return
    status = ask(words[1:]) if words[0] == "-m" and os.environ.get(_THREADS) == "1" else None
    if status is None:
        os.execv(sys.executable, [sys.executable, *words])
    # As a shell has it: 137 after SIGKILL.
    sys.exit(128 - status if status < 0 else status)


def start(path: Sequence[str | os.PathLike[str]]) -> None:
    """Start the process for the jobs of this one, with modules from ``path``; it ends with this one."""
    import atexit
    import shutil
    import subprocess
    import tempfile

    # Forks of a process with Apple's frameworks crash.
    if sys.platform != "linux":
        return
    folder = tempfile.mkdtemp(prefix="homeostat-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    os.environ[VARIABLE] = f"{folder}/socket"
    environment = dict.fromkeys((_THREADS, "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    environment |= {"PYTHONPATH": os.pathsep.join(map(str, path)), "PYTHONSAFEPATH": "1"}
    words = [sys.executable, __file__, "serve", os.environ[VARIABLE]]
    process = subprocess.Popen(words, stdin=subprocess.PIPE, env=os.environ | environment)
    atexit.register(process.communicate)  # closes its input


def ask(words: list[str]) -> int | None:
    """Have the process run a program; return the exit status (-9 after SIGKILL), or None if there is no process."""
    process = socket.socket(socket.AF_UNIX)
    try:
        process.connect(os.environ[VARIABLE])
    except (KeyError, OSError):
        return None
    request = repr((words, dict(os.environ))).encode()
    socket.send_fds(process, [len(request).to_bytes(8)], [os.open(".", os.O_RDONLY), 0, 1, 2])
    process.sendall(request)
    return int(process.recv(8) or -9)


def serve(path: str) -> None:
    """Load the libraries, then fork for each request, until the standard input is closed."""
    import gc
    import importlib
    import select
    import signal

    signal.signal(signal.SIGINT, signal.SIG_DFL)  # Ctrl-C while it loads ends it without a word
    for name in LIBRARIES:
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    _prepare_numba()
    gc.collect()
    gc.freeze()  # forks share what is never looked at
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(path)
    listener.listen()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the jobs
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for the forks
    end = sys.stdin.fileno()
    while end not in select.select([end, listener.fileno()], [], [])[0]:
        client = listener.accept()[0]
        if not os.fork():
            listener.close()
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            _run_for(client)
        client.close()


def _prepare_numba() -> None:
    """Have numba load what it needs before its first function, compiled or from its cache."""
    with contextlib.suppress(ImportError):
        import numba

        numba.njit(lambda: None)()


def _run_for(client: socket.socket) -> None:
    """Run a client's program in another fork, and tell the client its status; end it if the client ends."""
    import ast
    import signal
    import threading

    size, files, _, _ = socket.recv_fds(client, 8, 4)
    request = client.recv(int.from_bytes(size), socket.MSG_WAITALL)
    job = os.fork()

    def end_with_client() -> None:
        if not client.recv(1):
            os.kill(job, signal.SIGTERM)

    if job:
        threading.Thread(target=end_with_client, daemon=True).start()
        # Until this process ends, too, nobody else can have the job's number.
        ended = os.waitid(os.P_PID, job, os.WEXITED | os.WNOWAIT)
        assert ended is not None
        status = ended.si_status if ended.si_code == os.CLD_EXITED else -ended.si_status
        with contextlib.suppress(OSError):
            client.sendall(str(status).encode())
        os._exit(0)
    client.close()
    signal.signal(signal.SIGINT, signal.default_int_handler)
    folder, *standard = files
    os.fchdir(folder)
    for number, file in enumerate(standard):
        os.dup2(file, number)
    for file in files:
        os.close(file)
    words, environment = ast.literal_eval(request.decode())
    os.environ.clear()
    os.environ.update(environment)
    sys.argv[1:] = words[1:]
    os._exit(_status(words[0]))


def _status(program: str) -> int:
    """Run a program to its end, and return its exit status.

    What comes after is left out: Python would take everything apart that the process has loaded, for a second.
    """
    import atexit
    import runpy

    atexit._clear()  # what the process would do at its end
    status = 0
    try:
        runpy.run_module(program, run_name="__main__", alter_sys=True)
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else int(end.code is not None)
        if isinstance(end.code, str):
            print(end.code, file=sys.stderr)
    except BaseException:
        sys.excepthook(*sys.exc_info())
        status = 1
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    return status


if __name__ == "__main__":
    main()
