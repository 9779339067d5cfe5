"""Fills a database with as many recordings as are wanted, by chance but always the same: what `bench.pages` asks.

In SQLite all are made row by row. PostgreSQL makes most of them itself, of the first twenty thousand, each later by a
while, before there is an index: a million take minutes. Those of the last month are there whole, to be reported and
judged again.
"""

from __future__ import annotations

import hashlib
import random
import zlib
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any, Final

from sqlalchemy import Engine, insert, select, text, update

from bench import looked_at
from bench.simulated import MADE_BY, ROLES
from service.store import Database, audits, search, stale
from service.store.accounts import User
from service.store.audits import AuditRow, EncounterRow, FindingRow, TallyRow, TranscriptRecord
from service.store.audits.tables import HearingRow
from service.store.centre import Staff, Window
from service.store.logbook import LogEntry
from service.store.recordings import RecordingRow
from service.store.search import TranscriptText
from service.summing import Summing
from speechaudit import pipeline
from speechaudit.model import Audit, CallFacts, Recording, Segment, Transcript
from speechaudit.reports.tally import ServiceTally, tallies_of
from speechaudit.rules import rulebook

STAFF, WINDOWS, RULES, DAYS, CHUNK = 200, 60, 50, 700, 2000
MADE, TEMPLATES = 20_000, 20
WHOLE: Final = timedelta(days=30)
FIRST = datetime(2024, 6, 1, tzinfo=UTC)
SENTENCES = (
    "您好,请问您办什么业务?", "我想办居住证。", "请出示您的身份证。", "好的,请稍等。", "这个要到社保窗口办理。",
    "材料不全,还缺一份证明。", "我帮您查一下。", "谢谢。", "不客气,请慢走。", "公积金提取需要三个工作日。",
    "这不归我管,你去问别人。", "请您在这里签字。", "营业执照的地址变更在网上就可以办。", "您的电话是多少?",
    "还有什么可以帮您?", "医保异地备案可以当场办结。",
)  # fmt: skip
NAMES = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金魏陶姜戚谢邹喻柏水窦章云苏潘葛奚范彭郎"
RARE = "龘"
# What a copy has otherwise than the row it is made of; `n` is which copy it is.
_OTHER: Final = {
    "id": "id + :n * (SELECT max(id) FROM base_{table})",
    "recording_id": f"recording_id + :n * {MADE}",
    "audit_id": f"audit_id + :n * {MADE}",
    "sha256": "md5(sha256 || :n) || md5(:n || sha256)",
    "run": "run || '/' || :n",
    "case_id": "case_id + :n * (SELECT max(id) FROM base_cases)",
    "hash": "md5(hash || :n) || md5(:n || hash)",
    "key": "CASE '{table}' WHEN 'notices' THEN key || '/' || :n ELSE key END",
    **{
        name: f"{name} + :n * interval '29 minutes'"
        for name in ("occurred_at", "received_at", "audited_at", "made_at", "changed_at", "decided_at", "at", "read_at")
    },
}
_COPIED: Final = (
    "recordings", "audits", "encounters", "findings", "transcripts", "tallies",
    "cases", "case_events", "notices", "log",
)  # fmt: skip


def fill(database: Database, number: int) -> None:
    """Centre, recordings and all that is made of them and said of them. Raises ValueError for a number with a rest."""
    copies, rest = divmod(number, MADE) if database.engine.dialect.name == "postgresql" else (1, 0)
    if copies > 1 and rest:
        raise ValueError(f"{number}: more than {MADE} are made in steps of {MADE}")
    indexes = _take_indexes(database.engine) if copies > 1 else []
    with database.write() as session:
        session.execute(insert(Staff), [{"number": f"{1000 + n}", "name": f"{n}"} for n in range(STAFF)])
        session.execute(insert(Window), [{"code": f"W{n:03}", "name": f"{n}号窗"} for n in range(WINDOWS)])
        people = (
            {"name": f"inspector{n}", "password_hash": "no hash", "role": "inspector"} for n in range(looked_at.USERS)
        )
        session.execute(insert(User), list(people))
    _made(database, MADE if copies > 1 else number)
    if copies > 1:
        _copied(database.engine, copies)
    if database.engine.dialect.name == "postgresql":
        _go_on(database.engine)
    _whole(database)
    for index in indexes:
        _index(database.engine, index)
    _summed(database)
    analyze(database)


def _summed(database: Database) -> None:
    """Add up all days, as the service does by itself; the copies of rows left no notes of theirs."""
    with database.write() as session:
        stale.note(session, *(FIRST + timedelta(days=n) for n in range(DAYS + 2)))
    while Summing(database).run():
        pass


def _made(database: Database, number: int) -> None:
    chance = random.Random(1)
    with database.write() as session:
        sheet = audits.tallies._sheet(session, _tallies(0)[0].rules)
    for start in range(0, number, CHUNK):
        rows = [recording(chance, n) for n in range(start, min(start + CHUNK, number))]
        with database.write() as session:
            session.execute(insert(RecordingRow), rows)
            session.execute(insert(AuditRow), [audit(row) for row in rows])
            session.execute(insert(EncounterRow), [encounter(row) for row in rows])
            found = [f for row in rows for f in findings(chance, row)]
            session.execute(insert(FindingRow), found)
            session.execute(insert(TranscriptText), [said(chance, row) for row in rows])
            session.execute(insert(TallyRow), [tally(row, sheet) for row in rows])
            looked_at.keep(session, [each for each in found if each["review"]])
            session.execute(insert(LogEntry), [looked_at.entry(row) for row in rows])


def _take_indexes(engine: Engine) -> list[str]:
    """Drop the indexes that only serve to find rows, and return what makes them again."""
    found = (
        "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = current_schema() AND tablename = ANY(:tables) "
        "AND indexname NOT IN (SELECT conname FROM pg_constraint)"
    )
    with engine.begin() as connection:
        known = connection.execute(text(found), {"tables": list(_COPIED)}).all()
        for name, _ in known:
            connection.execute(text(f"DROP INDEX {name}"))
    return [str(definition) for _, definition in known]


def _index(engine: Engine, definition: str) -> None:
    with engine.begin() as connection:
        connection.execute(text("SET LOCAL maintenance_work_mem = '1GB'"))
        connection.execute(text(definition))


def _copied(engine: Engine, copies: int) -> None:
    """Make copies in the database itself, of the rows that are there now."""
    for name in _COPIED:
        columns = [each.name for each in RecordingRow.metadata.tables[name].columns]
        values = [_OTHER.get(each, f'"{each}"').format(table=name) for each in columns]
        listed = ", ".join(f'"{each}"' for each in columns)
        with engine.begin() as connection:
            connection.execute(text("SET LOCAL session_replication_role = replica"))  # no look-up for each reference
            connection.execute(text(f"CREATE TEMP TABLE base_{name} AS SELECT * FROM {name}"))  # noqa: S608
            for n in range(1, copies):
                chosen = f"SELECT {', '.join(values)} FROM base_{name}".replace(":n", str(n))  # noqa: S608
                connection.execute(text(f"INSERT INTO {name} ({listed}) {chosen}"))


def _go_on(engine: Engine) -> None:
    """Let new rows be numbered after those that brought their numbers along."""
    with engine.begin() as connection:
        for name in (
            "recordings",
            "audits",
            "encounters",
            "findings",
            "tallies",
            "cases",
            "case_events",
            "notices",
            "log",
        ):
            last = f"SELECT setval(pg_get_serial_sequence('{name}', 'id'), max(id)) FROM {name}"  # noqa: S608
            connection.execute(text(last))


def _whole(database: Database) -> None:
    """Give the recordings of the last month what was heard in them and their whole audits."""
    policy = rulebook.load().policy.model_dump(mode="json")
    late = FIRST + timedelta(days=DAYS) - WHOLE
    for n in range(TEMPLATES):
        heard, content = _template(n)
        mine = select(RecordingRow.id).where(RecordingRow.id % TEMPLATES == n, RecordingRow.occurred_at >= late)
        with database.write() as session:
            changed = update(AuditRow).where(AuditRow.recording_id.in_(mine)).values(content=content, policy=policy)
            session.execute(changed.execution_options(synchronize_session=False))
            rows = [{"recording_id": each, "seconds": 120.0, "content": heard} for each in session.scalars(mine)]
            for start in range(0, len(rows), CHUNK):
                session.execute(insert(HearingRow), rows[start : start + CHUNK])


def analyze(database: Database) -> None:
    """What PostgreSQL does by itself in the course of a day; SQLite counts nothing."""
    if database.engine.dialect.name == "postgresql":
        with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM ANALYZE"))


def recording(chance: random.Random, n: int) -> dict[str, Any]:
    """One call; a few members of staff and windows have most of the work."""
    moment = FIRST + timedelta(seconds=chance.randrange(DAYS * 86400))
    return {
        "id": n + 1, "sha256": hashlib.sha256(str(n).encode()).hexdigest(), "size": 1_000_000, "file_name": f"{n}.wav",
        "media_type": "audio/wav", "facts": CallFacts(setting="phone", started_at=moment),
        "staff_id": 1 + int(STAFF * chance.random() ** 2),
        "window_id": 1 + int(WINDOWS * chance.random() ** 2), "occurred_at": moment, "received_at": moment,
        "status": "failed" if n % 500 == 0 else "done", "stage": "done", "progress": 1.0, "duration": 120.0,
        "total": round(100 - 40 * chance.random() ** 3, 1), "passed": True, "audited_at": moment,
    }  # fmt: skip


def audit(row: dict[str, Any]) -> dict[str, Any]:
    """The audit of a call, without its content."""
    return {
        "id": row["id"], "recording_id": row["id"], "run": f"audit-{row['id']}-1", "current": True,
        "profile": "default", "rulebook_version": "v", "made_by": {}, "policy": {}, "encounters": 1,
        "made_at": row["audited_at"],
        "total": row["total"], "passed": True, "content": b"", "tallied": True,
    }  # fmt: skip


def encounter(row: dict[str, Any]) -> dict[str, Any]:
    """The one service of a call."""
    scored = {"total": row["total"], "passed": True, "not_judged": ""}
    return {"id": row["id"], "audit_id": row["id"], "number": 0, "start": 0.0, "end": 120.0, **scored}


def findings(chance: random.Random, row: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Six findings; some rules speak in every third call, some in every ten-thousandth."""
    for n in range(6):
        rule = min(RULES - 1, int(chance.paretovariate(0.8)) - 1)
        verdict = ("pass", "pass", "fail", "unclear")[(n + rule) % 4]
        review = looked_at.review(row["id"]) if n == 0 else ""
        yield {
            "recording_id": row["id"], "audit_id": row["id"], "encounter": 0, "current": True,
            "rule": rule_id(rule), "title": f"规则{rule}", "level": ("minor", "major", "critical")[rule % 3],
            "status": "active", "verdict": verdict, "machine": verdict, "key": f"{row['id']:x}-{n}", "points": 2.0,
            "start": 10.0 * n, "end": 10.0 * n + 2, "quote": SENTENCES[rule % len(SENTENCES)],
            "priority": chance.random() if verdict == "unclear" and not review else None, "review": review,
            "staff_id": row["staff_id"], "window_id": row["window_id"], "occurred_at": row["occurred_at"],
        }  # fmt: skip


def rule_id(n: int) -> str:
    """The rule of this number: those come first of which somebody is charged in the audits that are there whole."""
    return _rules()[n]


@cache
def _rules() -> tuple[str, ...]:
    judged = (tally for n in range(TEMPLATES) for tally in _tallies(n))
    failed = Counter(
        rule.rule for each in judged for rule, told in zip(each.rules, each.verdicts, strict=True) if told == "f"
    )
    known = sorted(each.id for each in rulebook.load().rules)
    return tuple(dict.fromkeys([*(rule for rule, _ in failed.most_common()), *known]))[:RULES]


def said(chance: random.Random, row: dict[str, Any]) -> dict[str, Any]:
    """Forty sentences with a name, and in every two-thousandth call a rare character."""
    name = "".join(chance.choices(NAMES, k=3))
    lines = [*chance.choices(SENTENCES, k=40), f"我叫{name}。", RARE if row["id"] % 2000 == 0 else ""]
    folded = search.folded_lines(lines)
    return {"recording_id": row["id"], "folded": folded, "grams": search.grams(folded)}


def tally(row: dict[str, Any], sheet: str) -> dict[str, Any]:
    """The figures of a call: those of one that was really judged, with the score of this one."""
    (known, *_) = _tallies(row["id"] % TEMPLATES)
    left_out = audits.tallies._NAMELESS
    entry = audits.tallies._ENTRY.dump_python(known.entry, mode="json", exclude=left_out, exclude_defaults=True)
    content = {"entry": entry | {"total": row["total"]}, "verdicts": known.verdicts, "points": list(known.points)}
    return {
        "recording_id": row["id"], "audit_id": row["id"], "encounter": 0, "part": 0, "own": True,
        "total": row["total"], "passed": True, "vetoed": row["id"] % 300 == 0, "unclear": known.unclear,
        "sheet": sheet, "content": content, "told": audits.tallies._told(known),
    }  # fmt: skip


@cache
def _judged(n: int) -> tuple[TranscriptRecord, Audit]:
    """One of a few calls, really judged."""
    lines = random.Random(n).choices(SENTENCES, k=40)
    segments = tuple(
        Segment(start=3.0 * at, end=3.0 * at + 2.5, text=said, channel=at % 2, role=ROLES[at % 2], confidence=0.95)
        for at, said in enumerate(lines)
    )
    heard = TranscriptRecord(transcript=Transcript(segments=segments, duration=3.0 * len(lines)), made_by=MADE_BY)
    known = Recording(file=f"{n}.wav", setting="phone")
    return heard, pipeline.judge_heard(rulebook.load(), known, heard.transcript, heard.made_by, ())


@cache
def _tallies(n: int) -> tuple[ServiceTally, ...]:
    return tallies_of(_judged(n)[1])


def _template(n: int) -> tuple[bytes, bytes]:
    """What was heard in one of these calls and its audit, as their rows keep them."""
    heard, judged = _judged(n)
    hearing = zlib.compress(audits.hearings._HEARD.dump_json(heard))
    return hearing, audits.packed(judged)
