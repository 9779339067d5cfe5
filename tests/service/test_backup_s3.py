"""Backup and restore where the sound lies in S3: copied out of it, put back into another, or only listed."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pytest

from service.audio import AudioStore
from service.backup import folder, making, restoring
from service.errors import ConflictError, UnavailableError
from service.settings import Settings
from tests.service.test_audio import s3
from tests.service.test_backup import SOUND, Bytes, filled, made, settings_for

__all__ = ["s3"]  # a fixture of the neighbours
pytestmark = pytest.mark.slow


LAST = hashlib.sha256(SOUND).hexdigest()[:2]
ANOTHER = next(each for n in range(1000) if hashlib.sha256(each := b"of another %d" % n).hexdigest()[:2] == LAST)


@pytest.fixture(autouse=True)
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of 256 listings those that are needed: each is a request."""
    for module in (making, restoring):
        monkeypatch.setattr(module, "PREFIXES", int(LAST, 16) + 1)


def installed(place: Path, endpoint: str, bucket: str = "recordings") -> Settings:
    keys: dict[str, Any] = {"audio_endpoint": endpoint, "audio_key": "key", "audio_secret": "secret"}
    where = f"s3://{bucket}/{place.parent.name}-{place.name}"
    return settings_for(place, f"sqlite:///{place / 'a.sqlite'}", audio_url=where, **keys)


def sounds(settings: Settings) -> dict[str, bytes]:
    store = AudioStore(settings)
    return {name: b"".join(store.read(name)) for name, _ in store.names(LAST)}


def test_sound_of_s3_is_copied_and_comes_back_into_another_place(s3: str, tmp_path: Path) -> None:
    old, new = installed(tmp_path / "old", s3), installed(tmp_path / "new", s3)
    manifest = made(old, tmp_path / "backup")
    assert (manifest.sounds, manifest.sounds_copied) == (2, True)
    assert restoring.restore(tmp_path / "backup", folder.opened(tmp_path / "backup"), new, Bytes()).sounds == 2
    assert sounds(new) == sounds(old)
    assert sorted(sounds(new).values()) == sorted([SOUND, b"copy"])


def test_sound_that_stays_in_s3_is_listed_and_what_it_lost_is_told(s3: str, tmp_path: Path) -> None:
    old = installed(tmp_path / "old", s3)
    manifest = made(old, tmp_path / "backup", copies=False)
    assert not (tmp_path / "backup" / "sounds").exists()
    AudioStore(old).drop(next(name for name in sounds(old) if "." in name))
    new = old.model_copy(update={"data": tmp_path / "new", "database_url": f"sqlite:///{tmp_path / 'new.sqlite'}"})
    (tmp_path / "new").mkdir()
    assert restoring.restore(tmp_path / "backup", manifest, new, Bytes()).missing == 1


def test_a_bucket_with_other_sound_is_not_mixed_with_it(s3: str, tmp_path: Path) -> None:
    old, new = installed(tmp_path / "old", s3), installed(tmp_path / "new", s3)
    manifest = made(old, tmp_path / "backup")
    AudioStore(new).put([ANOTHER])
    with pytest.raises(ConflictError, match="不属于这个备份"):
        restoring.restore(tmp_path / "backup", manifest, new, Bytes())
    assert list(sounds(new).values()) == [ANOTHER]


def test_s3_that_is_away_leaves_no_backup_and_no_restored_database(s3: str, tmp_path: Path) -> None:
    old = installed(tmp_path / "old", s3)
    manifest = made(old, tmp_path / "backup")
    gone = {"audio_endpoint": "http://127.0.0.1:1"}
    away = old.model_copy(update=gone)
    database = filled(installed(tmp_path / "other", s3))
    source = making.Installation(settings=away, database=database, audio=AudioStore(away), copies_sound=True)
    with pytest.raises(UnavailableError, match="录音存储"):
        making.make(source, tmp_path / "second", Bytes())
    database.close()
    assert not (tmp_path / "second").exists()
    new = installed(tmp_path / "new", s3).model_copy(update=gone)
    with pytest.raises(UnavailableError, match="录音存储"):
        restoring.restore(tmp_path / "backup", manifest, new, Bytes())
    assert not (tmp_path / "new" / "a.sqlite").exists()


def test_a_bucket_that_is_not_there_is_told(s3: str, tmp_path: Path) -> None:
    old = installed(tmp_path / "old", s3)
    manifest = made(old, tmp_path / "backup")
    with pytest.raises(UnavailableError, match="录音存储"):
        restoring.restore(tmp_path / "backup", manifest, installed(tmp_path / "new", s3, bucket="nowhere"), Bytes())
