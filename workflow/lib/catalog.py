"""What the studies declare: stages, figures, and where each is drawn and judged.

rules/stages.smk makes a rule of each stage and figure, rules/views.smk a rule of what shows its results.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import code_hashes
import hashes
from run_data import RunData
from stages import Stage

# The wildcards of a place where a figure is drawn: a recording, or none.
Place = Mapping[str, str]


class Catalog:
    """The stages and figures of all studies.

    Parameters
    ----------
    root
        The checkout.
    views
        The folder of what the user looks at.
    config
        The checked configuration.
    data
        The recordings and image sets of the run.
    scale_on
        Returns the scale of a study on a recording.
    gpus
        The resource ``gpu`` of a job that can use one.

    Attributes
    ----------
    stages
        Stages by the name of their rule.
    titles, scale, figures
        The title of each study, its scale, and the names of its figures.
    of_each
        Figures, by study and name, that a run on several recordings has for each of them.
    judged_by
        The figures that the claims of a study rest on.
    judged
        The studies of the configuration that have claims.
    """

    def __init__(
        self,
        root: Path,
        views: str,
        config: Mapping[str, Any],
        data: RunData,
        scale_on: Callable[[str, str], str],
        gpus: Callable[[Any], int],
    ) -> None:
        self._root, self._views, self._config, self._data = root, views, config, data
        self._scale_on, self._gpus = scale_on, gpus
        self.stages: dict[str, Stage] = {}
        self.titles: dict[str, str] = {}
        self.scale: dict[str, str] = {}
        self.figures: dict[str, list[str]] = {}
        self.of_each: set[tuple[str, str]] = set()
        self.judged_by: dict[str, list[str]] = {}
        self.judged = [study for study in config["studies"] if (root / self.definitions(study)).is_file()]

    def study(self, name: str, title: str) -> None:
        """Declare a study; its scale is read from its sizes."""
        self.titles[name], self.figures[name] = title, []
        self.scale[name] = " / ".join(dict.fromkeys(self._scale_on(name, each) for each in self._data.sources))

    def stage(
        self, name: str, about: str, *, says: str, output: Any, program: str = "", gpu: bool = False, **more: Any
    ) -> None:
        """Declare a stage (stages.py); its program is named after the rule, where it is not given."""
        resources: dict[str, Any] = {each: more.pop(each) for each in ("mem_mb", "runtime") if each in more}
        if gpu:
            more["device"], resources["gpu"] = self._config["device"], self._gpus
        outputs = (output,) if isinstance(output, str) else tuple(output)
        program = program or name.replace("_", ".", 1)
        self.stages[name] = Stage(name, about, says, program, outputs, resources=resources, **more)

    def figure(
        self, study: str, name: str, about: str, *, place: str = "", program: str = "", judged: bool = True, **more: Any
    ) -> None:
        """Declare a figure: the stage STUDY_draw_NAME, with the program STUDY.NAME, and the view STUDY_NAME.

        ``place`` is ``{recording}/`` where every recording has such a figure; claims rest on a figure that is
        ``judged``.
        """
        self.figures[study].append(name)
        if place:
            self.of_each.add((study, name))
        if judged:
            self.judged_by.setdefault(study, []).append(name)
        self.stage(
            f"{study}_draw_{name}",
            about,
            says=f"{study}: drawing {name}{' of {wildcards.recording}' if place else ''}.",
            program=program or f"{study}.{name}",
            output=[f"{study}/figures/{place}{name}.{{key}}.{kind}" for kind in ("pdf", "png", "csv")],
            **more,
        )

    def params(self, stage: Stage) -> dict[str, Any]:
        """Return the params of a stage's rule; what is known by its content does not depend on code."""
        scripts = self._root / "workflow" / "scripts"
        program = scripts / f"{stage.program.replace('.', '/')}.py"
        files = stage.repository.values()
        known = "content" in stage.depends
        code = {} if known else {"code": code_hashes.code_hash(program, self._root / "src", scripts)}
        return code | stage.params | ({"repository": hashes.file_hash(self._root, files)} if files else {})

    def places(self, study: str, name: str) -> list[Place]:
        """Return the wildcards of each place where a figure is drawn: every recording of several, or the only place."""
        return [{"recording": each} for each in self._data.sources] if (study, name) in self.of_each else [{}]

    def figures_at(self, study: str) -> list[tuple[str, Place]]:
        """Return the name of each figure of a study with each place where it is drawn."""
        return [(name, place) for name in self.figures[study] for place in self.places(study, name)]

    def files(self, study: str, kinds: tuple[str, ...] = ("pdf", "png", "csv"), name: str = "") -> list[str]:
        """Return the views of a study's figures, or of one: of each, two pictures and the plotted numbers."""
        found = [(each, place) for each, place in self.figures_at(study) if name in ("", each)]
        return [f"{self._views}/figures/{study}/{name_at(*each)}.{kind}" for each in found for kind in kinds]

    def definitions(self, study: str) -> str:
        """Return the file, in this repository, that says what a study's paper claims."""
        return f"config/claims/{study}.yaml"

    def on_several(self, study: str) -> bool:
        """Whether the claims of a study are judged on several recordings."""
        return self.places(study, self.judged_by[study][0]) != [{}]

    def judge_of(self, study: str) -> str:
        """Return the rule that judges the claims of a study, over all recordings where there are several."""
        return f"{study}_judge_over" if self.on_several(study) else f"{study}_judge"

    def judging(self, study: str, over: bool = False) -> dict[str, Any]:
        """Return the settings of a job that judges the claims of a study: at one place, or over several recordings."""
        return {"real": self._data.real} | ({"recordings": list(self._data.sources)} if over else {})

    def claims_at(self, study: str) -> dict[str, Place]:
        """Return the stem of each view of a study's judged claims, and the place that these are of; of all, none."""
        of_each = {f"{study}/{name}": {"recording": name} for name in self._data.sources}
        return {study: {}, **(of_each if self.on_several(study) else {})}

    def claims_files(self) -> list[str]:
        """Return every view of judged claims."""
        stems = [stem for study in self.judged for stem in self.claims_at(study)]
        return [f"{self._views}/claims/{stem}.{kind}" for stem in stems for kind in ("csv", "json")]

    def page_about(self) -> dict[str, Any]:
        """Return what the report page must know of this run, as JSON: all of the configuration is shown on it."""
        return {
            "config": {name: value for name, value in self._config.items() if name != "run"},
            "figures": {study: [name_at(*each) for each in self.figures_at(study)] for study in self.figures},
            "real": self._data.real,
            "scales": self.scale,
            "own": self._data.own_file,
            "views": self._views,
        }

    def page_parts_hash(self) -> str:
        """Return the hash of the files in this repository that the report page is put together from."""
        parts = ["CITATION.cff", "docs/glossary.md"]
        report = ("workflow/report/*.yaml", "workflow/report/page/*", "workflow/report/*/*.rst")
        for pattern in (*report, "record/*/*/*.json"):
            parts += sorted(path.relative_to(self._root).as_posix() for path in self._root.glob(pattern))
        # The page shows the programs that draw the figures.
        names = [f"workflow/scripts/{study}/{name}.py" for study, names in self.figures.items() for name in names]
        return hashes.file_hash(self._root, parts + [name for name in names if (self._root / name).is_file()])


def name_at(name: str, place: Place) -> str:
    """Return a figure as it is called at a place: ``visual_50/fig2``, or ``fig2`` at the only one."""
    return "/".join([*place.values(), name])
