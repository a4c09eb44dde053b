"""A made-up run for tests of the report page: three studies, one built, one failed, one not asked for."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from PIL import Image

from homeostat.claims import ROW
from homeostat.files import save_npz, write_json, write_rows
from homeostat.recordings import LeftOut
from report.runs import Job, Run

ROOT = Path(__file__).resolve().parents[1]
FIGURES = {"mayzel2024": ["fig1", "fig1s1"], "shen2021": ["fig2"], "keck2012": ["fig1"]}
REAL = ["prefrontal_50"]


def config(**changes: Any) -> dict[str, Any]:
    settings: dict[str, Any] = yaml.safe_load((ROOT / "config/config.yaml").read_text())
    return settings | {"studies": ["mayzel2024", "shen2021"], "recording": "prefrontal_50"} | changes


def row(number: int = 1, **changes: Any) -> dict[str, Any]:
    """A claim's row, reproduced unless changed."""
    given = dict.fromkeys(ROW) | {
        "study": "mayzel2024", "id": f"C1.{number}", "figure": "fig1", "panel": "D", "claim": f"Statement {number}.",
        "verdict": "reproduced", "value": 0.4, "low": 0.2, "high": 0.6, "unit": "nats", "n_seeds": 5,
        "interval": "t, 95 %", "relation": "> 0", "claim_low": 0.0, "scale": "real", "data": "prefrontal_50",
        "device": "cpu", "note": "",
    }  # fmt: skip
    assert set(changes) <= set(given), changes
    return given | changes


def rows() -> list[dict[str, Any]]:
    """Claims of every verdict, and every kind of bound."""
    nothing = {"value": None, "low": None, "high": None, "n_seeds": None, "data": None, "scale": None, "device": None}
    return [
        row(1),
        row(2, verdict="not reproduced", value=-0.4, low=-0.6, high=-0.2, note="The tolerance is ours."),
        row(3, verdict="inconclusive", low=-0.2, high=1.0, reason="worst x = 10"),
        row(4, verdict="not judged", relation="between -1 and 1", claim_low=-1.0, claim_high=1.0),
        row(5, figure="fig1s1", relation="within 0.5 of the paper's 0.5", claim_low=0.0, claim_high=1.0,
            paper=0.5, paper_spread=0.1, paper_spread_kind="SD of 10 networks"),
        row(6, verdict="inconclusive", value=1.0, low=None, high=None, n_seeds=2, reason="too few seeds (2)"),
        row(7, unit="share of seeds", value=1.0, low=0.69, high=1.0, claim_low=0.9, paper=12.0),
        row(8, paper=-2.0, value=5.0, low=4.0, high=6.0),
        row(1, study="shen2021", figure="fig2", verdict="missing", reason="fig2.csv is not there", **nothing),
    ]  # fmt: skip


def run() -> Run:
    """Jobs of the one study that is built: two figures on shared fits."""
    fits = [Job("mayzel2024_fit", f"fit{k}", (f"fits/{k}.npz",), ("data.npz",), 60.0) for k in range(3)]
    inputs = tuple(path for job in fits for path in job.outputs)
    figures = [
        Job(f"mayzel2024_{name}", name, tuple(f"results/figures/mayzel2024/{name}.{kind}" for kind in ("pdf", "csv")),
            inputs[:count], 6.0)
        for name, count in (("fig1", 2), ("fig1s1", 3))
    ]  # fmt: skip
    return Run((Job("mayzel2024_data", "data", ("data.npz",), (), 2.0), *fits, *figures))


def write_results(folder: Path, *, data: str = "prefrontal_50", rows: Sequence[Mapping[str, Any]] = ()) -> None:
    """Write the files of the built study below ``folder``."""
    random = np.random.default_rng(0)
    figures = folder / "results/figures/mayzel2024"
    figures.mkdir(parents=True)
    columns = ["panel", "condition", "seed", "x", "y", "measure", "data", "scale", "device"]
    for name in FIGURES["mayzel2024"]:
        Image.fromarray(random.integers(0, 255, (60, 90, 3), dtype=np.uint8)).resize((900, 600)).save(
            figures / f"{name}.png"
        )
        (figures / f"{name}.pdf").write_bytes(b"%PDF-1.4")
        values = ("A", "RP", 0, 1.0, 2.0, "rate", data, "real", "cpu")
        table = [dict(zip(columns, values, strict=True)) | {"seed": seed} for seed in range(5)]
        write_rows(figures / f"{name}.csv", columns, table)
    card = folder / "results/scorecard"
    write_json(card / "scorecard.json", list(rows))
    for name in ("scorecard.csv", "scorecard.pdf"):
        (card / name).write_text("")
    Image.new("RGB", (700, 200), "white").save(card / "scorecard.png")
    left_out = [LeftOut("time", "No unit fires in 9 <bins>.", "serious", "Cut them.").record()]
    meta = {"recording": {"content_hash": "0" * 64, "left_out": left_out}}
    meta |= {"settings": {"citation": "Somebody 2020", "licence": "CC0"}}
    save_npz(folder / f"results/data/recordings/{REAL[0]}.npz", {"spikes": np.zeros(3)}, meta)
