"""The pages in docs/: their code runs, their links lead somewhere, and what they quote is what the program says."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from pipeline import ROOT, TEST, build, overlay, plan, pretend

from homeostat.errors import DataError
from homeostat.recordings import Recording, read_spikes

PAGES = sorted((ROOT / "docs").glob("*.md"))
# Sentences of other programs.
FOREIGN = {
    "Missing input files for rule data_own_recording",
    "Directory cannot be locked",
    "IncompleteFilesException",
    "Killed",
    "MissingRuleException",
    "No matching distribution found",
    "THESE PACKAGES DO NOT MATCH THE HASHES",
    "Partition file not found",
}


def fenced(page: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", (ROOT / "docs" / page).read_text(), re.MULTILINE | re.DOTALL)


def prose(path: Path) -> str:
    return re.sub(r"^```.*?^```", "", path.read_text(), flags=re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the recording and the configuration of the tutorial."""
    folder = tmp_path_factory.mktemp("session")
    (code,) = fenced("own-recording.md", "python")
    subprocess.run([sys.executable, "-c", code], cwd=folder, check=True, timeout=300)
    (settings,) = fenced("own-recording.md", "yaml")
    (folder / "mine.yaml").write_text(settings)
    return folder


def test_tutorial_recording_becomes_the_studys_data(session: Path) -> None:
    text = (ROOT / "docs" / "own-recording.md").read_text()
    target = re.search(r"TARGET=(results/data/mayzel2024/\S+\.npz)", text)
    assert target is not None
    build(session, target[1], configs=(TEST, session / "mine.yaml"))
    recording = Recording.read(session / target[1])
    assert (recording.n_bins, recording.n_neurons, recording.bin_ms) == (20_000, 30, 20.0)
    assert recording.units == [str(unit) for unit in range(30)]
    (log,) = [path.read_text() for path in session.glob(f"results/logs/data/recordings/{recording.name}.*.log")]
    # The last line is how long it took.
    assert log[: log.rindex("took ")].strip() in text, log


def test_quick_start_changes_what_it_says(tmp_path: Path) -> None:
    (settings,) = fenced("quick-start.md", "yaml")
    configs = (overlay(tmp_path / "quick.yaml", yaml.safe_load(settings)),)
    figure = "keck2012_fig1"
    before = plan(tmp_path, figure, configs=())
    pretend(tmp_path, [path for path, _, _ in before], figure, configs=())
    fits = {path for path, rule, todo in plan(tmp_path, figure, configs=configs) if todo and rule == "keck2012_fit"}
    assert len(fits) == 1 and "learner~network" in fits.pop()


def test_without_the_option_the_silent_unit_is_named(session: Path) -> None:
    with pytest.raises(DataError, match=r"1 of 31 units constant.*: 30; .*drop_bad_units"):
        read_spikes(session / "session.nwb")


def test_library_page_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {"__name__": "library_page"}
    for block in fenced("library.md", "python"):
        exec(compile(block, "docs/library.md", "exec"), names)
    model, test = names["model"], names["test"]
    # Better than independent neurons: the example has something to learn.
    rates = names["train"].mean(axis=0)
    independent = (test * np.log(rates) + (1 - test) * np.log(1 - rates)).sum(axis=1).mean()
    assert model.score(test) > independent
    assert abs(names["soft"].projections_).max() <= 0.8
    assert names["result"].models.shape == (3, 30, 12)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", prose(page)):
        if target.startswith("https://"):
            continue
        name, _, anchor = target.partition("#")
        found = page.parent / name if name else page
        assert found.exists(), f"{page.name} links to {target}"
        if anchor:
            headings = re.findall(r"^#+ (.+)$", found.read_text(), re.MULTILINE)
            anchors = {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}
            assert anchor in anchors, f"{page.name} links to {target}"


def test_every_page_is_in_the_index() -> None:
    index = (ROOT / "docs" / "README.md").read_text()
    for page in PAGES:
        assert page.name == "README.md" or f"]({page.name})" in index, page.name


def commands(path: Path) -> list[str]:
    """The shell commands of a page: lines of its blocks, and code in its sentences."""
    text = path.read_text()
    lines = [
        line
        for block in re.findall(r"^```sh\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
        for line in block.splitlines()
    ]
    return [*lines, *re.findall(r"`([^`\n]+)`", re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL))]


@pytest.mark.parametrize("page", [ROOT / "README.md", ROOT / "config/README.md", *PAGES], ids=lambda page: page.name)
def test_commands_name_what_is_there(page: Path) -> None:
    makefile = (ROOT / "Makefile").read_text()
    rules = "".join(path.read_text() for path in (ROOT / "workflow/rules").glob("*.smk"))
    example = (ROOT / "docs/extend.md").read_text()
    for line in commands(page):
        for target in re.findall(r"\bmake ([a-z][a-z-]*)", line):
            assert re.search(rf"^{target}:", makefile, re.MULTILINE), f"{page.name}: {line}"
        for variable in re.findall(r"\b([A-Z]+)=", line) if "make " in line else ():
            assert f"$({variable})" in makefile, f"{page.name}: {line}"
        for name in re.findall(r"TARGET=([a-z]+\d{4}(?:_\w+)?)", line):
            study, _, figure = name.partition("_")
            declared = study in rules and (not figure or f'"{figure}"' in rules + example)
            assert declared, f"{page.name}: {line}"
        for path in re.findall(r"(?<![\w/.])(?:config|benchmarks|profiles)/[\w/.]+\.(?:yaml|py)", line):
            assert (ROOT / path).is_file() or "name2030" in path, f"{page.name}: {line}"


def said() -> dict[str, str]:
    """The text of the sources, with the pieces of each sentence joined."""
    files = [
        ROOT / "Makefile",
        *(ROOT / "envs").glob("*.py"),
        *(ROOT / "src").rglob("*.py"),
        *(ROOT / "workflow").rglob("*.py"),
    ]
    files += (ROOT / "workflow" / "rules").glob("*.smk")
    return {str(path): re.sub(r'"\s*\n\s*f?"', "", path.read_text()) for path in files}


def test_quoted_sentences_are_those_of_the_program() -> None:
    sentences = re.findall(r"\*\*`([^`]+)`\*\*", (ROOT / "docs" / "troubleshooting.md").read_text())
    assert len(sentences) > 30
    sources = said()
    for sentence in sentences:
        sentence = " ".join(sentence.split())
        pieces = [re.escape(piece) for piece in sentence.split("…") if piece.strip(" :;,.()")]
        pattern = re.compile(r"[^\n]{0,200}?".join(pieces))
        known = sentence in FOREIGN or any(pattern.search(text) for text in sources.values())
        assert known, f"troubleshooting.md: nobody says {sentence!r}"


def test_named_keys_are_in_the_configuration() -> None:
    config = yaml.safe_load((ROOT / "config" / "config.yaml").read_text())
    flat = set(config) | set(config["recording_options"]) | set(config["mayzel2024"])
    for page in ("own-recording.md", "troubleshooting.md", "mayzel2024.md"):
        text = prose(ROOT / "docs" / page)
        for path in re.findall(r"`((?:mayzel2024|recording_options)(?:\.[a-z_0-9]+)+)`", text):
            section = config
            for key in path.split("."):
                assert key in section, f"{page}: {path}"
                section = section[key]
    options = re.search(
        r"^## Options$(.*?)^## ", (ROOT / "docs/own-recording.md").read_text(), re.MULTILINE | re.DOTALL
    )
    assert options is not None
    for cell in re.findall(r"^\| (`[^|]+`) \|", options[1], re.MULTILINE):
        for key in re.findall(r"`([a-z_]+)[:`]", cell):
            assert key in flat, f"own-recording.md: {key}"


def test_programs_of_the_panels_are_there_and_no_figure_is_left_out() -> None:
    text = (ROOT / "docs" / "mayzel2024.md").read_text()
    rows = re.findall(r"^\| (\d(?:-S\d)?)[ A-G,]* \| `(\w+\.py)` \|", text, re.MULTILINE)
    folder = ROOT / "workflow" / "scripts" / "mayzel2024"
    assert all((folder / program).is_file() for _, program in rows)
    shown = {f"fig{figure.lower().replace('-', '')}" for figure, _ in rows}
    assert shown == {path.stem for path in folder.glob("fig*.py")}
