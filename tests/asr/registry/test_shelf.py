"""Registered models: names, choice, removal; what is half made or damaged is never used."""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from speechaudit.asr.registry import records, shelf
from speechaudit.errors import ModelError
from tests.asr.registry.conftest import register


def test_a_registered_model_is_found_listed_and_removed(models: Path) -> None:
    record = register()
    assert shelf.whole("made") == models / "made"
    assert shelf.listed() == (("made", record),)
    assert records.read(models / "made") == record
    shelf.remove("made")
    assert (shelf.whole("made"), shelf.listed(), list(models.iterdir())) == (None, (), [])


@pytest.mark.parametrize("name", ["", "..", "a/b", ".hidden", "模型", "a" * 65, "made"])
def test_a_name_that_is_unfit_or_taken_is_refused(models: Path, name: str) -> None:
    register()
    with pytest.raises(ModelError, match=r"不能用|已有同名"):
        shelf.checked_name(name)


@pytest.mark.parametrize("name", ["base", "auto", "turbo", "large-v3-turbo", "small.en", "distil-large-v3"])
def test_a_name_of_others_is_refused(models: Path, name: str) -> None:
    with pytest.raises(ModelError, match="现成模型"):
        shelf.checked_name(name)


def test_the_chosen_model_is_not_removed(models: Path) -> None:
    register()
    shelf.use("made")
    with pytest.raises(ModelError, match="正在使用"):
        shelf.remove("made")
    shelf.use("auto")
    assert shelf.in_use() is None
    shelf.use("base")
    assert shelf.in_use() == "base"
    with pytest.raises(ModelError, match=r"没有登记.*made"):
        shelf.use("another")


@pytest.mark.parametrize("change", ["model.bin longer", "config.json other", "tokenizer.json gone"])
def test_a_damaged_model_is_named_and_not_used(models: Path, change: str) -> None:
    register()
    path = models / "made" / change.split(maxsplit=1)[0]
    text = path.read_bytes()
    path.unlink()
    if "gone" not in change:
        path.write_bytes(text + b"." if "longer" in change else text[::-1])
    with pytest.raises(ModelError, match=rf"{path.name}"):
        shelf.whole("made")
    ((name, problem),) = shelf.listed()
    assert name == "made"
    assert isinstance(problem, ModelError)
    shelf.remove("made")


@pytest.mark.parametrize("text", ["", "{}", '{"name": "../x"}', "[" * 100_000, "x" * (records.MOST_RECORD + 1)])
def test_a_record_that_is_none_is_refused(models: Path, text: str) -> None:
    register()
    (models / "made" / "model.json").write_text(text, encoding="utf-8")
    with pytest.raises(ModelError, match=r"model\.json"):
        shelf.whole("made")


def test_what_is_interrupted_leaves_nothing(models: Path) -> None:
    def interrupted() -> None:
        with shelf.building() as folder:
            (folder / "model.bin").write_bytes(b"half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert list(models.iterdir()) == []


def test_what_a_killed_builder_left_is_swept_and_what_a_live_one_makes_is_not(models: Path) -> None:
    left = models / ".building-dead"
    left.mkdir(parents=True)
    (left / "model.bin").write_bytes(b"half")
    with shelf.building() as alive:
        for old in (left, alive.parent):
            os.utime(old, (time.time() - 3600,) * 2)
        with shelf.building():
            assert not left.exists()
            assert alive.exists()
        assert shelf.listed() == ()


def test_two_of_one_name_do_not_overwrite_each_other(models: Path) -> None:
    first = register()
    with shelf.building() as folder, pytest.raises(ModelError, match="已有同名"):
        shutil.copy(models / "made" / "model.bin", folder)
        shelf.place(folder, first)
    assert shelf.whole("made")


def test_a_full_disk_is_told_before_the_work(models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=10**9))
    with pytest.raises(ModelError, match=r"空间不够,还要约 3\.0 GB,只剩 1\.0 GB"):
        shelf.room_for(3 * 10**9, models)


def test_a_disk_that_fills_up_on_the_way_is_told_too(models: Path) -> None:
    with pytest.raises(ModelError, match="空间不够"), shelf.building():
        raise OSError(28, "No space left on device", "model.bin")
    assert list(models.iterdir()) == []
