"""Phy's folder of a sorting: the clusters' spikes in seconds, filters on its tables, sentences for what is missing."""

import os
from pathlib import Path

import numpy as np
import pytest
from pipeline import TEST, build, overlay
from spike_files import trains, words

from homeostat.errors import DataError
from homeostat.recordings import Recording, read_spikes
from homeostat.recordings.names import files_of, name_of

RATE = 30_000.0
SPIKES = words(1500, 5)
GROUPS = ["good", "mua", "good", "noise", "good"]
CLUSTERS = [7, 2, 19, 4, 11]


def write_phy(folder: Path) -> Path:
    """Write a sorting as Kilosort does, and what Phy adds."""
    folder.mkdir()
    samples = [np.round(train * RATE).astype(np.uint64) for train in trains(SPIKES)]
    clusters = np.repeat(CLUSTERS, [len(each) for each in samples]).astype(np.int32)
    order = np.argsort(np.concatenate(samples), kind="stable")
    np.save(folder / "spike_times.npy", np.concatenate(samples)[order][:, None])
    np.save(folder / "spike_clusters.npy", clusters[order])
    np.save(folder / "spike_templates.npy", np.zeros(len(order), np.uint32))
    (folder / "params.py").write_text(f"dat_path = 'raw.bin'\nraise SystemExit('run')\nsample_rate = {RATE} # Hz\n")
    rows = "".join(f"{each}\t{group}\n" for each, group in zip(CLUSTERS, GROUPS, strict=True))
    (folder / "cluster_group.tsv").write_text(f"cluster_id\tgroup\n{rows}")
    info = "".join(f"{each}\t{each / 10}\tunsorted\n" for each in CLUSTERS[1:])
    (folder / "cluster_info.tsv").write_text(f"cluster_id\tAmplitude\tgroup\n{info}")
    return folder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_phy(tmp_path / "sorting")


def test_clusters_are_the_units(folder: Path) -> None:
    found = read_spikes(folder)
    rows = np.argsort(CLUSTERS)
    assert found.units == [str(CLUSTERS[row]) for row in rows] and found.name == "sorting"
    assert np.array_equal(found.spikes, SPIKES[: found.n_bins, rows])
    by_file = read_spikes(folder / "spike_times.npy")
    assert np.array_equal(by_file.spikes, found.spikes) and by_file.name == "sorting"


def test_filters_on_the_tables_of_clusters(folder: Path) -> None:
    assert read_spikes(folder, where={"group": "good"}).units == ["7", "11", "19"]
    # Cluster 7 stands in no row of this table.
    assert read_spikes(folder, where={"Amplitude": "> 0.3"}).units == ["4", "11", "19"]
    assert any("'group'" in each.text for each in read_spikes(folder).left_out)


@pytest.mark.parametrize("sign", [",", "\t"])
def test_tables_of_older_versions(folder: Path, sign: str) -> None:
    """``cluster_groups.csv`` of Phy has tabs in spite of its name."""
    (folder / "cluster_info.tsv").unlink()
    text = (folder / "cluster_group.tsv").read_text()
    (folder / "cluster_group.tsv").unlink()
    (folder / "cluster_groups.csv").write_text(text.replace("\t", sign))
    assert read_spikes(folder, where={"group": "good"}).units == ["7", "11", "19"]


def test_a_table_without_ids_is_named(folder: Path) -> None:
    (folder / "cluster_depth.tsv").write_text("cluster\tdepth\n7\t20\n")
    (said,) = (each for each in read_spikes(folder).left_out if "cluster_depth.tsv was not used" in each.text)
    assert "no column cluster_id or id" in said.text and said.severity == "warning"


def test_without_curation_the_templates_are_the_units(folder: Path) -> None:
    (folder / "spike_clusters.npy").unlink()
    assert read_spikes(folder, min_bins=100).units == ["0"]


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("params.py", None, "params.py: cannot be read .*; it holds the sample rate"),
        ("params.py", b"rate = 3\n", "params.py: no sample_rate, expected the samples in a second"),
        ("params.py", b"sample_rate = read()\n", r"params.py: sample_rate = read\(\), expected"),
        ("spike_clusters.npy", np.zeros(3, int), r"[\d,]+ spikes in spike_times.npy, but 3 in spike_clusters.npy"),
        ("spike_times.npy", np.zeros(3), "spike_times.npy: float64 of shape .*, expected one whole number for each"),
        ("spike_times.npy", np.array([{}]), "spike_times.npy: damaged, cut short, with pickled objects"),
        ("spike_times.npy", b"", "spike_times.npy: damaged"),
        ("cluster_group.tsv", b"cluster_id\tgroup\n7\t\xff\n", "cluster_group.tsv: not a table of clusters"),
    ],
)
def test_what_cannot_be_read_is_a_sentence(folder: Path, name: str, content: object, sentence: str) -> None:
    (folder / name).unlink()
    if isinstance(content, bytes):
        (folder / name).write_bytes(content)
    elif content is not None:
        np.save(folder / name, content)
    with pytest.raises(DataError, match=sentence):
        read_spikes(folder)


def test_no_cluster_file_is_a_sentence(folder: Path) -> None:
    for name in ("spike_clusters.npy", "spike_templates.npy"):
        (folder / name).unlink()
    with pytest.raises(DataError, match=r"has no spike_clusters\.npy, which assigns each spike to a unit"):
        read_spikes(folder)
    (folder / "spike_times.npy").unlink()
    with pytest.raises(DataError, match=r"this is a directory, a recording is one file .* or Phy's folder"):
        read_spikes(folder)


def test_names_and_files_of_a_folder(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder.parent)
    assert name_of("sorting", ["visual_50"]).startswith("own-sorting-")
    assert [Path(each).name for each in files_of("sorting")] == [
        "spike_times.npy",
        "spike_clusters.npy",
        "params.py",
        "cluster_info.tsv",
        "cluster_group.tsv",
    ]
    os.utime(folder / "cluster_group.tsv", (2e9, 2e9))
    with pytest.raises(DataError, match=r"cluster_group\.tsv is dated 2033"):
        name_of("sorting", [])


def test_a_curated_folder_is_another_recording(folder: Path, tmp_path: Path) -> None:
    options = {"recording": "sorting", "recording_options": {"where": {"group": "good"}}}
    configs = (TEST, overlay(tmp_path / "mine.yaml", options))

    def recordings() -> list[Recording]:
        build(tmp_path, "mayzel2024_fig1", configs=configs, flags=("--until", "data_own_recording"))
        return [Recording.read(path) for path in (tmp_path / "results/store/data/recordings").glob("own-*.npz")]

    (first,) = recordings()
    assert first.units == ["7", "11", "19"]
    table = folder / "cluster_group.tsv"
    table.write_text(table.read_text().replace("noise", "good"))
    assert sorted(len(each.units) for each in recordings()) == [3, 4]
