"""What was found and what it is worth: clauses, evidence, findings, scores, and the audit that holds all of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Literal

from speechaudit.model.facts import Recording
from speechaudit.model.speech import Aside, Mark, Role, Span, Transcript
from speechaudit.reasons import Reason, in_chinese, older
from speechaudit.reasons.wire import with_sentence

Verdict = Literal["pass", "fail", "unclear", "n/a"]
Level = Literal["minor", "major", "critical"]
SEVERITY: Final[Mapping[Level, int]] = {"minor": 1, "major": 2, "critical": 3}
PartKind = Literal["first", "put-through", "joined", "doubtful"]
Match = Literal["exact", "sounds-like", "second-listen", "label", "absence", "metadata", "measured", "person"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Clause:
    """Where a rule stands in a published code of conduct. `quote` is verbatim."""

    document: str
    title: str
    clause: str
    section: str
    quote: str


@with_sentence("why", "reasons")
@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence(Span):
    """What a finding stands on: a quote with its times, or for an absence the span that was searched.

    `heard` is how surely the quote was heard, 0 to 1, and `match` how: the confidence of the words (`exact`), that
    times the likeness of the sounds, the score of a probe, the confidence of a label, 1 for metadata and for what a
    `person` marked. Of an absence it is how nearly the words were heard all the same. `points` is what it costs (0
    unless the finding is `fail`); where another rule is charged for the same words or the same act, `covered_by` is
    that rule's id.
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

    `review` is there if a person decided: the verdict is theirs. `part` is that of the service it is about, from 0.
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
    part: int = 0


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


@with_sentence("not_judged", "reasons")
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


@with_sentence("reason", "reasons")
@dataclass(frozen=True, slots=True, kw_only=True)
class Part(Span):
    """What one member of staff did within a service, in one or more `stretches` of it, ordered.

    The `first` is that of the recording's staff. Another was `put-through` on the line, or `joined` at the counter or
    in the call; `staff` is who, None where nobody knows. Of what is `doubtful` nobody can say whether it was the one
    before or another: it has neither findings nor a score. `ring_seconds` is how long this one's telephone rang.
    """

    kind: PartKind
    stretches: tuple[Span, ...]
    reasons: tuple[Reason, ...]
    staff: str | None = None
    ring_seconds: float | None = None
    score: Score | None = None
    measures: Mapping[str, float] = field(default_factory=dict)

    @property
    def reason(self) -> str:
        """Why this is another, in Chinese, for people."""
        return in_chinese(self.reasons)


@dataclass(frozen=True, slots=True, kw_only=True)
class Encounter(Span):
    """One service from greeting to farewell: what was said, what was found and what it is worth.

    Where more than one member of staff served, or may have, `parts` says who did when, and findings name theirs;
    `score` and `measures` are those of the first part. Without parts all of it is the recording's staff's.
    """

    transcript: Transcript
    marks: tuple[Mark, ...] = ()
    findings: tuple[Finding, ...] = ()
    score: Score | None = None
    measures: Mapping[str, float] = field(default_factory=dict)
    parts: tuple[Part, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeBy:
    """By what a transcript was made, so that it can be repeated.

    `timings` are the seconds by the clock that each stage of this one hearing took; none where nothing was heard. They
    say nothing of the result, so two that differ in them alone are equal.
    `label_model` told the labels, `label_model_sha256` are the first digits of its sum; empty where nobody noted them.
    """

    program: str
    transcriber: str
    model: str
    model_sha256: str
    device: str
    compute_type: str
    settings: Mapping[str, str] = field(default_factory=dict)
    timings: Mapping[str, float] = field(default_factory=dict, compare=False)
    label_model: str = ""
    label_model_sha256: str = ""


@with_sentence("remarks", "limits", several=True, older=older.raised)
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
