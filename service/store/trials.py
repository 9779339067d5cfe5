"""Trials of rules in the laboratory: how far each is and what it found, for every process to show and to end."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Final, Literal, cast

from sqlalchemy import ForeignKey, Index, String, Text, delete, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from service.errors import ConflictError, NotFoundError
from service.store.base import TABLE, Base, Id, Name, Ref, clock, now, one_at_a_time
from service.store.recordings import RecordingRow
from speechaudit.model import Verdict

TrialState = Literal["running", "done", "cancelled", "failed", "interrupted"]
Change = Literal["appeared", "vanished", "changed"]
MOST_SHOWN: Final = 200
_KEPT: Final = 5
_SILENT: Final = timedelta(seconds=60)  # after which a trial is over: one that runs is saved each second


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialHit:
    """A finding that would be another; `before` and `after` are None where nothing is said.

    `start` is its moment in the recording in seconds, None where words are missing; `points` what it costs after.
    """

    recording_id: int
    encounter: int
    change: Change
    before: Verdict | None
    after: Verdict | None
    start: float | None
    quote: str
    points: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreMove:
    """A recording whose score would be another."""

    recording_id: int
    before: float | None
    after: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialProgress:
    """How far a trial is and what came out so far: the first `MOST_SHOWN` hits and moves, and the numbers of all.

    `verdicts` counts what the rule says by the new text. `relabelled` are recordings whose labels came from another
    model than the one in force, and were told anew for this trial, which takes the most time. `left_out` are those that
    cannot be compared: their words were deleted, or they would be divided into services otherwise by now.
    """

    rule: str
    text: str
    since: datetime
    started_at: datetime
    by: str
    id: int = 0
    state: TrialState = "running"
    total: int = 0
    done: int = 0
    left_out: int = 0
    relabelled: int = 0
    changes: Mapping[Change, int] = field(default_factory=dict)
    verdicts: Mapping[Verdict, int] = field(default_factory=dict)
    raised: int = 0
    lowered: int = 0
    hits: tuple[TrialHit, ...] = ()
    moves: tuple[ScoreMove, ...] = ()


class TrialRow(Base):
    """A trial and its figures; `saved_at` is when the process that runs it last said so, by the database's clock."""

    __tablename__ = "trials"

    id: Mapped[Id]
    rule: Mapped[str] = mapped_column(String(80))
    text: Mapped[str] = mapped_column(Text)
    since: Mapped[datetime]
    started_at: Mapped[datetime] = mapped_column(default=now)
    by: Mapped[Name]
    state: Mapped[TrialState] = mapped_column(String(16))
    saved_at: Mapped[datetime] = mapped_column(default=now)
    total: Mapped[int]
    done: Mapped[int]
    left_out: Mapped[int]
    relabelled: Mapped[int] = mapped_column(default=0, server_default="0")
    raised: Mapped[int]
    lowered: Mapped[int]
    changes: Mapped[dict[str, Any]]
    verdicts: Mapped[dict[str, Any]]


class TrialChange(Base):
    """A hit or a move of a trial, which quotes a recording and goes with it."""

    __tablename__ = "trial_changes"
    __table_args__ = (Index(None, "trial_id", "id"), Index(None, "recording_id"), TABLE)

    id: Mapped[Id]
    trial_id: Mapped[int] = mapped_column(Ref, ForeignKey("trials.id", ondelete="CASCADE"))
    recording_id: Mapped[int] = mapped_column(Ref, ForeignKey("recordings.id", ondelete="CASCADE"))
    kind: Mapped[Literal["hit", "move"]] = mapped_column(String(8))
    content: Mapped[dict[str, Any]]


_FIGURES: Final = ("total", "done", "left_out", "relabelled", "raised", "lowered")


def begin(session: Session, wanted: TrialProgress) -> int:
    """Keep a trial that begins, forget the oldest, and give its number. Raises ConflictError while another one runs."""
    one_at_a_time(session, "trials")
    moment = clock(session)
    running = TrialRow.state == "running"
    session.execute(update(TrialRow).where(running, TrialRow.saved_at < moment - _SILENT).values(state="interrupted"))
    if session.scalar(select(TrialRow.id).where(running).limit(1)) is not None:
        raise ConflictError("试算", "已有一次试算在进行", "请等它结束,或先取消它")
    told = {name: getattr(wanted, name) for name in ("rule", "text", "since", "started_at", "by", *_FIGURES)}
    row = TrialRow(**told, state="running", saved_at=moment, changes={}, verdicts={})
    session.add(row)
    session.flush()
    kept = select(TrialRow.id).order_by(TrialRow.id.desc()).limit(_KEPT).scalar_subquery()
    session.execute(delete(TrialRow).where(TrialRow.id.not_in(kept)))
    return row.id


def save(
    session: Session, told: TrialProgress, hits: Sequence[TrialHit], moves: Sequence[ScoreMove], state: TrialState
) -> bool:
    """Keep how far a trial is with what it found since, and give whether it is to go on: anybody may cancel it."""
    row = session.get(TrialRow, told.id, with_for_update=True)
    if row is None:
        return False
    for name in _FIGURES:
        setattr(row, name, getattr(told, name))
    row.changes = {str(change): number for change, number in told.changes.items()}
    row.verdicts = {str(verdict): number for verdict, number in told.verdicts.items()}
    row.saved_at = clock(session)
    session.add_all(_found(session, told.id, hits, moves))
    wanted = row.state == "running"
    if wanted:
        row.state = state
    session.flush()
    return wanted


def _found(
    session: Session, trial_id: int, hits: Sequence[TrialHit], moves: Sequence[ScoreMove]
) -> Iterable[TrialChange]:
    """Yield rows of what was found in recordings that nobody deleted meanwhile, nor deletes before these are kept."""
    ids = {hit.recording_id for hit in hits} | {move.recording_id for move in moves}
    held = select(RecordingRow.id).where(RecordingRow.id.in_(ids)).with_for_update(read=True, key_share=True)
    there = set(session.scalars(held)) if ids else set()
    for hit in (each for each in hits if each.recording_id in there):
        yield TrialChange(trial_id=trial_id, recording_id=hit.recording_id, kind="hit", content=asdict(hit))
    for move in (each for each in moves if each.recording_id in there):
        yield TrialChange(trial_id=trial_id, recording_id=move.recording_id, kind="move", content=asdict(move))


def cancel(session: Session, trial_id: int) -> None:
    """End a trial that runs, wherever it does; what it found stays. Raises NotFoundError."""
    if (row := session.get(TrialRow, trial_id, with_for_update=True)) is None:
        raise _gone(trial_id)
    if row.state == "running":
        row.state = "cancelled"


def find(session: Session, trial_id: int) -> TrialProgress:
    """Return a trial with what it found, in recordings that are still there. Raises NotFoundError."""
    if (row := session.get(TrialRow, trial_id)) is None:
        raise _gone(trial_id)
    found = session.scalars(select(TrialChange).where(TrialChange.trial_id == trial_id).order_by(TrialChange.id)).all()
    return replace(
        _progress(row, clock(session)),
        hits=tuple(TrialHit(**each.content) for each in found if each.kind == "hit"),
        moves=tuple(ScoreMove(**each.content) for each in found if each.kind == "move"),
    )


def kept(session: Session) -> tuple[TrialProgress, ...]:
    """Return all trials that are kept, newest first, without what they found."""
    moment = clock(session)
    return tuple(_progress(row, moment) for row in session.scalars(select(TrialRow).order_by(TrialRow.id.desc())))


def _gone(trial_id: int) -> NotFoundError:
    return NotFoundError(f"试算 {trial_id}", "不在这里", f"只留最近 {_KEPT} 次,请再试算一次")


def _progress(row: TrialRow, moment: datetime) -> TrialProgress:
    lost = row.state == "running" and row.saved_at < moment - _SILENT
    return TrialProgress(
        **{name: getattr(row, name) for name in ("id", "rule", "text", "since", "started_at", "by", *_FIGURES)},
        state="interrupted" if lost else row.state,
        changes=cast(Mapping[Change, int], row.changes),
        verdicts=cast(Mapping[Verdict, int], row.verdicts),
    )
