"""Which build of torch `make venv` installs, and by which lock, on which machine."""

import importlib.util
import subprocess
from types import ModuleType

import pytest
from pipeline import ROOT

INDEX = "https://cpu.example/whl"


@pytest.fixture
def install() -> ModuleType:
    spec = importlib.util.spec_from_file_location("install", ROOT / "envs/install.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


REST, TORCH = "requirements.lock", "requirements-torch.lock"


@pytest.mark.parametrize(
    ("wanted", "platform", "here", "gpu", "found", "lock", "calls"),
    [
        ("auto", "linux", None, False, True, REST, "install"),
        ("auto", "linux", None, False, False, TORCH, "install"),
        ("auto", "linux", None, True, True, TORCH, ""),
        ("auto", "linux", "PIN+cpu", True, True, REST, ""),
        ("auto", "linux", "PIN", False, True, REST, ""),
        ("auto", "linux", "1.0+cpu", False, True, REST, "install"),
        ("auto", "darwin", None, False, False, TORCH, ""),
        ("cpu", "linux", None, True, True, REST, "install"),
        ("cpu", "linux", "PIN", False, True, REST, "install"),
        ("cpu", "linux", "PIN+cpu", False, False, REST, ""),
        ("cpu", "darwin", None, False, False, TORCH, ""),
        ("cuda", "linux", None, False, True, TORCH, ""),
        ("cuda", "linux", "PIN+cpu", True, True, TORCH, "uninstall"),
    ],
)
def test_build_and_lock(
    install: ModuleType,
    monkeypatch: pytest.MonkeyPatch,
    wanted: str,
    platform: str,
    here: str | None,
    gpu: bool,
    found: bool,
    lock: str,
    calls: str,
) -> None:
    pin, made = install.pinned_torch(), []

    def run(command: list[str], **_: object) -> subprocess.CompletedProcess[str]:
        made.append(command[4])
        if command[4] == "install":
            assert command[-3:] == ["--index-url", INDEX, f"torch=={pin}+cpu"]
        return subprocess.CompletedProcess(command, 0 if found else 1)

    monkeypatch.setattr(install.sys, "platform", platform)
    monkeypatch.setattr(install, "installed_torch", lambda: here and here.replace("PIN", pin))
    monkeypatch.setattr(install, "has_gpu", lambda: gpu)
    monkeypatch.setattr(install.subprocess, "run", run)
    assert install.choose(wanted, INDEX).name == lock
    assert " ".join(made) == calls


@pytest.mark.parametrize(
    ("wanted", "platform", "sentence"),
    [
        ("cpu", "linux", "error: TORCH=cpu: pip found no CPU build of torch .* make venv TORCH=cpu TORCH_INDEX=https"),
        ("cuda", "darwin", "error: TORCH=cuda: the pinned torch has a CUDA build for Linux only"),
    ],
)
def test_a_build_that_cannot_be_had_is_a_sentence(
    install: ModuleType, monkeypatch: pytest.MonkeyPatch, wanted: str, platform: str, sentence: str
) -> None:
    monkeypatch.setattr(install.sys, "platform", platform)
    monkeypatch.setattr(install, "installed_torch", lambda: None)
    monkeypatch.setattr(install, "install_cpu_build", lambda version, index: False)
    with pytest.raises(SystemExit, match=sentence):
        install.choose(wanted, None)
