"""What flows between the stages: frozen values without behaviour beyond time.

All times are float seconds from the start of the recording. A stage takes values and returns new ones.
Channel is physics, speaker is a guess by voice, role is what rules need: three facts, never merged.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any, Final, Literal

from speechaudit.reasons import Reason, in_chinese, older
from speechaudit.reasons.wire import told_as

Setting = Literal["phone", "counter"]
Role = Literal["staff", "citizen", "unknown"]
Direction = Literal["in", "out"]
EndedBy = Literal["staff", "citizen", "line"]
LegKind = Literal["person", "machine", "queue"]
Verdict = Literal["pass", "fail", "unclear", "n/a"]
Level = Literal["minor", "major", "critical"]
SEVERITY: Final[Mapping[Level, int]] = {"minor": 1, "major": 2, "critical": 3}
Match = Literal["exact", "sounds-like", "second-listen", "label", "absence", "metadata", "measured"]
Place = Literal["opening", "closing", "words"]
LEAD_IN_MARK = "+"
MarkKind = Literal["hold", "return", "transfer"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A stretch of time, `start` <= `end`, in seconds from the start of the recording."""

    start: float
    end: float

    @property
    def duration(self) -> float:
        """Length in seconds."""
        return self.end - self.start

    def overlap(self, other: Span) -> float:
        """Return the seconds that both spans share; 0.0 if they do not touch."""
        return max(0.0, min(self.end, other.end) - max(self.start, other.start))

    def __and__(self, other: Span) -> Span | None:
        """Return the time that both spans share, or None if they share none; spans that only touch share none."""
        start, end = max(self.start, other.start), min(self.end, other.end)
        return Span(start=start, end=end) if start < end else None

    def __contains__(self, other: float | Span) -> bool:
        """Return whether a moment, or all of a span, lies inside; both ends belong to the span."""
        first, last = (other.start, other.end) if isinstance(other, Span) else (other, other)
        return self.start <= first and last <= self.end


@dataclass(frozen=True, slots=True, kw_only=True)
class Word(Span):
    """One token of the recogniser with its times; `text` keeps its punctuation. `confidence` is 0 to 1."""

    text: str
    confidence: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """What a classifier says of a segment, for example `question` 0.93."""

    name: str
    confidence: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Acoustics:
    """How a segment sounded in its channel. `loudness` in LUFS (ITU-R BS.1770), at least -70.

    `level` is its power and `noise` that of the background around it, both in decibels below full scale.
    `clipped` is the share of its samples at the channel's ceiling, 0 to 1.
    """

    loudness: float
    level: float
    noise: float
    clipped: float


@told_as("role_reason", "role_reasons")
@dataclass(frozen=True, slots=True, kw_only=True)
class Segment(Span):
    """A stretch of speech of one voice in one channel.

    `words` may be empty (a play, a foreign transcript): then times inside are interpolated over `text`.
    `confidence` is that of the words (0 to 1), `role_confidence` that of the role; None where nobody measured,
    as with `acoustics`. `overlapped` is the share of its time (0 to 1) in which somebody else speaks into the same
    channel; between channels overlap follows from the times.
    """

    text: str
    words: tuple[Word, ...] = ()
    channel: int = 0
    speaker: str | None = None
    role: Role = "unknown"
    role_confidence: float | None = None
    role_reasons: tuple[Reason, ...] = ()
    confidence: float | None = None
    labels: tuple[Label, ...] = ()
    acoustics: Acoustics | None = None
    overlapped: float | None = None

    @property
    def role_reason(self) -> str:
        """Why this role, in Chinese, for people."""
        return in_chinese(self.role_reasons)


@dataclass(frozen=True, slots=True, kw_only=True)
class ListenRequest(Span):
    """A phrase to score against the sound of a channel in this span; `variants` are its spellings.

    What stands before `LEAD_IN_MARK` in a spelling leads up to it and is not scored: 不客气+再见.
    `place` is how it lies there: the first or the last that is said (`opening`, `closing`), or all of it but the words
    `before` (`words`). With `against` it is weighed against those words instead of against silence.
    """

    phrase: str
    variants: tuple[str, ...]
    channel: int
    place: Place
    before: str = ""
    against: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe(Span):
    """How well `phrase` fits the sound, whatever was written down: 0 not at all, 0.5 as well as silence, 1 surely.

    `variant` is the spelling that fits best, `phrase` the name that was asked for. The span is where it would be.
    """

    channel: int
    phrase: str
    variant: str
    score: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Transcript:
    """All segments of a recording or of one encounter, ordered by start; `duration` in seconds.

    `cut_off` is true where the recording is known to stop before its sound did: what lies at its end was not heard.
    `probes` say what a second listen found, so that what was heard once can be judged again without the sound.
    """

    segments: tuple[Segment, ...]
    duration: float
    probes: tuple[Probe, ...] = ()
    cut_off: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """The queue called `number` to the window, `at` seconds after the start of the recording."""

    at: float
    number: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Leg(Span):
    """One party that was put through on our side of a call, in seconds of the recording.

    `who` is an extension, a 工号 or a window as the switch names it, None where it names nobody. `ring_seconds` is how
    long this party's telephone rang.
    """

    kind: LegKind
    who: str | None = None
    ring_seconds: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CallFacts:
    """What is known of a call, or of a stretch at the counter, before it is heard. None means unknown: nobody guesses.

    `ring_seconds` is ringing before the answer. `staff_channel` counts from 0. `calls` are those of the queue, in order
    of time. `legs` are who was put through, in order of time. `extras` are free. The limits and descriptions beside the
    fields are those of files and requests that people write (read by pydantic).
    """

    setting: Setting | None = field(default=None, metadata={"description": "场景:phone 电话,counter 柜台"})
    started_at: datetime | None = field(
        default=None, metadata={"description": "开始时间,ISO 8601,例如 2026-03-02T09:15:00+08:00"}
    )
    ring_seconds: float | None = field(default=None, metadata={"ge": 0, "le": 3600, "description": "接听前响铃的秒数"})
    staff_channel: int | None = field(
        default=None, metadata={"ge": 0, "le": 1, "description": "工作人员所在声道:0 左,1 右"}
    )
    direction: Direction | None = field(default=None, metadata={"description": "通话方向:in 呼入,out 呼出"})
    ended_by: EndedBy | None = field(
        default=None, metadata={"description": "谁结束的:staff 工作人员,citizen 群众,line 线路中断"}
    )
    calls: tuple[Call, ...] = field(default=(), metadata={"description": "叫号机的叫号记录,用来分开一次次服务"})
    legs: tuple[Leg, ...] = field(
        default=(), metadata={"description": "先后接通的各方:person 人,machine 自动语音,queue 排队"}
    )
    extras: Mapping[str, str] = field(default_factory=dict, metadata={"description": "其他信息,原样保留在结果里"})


def facts_of(known: CallFacts) -> CallFacts:
    """The facts alone, of a value that holds more."""
    return CallFacts(**fact_values(known))


def fact_values(known: CallFacts) -> dict[str, Any]:
    """The facts by name, for a value that holds the same ones and more."""
    return {each.name: getattr(known, each.name) for each in fields(CallFacts)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording(CallFacts):
    """One file, who served where as far as somebody says so, and the facts. What says nothing else is a counter."""

    file: str
    staff: str | None = None
    window: str | None = None
    setting: Setting = "counter"


def recording_with(facts: CallFacts, *, file: str, staff: str | None = None, window: str | None = None) -> Recording:
    """A recording of which this is known; where nobody said the setting, it is a counter."""
    known = fact_values(facts) | {"setting": facts.setting or "counter"}
    return Recording(file=file, staff=staff, window=window, **known)


@dataclass(frozen=True, slots=True, kw_only=True)
class Clause:
    """Where a rule stands in a published code of conduct. `quote` is verbatim."""

    document: str
    title: str
    clause: str
    section: str
    quote: str


@told_as("why", "reasons")
@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence(Span):
    """What a finding stands on: a quote with its times, or for an absence the span that was searched.

    `heard` is how surely the quote was heard, 0 to 1, and `match` how: the confidence of the words (`exact`), that
    times the likeness of the sounds, the score of a probe, the confidence of a label, 1 for metadata. Of an absence
    it is how nearly the words were heard all the same. `points` is what it costs (0 unless the finding is `fail`);
    where another rule is charged for the same words or the same act, `covered_by` is that rule's id.
    """

    role: Role
    quote: str
    reasons: tuple[Reason, ...]
    match: Match
    heard: float = 1.0
    points: float = 0.0
    covered_by: str | None = None

    @property
    def why(self) -> str:
        """The reasons in Chinese, for people."""
        return in_chinese(self.reasons)


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """What a person decided about a finding: `machine` is the verdict before, `final` where no appeal is left."""

    machine: Verdict
    reason: str
    at: datetime
    final: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """The verdict of one rule on one encounter. `points` is the sum over its evidence.

    `review` is there if a person decided: the verdict is theirs.
    """

    rule: str
    title: str
    topics: tuple[str, ...]
    kind: str
    dimension: str
    level: Level
    status: str
    verdict: Verdict
    message: str
    clauses: tuple[Clause, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    points: float = 0.0
    review: Review | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DimensionScore:
    """`score` = `full` - `deducted`, where `deducted` is capped at `full`."""

    name: str
    title: str
    full: float
    deducted: float
    score: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Deduction:
    """One line of the sum: which rule took how many points from which dimension."""

    rule: str
    title: str
    dimension: str
    points: float


@told_as("not_judged", "reasons")
@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """The sum of the dimensions, or None with the reasons if nothing could be judged.

    `vetoed_by` names the rules whose failure caps the total, whatever the sum (一票否决).
    """

    total: float | None
    passed: bool | None
    by_dimension: tuple[DimensionScore, ...] = ()
    deductions: tuple[Deduction, ...] = ()
    vetoed_by: tuple[str, ...] = ()
    reasons: tuple[Reason, ...] = ()

    @property
    def not_judged(self) -> str:
        """Why there is no total, in Chinese, for people."""
        return in_chinese(self.reasons)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark(Span):
    """Something that happened within a service: the other side was let wait, taken up again, or passed on.

    `quote` are the words of the staff that belong to it; empty for a wait without a word.
    """

    kind: MarkKind
    quote: str = ""


@told_as("reason", "reasons")
@dataclass(frozen=True, slots=True, kw_only=True)
class Aside(Span):
    """Talk that is no service, and is not judged: colleagues among themselves, a private call."""

    transcript: Transcript
    reasons: tuple[Reason, ...]

    @property
    def reason(self) -> str:
        """Why it is no service, in Chinese, for people."""
        return in_chinese(self.reasons)


@dataclass(frozen=True, slots=True, kw_only=True)
class Encounter(Span):
    """One service from greeting to farewell: what was said, what was found and what it is worth."""

    transcript: Transcript
    marks: tuple[Mark, ...] = ()
    findings: tuple[Finding, ...] = ()
    score: Score | None = None
    measures: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeBy:
    """By what a transcript was made, so that it can be repeated."""

    program: str
    transcriber: str
    model: str
    model_sha256: str
    device: str
    compute_type: str
    settings: Mapping[str, str] = field(default_factory=dict)


@told_as("remarks", "limits", several=True, older=older.raised)
@dataclass(frozen=True, slots=True, kw_only=True)
class Audit:
    """The result for one recording. `limits` say what limited the hearing (dual mono, truncated…).

    `schema_version` tells what its JSON holds; what is read from older files is raised to the present one.
    """

    recording: Recording
    duration: float
    encounters: tuple[Encounter, ...]
    made_by: MadeBy
    rulebook_version: str
    profile: str
    limits: tuple[Reason, ...] = ()
    asides: tuple[Aside, ...] = ()
    schema_version: int = older.SCHEMA_VERSION

    @property
    def remarks(self) -> tuple[str, ...]:
        """The limits in Chinese, for people."""
        return tuple(in_chinese((limit,)) for limit in self.limits)
