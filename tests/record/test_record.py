"""Records: what of a run is kept, what replaces what, and which runs agree with them."""

import copy
import json
import math
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from record_runs import CONDITIONS, CONFIG, run, table, value

from homeostat.claims import Claim
from homeostat.claims.claim import Relation
from homeostat.claims.formula import Formula
from homeostat.claims.intervals import mean_interval
from homeostat.claims.select import Selection
from homeostat.errors import DataError
from homeostat.record import best, largest, read_all, read_record, settings_of
from homeostat.record.compare import diverges, tolerances
from homeostat.record.curves import MOST_POINTS, curves_of, digests, frame, read_table
from homeostat.record.grow import with_verdicts_of
from homeostat.record.packed import pack, pack_claims, unpack, unpack_claims
from homeostat.record.read import MADE, Record
from homeostat.record.run import read_run
from homeostat.record.settings import differing
from homeostat.record.verify import Outcome, verify
from homeostat.record.write import ROOT, write_moved, write_record
from homeostat.scale import SCALES, load_presets

ELSEWHERE = {"cpu": "arm64 b"}


def written(tmp_path: Path, **options) -> Path:
    """Write the record of a run that is whole; return the folder of all records."""
    write_record(read_run(run(tmp_path / "first")), "keck2012", tmp_path / "record", **options)
    return tmp_path / "record"


def compared(tmp_path: Path, rows, *, moved=None, **changes) -> Outcome:
    """Return what verify says of a run of the same settings with other numbers."""
    records = written(tmp_path)
    if moved is not None:
        write_moved(read_run(run(tmp_path / "moved", {"fig1": moved}, cpu="x86_64 c")), "keck2012", records)
    return verify(read_run(run(tmp_path / "second", {"fig1": rows}, **changes)), read_all(records))


def shifted(by: float, where=lambda condition, seed, x: True):
    return lambda condition, seed, x: value(condition, seed, x) + by * where(condition, seed, x)


def test_a_record_keeps_means_intervals_and_how_they_were_made(tmp_path: Path) -> None:
    record = read_record(written(tmp_path) / "keck2012/default")
    assert record.scale == "default" and record.about["seeds"] == 4 and record.about["machine"]["cpu"] == "x86_64 a"
    assert record.about["hours"] == pytest.approx(0.01) and record.about["figures"]["fig1"]["key"] == "0" * 16
    (scaling, *_) = record.curves
    assert (scaling.panel, scaling.measure, scaling.condition, scaling.x) == ("A", "score", "scaling", (1, 2, 4, 8))
    for x, mean, half, n in zip(scaling.x, scaling.mean, scaling.half, scaling.n, strict=True):
        wanted = mean_interval(np.array([value("scaling", seed, x) for seed in range(4)]))
        assert n == 4 and mean == pytest.approx(wanted.value, rel=1e-3)
        assert half == pytest.approx(wanted.high - wanted.value, rel=5e-3)
    assert scaling.sd[0] == pytest.approx(np.std([value("scaling", seed, 1) for seed in range(4)], ddof=1), rel=5e-3)
    assert {row["id"]: row["verdict"] for row in record.claims}["K1.1a"] == "missing"
    rows = frame(record.curves)
    assert len(rows[rows["panel"] == "A"]) == 8 and rows["low"].lt(rows["mean"]).any()


def test_a_picture_is_two_numbers_and_a_digest(tmp_path: Path) -> None:
    rows = table()
    found = [curve for curve in curves_of("fig1", rows) if curve.panel == "B"]
    picture = rows.loc[rows["panel"] == "B", "y"]
    assert {curve.of: curve.mean[0] for curve in found} == pytest.approx(
        {"mean": picture.mean(), "sd": picture.std(ddof=0)}, rel=1e-8
    )
    other = rows.assign(y=rows["y"] + np.where((rows["panel"] == "B") & (rows["x"] == 7), 1e-9, 0))
    assert digests(rows)["A"] == digests(other)["A"] and digests(rows)["B"] != digests(other)["B"]
    assert digests(rows.sample(frac=1, random_state=0)) == digests(rows)


def with_map(height: float = 1.0) -> pd.DataFrame:
    """Return the source data with a map: z over a grid of x and y, whose y is no result."""
    x, y = map(np.ravel, np.meshgrid(np.linspace(-1, 1, 36), np.linspace(-1, 1, 36)))
    density = {"x": x, "y": y, "z": height * np.exp(-(x**2) - y**2)}
    its = pd.DataFrame(density).assign(panel="C", condition="active", seed=0, measure="density")
    return pd.concat([table(), its.assign(data="bars", scale="default", device="cpu")])


def test_a_map_is_known_by_its_heights(tmp_path: Path) -> None:
    rows = with_map()
    density = rows.loc[rows["panel"] == "C", "z"]
    found = {curve.of: curve.mean[0] for curve in curves_of("fig1", rows) if curve.panel == "C"}
    assert found == pytest.approx({"mean": density.mean(), "sd": density.std(ddof=0)}, rel=1e-8)
    records = tmp_path / "record"
    write_record(read_run(run(tmp_path / "first", {"fig1": rows})), "keck2012", records)
    write_moved(read_run(run(tmp_path / "moved", {"fig1": rows}, cpu="x86_64 c")), "keck2012", records)
    for changes in ({}, ELSEWHERE):
        higher = read_run(run(tmp_path / f"second{len(changes)}", {"fig1": with_map(1.01)}, **changes))
        found = verify(higher, read_all(records)).differ["keck2012 fig1"]
        assert {each.panel for each in found} == {"C"}


def test_what_is_numbered_by_units_is_a_distribution() -> None:
    """Two seeds whose units come in another order are the same; a unit without a number is not a lost point."""
    rng = np.random.default_rng(0)
    values = {seed: rng.random(60) for seed in range(3)}

    def units(order) -> pd.DataFrame:
        each = [pd.DataFrame({"seed": s, "x": np.arange(60.0), "y": order(v)}) for s, v in values.items()]
        return pd.concat(each).assign(panel="C", condition="BatchNorm", measure="mean output when active, fc1")

    found = curves_of("fig2", units(lambda v: v))
    assert {curve.of: curve.mean[0] for curve in found} == pytest.approx(
        {"mean": np.mean([v.mean() for v in values.values()]), "sd": np.mean([v.std() for v in values.values()])}
    )
    assert [curve.mean for curve in curves_of("fig2", units(lambda v: v[::-1]))] == [curve.mean for curve in found]
    # Another measure with the same numbers is a curve.
    (curve,) = curves_of("fig2", units(lambda v: v).assign(measure="score"))
    assert len(curve.x) == MOST_POINTS


def test_long_curves_lose_points_but_not_their_ends() -> None:
    rows = table().query("panel == 'A' and x == 1")
    long = [rows.assign(x=float(x), y=x + rows["seed"] / 10) for x in range(100)]
    (curve, *_) = curves_of("fig1", pd.concat(long))
    assert len(curve.x) == MOST_POINTS and (curve.x[0], curve.x[-1]) == (0, 99)


def test_packed_curves_keep_what_comparing_and_reading_need() -> None:
    """Means to a thousandth of their tolerance, three digits of anything, and all that is not a number."""
    tail = table().query("panel == 'A'").assign(measure="distance", y=lambda rows: 10.0 ** -rows["x"])
    more = table().query("panel == 'A' and seed < 3 and condition == 'none'").assign(condition="fewer")
    whole = curves_of("fig1", pd.concat([table(), more, tail]))
    for known in (None, 1e-7):
        curves = [replace(curve, moved=known) for curve in whole]
        found = unpack(json.loads(json.dumps(pack(curves))))
        allowed, kept = (tolerances(each, diverges(each)) for each in (curves, found))
        assert {curve.name for curve in found} == {curve.name for curve in curves}
        others = {curve.name: curve for curve in found}
        for curve in curves:
            other = others[curve.name]
            assert (other.x, other.n, other.budget, other.moved) == (curve.x, curve.n, curve.budget, curve.moved)
            room = allowed[curve.group].at(4)
            if math.isfinite(room):
                assert other.mean == pytest.approx(curve.mean, rel=0, abs=1.01e-3 * room)
                assert kept[curve.group].at(4) == pytest.approx(room, rel=5e-3)
            assert other.mean == pytest.approx(curve.mean, rel=5.1e-3)
            assert all(abs(a - b) <= other.step / 2 for a, b in zip(other.mean, curve.mean, strict=True))
    assert len(json.dumps(pack(whole))) < 0.7 * len(json.dumps([asdict(curve) for curve in whole]))


def test_packed_claims_come_back_whole() -> None:
    common = {"n_seeds": 3, "scale": "real", "data": "bars", "device": "cpu"}
    rows = [
        {
            "id": "a",
            "value": 1.0,
            **common,
            "readings": [{"reading": "r", **common}, {"reading": "s", "scale": "real"}],
        },
        {"id": "b", "verdict": "missing", "reason": "no panel"},
        {"id": "c", **common, "scale": "default"},
    ]
    assert unpack_claims(json.loads(json.dumps(pack_claims(rows)))) == rows
    assert "bars" not in json.dumps(pack_claims(rows)[1:])


def test_a_smaller_run_replaces_a_larger_one_only_when_told_to(tmp_path: Path) -> None:
    records = written(tmp_path, name="mine")
    small = read_run(run(tmp_path / "small", {"fig1": table(seeds=2)}))
    with pytest.raises(DataError, match=r"larger \(4 seeds, 1 figures, scale default\).*--replace"):
        write_record(small, "keck2012", records, name="mine")
    assert read_record(records / "keck2012/mine").about["seeds"] == 4
    write_record(small, "keck2012", records, name="mine", replace=True)
    assert read_record(records / "keck2012/mine").about["seeds"] == 2


def test_what_rounding_does_is_known_still_when_a_run_of_the_same_settings_replaces_a_record(tmp_path: Path) -> None:
    records = written(tmp_path)
    for by, cpu in ((1e-1, "x86_64 c"), (1e-2, "arm64 d")):  # the largest of both is kept
        other = run(tmp_path / cpu, {"fig1": table(of=shifted(by))}, cpu=cpu)
        assert write_moved(read_run(other), "keck2012", records) == records / "keck2012/default"
    again = run(tmp_path / "again", {"fig1": table(of=shifted(0.5)), "fig2": table()})
    write_record(read_run(again), "keck2012", records)
    found = {(curve.figure, *curve.name): curve.moved for curve in read_record(records / "keck2012/default").curves}
    assert found["fig1", "A", "score", "none", ""] == pytest.approx(1e-1, rel=0.01)
    assert found["fig2", "A", "score", "none", ""] is None
    assert read_record(records / "keck2012/default").elsewhere == ["arm64 d", "x86_64 c"]
    config = copy.deepcopy(CONFIG)
    config["keck2012"]["bars"]["rate"] = 0.1
    write_record(read_run(run(tmp_path / "other", config=config)), "keck2012", records, replace=True)
    assert all(curve.moved is None for curve in read_record(records / "keck2012/default").curves)


def test_a_run_that_lacks_a_figure_does_not_replace_one_that_has_it(tmp_path: Path) -> None:
    both = read_run(run(tmp_path / "both", {"fig1": table(), "fig2": table()}))
    write_record(both, "keck2012", tmp_path / "record")
    with pytest.raises(DataError, match="2 figures"):
        write_record(read_run(run(tmp_path / "one")), "keck2012", tmp_path / "record")


def test_a_custom_scale_needs_a_name(tmp_path: Path) -> None:
    custom = read_run(run(tmp_path, {"fig1": table(scale="custom: seeds 3 (at least default)")}))
    with pytest.raises(DataError, match="--name"):
        write_record(custom, "keck2012", tmp_path / "record")
    named = read_run(run(tmp_path, {"fig1": table(scale="custom: seeds 3 (at least default)")}, run="long"))
    assert write_record(named, "keck2012", tmp_path / "record").name == "long"


def test_the_largest_record_that_judged_a_claim_decides(tmp_path: Path) -> None:
    records = written(tmp_path)
    write_record(read_run(run(tmp_path / "real", {"fig1": table(scale="real")})), "keck2012", records)
    found = read_all(records)
    assert [record.scale for record in found] == ["default", "real"]
    assert largest(found, "keck2012").scale == "real" and largest(found, "nothing") is None
    for record, verdict in zip(found, ("not reproduced", "missing"), strict=True):
        record.claims[0]["verdict"] = verdict
    assert best(found, "keck2012")[found[0].claims[0]["id"]]["record"] == "default"


def test_settings_leave_out_other_studies_devices_and_blocks() -> None:
    other = copy.deepcopy(CONFIG) | {"device": "cuda", "seeds_per_job": 1, "krishna2024": {"seeds": 9}}
    other["keck2012"]["bars"]["seeds_per_job"] = 1
    assert settings_of("keck2012", other) == settings_of("keck2012", CONFIG)
    other["keck2012"]["bars"]["rate"] = 0.1
    assert settings_of("keck2012", other) != settings_of("keck2012", CONFIG)


def test_the_same_numbers_agree(tmp_path: Path) -> None:
    outcome = compared(tmp_path, table().sample(frac=1, random_state=1))
    assert outcome.agrees and list(outcome.lines()) == ["1 figure agrees."]


def test_on_the_same_machine_the_last_digit_counts(tmp_path: Path) -> None:
    def one(by: float):
        return table(of=shifted(by, lambda c, s, x: (c, s, x) == ("none", 1, 4.0)))

    outcome = compared(tmp_path / "more", one(1e-2))
    (found,) = outcome.differ["keck2012 fig1"]
    assert not outcome.agrees and (found.panel, found.what) == ("A", "score, none, x = 4")
    assert found.here - found.recorded == pytest.approx(1e-2 / 4, rel=0.2)
    # Less than what the record keeps of a mean is in the digest of all numbers still.
    outcome = compared(tmp_path / "least", one(1e-12))
    assert [each.panel for each in outcome.differ["keck2012 fig1"]] == ["A"] and "differ" in list(outcome.lines())[1]


def test_elsewhere_rounding_is_no_difference(tmp_path: Path) -> None:
    close = table(of=shifted(1e-7))
    assert compared(tmp_path, close, **ELSEWHERE).agrees
    outcome = compared(tmp_path, close, moved=close, **ELSEWHERE)
    assert outcome.agrees and list(outcome.lines()) == ["1 figure agrees (0 to the last digit, 1 within tolerances)."]


def test_only_the_same_run_on_another_processor_measures_rounding(tmp_path: Path) -> None:
    records = written(tmp_path)
    before = (records / "keck2012/default/means.json").read_text()
    other = copy.deepcopy(CONFIG)
    other["keck2012"]["bars"]["rate"] = 0.1
    for number, (tables, changes, message) in enumerate(
        [
            (table(), {}, "made on this kind of processor"),
            (table(), {**ELSEWHERE, "config": other}, "no record has the settings"),
            (table(seeds=3), ELSEWHERE, "number of seeds: 3 here, 4 in the record; that is not rounding"),
            (table().query("condition != 'none'"), ELSEWHERE, "score, none is not here; that is not rounding"),
        ]
    ):
        again = read_run(run(tmp_path / str(number), {"fig1": tables}, **changes))
        with pytest.raises(DataError, match=message):
            write_moved(again, "keck2012", records)
    assert (records / "keck2012/default/means.json").read_text() == before


def test_blocks_of_seeds_are_rounding_too(tmp_path: Path) -> None:
    assert compared(tmp_path, table(of=shifted(1e-7)), config=CONFIG | {"seeds_per_job": 1}).agrees


def test_where_rounding_was_measured_small_changes_are_found(tmp_path: Path) -> None:
    """A shift of a tenth of the spread over seeds is far beyond what another processor did."""
    close = table(of=shifted(1e-7))
    changed = table(of=shifted(0.01, lambda c, s, x: c == "scaling"))
    assert compared(tmp_path, changed, **ELSEWHERE).agrees  # nobody measured: it could be rounding
    outcome = compared(tmp_path, changed, moved=close, **ELSEWHERE)
    assert not outcome.agrees and {each.what.split(", x")[0] for each in outcome.differ["keck2012 fig1"]} == {
        "score, scaling"
    }


def test_where_runs_diverge_another_noise_is_no_difference_and_another_level_is(tmp_path: Path) -> None:
    """Learning that amplifies rounding: each processor is as good as another set of seeds."""

    def noisy(start: int, by: float = 0.0):
        def of(condition: str, seed: int, x: float) -> float:
            noise = np.random.default_rng([start, CONDITIONS.index(condition), seed, int(x)]).normal()
            return value(condition, seed, x) + 0.1 * noise + by * (condition == "scaling")

        return table(of=of)

    for trial in range(10):
        where = tmp_path / str(trial)
        assert compared(where, noisy(trial + 100), moved=noisy(trial), **ELSEWHERE).agrees
    outcome = compared(tmp_path / "changed", noisy(100, by=2.0), moved=noisy(0), **ELSEWHERE)
    assert not outcome.agrees


def test_a_figure_that_stood_still_may_move_on_the_next_processor_where_another_figure_diverged(tmp_path: Path) -> None:
    def both(first: float, second: float) -> dict[str, pd.DataFrame]:
        return {"fig1": table(of=shifted(first)), "fig2": table(of=shifted(second))}

    for diverged, agrees in ((1e-6, False), (0.1, True)):
        where = tmp_path / str(diverged)
        write_record(read_run(run(where / "first", both(0, 0))), "keck2012", where / "record")
        other = read_run(run(where / "moved", both(diverged, 1e-4), cpu="x86_64 c"))
        write_moved(other, "keck2012", where / "record")
        again = read_run(run(where / "next", both(0, 0.05), **ELSEWHERE))
        assert ("keck2012 fig2" not in verify(again, read_all(where / "record")).differ) == agrees


@pytest.mark.parametrize("elsewhere", [{}, ELSEWHERE])
def test_a_dropped_seed_a_flipped_sign_and_a_lost_curve_are_found(tmp_path: Path, elsewhere) -> None:
    close = table(of=shifted(1e-7))
    dropped = compared(tmp_path / "a", table(seeds=3), moved=close, **elsewhere)
    assert "number of seeds: 3 here, 4 in the record" in "\n".join(dropped.lines())
    flipped = compared(tmp_path / "b", table(of=lambda *at: -value(*at)), moved=close, **elsewhere)
    assert not flipped.agrees
    lost = compared(tmp_path / "c", table().query("condition != 'none'"), moved=close, **elsewhere)
    assert "score, none is not here" in "\n".join(lost.lines())


def test_other_settings_have_no_record(tmp_path: Path) -> None:
    config = copy.deepcopy(CONFIG)
    config["keck2012"]["bars"]["rate"] = 0.1
    outcome = compared(tmp_path, table(), config=config)
    assert not outcome.agrees
    assert list(outcome.lines()) == [
        "keck2012: there is no record of these settings. The nearest (keck2012/default) differs in keck2012.bars.rate "
        "0.1 (there 0.003).",
        "Nothing was compared.",
    ]


def test_targets(tmp_path: Path) -> None:
    records = written(tmp_path)
    second = read_run(run(tmp_path / "second", {"fig1": table(), "fig2": table()}))
    for target in ("keck2012", "keck2012_fig1", "results/figures/keck2012/fig1.pdf"):
        assert verify(second, read_all(records), [target]).same == ["keck2012 fig1"]
    with pytest.raises(DataError, match=r"keck2012_fgi1.*keck2012_fig1"):
        verify(second, read_all(records), ["keck2012_fgi1"])
    assert verify(second, read_all(records), ["keck2012_fig2"]).notes == ["keck2012: fig2 is not in the record."]


def test_figures_of_earlier_settings_are_not_recorded(tmp_path: Path) -> None:
    stale = ["results/figures/keck2012/fig2.csv"]
    results = run(tmp_path, {"fig1": table(), "fig2": table()}, stale=stale)
    assert read_run(results).figures == {"keck2012": ["fig1"]}


def test_damaged_files_are_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="there is no run here"):
        read_run(tmp_path)
    results = run(tmp_path)
    (results / "figures/keck2012/fig1.csv").write_text("a,b\n1,2\n")
    with pytest.raises(DataError, match=r"fig1\.csv: these are not the numbers of a figure"):
        read_run(results).table("keck2012", "fig1")
    (results / "run.json").write_text("{}")
    with pytest.raises(DataError, match="not the manifest of a run"):
        read_run(results)
    records = written(tmp_path)
    (records / "keck2012/default/means.json").write_text("[{")
    with pytest.raises(DataError, match=r"means\.json: this record cannot be read"):
        _ = read_record(records / "keck2012/default").curves


def test_text_in_a_table_is_read_as_numbers(tmp_path: Path) -> None:
    path = tmp_path / "fig.csv"
    table().assign(budget="").to_csv(path, index=False)
    assert read_table(path)["y"].dtype == np.float64


CROSS = Claim(
    "keck2012", "K1", "fig1", "A", "Over two figures.",
    {"a": Selection("fig1", "A"), "b": Selection("fig2", "A")}, Formula("mean(a - b)", ("a", "b")),
    Relation(0.0, np.inf, "> 0"),
)  # fmt: skip


@pytest.mark.parametrize(
    ("run_has", "expected"),
    [
        ({"fig1": "0", "fig2": "9"}, "of this run"),
        # Only one of its figures is new.
        ({"fig2": "9"}, "fig1 and fig2 were made in different runs: make them in one"),
        # The figure is the same one.
        ({"fig2": "1"}, "before"),
        ({"fig3": "5"}, "before"),
    ],
)
def test_a_claim_over_figures_of_two_runs_has_no_verdict(run_has: dict[str, str], expected: str) -> None:
    figures = {"fig1": {"key": "0"}, "fig2": {"key": "1"}}
    old = Record(Path("x"), dict.fromkeys(MADE, "then") | {"study": "keck2012", "figures": figures})
    vars(old)["claims"] = [{"id": "K1", "verdict": "reproduced", "reason": "before", "definition": "d"}]
    mine = {"id": "K1", "verdict": "reproduced" if len(run_has) > 1 else "missing", "reason": "of this run"}
    (row,) = with_verdicts_of(old, [mine | {"definition": "d"}], [CROSS], run_has)
    assert row["reason"] == expected and (row["verdict"] == "missing") == ("different" in expected)


def test_records_named_after_a_scale_have_its_settings() -> None:
    """Otherwise a run of the shipped configuration finds no record to be compared with."""
    presets = load_presets(ROOT / "config")
    for record in read_all():
        if record.folder.name in SCALES:
            its, shipped = record.about["settings"], settings_of(record.study, presets[record.folder.name])
            assert not differing({name: its[name] for name in its if name in shipped}, shipped), record.folder


def test_a_record_grows_by_the_figures_of_another_run_of_the_same_settings(tmp_path: Path) -> None:
    records = written(tmp_path)
    more = read_run(run(tmp_path / "more", {"fig2": table()}, revision="later", **ELSEWHERE))
    write_record(more, "keck2012", records, add=True)
    record = read_record(records / "keck2012/default")
    assert list(record.about["figures"]) == ["fig1", "fig2"] and record.about["hours"] == pytest.approx(0.02)
    assert record.made("fig1")["machine"]["cpu"] == "x86_64 a" and record.made("fig2")["machine"]["cpu"] == "arm64 b"
    assert {curve.figure for curve in record.curves} == {"fig1", "fig2"}
    # What a run has that was recorded already costs nothing more.
    write_record(more, "keck2012", records, add=True)
    assert read_record(records / "keck2012/default").about["hours"] == pytest.approx(0.02)
    # Each figure is compared with the machine that made it: to the last digit, or within tolerances.
    close = {"fig1": table(of=shifted(1e-7)), "fig2": table(of=shifted(1e-7))}
    outcome = verify(read_run(run(tmp_path / "again", close)), [record])
    assert list(outcome.differ) == ["keck2012 fig1"] and outcome.within == ["keck2012 fig2"]
    config = copy.deepcopy(CONFIG)
    config["keck2012"]["bars"]["rate"] = 0.1
    with pytest.raises(DataError, match=r"other settings: keck2012\.bars\.rate 0\.1 \(there 0\.003\)"):
        write_record(read_run(run(tmp_path / "other", config=config)), "keck2012", records, add=True)
