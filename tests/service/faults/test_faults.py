"""What the service stands on breaks, one thing at a time: it says so, loses nothing, and goes on by itself."""

from __future__ import annotations

import asyncio
import errno
import os
import socket
from collections.abc import AsyncIterator, Callable
from concurrent.futures import Future
from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import SecretStr
from sqlalchemy import event, make_url, select, text

from bench.relay import Relay
from bench.simulated import transcript
from service import audio, outbound
from service.api import pace
from service.audio import AudioStore
from service.errors import ConfigError, UnavailableError
from service.jobs.engine import Engine
from service.jobs.queue import run_of
from service.jobs.work import Listener, Work
from service.settings import Settings
from service.store import Database, audits, base, recordings, webhooks, workers
from service.store.audits import TranscriptRecord
from service.store.recordings import RecordingRow
from service.store.webhooks import Delivery
from service.webhooks import WebhookSender
from speechaudit.asr.apart import TRIES, apart
from speechaudit.model import Recording
from speechaudit.rules import rulebook
from tests.asr.test_apart import dying
from tests.service.api_kit import Api
from tests.service.conftest import migrated, new_database
from tests.service.faults.faults_kit import silent
from tests.service.service_kit import MADE_BY, new_recording, run_apart, waited_for
from tests.service.test_migrations import REVISIONS

BOOK = rulebook.load()
LOOPBACK = ip_network("127.0.0.0/8")
Things = Callable[[int, int], None]


def heard(_path: Path, _recording: Recording, _progress: Callable[[float], None]) -> TranscriptRecord:
    return TranscriptRecord(transcript=transcript(), made_by=MADE_BY)


def taken_in(db: Database, folder: Path, number: int) -> list[int]:
    store = AudioStore(Settings(data=folder / "data"))
    ids = []
    for n in range(number):
        sha256 = store.put([f"sound {n}".encode()]).sha256
        with db.write() as session:
            ids.append(recordings.add(session, new_recording(n, sha256=sha256))[0].id)
    return ids


def worked(db: Database, folder: Path, listen: Listener, ids: list[int]) -> None:
    """What the job of each recording does, in turn."""
    work = Work(db, AudioStore(Settings(data=folder / "data")), listen, lambda: BOOK, "w")
    for each in ids:
        if reason := work.hear(each) or work.judge(each, run_of(each, 1)):
            work.fail(each, reason)


def statuses(db: Database) -> list[tuple[str, str | None]]:
    with db.read() as session:
        rows = session.execute(select(RecordingRow.status, RecordingRow.failure_code).order_by(RecordingRow.id))
        return [(row[0], row[1]) for row in rows]


def kept(api: Api) -> int:
    """Recordings whose sound is there."""
    with api.db.read() as session:
        return sum(api.services.audio.exists(each) for each in session.scalars(select(RecordingRow.sha256)))


def refused(api: Api, content: bytes) -> None:
    answer = api.upload(content)
    assert answer.status_code == 503, answer.text
    assert int(answer.headers["retry-after"]) > 0


@pytest.mark.fault("录音一再让解码的进程崩溃", "三次以后记为失败并写明原因,排在后面的照常")
def test_a_file_that_kills_its_decoder_is_set_aside_and_the_queue_goes_on(
    db: Database, tmp_path: Path, things: Things
) -> None:
    ids = taken_in(db, tmp_path, 3)
    tries = tmp_path / "tries"

    def listen(path: Path, recording: Recording, progress: Callable[[float], None]) -> TranscriptRecord:
        if recording.file == "call-1.wav":
            apart(dying, path, tries)
        return heard(path, recording, progress)

    worked(db, tmp_path, listen, ids)
    assert tries.read_text() == "x" * TRIES
    found = statuses(db)
    assert found == [("done", None), ("failed", "decoder-died"), ("done", None)]
    things(3, len(found))


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS])
@pytest.mark.parametrize("place", ["fsync", "replace"])
@pytest.mark.fault("录音的磁盘满了,或变成只读", "上传应答 503 和 Retry-After,不留半个文件;好了以后照收")
def test_a_disk_that_takes_nothing_is_told_and_nothing_half_stays(
    api: Api, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, things: Things, number: int, place: str
) -> None:
    def fails(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    assert api.upload(b"before").status_code == 202
    with monkeypatch.context() as patch:
        patch.setattr(*{"fsync": (os, "fsync", fails), "replace": (Path, "replace", fails)}[place])
        refused(api, b"meanwhile")
    left = [path for path in (tmp_path / "data" / "audio").rglob("*") if path.is_file()]
    assert len(left) == 1
    assert api.upload(b"meanwhile").status_code == 202
    things(2, kept(api))


@pytest.mark.fault("数据库的磁盘满了", "上传应答 503,已收的不少;腾出空间后照收")
def test_a_database_without_room_says_so_and_keeps_what_it_has(api: Api, things: Things) -> None:
    assert api.upload(b"before").status_code == 202
    key = api.headers(None)

    def full(connection: Any, _record: Any) -> None:
        connection.execute("PRAGMA max_page_count=1")  # no page beyond those that there are

    event.listen(api.db.engine, "connect", full)
    api.db.engine.dispose()
    answers = [api.client.get("/api/v1/recordings", headers=key).status_code]
    with pytest.raises(UnavailableError, match="磁盘已满"):
        while True:  # until what is free inside the file is used up
            with api.db.write() as session:
                recordings.add(session, new_recording(len(answers), file_name="x" * 400))
                answers.append(0)
    event.remove(api.db.engine, "connect", full)
    api.db.engine.dispose()
    assert answers[0] == 200
    assert api.upload(b"afterwards").status_code == 202
    things(2, kept(api))


@pytest.mark.fault("S3 接受连接而从不应答", "在限定的时间内应答 503,不占住服务")
def test_a_storage_that_never_answers_is_away(
    api: Api, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, things: Things
) -> None:
    monkeypatch.setattr(audio, "_S3_SECONDS", 0.1)
    with silent() as port:
        known: dict[str, Any] = {
            "audio_url": "s3://recordings/x",
            "audio_endpoint": f"http://127.0.0.1:{port}",
            "audio_key": "k",
        }
        store = AudioStore(Settings(data=tmp_path / "data", **known, audio_secret=SecretStr("s")))
        for ask in (store.check, lambda: store.put([b"sound"]), lambda: b"".join(store.read("0" * 64))):
            with pytest.raises(UnavailableError, match="录音存储"):
                ask()
    things(3, 3)


@pytest.fixture
def relayed(request: pytest.FixtureRequest) -> Any:
    url = migrated(new_database(request.getfixturevalue("postgres"), request.getfixturevalue("postgres_template")))
    with Relay.of(make_url(url)) as relay:
        yield relay


@pytest.mark.postgres
@pytest.mark.fault("数据库断开一阵", "接口应答 503 和 Retry-After;回来以后不用重启,应答过的上传都在")
def test_a_database_that_was_away_needs_no_restart(relayed: Relay, tmp_path: Path, things: Things) -> None:
    db = Database(relayed.url)
    api = Api(db, tmp_path)
    assert api.upload(b"before").status_code == 202
    key = api.headers(None)
    relayed.cut()
    for _ in range(2):
        answer = api.client.get("/api/v1/recordings", headers=key)
        assert (answer.status_code, "retry-after" in answer.headers) == (503, True)
    files: Any = {"file": ("a.wav", b"meanwhile", "audio/wav"), "metadata": (None, '{"setting": "phone"}')}
    assert api.client.post("/api/v1/recordings", headers=key, files=files).status_code == 503
    with pytest.raises(UnavailableError, match="数据库"):
        worked(db, tmp_path, heard, [1])
    relayed.mend()
    assert api.client.post("/api/v1/recordings", headers=key, files=files).status_code == 202
    worked(db, tmp_path, heard, [1, 2])
    assert statuses(db) == [("done", None)] * 2
    things(2, kept(api))
    db.close()


@pytest.mark.fault("机器的时钟被调回一小时", "死了的 worker 不会多算作活着,录音照常做完,推送照常排上")
def test_a_clock_that_is_set_back_keeps_nothing_waiting(
    db: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, things: Things
) -> None:
    with db.write() as session:
        webhooks.add_webhook(session, "https://example.org", "secret", ["recording.audited"])
        for name in ("dead", "alive"):
            workers.register(session, name, host="h", pid=1, version="1")
    first = taken_in(db, tmp_path, 1)
    back, real = timedelta(hours=1), base.clock
    for place in (recordings, webhooks):
        monkeypatch.setattr(place, "now", lambda: base.now() - back)
    monkeypatch.setattr(workers, "clock", lambda session: real(session) - back)
    with db.write() as session:
        workers.beat(session, "alive")
        assert [worker.id for worker in workers.alive(session, 30)] == ["alive"]
    ids = [*first, *(taken_in(db, tmp_path, 2)[1:])]
    worked(db, tmp_path, heard, ids)
    assert statuses(db) == [("done", None)] * 2
    with db.write() as session:
        things(2, len([d for d in session.scalars(select(Delivery)) if d.next_at and d.next_at <= base.now()]))


@pytest.mark.fault("两台机器上的 worker 同名", "后来的拒绝启动并说明在哪台机器上;先来的停了以后可以启动")
def test_two_workers_of_one_name_do_not_take_each_others_jobs(
    db: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, things: Things
) -> None:
    with db.write() as session:
        workers.register(session, "gpu-1", host="first", pid=1, version="1")
    engine = Engine(Settings(data=tmp_path), db, Work(db, None, heard, lambda: BOOK, "gpu-1"), "gpu-1")  # type: ignore[arg-type]
    monkeypatch.setattr(socket, "gethostname", lambda: "second")
    with pytest.raises(ConfigError, match="机器 first 上已有名为“gpu-1”的 worker"):
        engine._announce()
    with db.write() as session:
        workers.stop(session, "gpu-1")
    engine._announce()
    with db.read() as session:
        (worker,) = workers.workers(session)
        things(1, int((worker.host, worker.stopped_at) == ("second", None)))


@pytest.mark.fault("推送的接收方接受连接而从不应答", "限时放弃、记下原因、过后再试;别的接收方照常收到")
def test_a_receiver_that_hangs_delays_no_other(api: Api, monkeypatch: pytest.MonkeyPatch, things: Things) -> None:
    with socket.create_server(("127.0.0.1", 0)) as quick:
        quick.settimeout(60)
        with silent() as hanging:
            handed_out = handed(api, hanging, quick.getsockname()[1])
            connection, _ = quick.accept()
            with connection:
                connection.recv(65536)
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
            assert waited_for(lambda: any(each.done() for each in handed_out))
            monkeypatch.setattr(outbound, "DEADLINE", 0.1)
            with pytest.raises(TimeoutError):
                run_apart(asked(hanging))
        assert sum(each.result(60) for each in handed_out) == 2
    with api.db.read() as session:
        slow, fast = session.scalars(select(Delivery).order_by(Delivery.webhook_id))
        assert "没有应答" in slow.error
        things(2, (fast.http_status == 200) + (slow.status == "pending" and slow.attempts == 1))


def handed(api: Api, *ports: int) -> list[Future[int]]:
    """An event on its way to a receiver at each of these ports."""
    with api.db.write() as session:
        for port in ports:
            webhooks.add_webhook(session, f"http://127.0.0.1:{port}/", "whsec_" + "A" * 32, ["recording.audited"])
        webhooks.announce(session, "recording.audited", {"recording_id": 1})
    return WebhookSender(api.db, [LOOPBACK])._handed_out()


async def asked(port: int) -> None:
    async with httpx.AsyncClient() as client:
        url = f"http://127.0.0.1:{port}/"
        await outbound.post(
            client, url, content=b"", headers={}, within=outbound.Reach(networks=[LOOPBACK]), most_answer=0
        )


@pytest.mark.fault("程序退回旧版,数据库是新版的结构", "拒绝启动并说明原因和办法,数据不动")
def test_a_program_older_than_its_database_refuses_with_the_reason(
    db: Database, tmp_path: Path, things: Things
) -> None:
    taken_in(db, tmp_path, 2)
    with db.write() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    for refuse in (db.migrate, db.refuse_newer):
        with pytest.raises(ConfigError, match="9999 比这个程序的新"):
            refuse()
    assert db.revision() == "9999"
    things(2, len(statuses(db)))


@pytest.mark.parametrize("revision", ["0011", REVISIONS[-2]])
@pytest.mark.fault("在录音排队和处理到一半时升级", "新版接着做完,恰好一份稽核结果")
def test_an_upgrade_in_the_middle_of_work_loses_none(
    empty: Database, tmp_path: Path, things: Things, revision: str
) -> None:
    empty.migrate(revision)
    store = AudioStore(Settings(data=tmp_path / "data"))

    moment = "2026-03-02 01:15:00.000000+00:00"
    for number, status in ((1, "queued"), (2, "running")):
        row: dict[str, Any] = {
            "sha256": store.put([status.encode()]).sha256, "size": 1, "file_name": "a.wav", "media_type": "audio/wav",
            "facts": '{"setting": "phone"}', "source": "", "status": status, "stage": "waiting", "progress": 0.0,
            "attempt": 1, "starts": number - 1,
        }  # fmt: skip
        names = ", ".join(row)
        values = ", ".join(f":{name}" for name in row)
        with empty.write() as session:
            session.execute(
                text(f"INSERT INTO recordings ({names}, occurred_at, received_at) VALUES ({values}, :at, :at)"),
                row | {"at": moment},
            )

    empty.migrate()
    worked(empty, tmp_path, heard, [1, 2])
    worked(empty, tmp_path, heard, [1, 2])
    with empty.read() as session:
        things(2, sum(len(audits.history(session, each)) == 1 for each in (1, 2)))


def sending(pieces: list[bytes], pause: float) -> Callable[[], AsyncIterator[bytes]]:
    """A body in pieces with a pause before each but the first."""

    async def body() -> AsyncIterator[bytes]:
        for number, piece in enumerate(pieces):
            await asyncio.sleep(pause if number else 0)
            yield piece

    return body


def sent_slowly(api: Api, path: str, kind: str, body: AsyncIterator[bytes]) -> httpx.Response:
    async def post() -> httpx.Response:
        headers = api.headers(None) | {"Content-Type": kind}
        transport = httpx.ASGITransport(app=api.app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://centre") as client:
            return await client.post(path, headers=headers, content=body)

    return run_apart(post())


BOUNDARY = "multipart/form-data; boundary=b"
BEGUN = b'--b\r\nContent-Disposition: form-data; name="file"; filename="x.wav"\r\n\r\n'
SLOW = {
    "stops in the middle": ("/api/v1/recordings", BOUNDARY, [BEGUN, b"x"], 9.0),
    "a byte now and then": ("/api/v1/recordings", BOUNDARY, [BEGUN, *[b"x"] * 1000], 0.02),
    "a form that stops": ("/api/v1/session", "application/json", [b'{"name": "', b"x"], 9.0),
}


@pytest.mark.parametrize("name", SLOW)
@pytest.mark.fault("上传传得极慢,或传到一半不再来", "限时应答 408 并断开,不留半个文件;别的请求照常")
def test_a_body_that_does_not_come_is_ended(
    api: Api, name: str, monkeypatch: pytest.MonkeyPatch, things: Things
) -> None:
    monkeypatch.setattr(pace, "GRACE", 0.2)
    path, kind, pieces, pause = SLOW[name]
    answer = sent_slowly(api, path, kind, sending(pieces, pause)())
    assert (answer.status_code, answer.headers["connection"]) == (408, "close")
    assert answer.json()["cure"] == "请检查网络,然后重新发送"
    assert not [each for each in (api.services.settings.data).rglob("*") if each.is_file() and each.stat().st_size]
    things(1, int(api.upload(b"whole").status_code == 202))


@pytest.mark.fault("上传断断续续,但一直在传", "照常收下")
def test_a_body_that_pauses_and_goes_on_is_taken(api: Api, monkeypatch: pytest.MonkeyPatch, things: Things) -> None:
    monkeypatch.setattr(pace, "GRACE", 0.5)
    pieces = [BEGUN, *[b"x" * 4096] * 6, b"\r\n--b--\r\n"]
    answer = sent_slowly(api, "/api/v1/recordings", BOUNDARY, sending(pieces, 0.1)())
    things(1, int(answer.status_code == 202))
