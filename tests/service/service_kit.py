"""Small values that many tests of the service start from."""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from sqlalchemy.orm import Session

from service.store import audits, reaudits, recordings
from service.store.recordings import NewRecording
from speechaudit.model import (
    Audit,
    CallFacts,
    Encounter,
    Evidence,
    Finding,
    MadeBy,
    Recording,
    Score,
    Segment,
    Transcript,
    Verdict,
    fact_values,
)
from speechaudit.policy import Dimension, Policy, Veto
from speechaudit.reasons import because

Result = TypeVar("Result")
MADE_BY = MadeBy(
    program="speechaudit test", transcriber="test", model="", model_sha256="", device="cpu", compute_type="int8"
)
POLICY = Policy(
    points={"minor": 2, "major": 5, "critical": 15},
    each_time=("forbidden",),
    dimensions=(Dimension(group="d", title="全部", full={"phone": 100, "counter": 100}),),
    veto=Veto(cap=59),
    pass_mark=80,
    minimum_confidence=0.35,
    minimum_label=0.8,
    minimum_seconds=5,
    minimum_encounters=10,
    worst_moments=10,
)
MORNING = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)


def run_apart(coroutine: Coroutine[Any, Any, Result]) -> Result:
    """What the coroutine gives, from a loop in a thread of its own: in the main one that of a browser may run."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, coroutine).result(120)


def waited_for(condition: Callable[[], bool]) -> bool:
    """Look again until it is so; a minute is the most that any machine needs."""
    deadline = time.monotonic() + 60
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.05)
    return condition()


def new_recording(number: int, **known: Any) -> NewRecording:
    facts = {name: known.pop(name) for name in fact_values(CallFacts()) if name in known}
    told: dict[str, Any] = {"setting": "phone", "started_at": MORNING + timedelta(minutes=number)} | facts
    values: dict[str, Any] = {
        "sha256": hashlib.sha256(str(number).encode()).hexdigest(),
        "size": 1000 + number,
        "file_name": f"call-{number}.wav",
        "media_type": "audio/wav",
        "facts": CallFacts(**told),
    }
    return NewRecording(**(values | known))


def finding(rule: str, verdict: Verdict, quote: str = "", **more: Any) -> Finding:
    why = because("said-forbidden" if verdict == "fail" else "said", quote=quote, title=rule, rule=rule)
    said = Evidence(start=1.0, end=2.0, role="staff", quote=quote, reasons=(why,), match="exact")
    evidence = (said,) if quote else ()
    values: dict[str, Any] = {
        "evidence": evidence,
        "title": rule,
        "topics": (),
        "kind": "forbidden",
        "dimension": "d",
        "level": "major",
        "status": "active",
        "message": "",
    }
    return Finding(rule=rule, verdict=verdict, **(values | more))


def transcript_of(*texts: str) -> Transcript:
    segments = tuple(
        Segment(start=float(n), end=n + 1.0, text=text, role="staff", confidence=0.9) for n, text in enumerate(texts)
    )
    return Transcript(segments=segments, duration=float(len(texts)))


def audit_of(*texts: str, total: float | None = 90.0, findings: tuple[Finding, ...] = ()) -> Audit:
    transcript = transcript_of(*texts)
    score = Score(
        total=total, passed=None if total is None else total >= 80, reasons=() if total else (because("nothing-said"),)
    )
    encounter = Encounter(start=0.0, end=transcript.duration, transcript=transcript, findings=findings, score=score)
    return Audit(
        recording=Recording(file="call.wav", setting="phone"),
        duration=transcript.duration,
        encounters=(encounter,),
        made_by=MADE_BY,
        rulebook_version="v1",
        profile="default",
    )


def audited(session: Session, number: int, audit: Audit, **known: Any) -> int:
    """A recording with its audit; gives the id of the recording."""
    row, _ = recordings.add(session, new_recording(number, **known))
    audits.save(session, row.id, audit, run=f"audit-{row.id}-1", policy=POLICY)
    return row.id


def keep_proposal(session: Session, batch_id: int, recording_id: int, audit: Audit) -> None:
    """What a worker does with an audit of a re-audit."""
    row, run = recordings.get(session, recording_id), f"batch-{batch_id}-{recording_id}"
    made = audits.proposal(session, row, audit, policy=POLICY, run=run, batch_id=batch_id)
    reaudits.propose(session, batch_id, [made])
