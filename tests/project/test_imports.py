"""Programs import what they need and no more: most jobs take seconds, an import of torch alone one and a half."""

import os
import subprocess
import sys

import pytest
from pipeline import ROOT

HEAVY = {"torch", "pandas", "matplotlib", "sklearn", "requests", "h5py", "scipy.special", "scipy.stats", "jsonschema"}
# What each may import of the above.
ALLOWED = {
    "mayzel2024.fit": set(),
    "mayzel2024.table": set(),
    "mayzel2024.details": set(),
    "mayzel2024.fig2": {"pandas", "matplotlib", "scipy.special", "scipy.stats"},  # seaborn needs scipy
    "shen2021.train": set(),
    "shen2021.data": set(),
    "keck2012.fit": {"scipy.special"},
    "keck2012.digits": {"scipy.special"},
    "eyono2026.train": {"torch"},
    "eyono2026.table": set(),
    "krishna2024.train": {"torch"},
    "krishna2024.table": {"pandas"},
    "report.claims": {"pandas", "scipy.special", "jsonschema"},
}


@pytest.mark.parametrize("program", ALLOWED)
def test_program_imports_no_more_than_it_needs(program: str) -> None:
    code = f"import sys, {program}; print(*sys.modules)"
    environment = os.environ | {"PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT / 'workflow/scripts'}"}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert HEAVY & set(done.stdout.split()) == ALLOWED[program]


def test_an_estimator_is_there_at_once() -> None:
    code = "from homeostat.rp import RP; import sys, time; print(time.process_time(), *sys.modules)"
    environment = os.environ | {"PYTHONPATH": str(ROOT / "src"), "OMP_NUM_THREADS": "1"}
    seconds = []
    for _ in range(3):
        done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
        first, *modules = done.stdout.split()
        seconds.append(float(first))
        assert not HEAVY & set(modules)
    assert min(seconds) < 0.6
