"""Checkpoints of long jobs, whatever they compute."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from killed import Killed

from homeostat import checkpoints
from homeostat.checkpoints import CHECKPOINT_VARIABLE, Checkpoint, checkpoint_seconds, fingerprint, run_many
from homeostat.errors import ConfigError, DataError


class Count:
    """Counts to a number; what it has counted is its state."""

    def __init__(self, last: int, made: list[int]) -> None:
        self.n_steps, self.step = last, 0
        made.append(last)

    @property
    def done(self) -> bool:
        return self.step == self.n_steps

    def advance(self) -> None:
        self.step += 1

    def state(self) -> dict[str, np.ndarray]:
        return {"at": np.array(self.step)}

    def restore(self, state: dict[str, np.ndarray]) -> None:
        self.step = int(state["at"])


def count(path: Path | None, steps: list[tuple[int, int]], *, kill: tuple[int, int] | None = None) -> list[int]:
    """Count to 3, 4 and 2; return the parts that were made."""

    def report(done: int, total: int) -> None:
        last = made[-1]
        assert total == 3 * last
        number = (3, 4, 2).index(last)
        steps.append((number, done - number * last))
        if steps[-1] == kill:
            raise Killed

    made: list[int] = []
    makers: list[Callable[[], Count]] = [lambda last=last: Count(last, made) for last in (3, 4, 2)]  # type: ignore[misc]
    found = run_many(
        makers, name=lambda: "counts", result=Count.state, progress=report, checkpoint=path, checkpoint_seconds=0.0,
        keep_checkpoint=True,
    )  # fmt: skip
    assert [int(each["at"]) for each in found] == [3, 4, 2]
    return made


@pytest.mark.parametrize("kill", [(0, 3), (1, 1), (1, 2), (1, 4), (2, 2)])
def test_a_killed_job_goes_on_where_it_was(kill: tuple[int, int], tmp_path: Path) -> None:
    path, steps = tmp_path / "job.npz", []
    with pytest.raises(Killed):
        count(path, steps, kill=kill)
    before = len(steps)
    made = count(path, steps)
    # The step whose report killed it is taken again, and none before it; finished parts are not made again.
    assert steps[before:] == [(n, at) for n, last in enumerate((3, 4, 2)) for at in range(1, last + 1)][before - 1 :]
    assert made == [3, 4, 2][kill[0] :]


def test_without_a_path_nothing_is_written_or_named() -> None:
    def name() -> str:
        raise AssertionError("named")

    store = Checkpoint(None, name, 0.0)
    store.write({"at": np.array(1)})
    store.remove()
    assert not store.due() and store.finished == [] and store.running == {}


def test_a_file_of_another_job_or_a_damaged_one_is_not_used(tmp_path: Path) -> None:
    path = tmp_path / "job.npz"
    store = Checkpoint(path, lambda: "mine")
    store.finished.append({"x": np.arange(3)})
    store.write({"at": np.array(1)})
    again = Checkpoint(path, lambda: "mine")
    assert again.finished[0]["x"].tolist() == [0, 1, 2] and again.running["at"] == 1
    assert Checkpoint(path, lambda: "another").finished == []
    path.write_bytes(path.read_bytes()[:-30])
    assert Checkpoint(path, lambda: "mine").running == {}


def test_a_file_that_is_no_checkpoint_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "data.npz"
    np.savez(path, x=np.arange(3))
    with pytest.raises(DataError, match="holds something else, which would be overwritten"):
        Checkpoint(path, lambda: "mine")
    with pytest.raises(DataError, match="is a folder"):
        Checkpoint(tmp_path, lambda: "mine")


def test_writing_takes_a_twentieth_of_the_time_at_most(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now = 0.0
    monkeypatch.setattr(checkpoints.time, "monotonic", lambda: now)

    def save(*_: object, **__: object) -> None:
        nonlocal now
        now += 10.0

    monkeypatch.setattr(checkpoints, "save_npz", save)
    store = Checkpoint(tmp_path / "job.npz", lambda: "mine", 30.0)
    assert not store.due()
    now = 31.0
    assert store.due()
    store.write()
    now += 199.0
    assert not store.due()
    now += 2.0
    assert store.due()


def test_data_streams_and_settings_name_a_job() -> None:
    x, seed = np.arange(6, dtype=np.uint8), np.random.SeedSequence(1)
    names = [
        fingerprint([x], [seed], {"rate": 0.1}),
        fingerprint([x + 1], [seed], {"rate": 0.1}),
        fingerprint([x.reshape(2, 3)], [seed], {"rate": 0.1}),
        fingerprint([x.astype(np.int8)], [seed], {"rate": 0.1}),
        fingerprint([x], [np.random.SeedSequence(1, spawn_key=(0,))], {"rate": 0.1}),
        fingerprint([x], [seed], {"rate": 0.2}),
        fingerprint([x], [seed], {"rate": 0.1}, "cuda"),
    ]
    assert len(set(names)) == len(names)
    turned = np.stack([x, x]).T  # not in one piece
    assert fingerprint([turned], []) == fingerprint([turned.copy()], [])


def test_seconds_between_writings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(CHECKPOINT_VARIABLE, "5")
    assert checkpoint_seconds() == 5.0 and checkpoint_seconds(0.5) == 0.5
    monkeypatch.setenv(CHECKPOINT_VARIABLE, "")
    assert checkpoint_seconds() == 30.0
    for wrong in ("soon", "-1", "nan"):
        monkeypatch.setenv(CHECKPOINT_VARIABLE, wrong)
        with pytest.raises(ConfigError, match=CHECKPOINT_VARIABLE):
            checkpoint_seconds()
