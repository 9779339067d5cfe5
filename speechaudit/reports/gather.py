"""Audits in, one report per member of staff out: pure calculation."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from speechaudit.model import Audit, Encounter, Finding, Score
from speechaudit.reports.cautions import cautions
from speechaudit.reports.events import describe_asides, describe_marks, parts_for
from speechaudit.reports.figures import (
    Count,
    Credit,
    DayFigure,
    DecisionFigure,
    DimensionFigure,
    DimensionSum,
    EncounterEntry,
    Figures,
    Moment,
    Praise,
    RateFigure,
    RecordingEntry,
    ReportSettings,
    RuleFigure,
    ScoreFigure,
    StaffReport,
    VerdictCounts,
)
from speechaudit.reports.manner import manner_of
from speechaudit.reports.moments import NumberedEncounter, is_judged, is_scored, moments_of, scored_total
from speechaudit.served import served, staff_of

NOT_SCORED = "尚未评分"
QUOTES_SHOWN = 3
_HEARD = frozenset({"exact", "sounds-like", "second-listen"})


def build(audits: Sequence[Audit], settings: ReportSettings) -> tuple[StaffReport, ...]:
    """Return one report per member of staff, ordered by name; recordings that name nobody come last, under None."""
    by_staff: dict[str | None, list[Audit]] = defaultdict(list)
    for audit in audits:
        names = (staff for staff, _ in _services(audit))
        for staff in dict.fromkeys(names) or {known_name(audit.recording.staff): None}:
            by_staff[staff].append(audit)
    ordered = sorted(by_staff.items(), key=lambda item: (item[0] is None, item[0] or ""))
    return tuple(_report(staff, sorted(theirs, key=_by_time), settings) for staff, theirs in ordered)


def _services(audit: Audit) -> list[tuple[str | None, NumberedEncounter]]:
    """Return who served, with their part of each service as a service."""
    return [
        (
            known_name(staff_of(audit, encounter, part)),
            NumberedEncounter(
                recording=audit.recording,
                number=number,
                encounter=own,
                begun_at=_begun_at(audit, own),
                parts=parts_for(audit, encounter, part),
            ),
        )
        for number, encounter in enumerate(audit.encounters, start=1)
        for part, own in served(encounter)
    ]


def known_name(staff: str | None) -> str | None:
    """Return the name without surrounding blanks; a blank name is no name."""
    return (staff or "").strip() or None


def _by_time(audit: Audit) -> tuple[bool, str, str]:
    return time_of(audit.recording.started_at, audit.recording.file)


def time_of(started: datetime | None, file: str) -> tuple[bool, str, str]:
    """Order known times first, by the clock on the wall: zones may be missing on some recordings."""
    return started is None, started.replace(tzinfo=None).isoformat() if started else "", file


def _report(staff: str | None, audits: Sequence[Audit], settings: ReportSettings) -> StaffReport:
    cases = [case for audit in audits for name, case in _services(audit) if name == staff]
    rows = tuple(entry_of(case) for case in cases)
    recordings = tuple(_recording(audit, sum(name == staff for name, _ in _services(audit))) for audit in audits)
    judged = [case for case in cases if is_judged(case)]
    rules = rule_figures([finding for case in judged for finding in case.encounter.findings])
    figures = sum_up(rows, rules, settings)
    return StaffReport(
        staff=staff,
        settings=settings,
        figures=figures,
        moments=moments_of(cases, "fail"),
        unclear=moments_of(cases, "unclear"),
        credits=_credits(judged),
        trend=trend_of(rows),
        encounters=rows,
        recordings=recordings,
        cautions=cautions(recordings, rows, figures.score),
        manner=manner_of(rows),
    )


def _begun_at(audit: Audit, encounter: Encounter) -> datetime | None:
    started = audit.recording.started_at
    return started + timedelta(seconds=encounter.start) if started else None


def sum_up(rows: Sequence[EncounterEntry], rules: Sequence[RuleFigure], settings: ReportSettings) -> Figures:
    """Return the figures over `rows`, whoever's they are."""
    scores = [row.total for row in rows if row.total is not None]
    reasons = Counter(row.not_judged for row in rows if row.total is None)
    return Figures(
        encounters=len(rows),
        not_judged=tuple(Count(text=text, n=n) for text, n in reasons.most_common()),
        score=ScoreFigure.of(scores, settings),
        passed=RateFigure.of(sum(row.passed is True for row in rows), sum(row.passed is not None for row in rows)),
        vetoed=sum(bool(row.vetoed_by) for row in rows),
        reviewed=RateFigure.of(sum(r.verdicts.reviewed for r in rows), sum(r.verdicts.doubted for r in rows)),
        dimensions=_dimensions(rows),
        rules=tuple(rule for rule in rules if not rule.trial),
        trial_rules=tuple(rule for rule in rules if rule.trial),
        decisions=_pooled_decisions(rows),
    )


def _pooled_decisions(rows: Sequence[EncounterEntry]) -> DecisionFigure:
    parts = [row.verdicts.decisions for row in rows]
    return DecisionFigure(
        decided=sum(part.decided for part in parts),
        changed=sum(part.changed for part in parts),
        appealed=sum(part.appealed for part in parts),
        granted=sum(part.granted for part in parts),
    )


def entry_of(case: NumberedEncounter) -> EncounterEntry:
    """Return the row of a service in the list of them."""
    encounter, score = case.encounter, case.encounter.score
    total = scored_total(score)
    titles = {finding.rule: finding.title for finding in encounter.findings}
    return EncounterEntry(
        file=case.recording.file,
        encounter=case.number,
        start=encounter.start,
        end=encounter.end,
        begun_at=case.begun_at,
        total=total,
        passed=score.passed if score and total is not None else None,
        dimensions=_dimension_sums(score) if score and total is not None else (),
        vetoed_by=tuple(titles.get(rule, rule) for rule in score.vetoed_by) if score else (),
        not_judged="" if total is not None else (score.not_judged if score else "") or NOT_SCORED,
        verdicts=_verdicts(encounter.findings),
        happened=describe_marks(encounter),
        parts=case.parts,
        measures=encounter.measures,
        window=case.recording.window,
    )


def _dimension_sums(score: Score) -> tuple[DimensionSum, ...]:
    return tuple(DimensionSum(name=d.name, title=d.title, full=d.full, score=d.score) for d in score.by_dimension)


def _verdicts(findings: Iterable[Finding]) -> VerdictCounts:
    scored = [finding for finding in findings if is_scored(finding)]
    counts = Counter(finding.verdict for finding in scored)
    doubted = [f for f in scored if (f.review.machine if f.review else f.verdict) in ("fail", "unclear")]
    return VerdictCounts(
        passed=counts["pass"],
        failed=counts["fail"],
        unclear=counts["unclear"],
        not_applicable=counts["n/a"],
        doubted=len(doubted),
        reviewed=sum(f.review is not None for f in doubted),
        decisions=_decisions(scored),
    )


def _decisions(findings: Sequence[Finding]) -> DecisionFigure:
    """Count by whether the verdict of the program stood; the last word after an appeal is `final`."""
    decided = [(f.verdict != f.review.machine, f.review.final) for f in findings if f.review is not None]
    return DecisionFigure(
        decided=len(decided),
        changed=sum(changed for changed, _ in decided),
        appealed=sum(final for _, final in decided),
        granted=sum(changed and final for changed, final in decided),
    )


def _dimensions(rows: Sequence[EncounterEntry]) -> tuple[DimensionFigure, ...]:
    by_name: dict[str, list[DimensionSum]] = defaultdict(list)
    for row in rows:
        for part in row.dimensions:
            by_name[part.name].append(part)
    return tuple(_dimension(parts) for parts in by_name.values())


def _dimension(parts: Sequence[DimensionSum]) -> DimensionFigure:
    full, score = sum(part.full for part in parts), sum(part.score for part in parts)
    n = len(parts)
    return DimensionFigure(
        name=parts[0].name,
        title=parts[0].title,
        n=n,
        full=full / n,
        mean=score / n,
        share=score / full if full else None,
    )


def rule_figures(findings: Sequence[Finding]) -> tuple[RuleFigure, ...]:
    """Return one figure per rule and status, by dimension, then the lowest pass rate first, never judged last."""
    by_rule: dict[tuple[str, bool], list[Finding]] = defaultdict(list)
    for finding in findings:
        by_rule[finding.rule, not is_scored(finding)].append(finding)
    return order_rules(_rule(theirs) for theirs in by_rule.values())


def order_rules(rules: Iterable[RuleFigure]) -> tuple[RuleFigure, ...]:
    """Order figures by dimension, then the lowest pass rate first, rules that were never judged last."""
    return tuple(sorted(rules, key=lambda r: (r.dimension, r.pass_rate.rate is None, r.pass_rate.rate or 0.0, r.rule)))


def _rule(findings: Sequence[Finding]) -> RuleFigure:
    verdicts = Counter(finding.verdict for finding in findings)
    latest = findings[-1]
    trial = not is_scored(latest)
    return RuleFigure(
        rule=latest.rule,
        title=latest.title,
        dimension=latest.dimension,
        level=latest.level,
        trial=trial,
        passed=verdicts["pass"],
        failed=verdicts["fail"],
        unclear=verdicts["unclear"],
        not_applicable=verdicts["n/a"],
        points=0.0 if trial else sum(finding.points for finding in findings if finding.verdict == "fail"),
        pass_rate=RateFigure.of(verdicts["pass"], verdicts["pass"] + verdicts["fail"]),
    )


def _credits(cases: Sequence[NumberedEncounter]) -> tuple[Credit, ...]:
    return credits_of((index, each) for index, case in enumerate(cases) for each in praised(case.encounter.findings))


def praised(findings: Iterable[Finding]) -> tuple[Praise, ...]:
    """Return what was really heard: neither a passed absence nor a charge that a person dropped is a credit."""
    heard = ((each, tuple(e.quote for e in each.evidence if e.match in _HEARD and e.quote)) for each in findings)
    return tuple(
        Praise(rule=each.rule, title=each.title, quotes=quotes) for each, quotes in heard if quotes and _is_credit(each)
    )


def credits_of(praises: Iterable[tuple[int, Praise]]) -> tuple[Credit, ...]:
    """Return what was done well, most often first, of praises each with the number of its service."""
    heard: dict[str, list[tuple[int, str]]] = defaultdict(list)
    titles: dict[str, str] = {}
    for index, each in praises:
        titles[each.rule] = each.title
        heard[each.rule].extend((index, quote) for quote in each.quotes)
    found = [_credit(rule, titles[rule], items) for rule, items in heard.items()]
    return tuple(sorted(found, key=lambda credit: (-credit.times, credit.rule)))


def _is_credit(finding: Finding) -> bool:
    """Return whether something was passed by what was said; forbidden words that a guard turned aside are no merit."""
    passed = finding.verdict == "pass" and finding.kind != "forbidden"
    dropped = finding.review is not None and finding.review.machine != "pass"
    return passed and is_scored(finding) and not dropped


def _credit(rule: str, title: str, items: Sequence[tuple[int, str]]) -> Credit:
    quotes = Counter(quote for _, quote in items).most_common(QUOTES_SHOWN)
    return Credit(
        rule=rule,
        title=title,
        encounters=len({index for index, _ in items}),
        times=len(items),
        quotes=tuple(Count(text=text, n=n) for text, n in quotes),
    )


def trend_of(rows: Sequence[EncounterEntry]) -> tuple[DayFigure, ...]:
    """Return the mean of each day, by the clock of the recordings; services without a time are left out."""
    by_day = defaultdict(list)
    for row in rows:
        if row.begun_at is not None and row.total is not None:
            by_day[row.begun_at.date()].append(row.total)
    return tuple(DayFigure(day=day, n=len(s), mean=sum(s) / len(s)) for day, s in sorted(by_day.items()))


def _recording(audit: Audit, encounters: int) -> RecordingEntry:
    recording, made_by = audit.recording, audit.made_by
    return RecordingEntry(
        file=recording.file,
        setting=recording.setting,
        window=recording.window,
        started_at=recording.started_at,
        duration=audit.duration,
        encounters=encounters,
        program=made_by.program,
        transcriber=made_by.transcriber,
        model=made_by.model,
        model_sha256=made_by.model_sha256,
        device=made_by.device,
        compute_type=made_by.compute_type,
        rulebook_version=audit.rulebook_version,
        profile=audit.profile,
        remarks=(*audit.remarks, *describe_asides(audit)),
        timings=made_by.timings,
    )


def moments_in(audits: Sequence[Audit], staff: str | None) -> tuple[Moment, ...]:
    """Return what one member of staff was charged with in these audits, as it stands in the report of all of them."""
    mine = sorted(audits, key=_by_time)
    return moments_of([case for audit in mine for name, case in _services(audit) if name == staff], "fail")
