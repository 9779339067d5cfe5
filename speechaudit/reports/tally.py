"""Figures of each service, small enough to be kept beside it, and the reports of many people added up from them."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

from speechaudit.model import Audit, Finding, Level, Verdict
from speechaudit.reports.figures import (
    EncounterEntry,
    Praise,
    RateFigure,
    RecordingEntry,
    ReportSettings,
    RuleFigure,
    StaffSummary,
)
from speechaudit.reports.gather import (
    entry_of,
    known_name,
    order_rules,
    praised,
    sum_up,
    time_of,
)
from speechaudit.reports.moments import (
    NumberedEncounter,
    Weight,
    doubt_of,
    is_judged,
    is_scored,
    moments_of,
    weight_of,
)
from speechaudit.served import is_recordings, served

LETTERS: Final[Mapping[Verdict, str]] = {"pass": "p", "fail": "f", "unclear": "u", "n/a": "n"}


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedRule:
    """A rule as it was when a service was judged."""

    rule: str
    title: str
    dimension: str
    level: Level
    trial: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldService:
    """What the report of one person tells of a service, without its moments.

    `charges` are the weights of what failed, heaviest first; `doubts` those of what waits for a person, with why.
    """

    charges: tuple[Weight, ...]
    doubts: tuple[tuple[Weight, str], ...]
    praises: tuple[Praise, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceTally:
    """What is counted of one person's part of a service.

    `staff` served in it, unless it is `own`: then it is whoever the recording names. `verdicts` has a letter of LETTERS
    for each of the `rules`, `points` what each failed one cost; all are empty where the service does not count.
    `unclear` counts the places that wait for a person. Many services share their rules: `sheet` names these, if known.
    `told` is what the person's own report says besides, None where it was not read.
    """

    part: int
    own: bool
    staff: str | None
    entry: EncounterEntry
    rules: tuple[JudgedRule, ...]
    verdicts: str
    points: tuple[float, ...]
    unclear: int
    sheet: str = ""
    told: ToldService | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TalliedRecording:
    """A recording with the tallies of its services; `staff` is whom it names, `id` is for whoever keeps it."""

    entry: RecordingEntry
    staff: str | None
    tallies: tuple[ServiceTally, ...]
    id: int = 0


def tallies_of(audit: Audit) -> tuple[ServiceTally, ...]:
    """Return the tallies of all services of an audit, as it counts."""
    return tuple(
        _tally(
            NumberedEncounter(recording=audit.recording, number=number, encounter=own, begun_at=None),
            part,
            is_recordings(encounter, part),
            encounter.parts[part].staff if encounter.parts else None,
        )
        for number, encounter in enumerate(audit.encounters, start=1)
        for part, own in served(encounter)
    )


def _tally(case: NumberedEncounter, part: int, own: bool, staff: str | None) -> ServiceTally:
    findings = case.encounter.findings if is_judged(case) else ()
    doubts = moments_of([case], "unclear")
    told = ToldService(
        charges=tuple(map(weight_of, moments_of([case], "fail"))),
        doubts=tuple((weight_of(moment), doubt_of(moment)) for moment in doubts),
        praises=praised(findings),
    )
    return ServiceTally(
        part=part,
        own=own,
        staff=None if own else known_name(staff),
        entry=replace(entry_of(case), happened="", parts=(), measures={}, window=None),
        rules=tuple(_judged(finding) for finding in findings),
        verdicts="".join(LETTERS[finding.verdict] for finding in findings),
        points=tuple(finding.points for finding in findings if finding.verdict == "fail"),
        unclear=len(doubts),
        told=told,
    )


def _judged(finding: Finding) -> JudgedRule:
    return JudgedRule(
        rule=finding.rule,
        title=finding.title,
        dimension=finding.dimension,
        level=finding.level,
        trial=not is_scored(finding),
    )


def summarise(recordings: Iterable[TalliedRecording], settings: ReportSettings) -> tuple[StaffSummary, ...]:
    """Return what an overview tells of each member of staff, ordered by name; those that name nobody come last."""
    by_staff: dict[str | None, list[TalliedRecording]] = defaultdict(list)
    for each in recordings:
        for staff in _everybody(each):
            by_staff[staff].append(each)
    ordered = sorted(by_staff.items(), key=lambda item: (item[0] is None, item[0] or ""))
    return tuple(summary_of(staff, sorted(theirs, key=_by_time), settings) for staff, theirs in ordered)


def _everybody(recording: TalliedRecording) -> Iterable[str | None]:
    """Return who served; where nothing was served, whom the recording names."""
    return dict.fromkeys(_staff_in(recording, tally) for tally in recording.tallies) or (known_name(recording.staff),)


def _staff_in(recording: TalliedRecording, tally: ServiceTally) -> str | None:
    return known_name(recording.staff) if tally.own else tally.staff


def _by_time(recording: TalliedRecording) -> tuple[bool, str, str]:
    return time_of(recording.entry.started_at, recording.entry.file)


def recordings_of(staff: str | None, recordings: Iterable[TalliedRecording]) -> list[TalliedRecording]:
    """Return the recordings in which somebody served, in order of time."""
    return sorted((each for each in recordings if staff in _everybody(each)), key=_by_time)


def tallies_in(recording: TalliedRecording, staff: str | None) -> list[ServiceTally]:
    """Return the tallies of one member of staff."""
    return [tally for tally in recording.tallies if _staff_in(recording, tally) == staff]


def summary_of(staff: str | None, recordings: Sequence[TalliedRecording], settings: ReportSettings) -> StaffSummary:
    """Return what an overview tells of one member of staff, from the recordings in order of time."""
    theirs = [tallies_in(each, staff) for each in recordings]
    tallies = [tally for own in theirs for tally in own]
    rows = tuple(_row(each.entry, tally) for each, own in zip(recordings, theirs, strict=True) for tally in own)
    return StaffSummary(
        staff=staff,
        settings=settings,
        figures=sum_up(rows, _rules(tallies), settings),
        doubts=sum(tally.unclear for tally in tallies),
        encounters=rows,
        recordings=tuple(_with_number(each.entry, len(n)) for each, n in zip(recordings, theirs, strict=True)),
    )


def _with_number(recording: RecordingEntry, encounters: int) -> RecordingEntry:
    return recording if recording.encounters == encounters else replace(recording, encounters=encounters)


def _row(recording: RecordingEntry, tally: ServiceTally) -> EncounterEntry:
    """Return the row of a service with what only its recording knows."""
    begun = recording.started_at + timedelta(seconds=tally.entry.start) if recording.started_at else None
    return replace(tally.entry, file=recording.file, begun_at=begun, window=recording.window)


def _rules(tallies: Iterable[ServiceTally]) -> tuple[RuleFigure, ...]:
    """Return one figure per rule and status; its title is that of the latest service that has it."""
    by_sheet: dict[object, list[ServiceTally]] = {}
    for tally in tallies:
        if tally.verdicts:
            name = tally.sheet or tally.rules
            by_sheet[name] = by_sheet.pop(name, [])
            by_sheet[name].append(tally)
    counts: dict[tuple[str, bool], _Counted] = {}
    for same in by_sheet.values():
        _add(counts, same)
    return order_rules(_figure(rule, letters, points) for rule, letters, points in counts.values())


_Counted = tuple[JudgedRule, tuple[int, ...], float]
_NONE: Final = ((0, 0, 0, 0), 0.0)
_FAILED: Final = re.compile(LETTERS["fail"])


def _add(counts: dict[tuple[str, bool], _Counted], same: Sequence[ServiceTally]) -> None:
    """Add services that share their rules, each of which is a column; it is counted in the order of `LETTERS`."""
    costs: dict[int, float] = defaultdict(float)
    for tally in same:
        for hit, points in zip(_FAILED.finditer(tally.verdicts), tally.points, strict=True):
            costs[hit.start()] += points
    said, width = "".join(tally.verdicts for tally in same), len(same[0].rules)
    if any(len(tally.verdicts) != width for tally in same):
        raise ValueError(f"services of sheet {same[0].sheet} without a verdict for each of {width} rules")
    for at, rule in enumerate(same[0].rules):
        _, before, points = counts.get((rule.rule, rule.trial), (rule, *_NONE))
        column = said[at::width]
        letters = tuple(n + column.count(letter) for n, letter in zip(before, LETTERS.values(), strict=True))
        counts[rule.rule, rule.trial] = rule, letters, points + (0.0 if rule.trial else costs[at])


def _figure(rule: JudgedRule, letters: tuple[int, ...], points: float) -> RuleFigure:
    passed, failed, unclear, without = letters
    return RuleFigure(
        rule=rule.rule,
        title=rule.title,
        dimension=rule.dimension,
        level=rule.level,
        trial=rule.trial,
        passed=passed,
        failed=failed,
        unclear=unclear,
        not_applicable=without,
        points=points,
        pass_rate=RateFigure.of(passed, passed + failed),
    )
