"""Bundles: what was exported comes back as it was; what strangers prepared is refused and places nothing."""

from __future__ import annotations

import io
import os
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from speechaudit.asr.registry import bundles, records, shelf
from speechaudit.errors import ModelError
from tests.asr.registry.conftest import register


@pytest.fixture
def bundle(models: Path, tmp_path: Path) -> Path:
    """A bundle of a model that is not registered here."""
    register()
    bundles.export("made", tmp_path / "made.tar")
    shelf.remove("made")
    return tmp_path / "made.tar"


def test_what_was_exported_comes_back(models: Path, bundle: Path, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    record = bundles.unpacked(bundle, tmp_path / "out")
    assert record == register()
    assert {path.name for path in (tmp_path / "out").iterdir()} == {file.name for file in record.files}
    assert records.files_of(tmp_path / "out") == record.files
    assert [path.name for path in tmp_path.glob("*.part")] == []


def test_the_same_model_gives_the_same_bundle(bundle: Path, tmp_path: Path) -> None:
    register()
    bundles.export("made", tmp_path / "again.tar")
    assert (tmp_path / "again.tar").read_bytes() == bundle.read_bytes()
    with pytest.raises(ModelError, match="已有这个文件"):
        bundles.export("made", tmp_path / "again.tar")


def test_a_damaged_model_is_not_exported(models: Path, tmp_path: Path) -> None:
    register()
    (models / "made" / "config.json").write_text("[]")
    with pytest.raises(ModelError, match=r"config\.json"):
        bundles.export("made", tmp_path / "made.tar")
    with pytest.raises(ModelError, match="没有登记"):
        bundles.export("another", tmp_path / "made.tar")
    assert not (tmp_path / "made.tar").exists()


Change = Callable[[tarfile.TarInfo], tarfile.TarInfo]


def rewritten(bundle: Path, change: Callable[[str, bytes], list[tuple[tarfile.TarInfo, bytes]]]) -> None:
    """Write the bundle again with other members."""
    with tarfile.open(bundle) as archive:
        members = [(member.name, archive.extractfile(member).read()) for member in archive]  # type: ignore[union-attr]
    with tarfile.open(bundle, "w", format=tarfile.PAX_FORMAT) as archive:
        for name, content in members:
            for member, text in change(name, content):
                archive.addfile(member, io.BytesIO(text))


def plain(name: str, content: bytes) -> tuple[tarfile.TarInfo, bytes]:
    member = tarfile.TarInfo(name)
    member.size = len(content)
    return member, content


def link(name: str, kind: bytes) -> tuple[tarfile.TarInfo, bytes]:
    member = tarfile.TarInfo(name)
    member.type, member.linkname = kind, "/etc/passwd"
    return member, b""


HOSTILE: dict[str, Callable[[str, bytes], list[tuple[tarfile.TarInfo, bytes]]]] = {
    "climbs out": lambda n, c: [plain(n, c), *([plain("../../evil", b"x")] if n == "config.json" else [])],
    "absolute": lambda n, c: [plain(f"/tmp/{n}" if n == "config.json" else n, c)],
    "symbolic link": lambda n, c: [link(n, tarfile.SYMTYPE) if n == "config.json" else plain(n, c)],
    "hard link": lambda n, c: [link(n, tarfile.LNKTYPE) if n == "config.json" else plain(n, c)],
    "device": lambda n, c: [link(n, tarfile.CHRTYPE) if n == "config.json" else plain(n, c)],
    "other bytes": lambda n, c: [plain(n, c[::-1] if n == "model.bin" else c)],
    "longer": lambda n, c: [plain(n, c * 2 if n == "model.bin" else c)],
    "twice": lambda n, c: [plain(n, c)] * (2 if n == "config.json" else 1),
    "missing": lambda n, c: [] if n == "tokenizer.json" else [plain(n, c)],
    "a file more": lambda n, c: [plain(n, c), *([plain("run.sh", b"x")] if n == "config.json" else [])],
    "no record": lambda n, c: [] if n == "model.json" else [plain(n, c)],
    "another's name": lambda n, c: [plain(n, c.replace(b'"made"', b'"../x"') if n == "model.json" else c)],
    "a kept name": lambda n, c: [plain(n, c.replace(b'"name": "made"', b'"name": "base"'))],
    "a file of its own": lambda n, c: [plain(n, c.replace(b'"config.json"', b'"../evil.json"'))],
    "record beyond measure": lambda n, c: [plain(n, c + b" " * (2 << 20) if n == "model.json" else c)],
    "header beyond measure": lambda n, c: [plain("x" * (3 << 20) if n == "config.json" else n, c)],
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_hostile_bundle_places_nothing(models: Path, bundle: Path, tmp_path: Path, kind: str) -> None:
    rewritten(bundle, HOSTILE[kind])
    before = {path for path in tmp_path.rglob("*") if models not in path.parents}
    with pytest.raises(ModelError), shelf.building() as folder:
        bundles.unpacked(bundle, folder)
    assert list(models.iterdir()) == []
    assert {path for path in tmp_path.rglob("*") if models not in path.parents} == before


@pytest.mark.parametrize("cut", [0, 100, 512, 2000, -1500])
def test_a_bundle_that_is_cut_off_is_refused(bundle: Path, tmp_path: Path, cut: int) -> None:
    bundle.write_bytes(bundle.read_bytes()[: cut or None] if cut else b"")
    if cut == -1500:  # the zeros behind the last member are more than that
        bundle.write_bytes(bundle.read_bytes().rstrip(b"\0")[:-20])
    (tmp_path / "out").mkdir()
    with pytest.raises(ModelError):
        bundles.unpacked(bundle, tmp_path / "out")


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "made.tar")
    with pytest.raises(ModelError, match="管道"):
        bundles.unpacked(tmp_path / "made.tar", tmp_path)


def test_what_is_no_bundle_is_refused(models: Path, tmp_path: Path) -> None:
    for content in (b"", b"PK\3\4", b"\x1f\x8b", b"x" * 5000):
        (tmp_path / "x.tar").write_bytes(content)
        with pytest.raises(ModelError, match=r"model export"):
            bundles.unpacked(tmp_path / "x.tar", tmp_path)
    with pytest.raises(ModelError, match="无法读取"):
        bundles.unpacked(tmp_path / "none.tar", tmp_path)
