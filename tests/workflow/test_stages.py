"""Stages: what a program reads from its command line is what was declared, whatever the names."""

import json
import shlex
from types import SimpleNamespace
from typing import Any

from stages import Stage

from homeostat import cli
from homeostat.keys import record_beside

NASTY = "a'b; touch pwned {d} $(touch pwned) ü"


def stage(**more: Any) -> Stage:
    outputs = ("s/fits/{condition}/seeds~{first}-{last}.{key}.npz",)
    return Stage("s_fit", "Fit.", "fitting", "s.fit", outputs, **more)


def given(one: Stage, **inputs: Any) -> str:
    wildcards = {"condition": NASTY, "first": "0", "last": "4", "key": "0" * 16}
    of = SimpleNamespace(items=wildcards.items, **wildcards)
    return one.given(of, SimpleNamespace(**inputs), threads=4)


def test_a_program_reads_what_was_declared() -> None:
    one = stage(
        inputs={"data": None, "fits": None, "teacher": None},
        settings=lambda wildcards: {"training": {"steps": 3, "batch": None}, "name": wildcards.condition},
        wildcards=("condition", "first", "last", "threads"),
        device="auto",
        resumes=True,
    )
    words = shlex.split(given(one, data=NASTY, fits=["a b", NASTY], teacher=[]))
    job = cli.job("Fit.", "data", "fits", "teacher", arguments=[*words, "--output", "x"])
    assert [str(path) for path in job.inputs["fits"]] == ["a b", NASTY]
    assert str(job.path("data")) == NASTY and job.inputs["teacher"] == [] and "--teacher" not in words
    about = {"condition": NASTY, "first": 0, "last": 4, "threads": 4, "name": NASTY}
    assert job.settings == about | {"training": {"steps": 3, "batch": None}}
    assert job.device == "auto" and job.checkpoint is not None and job.checkpoint.stem == "0" * 16


def test_a_program_without_settings_gets_none() -> None:
    assert given(stage()) == "" and stage().params.keys() == {"program", "given"}
    assert "device" in stage(device="cpu").params and "checkpoint" in stage(resumes=True).params


def test_files_of_this_repository_are_found_from_any_folder() -> None:
    words = given(stage(repository={"generator": "config/a b.npz"}))
    assert words == "--generator \"$HOMEOSTAT_ROOT\"/'config/a b.npz' --repository generator"


def test_a_log_lies_where_the_page_looks_for_it() -> None:
    one = stage()
    (path,) = one.paths
    beside = record_beside(path).removesuffix(".recipe.json").removeprefix("results/store/")
    assert one.beside("logs", ".log") == f"results/logs/{beside}.log"


def test_settings_are_json_of_the_key(tmp_path: Any) -> None:
    text = given(stage(settings={"b": 1.5, "a": [1, 2]}))
    assert json.loads(shlex.split(text)[1]) == {"b": 1.5, "a": [1, 2]}
