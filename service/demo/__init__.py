"""`speechaudit demo-data`: a centre to try the pages on, whose recordings are the labelled plays, judged for real."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import cycle, islice
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from service.audio import AudioStore
    from service.settings import Settings
    from service.store import Database
    from service.store.accounts import UserRole
    from service.store.recordings import NewRecording
    from speechaudit.model import Audit, Transcript
    from speechaudit.rules.rulebook import Rulebook

PLACES = tuple(
    "社保 医保 不动产 公安户籍 税务 市场监管 公积金 民政 住建 人社 婚姻登记 综合咨询".split()  # noqa: SIM905 - read by people
)
_FAMILY = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗"
_GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华玉兰建国志红"
_DAYS = 30
_EVERY = 250
_USERS: tuple[tuple[str, UserRole], ...] = (("ducha", "inspector"), ("fuzeren", "lead"), ("yuangong", "staff"))


@dataclass(frozen=True, slots=True, kw_only=True)
class HeardPlay:
    """A play as it was heard and judged, and the file with its sound if there is one."""

    name: str
    transcript: Transcript
    audit: Audit
    sound: Path | None


@click.command("demo-data")
@click.option("--people", type=click.IntRange(1, 1000), default=50, show_default=True, help="多少位工作人员。")
@click.option("--recordings", type=click.IntRange(1, 100_000), default=5000, show_default=True, help="多少个录音。")
@click.option("--password", help="各演示用户的密码(默认随机,显示一次)。")
@click.option("--seed", default=1, show_default=True, help="同样的数给出同样的数据。")
def demo_data(people: int, recordings: int, password: str | None, seed: int) -> None:
    """在空的数据库里放一个演示的中心:人员、窗口、用户,和真实判定过的录音。"""
    from service import settings
    from service.auth import passwords
    from service.store import Database

    known = settings.load()
    database = Database(known.database)
    database.migrate()
    chosen = password or passwords.generated()
    fill(known, database, people=people, recordings=recordings, password=chosen, seed=seed)
    database.close()
    click.echo(f"已放入 {people} 位工作人员、{len(PLACES)} 个窗口、{recordings} 个录音")
    click.echo(f"用户 guanli(管理员)、ducha(督查)、fuzeren(窗口负责人)、yuangong(工作人员),密码:{chosen}")


def fill(
    settings: Settings,
    database: Database,
    *,
    people: int,
    recordings: int,
    password: str,
    seed: int = 1,
) -> None:
    """Fill an empty database. Raises ConflictError if somebody works with it already."""
    from service.audio import AudioStore
    from service.demo.activity import WAITING, act
    from service.errors import ConflictError
    from service.issuing.drafting import Days
    from service.store import centre
    from speechaudit.rules import rulebook

    chance = random.Random(seed)  # noqa: S311 - the same each time # nosec B311
    with database.write() as session:
        if centre.staff(session) or centre.windows(session):
            raise ConflictError("数据库", "不是空的", "请把 SPEECHAUDIT_DATA 指到一个新的文件夹")
        places, staff = _centre(session, people, chance)
        _users(session, password)
    book = rulebook.load(settings.lexicons, settings.profile, settings.ring_limit)
    sounds = _sounds()
    scenes = tuple(_scenes(book, sounds[:-WAITING]))
    last = datetime.now(settings.zone).replace(hour=17, minute=0, second=0, microsecond=0) - timedelta(days=1)
    rows = _recordings(scenes, list(zip(staff, cycle(places), strict=False)), last, recordings, chance)
    _store(database, AudioStore(settings), book, rows, recordings)
    days = Days(since=(last - timedelta(days=_DAYS)).date(), until=last.date())
    act(settings, database, book, sounds[-WAITING:], days)


def plays() -> Path:
    """Return the folder of the labelled plays that came with the program."""
    return Path(__file__).resolve().parents[2] / "labelled" / "tuning"


def _sounds() -> tuple[Path, ...]:
    """Return those of the plays that have a sound."""
    return tuple(sorted(plays().glob("*.opus")))


def _scenes(book: Rulebook, sounds: Sequence[Path]) -> Iterator[HeardPlay]:
    """Yield each play twice: heard well, with its sound if given, and so badly that some of it goes to people."""
    from speechaudit import pipeline
    from speechaudit.rules import plays as written

    for path in sorted(plays().glob("*.play")):
        sound = path.with_suffix(".opus")
        audit = pipeline.audit_transcript(path, book)
        transcript = _labelled(written.parse(path.read_text(encoding="utf-8"), str(path)).transcript, audit)
        yield HeardPlay(name=path.stem, transcript=transcript, audit=audit, sound=sound if sound in sounds else None)
        faint = replace(transcript, segments=tuple(replace(each, confidence=0.42) for each in transcript.segments))
        again = pipeline.judge_transcript(book, audit.recording, faint, audit.made_by)
        yield HeardPlay(name=path.stem, transcript=faint, audit=again, sound=None)


def _labelled(transcript: Transcript, audit: Audit) -> Transcript:
    """Return the transcript with the labels by which it was judged: whoever judges it again finds the same."""
    heard = [each.transcript for each in audit.encounters] + [each.transcript for each in audit.asides]
    spoken = (segment for part in heard for segment in part.segments)
    return replace(transcript, segments=tuple(sorted(spoken, key=lambda segment: segment.start)))


def _centre(session: Session, people: int, chance: random.Random) -> tuple[list[int], list[int]]:
    from service.store import centre

    windows = [centre.put_window(session, f"{n:02}", f"{place}窗口").id for n, place in enumerate(PLACES, 1)]
    names = [chance.choice(_FAMILY) + "".join(chance.choices(_GIVEN, k=chance.choice((1, 2)))) for _ in range(people)]
    return windows, [centre.put_staff(session, str(1001 + n), name).id for n, name in enumerate(names)]


def _users(session: Session, password: str) -> None:
    from service.auth import passwords, users

    password_hash = passwords.hashed(password)
    users.add(session, users.NewUser(name="guanli", password_hash=password_hash, role="admin"))
    for name, role in _USERS:
        staff, windows = ("1001" if role == "staff" else None), (["01", "02"] if role == "lead" else [])
        new = users.NewUser(name=name, password_hash=password_hash, role=role, staff=staff, windows=windows)
        users.add(session, new)


def _recordings(
    scenes: Sequence[HeardPlay], seats: list[tuple[int, int]], last: datetime, count: int, chance: random.Random
) -> Iterator[tuple[NewRecording, HeardPlay]]:
    """Yield recordings with their scenes, in a month up to `last`; who serves worse gets worse ones more often."""
    good = [scene for scene in scenes if all(e.score and e.score.passed for e in scene.audit.encounters)]
    bad = [scene for scene in scenes if scene not in good]
    careful = {person: chance.uniform(0.55, 0.95) for person, _ in seats}
    for number in range(count):
        person, place = chance.choice(seats)
        scene = chance.choice(good if chance.random() < careful[person] else bad)
        when = last - timedelta(days=chance.randrange(_DAYS), minutes=chance.randrange(480))
        yield _recording(number, scene, when, person, place), scene


def _recording(number: int, scene: HeardPlay, when: datetime, staff: int, place: int) -> NewRecording:
    from service.store.recordings import NewRecording
    from speechaudit.model import facts_of

    known = scene.audit.recording
    facts = replace(facts_of(known), started_at=when, calls=())  # the queue calls of a play are of its own day
    caller = f"-1380013{number % 10000:04}" if known.setting == "phone" else ""
    return NewRecording(
        sha256=hashlib.sha256(f"demo {number}".encode()).hexdigest(),
        size=round(scene.audit.duration * 16000),
        file_name=f"{when:%Y%m%d-%H%M%S}{caller}-{number:05}.wav",
        media_type="audio/wav",
        facts=facts,
        staff_id=staff,
        window_id=place,
        source="demo",
    )


def _store(
    database: Database, audio: AudioStore, book: Rulebook, rows: Iterator[tuple[NewRecording, HeardPlay]], count: int
) -> None:
    """Take in the first recording of a scene as every recording; the others are copies of its rows."""
    from service.demo.copies import Models, copy_rows

    first: dict[int, int] = {}
    known = Models()
    with click.progressbar(length=count, label="录音") as bar:
        while some := list(islice(rows, _EVERY)):
            copies: list[tuple[NewRecording, int]] = []
            with database.write() as session:
                for new, scene in some:
                    if id(scene) in first:
                        copies.append((new, first[id(scene)]))
                    else:
                        first[id(scene)] = _add(session, audio, book, new, scene)
                copy_rows(session, known, copies)
            bar.update(len(some))


def _add(session: Session, audio: AudioStore, book: Rulebook, new: NewRecording, scene: HeardPlay) -> int:
    """Add a recording with its sound, if the play has one, and return its id."""
    from service.store import audits, recordings
    from service.store.audits import TranscriptRecord

    if scene.sound:
        kept = audio.put([scene.sound.read_bytes()])
        new = replace(new, sha256=kept.sha256, size=kept.size, media_type="audio/ogg")
    row, _ = recordings.add(session, new)
    row.audio_deleted_at = None if scene.sound else row.received_at
    audits.save_transcript(session, row.id, TranscriptRecord(transcript=scene.transcript, made_by=scene.audit.made_by))
    audit = replace(scene.audit, recording=recordings.known(row))
    audits.save(session, row.id, audit, run=f"demo-{row.id}", policy=book.policy)
    return row.id
