"""The paper of one member of staff from the figures of services: only what it shows is looked up in whole audits."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from heapq import nsmallest

from speechaudit.reports.cautions import cautions
from speechaudit.reports.figures import Credit, Moment, Praise, ReportSettings, StaffOutline, StaffReport
from speechaudit.reports.gather import credits_of, trend_of
from speechaudit.reports.moments import doubt_of, order_of
from speechaudit.reports.paper import shown_of
from speechaudit.reports.tally import TalliedRecording, ToldService, recordings_of, summary_of, tallies_in

Told = Sequence[tuple[TalliedRecording, ToldService]]


def outlined(report: StaffReport) -> StaffOutline:
    """Return what the paper says of a whole report."""
    return StaffOutline(
        staff=report.staff,
        settings=report.settings,
        figures=report.figures,
        charges=len(report.moments),
        worst=report.moments[: shown_of(report.settings)],
        doubts=tuple(map(doubt_of, report.unclear)),
        credits=report.credits,
        trend=report.trend,
        encounters=report.encounters,
        recordings=report.recordings,
        cautions=report.cautions,
    )


def outline_of(
    staff: str | None,
    recordings: Sequence[TalliedRecording],
    settings: ReportSettings,
    *,
    quote: Callable[[str], str],
    moments: Callable[[Sequence[int]], tuple[Moment, ...]],
) -> StaffOutline | None:
    """Return what the paper of one member of staff says, as of a whole report; None without any recording.

    `quote` gives words as the reader may see them, `moments` all that this person was charged with in some recordings.
    """
    mine = recordings_of(staff, recordings)
    if not mine:
        return None
    summary = summary_of(staff, mine, settings)
    told = [(each, tally.told) for each in mine for tally in tallies_in(each, staff) if tally.told is not None]
    return StaffOutline(
        staff=staff,
        settings=settings,
        figures=summary.figures,
        charges=sum(len(each.charges) for _, each in told),
        worst=_worst(told, shown_of(settings), moments),
        doubts=_doubts(told),
        credits=_credits(told, quote),
        trend=trend_of(summary.encounters),
        encounters=summary.encounters,
        recordings=summary.recordings,
        cautions=cautions(summary.recordings, summary.encounters, summary.figures.score),
    )


def _worst(told: Told, most: int, moments: Callable[[Sequence[int]], tuple[Moment, ...]]) -> tuple[Moment, ...]:
    """Return the heaviest moments: they are the heaviest of the recordings that they are in, too."""
    weights = ((order_of(each), recording.id) for recording, service in told for each in service.charges)
    places = (((weight, place), recording) for place, (weight, recording) in enumerate(weights))
    chosen = dict.fromkeys(recording for _, recording in nsmallest(most, places))
    return moments(tuple(chosen))[:most] if chosen else ()


def _doubts(told: Told) -> tuple[str, ...]:
    every = [each for _, service in told for each in service.doubts]
    return tuple(text for _, text in sorted(every, key=lambda doubt: order_of(doubt[0])))


def _credits(told: Told, quote: Callable[[str], str]) -> tuple[Credit, ...]:
    shown = lru_cache(maxsize=4096)(quote)  # most of what is done well is said in a few words
    return credits_of(
        (number, Praise(rule=each.rule, title=each.title, quotes=tuple(map(shown, each.quotes))))
        for number, (_, service) in enumerate(told)
        for each in service.praises
    )
