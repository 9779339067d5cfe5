"""What is kept how long, what will be deleted next and why something is not, and what was deleted."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Annotated, Final, Literal

from pydantic import Field
from sqlalchemy.orm import Session

from service.api.access import router
from service.api.schemas import Out, StaffRef, WindowRef
from service.api.services import Services, Wired
from service.retention import WHO
from service.settings import Settings, told_by
from service.store import intake, logbook, retention, workers
from service.store.base import clock
from service.store.logbook import LogFilters
from service.store.recordings import RecordingRow

routes = router("保存期限")
DAYS: Final = 30
_FIRST: Final = 5
_MOST_HELD: Final = 20
_KINDS: Final[tuple[retention.Kind, ...]] = ("audio", "transcript", "audit")


class DueOut(Out):
    """A recording of which something is to be deleted."""

    id: int
    received_at: datetime
    due: Annotated[datetime, Field(description="从这一刻起到期;worker 每小时检查一次")]
    staff: StaffRef | None
    window: WindowRef | None


class LimitOut(Out):
    """How long one kind of thing is kept, and what that means for the coming days."""

    kind: Annotated[retention.Kind, Field(description="audio 声音和试听用的声音,transcript 转写,audit 全部")]
    days: Annotated[int | None, Field(description="收到后保存几天;null 不删除")]
    source: Annotated[str, Field(description="在哪里规定的;没有规定的为空", examples=["设置文件的 keep_audio_days"])]
    today: Annotated[int, Field(description="今天之内到期的,含已经到期的")]
    coming: Annotated[dict[date, int], Field(description="今后 30 天每天到期几个,没有的不列")]
    pending: Annotated[int, Field(description="30 天内到期、还没有补全的录音")]
    first: Annotated[list[DueOut], Field(description="最先到期的")]
    held: Annotated[list[DueOut], Field(description="30 天内到期、因申诉中暂不删除的,最多 20 个")]
    unfinished: Annotated[int, Field(description="30 天内到期、因还没处理完暂不删除的")]


class CheckerOut(Out):
    """A worker that deletes what is due."""

    name: str
    seen_at: datetime
    state: Annotated[Literal["ok", "failing", "stuck", "stopped", "unknown"], Field(description="每小时的检查怎样")]


class RetentionOut(Out):
    """What is kept how long, and what became of it."""

    limits: list[LimitOut]
    last_deleted: Annotated[datetime | None, Field(description="最近一次删除;从未删除为 null")]
    deleted: Annotated[dict[str, int], Field(description="过去 30 天删除了几个,按种类", examples=[{"audio": 12}])]
    checkers: Annotated[list[CheckerOut], Field(description="在运行的 worker;一个也没有就不会自动删除")]


@routes.get("/retention", summary="保存期限")
def get_retention(services: Wired) -> RetentionOut:
    """什么保存多久、今后 30 天各删几个、哪些因申诉暂不删除、删过什么。期限写在服务的设置里,这里不能改。"""
    with services.database.read() as session:
        at = clock(session)
        past = LogFilters(who=WHO, since=at - timedelta(days=DAYS))
        last = logbook.entries(session, LogFilters(who=WHO), limit=1)
        counts = logbook.counts(session, past)
        return RetentionOut(
            limits=[_limit(session, services.settings, kind, at) for kind in _KINDS],
            last_deleted=last[0].at if last else None,
            deleted={action.removeprefix("delete "): count for action, count in counts.items()},
            checkers=list(_checkers(session, services)),
        )


def _checkers(session: Session, services: Services) -> Iterator[CheckerOut]:
    for worker in workers.alive(session, services.settings.dead_after_seconds):
        state = worker.parts.get("retention", "unknown")
        yield CheckerOut.model_validate({"name": worker.id, "seen_at": worker.seen_at, "state": state})


def _limit(session: Session, settings: Settings, kind: retention.Kind, at: datetime) -> LimitOut:
    name = f"keep_{kind}_days"
    days: int | None = getattr(settings, name)
    if days is None:
        nothing = {"today": 0, "coming": {}, "pending": 0, "first": [], "held": [], "unfinished": 0}
        return LimitOut.model_validate({"kind": kind, "days": None, "source": "", **nothing})
    span = timedelta(days=days)
    ends = _ends(at.astimezone(settings.zone))
    counts = retention.coming(session, kind, [end - span for end in ends])
    horizon = ends[-1] - span
    return LimitOut(
        kind=kind,
        days=days,
        source=told_by(name),
        today=counts[0],
        coming={(end - timedelta(days=1)).date(): n for end, n in zip(ends[1:], counts[1:], strict=True) if n},
        pending=intake.count(session, horizon) if kind == "audio" else 0,
        first=[_due(row, span) for row in retention.next_ones(session, kind, horizon, _FIRST)],
        held=[_due(row, span) for row in retention.held(session, kind, horizon, _MOST_HELD)],
        unfinished=retention.unfinished(session, kind, horizon),
    )


def _ends(here: datetime) -> list[datetime]:
    """Return the ends of today and of the coming days by the clock of the centre."""
    return [
        datetime.combine(here.date() + timedelta(days=number + 1), time(), here.tzinfo) for number in range(DAYS + 1)
    ]


def _due(row: RecordingRow, span: timedelta) -> DueOut:
    return DueOut(
        id=row.id,
        received_at=row.received_at,
        due=row.received_at + span,
        staff=StaffRef.model_validate(row.staff, from_attributes=True) if row.staff else None,
        window=WindowRef.model_validate(row.window, from_attributes=True) if row.window else None,
    )
