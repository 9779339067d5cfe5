"""What a report says, as frozen values. `build` in `gather.py` makes them, the writers only show them.

Shares run from 0 to 1, scores and points from 0 to 100, times in seconds from the start of the recording.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Final, Literal

from speechaudit.model import Clause, Level, Match, Review, Role, Setting, Span
from speechaudit.policy import Policy
from speechaudit.reasons import Reason
from speechaudit.reports.intervals import Interval, interval_of, student_interval, wilson_interval

Standing = Literal["none", "few", "above", "below", "open"]
# An interval wider than this says less than the figure seems to: docs/decisions/reports-document.md.
WIDEST_SCORE: Final = 20.0  # points
WIDEST_SHARE: Final = 0.3


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportSettings:
    """The policy behind a report, given by the caller.

    `pass_mark` in points. Under `minimum_encounters` judged encounters the report says 样本不足.
    `worst` is how many of the worst moments are shown in full.
    """

    pass_mark: float
    minimum_encounters: int
    worst: int

    @classmethod
    def of(cls, policy: Policy) -> ReportSettings:
        """Return the settings that a policy asks for."""
        return cls(pass_mark=policy.pass_mark, minimum_encounters=policy.minimum_encounters, worst=policy.worst_moments)


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """A text and how often it occurred: a reason for not judging, a quote that was credited."""

    text: str
    n: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreFigure:
    """The mean of `n` scores with its Student interval.

    `standing` compares the interval with the pass mark: wholly at or `above` it, wholly `below`, or `open` when it
    lies across; `few` under the minimum sample and `none` without a score.
    """

    n: int
    mean: float | None
    interval: Interval | None
    standing: Standing

    @classmethod
    def of(cls, scores: Sequence[float], settings: ReportSettings) -> ScoreFigure:
        """Return the figure for `scores` (points) under the pass mark and minimum of `settings`."""
        interval = student_interval(scores)
        mean = sum(scores) / len(scores) if scores else None
        return cls(n=len(scores), mean=mean, interval=interval, standing=_standing(len(scores), interval, settings))

    @classmethod
    def of_sums(cls, n: int, total: float, squares: float, settings: ReportSettings) -> ScoreFigure:
        """Return the figure for `n` scores of which the sum and the sum of the squares are known."""
        if n == 0:
            return cls.of((), settings)
        mean = total / n
        spread = math.sqrt(max(0.0, squares - n * mean * mean) / (n - 1)) if n > 1 else 0.0
        interval = interval_of(n, mean, spread)
        return cls(n=n, mean=mean, interval=interval, standing=_standing(n, interval, settings))

    @property
    def told(self) -> Interval | None:
        """The interval where it says something: with enough services, and not wider than `WIDEST_SCORE`."""
        return None if self.standing in ("none", "few") else narrow(self.interval, WIDEST_SCORE)


def narrow(interval: Interval | None, widest: float) -> Interval | None:
    """Return the interval unless it is wider than `widest`, in its own unit."""
    return interval if interval and interval.high - interval.low <= widest else None


def _standing(n: int, interval: Interval | None, settings: ReportSettings) -> Standing:
    if n == 0:
        return "none"
    if interval is None or n < settings.minimum_encounters:
        return "few"
    if interval.low >= settings.pass_mark:
        return "above"
    return "below" if interval.high < settings.pass_mark else "open"


@dataclass(frozen=True, slots=True, kw_only=True)
class RateFigure:
    """The share `hits` / `n` with its Wilson interval; both None without a trial."""

    hits: int
    n: int
    rate: float | None
    interval: Interval | None

    @classmethod
    def of(cls, hits: int, n: int) -> RateFigure:
        """Return the figure for `hits` of `n` trials."""
        return cls(hits=hits, n=n, rate=hits / n if n else None, interval=wilson_interval(hits, n))

    @property
    def told(self) -> Interval | None:
        """The interval where it says something: not wider than `WIDEST_SHARE`."""
        return narrow(self.interval, WIDEST_SHARE)


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionFigure:
    """Verdicts that a person decided on, how many of them `changed`, and the same of those after an appeal."""

    decided: int = 0
    changed: int = 0
    appealed: int = 0
    granted: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class DimensionFigure:
    """Mean points of one dimension over the `n` judged encounters that have it; `share` = `mean` / `full`."""

    name: str
    title: str
    n: int
    full: float
    mean: float
    share: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleFigure:
    """The verdicts of one rule. `pass_rate` counts passed against failed only. A `trial` rule is never scored."""

    rule: str
    title: str
    dimension: str
    level: Level
    trial: bool
    passed: int
    failed: int
    unclear: int
    not_applicable: int
    points: float
    pass_rate: RateFigure


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """One piece of evidence, with all that is needed to understand and to contest it.

    `id` depends on file, rule, time and quote only, so that it survives a second run; masked ones give another.
    `encounter` counts from 1 in its file. `veto`: this rule capped the total. `match` is None if the finding gave no
    evidence of its own. `heard` is how surely the quote was heard, 0 to 1. `why` tells `reasons` in Chinese, and which
    rule was charged in place of this one, whose id is `covered_by`.
    """

    id: str
    file: str
    encounter: int
    start: float
    end: float
    begun_at: datetime | None
    rule: str
    title: str
    dimension: str
    level: Level
    veto: bool
    points: float
    role: Role
    quote: str
    why: str
    match: Match | None
    heard: float
    message: str
    clauses: tuple[Clause, ...]
    review: Review | None = None
    reasons: tuple[Reason, ...] = ()
    covered_by: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Praise:
    """What was said in one service that one rule asks for, as it was heard."""

    rule: str
    title: str
    quotes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Credit:
    """Phrases heard that one rule asks for: in how many encounters, how often, and the most frequent quotes."""

    rule: str
    title: str
    encounters: int
    times: int
    quotes: tuple[Count, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DayFigure:
    """Mean score of the `n` judged encounters of one day, by the clock of the recording."""

    day: date
    n: int
    mean: float


@dataclass(frozen=True, slots=True, kw_only=True)
class DimensionSum:
    """The points of one dimension in one encounter: `score` of `full`."""

    name: str
    title: str
    full: float
    score: float


@dataclass(frozen=True, slots=True, kw_only=True)
class VerdictCounts:
    """The number of scored rules for each verdict.

    `doubted` are those that the program failed or left unclear, `reviewed` those of them that a person decided on.
    """

    passed: int
    failed: int
    unclear: int
    not_applicable: int
    doubted: int = 0
    reviewed: int = 0
    decisions: DecisionFigure = DecisionFigure()


@dataclass(frozen=True, slots=True, kw_only=True)
class MannerFigure:
    """A measure of how somebody spoke, over `n` scored services, in the `unit` that is printed."""

    title: str
    unit: str
    n: int
    median: float
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ServedPart:
    """From when to when somebody served in a service that not one person had alone; `own` is the report's.

    `who` is a 工号 or words for people whom nobody names, `how` how they came in (empty for the first), `known_by` by
    what that is told: the registration, the legs of the call, the voice, what was said.
    """

    stretches: tuple[Span, ...]
    who: str
    how: str
    known_by: tuple[str, ...]
    own: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class EncounterEntry:
    """One encounter in the list; `total` is None with the reason in `not_judged`. `vetoed_by` holds rule titles.

    `happened` says when the other side was let wait or passed on. `parts` are those of the whole service.
    """

    file: str
    encounter: int
    start: float
    end: float
    begun_at: datetime | None
    total: float | None
    passed: bool | None
    dimensions: tuple[DimensionSum, ...]
    vetoed_by: tuple[str, ...]
    not_judged: str
    verdicts: VerdictCounts
    happened: str = ""
    parts: tuple[ServedPart, ...] = ()
    measures: Mapping[str, float] = field(default_factory=dict)
    window: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingEntry:
    """One recording and by what it was judged, so that the judgement can be repeated."""

    file: str
    setting: Setting
    window: str | None
    started_at: datetime | None
    duration: float
    encounters: int
    program: str
    transcriber: str
    model: str
    model_sha256: str
    device: str
    compute_type: str
    rulebook_version: str
    profile: str
    remarks: tuple[str, ...]
    timings: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """Everything that is counted alike for one member of staff and for the whole set.

    `reviewed` is the share of failed or unclear verdicts of the program that a person decided on.
    """

    encounters: int
    not_judged: tuple[Count, ...]
    score: ScoreFigure
    passed: RateFigure
    vetoed: int
    reviewed: RateFigure
    dimensions: tuple[DimensionFigure, ...]
    rules: tuple[RuleFigure, ...]
    trial_rules: tuple[RuleFigure, ...]
    decisions: DecisionFigure = DecisionFigure()


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffReport:
    """The report of one member of staff; `staff` is None for recordings that name nobody.

    `moments` are all fails, worst first (vetoes, then points); `unclear` waits for a person and costs nothing: what
    failed in a service that was not scored stands there too.
    """

    staff: str | None
    settings: ReportSettings
    figures: Figures
    moments: tuple[Moment, ...]
    unclear: tuple[Moment, ...]
    credits: tuple[Credit, ...]
    trend: tuple[DayFigure, ...]
    encounters: tuple[EncounterEntry, ...]
    recordings: tuple[RecordingEntry, ...]
    cautions: tuple[str, ...]
    manner: tuple[MannerFigure, ...] = ()

    @property
    def doubts(self) -> int:
        """How many places wait for a person."""
        return len(self.unclear)


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffSummary:
    """What the overview of many tells of one member of staff, without what was said. `doubts` wait for a person."""

    staff: str | None
    settings: ReportSettings
    figures: Figures
    doubts: int
    encounters: tuple[EncounterEntry, ...]
    recordings: tuple[RecordingEntry, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffOutline:
    """What the paper of one member of staff says: of all `charges` only the `worst` are shown, of doubts the reasons.

    `encounters` are all services, as far as they are counted.
    """

    staff: str | None
    settings: ReportSettings
    figures: Figures
    charges: int
    worst: tuple[Moment, ...]
    doubts: tuple[str, ...]
    credits: tuple[Credit, ...]
    trend: tuple[DayFigure, ...]
    encounters: tuple[EncounterEntry, ...]
    recordings: tuple[RecordingEntry, ...]
    cautions: tuple[str, ...]


StaffFigures = StaffReport | StaffSummary
