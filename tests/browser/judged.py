"""A service whose recordings are judged by the real rules: the words are written here, the sound is of samples."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import make_url

from service.audio import AudioStore
from service.auth import passwords, users
from service.settings import Settings
from service.store import Database, audits, centre, recordings
from service.store.recordings import NewRecording
from speechaudit import pipeline
from speechaudit.model import CallFacts, MadeBy, Role, Segment, Transcript, Word
from speechaudit.rules import rulebook

from .conftest import PASSWORD, people

SAMPLES = Path(__file__).parents[2] / "samples"
MADE_BY = MadeBy(
    program="speechaudit", transcriber="written", model="", model_sha256="", device="cpu", compute_type="int8"
)
Said = tuple[Role, str, float]
RUDE: tuple[Said, ...] = (
    ("staff", "您好,社保窗口,请问您办什么业务?", 0.95),
    ("citizen", "我想问一下养老保险转移要带什么材料?", 0.95),
    ("staff", "不知道,你去问别人。", 0.95),
    ("citizen", "那我应该去哪里问呢?", 0.95),
    ("staff", "这不归我管,自己上网查。", 0.95),
    ("citizen", "好吧,谢谢。", 0.95),
    ("staff", "不客气,再见。", 0.95),
)
DOUBTFUL: tuple[Said, ...] = (
    ("staff", "您好,不动产窗口,请问您办什么业务?", 0.95),
    ("citizen", "房产证丢了怎么补办?", 0.95),
    ("unknown", "这不归我管,自己上网查。", 0.95),
    ("citizen", "我就是想问补办要带什么。", 0.95),
    ("staff", "请您带上身份证和声明,到三号窗口办理。", 0.95),
    ("citizen", "好的,谢谢。", 0.95),
    ("staff", "不客气,再见。", 0.95),
)


def transcript(said: tuple[Said, ...]) -> Transcript:
    """Three seconds for each sentence, on two channels."""
    segments = []
    for number, (role, text, heard) in enumerate(said):
        start, end = 3.0 * number, 3.0 * number + 2.8
        step = (end - start) / len(text)
        words = tuple(
            Word(start=start + at * step, end=start + (at + 1) * step, text=each, confidence=heard)
            for at, each in enumerate(text)
        )
        channel = 0 if role == "citizen" else 1
        segments.append(
            Segment(start=start, end=end, text=text, words=words, channel=channel, role=role, confidence=heard)
        )
    return Transcript(segments=tuple(segments), duration=3.0 * len(said))


def fill(database: Database) -> None:
    """People, a second inspector, and four calls of staff 1017 at window A01: two rude ones, two that are doubtful."""
    people(database)
    with database.write() as session:
        hashed = passwords.hashed(PASSWORD)
        users.add(session, users.NewUser(name="second", password_hash=hashed, role="inspector", display_name="王督查"))
    names = ("phone-stereo-bad-right", "phone-mono-bad", "phone-mono-good", "phone-stereo-good-left")
    for number, (name, said) in enumerate(zip(names, (RUDE, DOUBTFUL, RUDE, DOUBTFUL), strict=True)):
        at = datetime(2026, 3, 2, 1, 15, tzinfo=UTC) + timedelta(hours=number)
        add(database, name, said, CallFacts(setting="phone", started_at=at, direction="in"))


def add(database: Database, name: str, said: tuple[Said, ...], facts: CallFacts) -> int:
    """A call of staff 1017 at window A01, judged, with the sound of a sample; gives its number."""
    folder = Path(make_url(str(database.engine.url)).database or "").parent
    audio, book = AudioStore(Settings(data=folder)), rulebook.load()
    content = (SAMPLES / f"{name}.wav").read_bytes()
    with database.write() as session:
        new = NewRecording(
            sha256=audio.put([content]).sha256,
            size=len(content),
            file_name=f"{name}.wav",
            media_type="audio/wav",
            facts=facts,
            staff_id=centre.staff_member(session, "1017").id,
            window_id=centre.window(session, "A01").id,
        )
        row, _ = recordings.add(session, new)
        heard = audits.TranscriptRecord(transcript=transcript(said), made_by=MADE_BY)
        audit = pipeline.judge_transcript(book, recordings.known(row), heard.transcript, MADE_BY, ())
        audits.save_transcript(session, row.id, heard)
        audits.save(session, row.id, audit, run=f"audit-{row.id}-1", policy=book.policy)
        return row.id
