"""The day at a glance: what came, what waits for whom, and how the windows fare, each within what one may see."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from typing import Annotated, Any, Final, Literal

from pydantic import Field
from sqlalchemy.orm import Session

from service.api import condition
from service.api.access import Who, router
from service.api.condition import QueueOut, SourceOut
from service.api.rules import book_of
from service.api.schemas import Out, StaffRef, WindowRef
from service.api.services import Services, Wired
from service.auth import rows
from service.auth.identity import Identity
from service.auth.permissions import Permission
from service.store import Filters, centre, intake, today
from service.store.base import now
from service.store.centre import Window
from service.store.today import ScoreSum
from speechaudit.model import SEVERITY, Level
from speechaudit.reports import ReportSettings
from speechaudit.reports.figures import RateFigure, ScoreFigure

routes = router("总览")
_DAYS: Final = 28
_WEEK: Final = 7
_VETOED: Final = 3
_LATE: Final = (1, 7)  # days after which what waits for review counts as late
Change = Literal["up", "down", "open"]
_Sums = Mapping[int, ScoreSum]


class WorkOut(Out):
    """Where recordings stand."""

    today: Annotated[int, Field(description="今天收到")]
    queued: int
    running: int
    failed: int
    pending: Annotated[int | None, Field(description="待补全;没有权限处理的为 null")]


class DoubtOut(Out):
    """What waits for review of one level."""

    level: Level
    waiting: int
    over_day: Annotated[int, Field(description="其中服务已过去一天以上的")]
    over_week: Annotated[int, Field(description="其中服务已过去七天以上的")]


class VetoOut(Out):
    """A recording with a service that was capped."""

    recording: int
    at: datetime
    staff: StaffRef | None
    window: WindowRef | None
    titles: Annotated[list[str], Field(description="哪些规则一票否决")]


class DayOut(Out):
    """The services of one day."""

    day: date
    score: ScoreFigure


class ScoresOut(Out):
    """The scores of the last seven days, of the seven before them, and how they came to be."""

    score: ScoreFigure
    before: ScoreFigure
    change: Annotated[Change, Field(description="与前七天相比:两个区间不重叠才说 up 或 down,否则 open:看不出变化")]
    passed: RateFigure
    vetoed: Annotated[int, Field(description="一票否决的服务")]


class WindowScoresOut(ScoresOut):
    """The same of one window, with the means of its last four weeks."""

    window: WindowRef | None
    weeks: list[ScoreFigure]


class TodayOut(Out):
    """All that is to be seen at a glance. What the reader may not see is null."""

    at: datetime
    pass_mark: float
    minimum: Annotated[int, Field(description="少于这么多次服务,只说样本不足")]
    recordings: WorkOut
    doubts: list[DoubtOut]
    vetoes: list[VetoOut]
    whole: Annotated[ScoresOut, Field(description="全中心;窗口负责人的是自己的窗口合计")]
    days: Annotated[list[DayOut], Field(description="前 28 天,没有服务的日子不列")]
    windows: list[WindowScoresOut]
    counting: Annotated[bool, Field(description="还有以前的稽核没有计入得分,正在后台整理")]
    sources: list[SourceOut] | None
    queue: QueueOut | None


@routes.get("/overview", summary="今日一览")
def get_overview(services: Wired, who: Who) -> TodayOut:
    """今天收到和在处理的录音、待复核、一票否决、近 28 天的得分和区间,以及来源、worker 和队列。"""
    return at_a_glance(services, who, now())


def at_a_glance(services: Services, who: Identity, at: datetime) -> TodayOut:
    """Return what is to be seen on the day of this moment."""
    moment = at.astimezone(services.settings.zone)
    settings = ReportSettings.of(book_of(services).policy)
    manages = Permission.RECORDINGS_MANAGE in who.permissions
    with services.database.read() as session:
        mine = rows.narrow(who, Filters())
        days = _days(moment)
        by_window = _by_window(today.scores(session, mine, days))
        whole = _merged(by_window.values())
        return TodayOut(
            at=moment,
            pass_mark=settings.pass_mark,
            minimum=settings.minimum_encounters,
            recordings=_work(session, mine, days[-1][0], manages),
            doubts=_doubts(session, mine, services.settings.review_sample, moment),
            vetoes=_vetoes(session, mine, days[-_WEEK][0]),
            whole=ScoresOut(**_scores(whole, settings)),
            days=_trend(whole, days, settings),
            windows=_windows(session, who, by_window, settings),
            counting=today.untallied(session),
            sources=condition.sources(session, services, moment) if manages else None,
            queue=condition.queue(session, services) if manages else None,
        )


def _days(moment: datetime) -> list[tuple[datetime, datetime]]:
    """Return the last days from midnight to midnight by the centre's clock, today as the last."""
    midnights = [
        datetime.combine(moment.date() + timedelta(days=n), time(), moment.tzinfo) for n in range(1 - _DAYS, 2)
    ]
    return list(pairwise(midnights))


def _work(session: Session, mine: Filters, midnight: datetime, manages: bool) -> WorkOut:
    counts = today.statuses(session, mine)
    return WorkOut(
        today=today.arrived(session, mine, midnight),
        queued=counts.get("queued", 0),
        running=counts.get("running", 0),
        failed=counts.get("failed", 0),
        pending=intake.count(session) if manages else None,
    )


def _doubts(session: Session, mine: Filters, share: float, moment: datetime) -> list[DoubtOut]:
    found = today.doubtful(session, mine, share, [moment - timedelta(days=days) for days in _LATE])
    return [
        DoubtOut(level=level, waiting=found[level][0], over_day=found[level][1], over_week=found[level][2])
        for level in sorted(found, key=lambda level: -SEVERITY[level])
    ]


def _vetoes(session: Session, mine: Filters, since: datetime) -> list[VetoOut]:
    return [
        VetoOut(
            recording=each.recording.id,
            at=each.recording.occurred_at,
            staff=StaffRef.model_validate(each.recording.staff) if each.recording.staff else None,
            window=WindowRef.model_validate(each.recording.window) if each.recording.window else None,
            titles=list(each.titles),
        )
        for each in today.vetoed(session, mine, since, _VETOED)
    ]


def _by_window(found: Mapping[tuple[int | None, int], ScoreSum]) -> dict[int | None, dict[int, ScoreSum]]:
    by_window: dict[int | None, dict[int, ScoreSum]] = {}
    for (window, day), sums in found.items():
        by_window.setdefault(window, {})[day] = sums
    return by_window


def _merged(parts: Iterable[_Sums]) -> dict[int, ScoreSum]:
    merged: dict[int, ScoreSum] = {}
    for part in parts:
        for day, sums in part.items():
            merged[day] = merged.get(day, ScoreSum()) + sums
    return merged


def _within(sums: _Sums, first: int, last: int) -> ScoreSum:
    """Add up the days from number `first` up to, not with, number `last`."""
    return sum((sums[day] for day in range(first, last) if day in sums), ScoreSum())


def figure_of(sums: ScoreSum, settings: ReportSettings) -> ScoreFigure:
    """Return mean and interval of scores that were added up."""
    return ScoreFigure.of_sums(sums.n, sums.total, sums.squares, settings)


def _scores(sums: _Sums, settings: ReportSettings) -> dict[str, Any]:
    week = _within(sums, _DAYS - _WEEK, _DAYS)
    score, before = figure_of(week, settings), figure_of(_within(sums, _DAYS - 2 * _WEEK, _DAYS - _WEEK), settings)
    return {
        "score": score,
        "before": before,
        "change": _change(score, before),
        "passed": RateFigure.of(week.passed, week.n),
        "vetoed": week.vetoed,
    }


def _change(score: ScoreFigure, before: ScoreFigure) -> Change:
    if "few" in {score.standing, before.standing} or not score.interval or not before.interval:
        return "open"
    if score.interval.low > before.interval.high:
        return "up"
    return "down" if score.interval.high < before.interval.low else "open"


def _trend(sums: _Sums, days: Sequence[tuple[datetime, datetime]], settings: ReportSettings) -> list[DayOut]:
    return [
        DayOut(day=begin.date(), score=figure_of(sums[number], settings))
        for number, (begin, _) in enumerate(days)
        if number in sums
    ]


def _windows(
    session: Session, who: Identity, found: Mapping[int | None, _Sums], settings: ReportSettings
) -> list[WindowScoresOut]:
    """Return the windows by code, those without a service too if they are in use; what has no window comes last."""
    allowed = rows.window_ids(who)
    shown = [each for each in centre.windows(session) if allowed is None or each.id in allowed]
    known: list[tuple[Window | None, _Sums]] = [(w, found.get(w.id, {})) for w in shown if w.active or w.id in found]
    if None in found:
        known.append((None, found[None]))
    return [
        WindowScoresOut(
            window=WindowRef.model_validate(window) if window else None,
            weeks=[figure_of(_within(sums, day, day + _WEEK), settings) for day in range(0, _DAYS, _WEEK)],
            **_scores(sums, settings),
        )
        for window, sums in known
    ]
