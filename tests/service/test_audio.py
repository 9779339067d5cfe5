"""Audio goes in once and comes out as it was, from a local folder and from a real S3 API."""

from __future__ import annotations

import hashlib
import tracemalloc
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from service.audio import AudioStore
from service.errors import NotFoundError, TooLargeError, UnavailableError
from service.settings import Settings

SOUND = bytes(range(256)) * 5000
SHA256 = hashlib.sha256(SOUND).hexdigest()


@pytest.fixture(scope="session")
def s3() -> Iterator[str]:
    """A server that speaks S3, with one bucket."""
    import boto3
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    endpoint = f"http://{host}:{port}"
    keys = {"aws_access_key_id": "key", "aws_secret_access_key": "secret", "region_name": "us-east-1"}
    boto3.client("s3", endpoint_url=endpoint, **keys).create_bucket(Bucket="recordings")
    yield endpoint
    server.stop()


def settings_of(tmp_path: Path, **values: Any) -> Settings:
    return Settings(data=tmp_path / "data", upload_limit_mb=2, **values)


@pytest.fixture(params=["folder", pytest.param("s3", marks=pytest.mark.slow)])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> AudioStore:
    if request.param == "folder":
        return AudioStore(settings_of(tmp_path))
    endpoint = request.getfixturevalue("s3")
    url = f"s3://recordings/{tmp_path.name}"
    return AudioStore(
        settings_of(tmp_path, audio_url=url, audio_endpoint=endpoint, audio_key="key", audio_secret="secret")
    )


def chunks() -> Iterator[bytes]:
    for start in range(0, len(SOUND), 100_000):
        yield SOUND[start : start + 100_000]


def left_over(tmp_path: Path) -> list[Path]:
    return [path for path in (tmp_path / "data").rglob("*") if path.is_file()]


def test_what_goes_in_comes_out(store: AudioStore) -> None:
    store.check()
    first = store.put(chunks())
    assert (first.sha256, first.size, first.new) == (SHA256, len(SOUND), True)
    assert not store.put([SOUND]).new
    assert store.size(SHA256) == len(SOUND)
    assert b"".join(store.read(SHA256)) == SOUND
    assert b"".join(store.read(SHA256, 1000, 3000)) == SOUND[1000:3000]
    assert b"".join(store.read(SHA256, len(SOUND) - 5)) == SOUND[-5:]
    with store.as_file(SHA256, "录音.wav") as path:
        assert path.suffix == ".wav"
        assert path.read_bytes() == SOUND
    assert not path.exists()
    assert store.old_ones(SHA256[:2], timedelta(minutes=-1)) == [SHA256]
    assert store.old_ones(SHA256[:2], timedelta(minutes=1)) == []
    assert store.old_ones("00", timedelta(minutes=-1)) == []
    store.delete(SHA256)
    store.delete(SHA256)
    assert not store.exists(SHA256)


@pytest.mark.parametrize("name", ["", "a.", "a." + "中" * 195, "x.tar/..", "a.w v", "." * 300, "a.\n"])
def test_no_name_that_was_sent_names_a_file_here(store: AudioStore, name: str) -> None:
    """`a.` and 195 times 中 makes a name of more than 255 bytes, which looked as if the storage were away."""
    store.put(chunks())
    with store.as_file(SHA256, name) as path:
        assert (path.name, path.read_bytes()) == ("recording", SOUND)


def test_what_is_not_there_is_told(store: AudioStore) -> None:
    with pytest.raises(NotFoundError):
        store.size(SHA256)
    with pytest.raises(NotFoundError):
        next(store.read(SHA256))
    with pytest.raises(NotFoundError), store.as_file(SHA256):
        pass


def test_nothing_of_an_upload_that_is_too_large_stays(store: AudioStore, tmp_path: Path) -> None:
    with pytest.raises(TooLargeError, match="2 MB"):
        store.put([SOUND, SOUND])
    assert left_over(tmp_path) == []


def test_nothing_of_an_upload_that_breaks_off_stays(store: AudioStore, tmp_path: Path) -> None:
    def broken() -> Iterator[bytes]:
        yield SOUND
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        store.put(broken())
    assert left_over(tmp_path) == []
    assert not store.exists(SHA256)


def test_memory_stays_constant(tmp_path: Path) -> None:
    """Half of what is handed in: what threads of other tests allocate meanwhile is counted too."""
    store = AudioStore(Settings(data=tmp_path, upload_limit_mb=64))
    tracemalloc.start()
    store.put(bytes(1024 * 1024) for _ in range(48))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 24 * 1024 * 1024


def test_a_storage_that_is_away_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")  # by itself botocore tries five times, with longer and longer breaks
    url, endpoint = "s3://recordings/x", "http://127.0.0.1:1"
    store = AudioStore(
        settings_of(tmp_path, audio_url=url, audio_endpoint=endpoint, audio_key="key", audio_secret="secret")
    )
    with pytest.raises(UnavailableError, match="录音存储"):
        store.check()


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file in its place")
    with pytest.raises(UnavailableError, match="权限"):
        AudioStore(settings_of(tmp_path)).put([SOUND])


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a disk that is always full: /dev/full")
def test_a_full_disk_is_told(tmp_path: Path) -> None:
    from service.audio import Draft

    (tmp_path / "draft").symlink_to("/dev/full")
    draft = Draft(tmp_path / "draft", 10_000_000)
    with pytest.raises(UnavailableError, match="录音存储"):
        draft.write(SOUND)
    draft.drop()
    assert left_over(tmp_path) == []


def test_what_was_made_of_a_sound_goes_with_it(store: AudioStore) -> None:
    store.put(chunks())
    other = store.put([b"another sound"]).sha256
    with store.scratch() as base:
        for part in (".webm", ".masked-0123.webm"):
            made = base.with_name(base.name + part)
            made.write_bytes(part.encode())
            store.place(made, SHA256 + part)
    assert sorted(store.parts(SHA256)) == [".masked-0123.webm", ".webm"]
    assert b"".join(store.read(SHA256 + ".webm", 1)) == b"webm"
    assert store.parts(other) == ()
    assert store.old_ones(SHA256[:2], timedelta(0)) == [SHA256]
    store.drop(SHA256 + ".webm")
    assert store.parts(SHA256) == (".masked-0123.webm",)
    store.delete(SHA256)
    assert store.parts(SHA256) == ()
    assert not store.exists(SHA256)
    assert store.exists(other)
