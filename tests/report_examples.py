"""A made-up run for tests of the report page: three studies, one built, one failed, one not asked for."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from PIL import Image
from pipeline import ROOT

from homeostat.claims import ROW
from homeostat.files import save_npz, write_json, write_rows
from homeostat.record.packed import pack_claims
from homeostat.record.read import FORMAT
from homeostat.recordings import LeftOut
from report.runs import Job, Run

FIGURES = {"mayzel2024": ["fig1", "fig1s1"], "shen2021": ["fig2"], "keck2012": ["fig1"]}
REAL = ["prefrontal_50"]
SCALES = {"mayzel2024": "real", "shen2021": "real", "keck2012": "default"}
KEY = "0123456789abcdef"
RECORDING = f"results/store/data/recordings/{REAL[0]}.{KEY}.npz"


def config(**changes: Any) -> dict[str, Any]:
    settings: dict[str, Any] = yaml.safe_load((ROOT / "config/config.yaml").read_text())
    return settings | {"studies": ["mayzel2024", "shen2021"], "recording": "prefrontal_50"} | changes


def row(number: int = 1, **changes: Any) -> dict[str, Any]:
    """A claim's row, reproduced unless changed."""
    given = dict.fromkeys(ROW) | {
        "study": "mayzel2024", "id": f"C1.{number}", "figure": "fig1", "panel": "D", "source": "text",
        "rank": "headline", "claim": f"Statement {number}.", "verdict": "reproduced", "value": 0.4, "low": 0.2,
        "high": 0.6, "unit": "nats", "n_seeds": 5, "interval": "t, 95 %", "relation": "> 0", "claim_low": 0.0,
        "scale": "real", "data": "prefrontal_50",
        "device": "cpu", "note": "", "readings": [],
    }  # fmt: skip
    assert set(changes) <= set(given), changes
    return given | changes


def readings() -> list[dict[str, Any]]:
    """A claim's two readings, of which one holds."""
    same = {
        "panel": "D",
        "n_seeds": 5,
        "interval": "t, 95 %",
        "scale": "real",
        "data": "prefrontal_50",
        "device": "cpu",
    }
    return [
        {**same, "reading": "clamp", "verdict": "reproduced", "value": 0.4, "low": 0.2, "high": 0.6, "reason": None},
        {**same, "reading": "projected", "verdict": "not reproduced", "value": -0.4, "low": -0.6, "high": -0.2,
         "reason": "worst x = 20"},
    ]  # fmt: skip


def rows() -> list[dict[str, Any]]:
    """Claims of every verdict, and every kind of bound."""
    nothing = {"value": None, "low": None, "high": None, "n_seeds": None, "data": None, "scale": None, "device": None}
    return [
        row(1),
        row(2, verdict="not reproduced", value=-0.4, low=-0.6, high=-0.2, note="The tolerance is ours."),
        row(3, verdict="inconclusive", low=-0.2, high=1.0, reason="worst x = 10"),
        row(4, verdict="points to", relation="between -1 and 1", claim_low=-1.0, claim_high=1.0,
            reason="scale default, fair from real on"),
        row(5, figure="fig1s1", relation="within 0.5 of the paper's 0.5", claim_low=0.0, claim_high=1.0,
            paper=0.5, paper_spread=0.1, paper_spread_kind="SD of 10 networks"),
        row(6, verdict="inconclusive", value=1.0, low=None, high=None, n_seeds=2, reason="too few seeds (2)"),
        row(7, unit="share of seeds", value=1.0, low=0.69, high=1.0, claim_low=0.9, paper=12.0),
        row(8, paper=-2.0, value=5.0, low=4.0, high=6.0, rank="detail"),
        row(10, verdict="depends", value=-0.4, low=-0.6, high=-0.2, source="ours", rank="detail", readings=readings()),
        row(1, study="shen2021", figure="fig2", verdict="missing", reason="fig2.csv is not there", **nothing),
    ]  # fmt: skip


def run(names: Sequence[str] = ("fig1", "fig1s1")) -> Run:
    """Jobs of the one study that is built: figures on shared fits, each by its table."""
    fits = [Job("mayzel2024_fit", f"fit{k}", (f"fits/{k}.npz",), (RECORDING,), 60.0) for k in range(3)]
    made = tuple(path for job in fits for path in job.outputs)
    figures = []
    for count, name in enumerate(names, start=2):
        table = f"results/store/mayzel2024/tables/{name}.{KEY}.csv"
        figures.append(Job("mayzel2024_table", f"table{name}", (table,), made[:count], 0.0))
        outputs = tuple(stored(name, kind) for kind in ("pdf", "csv"))
        log = f"results/logs/mayzel2024/figures/{name}.{KEY}.log"
        figures.append(Job(f"mayzel2024_draw_{name}", log, outputs, (table,), 6.0))
    return Run((Job("data_recording", "data", (RECORDING,), (), 2.0), *fits, *figures))


def stored(name: str, kind: str) -> str:
    """Where a file of a figure of the built study lies."""
    return f"results/store/mayzel2024/figures/{name}.{KEY}.{kind}"


def files(names: Sequence[str] = ("fig1", "fig1s1")) -> list[str]:
    """The files of the figures of the built study."""
    return [stored(name, kind) for name in names for kind in ("pdf", "png", "csv")]


def curves(seed: int) -> list[dict[str, Any]]:
    """The numbers of a figure: two conditions at three x (D), and the two without an x (E), over five seeds."""
    random = np.random.default_rng(seed)
    rows = []
    for panel, places in (("D", (10, 20, 40)), ("E", (0,))):
        for condition, level in (("RP", random.uniform(-20, -10)), ("reshaped", random.uniform(10, 20))):
            for x in places:
                for number in range(5):
                    row = {"panel": panel, "condition": condition, "seed": number, "x": x, "measure": "log_likelihood"}
                    rows.append(row | {"y": round(level + x / 10 + random.standard_normal(), 6)})
    return rows


def write_record(folder: Path, verdicts: Mapping[str, str], study: str = "mayzel2024") -> None:
    """Write a record of a study with some verdicts, as ``make record`` would."""
    about = {"format": FORMAT, "study": study, "scale": "paper", "seeds": 10, "revision": "abc123", "hours": 2.5}
    about |= {"date": "2026-01-02T03:04:05+00:00", "device": "cpu", "data": {"prefrontal_50": "0"}, "figures": {}}
    write_json(folder / f"record/{study}/paper/about.json", about)
    claims = [{"id": name, "verdict": verdict, "value": 0.123456} for name, verdict in verdicts.items()]
    write_json(folder / f"record/{study}/paper/claims.json", pack_claims(claims))


def write_results(
    folder: Path,
    *,
    data: str = "prefrontal_50",
    rows: Sequence[Mapping[str, Any]] = (),
    names: Sequence[str] = ("fig1", "fig1s1"),
) -> None:
    """Write the files of the built study below ``folder``."""
    random = np.random.default_rng(0)
    figures = folder / "results/figures/mayzel2024"
    figures.mkdir(parents=True)
    columns = ["panel", "condition", "seed", "x", "y", "measure", "data", "scale", "device"]
    for number, name in enumerate(names):
        Image.fromarray(random.integers(0, 255, (60, 90, 3), dtype=np.uint8)).resize((900, 600)).save(
            figures / f"{name}.png"
        )
        (figures / f"{name}.pdf").write_bytes(b"%PDF-1.4")
        shared = {"data": data, "scale": "real", "device": "cpu"}
        write_rows(figures / f"{name}.csv", columns, [row | shared for row in curves(number)])
        log = folder / f"results/logs/mayzel2024/figures/{name}.{KEY}.log"
        log.parent.mkdir(parents=True, exist_ok=True)
        log.write_text("drawn")
        table = folder / f"results/store/mayzel2024/tables/{name}.{KEY}.csv"
        table.parent.mkdir(parents=True, exist_ok=True)
        table.write_text("seed,y\n0,1\n")
        for kind in ("pdf", "png", "csv"):
            (folder / stored(name, kind)).parent.mkdir(parents=True, exist_ok=True)
            (folder / stored(name, kind)).write_bytes((figures / f"{name}.{kind}").read_bytes())
    card = folder / "results/scorecard"
    write_json(card / "scorecard.json", list(rows))
    for name in ("scorecard.csv", "scorecard.pdf"):
        (card / name).write_text("")
    Image.new("RGB", (700, 200), "white").save(card / "scorecard.png")
    left_out = [LeftOut("time", "No unit fires in 9 <bins>.", "serious", "Cut them.").record()]
    meta = {"recording": {"content_hash": "0" * 64, "left_out": left_out}}
    meta |= {"settings": {"citation": "Somebody 2020", "licence": "CC0"}}
    plain = folder / RECORDING.replace(f".{KEY}", "")
    save_npz(plain, {"spikes": np.zeros(3)}, meta)
    plain.rename(folder / RECORDING)
