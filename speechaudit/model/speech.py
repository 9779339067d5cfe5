"""What was said: spans of time, words, segments, transcripts, and what happened between them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import geometric_mean
from typing import Final, Literal

from speechaudit.reasons import Reason, in_chinese
from speechaudit.reasons.wire import with_sentence

Role = Literal["staff", "citizen", "machine", "unknown"]
Place = Literal["opening", "closing", "words"]
LEAD_IN_MARK = "+"
LONGEST: Final = 7 * 24 * 3600  # seconds; no recording lasts longer
ToneKind = Literal["ringing", "busy", "dial", "key"]
MarkKind = Literal["hold", "return", "transfer", "left", "dropped", "sudden"]


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
class Alternative(Word):
    """Other words that the recogniser found nearly as likely, in place of all words of a channel between its times."""

    channel: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """What a classifier says of a segment, for example `question` 0.93; `NO_FAULT` that it reads none in it."""

    name: str
    confidence: float


NO_FAULT: Final = "no-fault"
"""The label of words in which the classifier reads no fault of any family. Older transcripts hold none."""
SOME_FAULT: Final = "some-fault"
"""The label of words that are a fault, whatever its family: the classifier may be sure of that alone."""
_FAULTS = ("forbid-", "profanity")


def is_fault(label: str) -> bool:
    """Return whether a classifier's label of this name can cost points."""
    return label.startswith(_FAULTS)


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Telltale:
    """Words in a text (`start` and `end` in characters) that speak for one side, as log-odds, and how they read."""

    start: int
    end: int
    odds: float
    quote: str


@with_sentence("role_reason", "role_reasons")
@dataclass(frozen=True, slots=True, kw_only=True)
class Segment(Span):
    """A stretch of speech of one voice in one channel.

    `words` may be empty (a play, a foreign transcript): then times inside are interpolated over `text`.
    `confidence` is that of the words (0 to 1), `role_confidence` that of the role; None where nobody measured,
    as with `acoustics`. `overlapped` is the share of its time (0 to 1) in which somebody else speaks into the same
    channel; between channels overlap follows from the times. `role` is `machine` for announcements that nobody spoke.
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


def with_words(segment: Segment, words: Sequence[Word]) -> Segment:
    """Return the segment with these words, at least one, as all that it holds: their times, text and confidence.

    The confidence is the geometric mean of theirs, of which none counts as less than a millionth.
    """
    return replace(
        segment,
        start=words[0].start,
        end=max(word.end for word in words),
        text="".join(word.text for word in words).strip(),
        words=tuple(words),
        confidence=geometric_mean(max(word.confidence, 1e-6) for word in words),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ListenRequest(Span):
    """A phrase to score against the sound of a channel in this span; `variants` are its spellings.

    What stands before `LEAD_IN_MARK` in a spelling leads up to it and is not scored: 不客气+再见.
    `place` is how it lies there: the first or the last that is said (`opening`, `closing`), or all of it but the words
    `before` (`words`). With `against` it is weighed against those words instead of against silence. With `again` the
    place is written down once more, to see whether its words come again.
    """

    phrase: str
    variants: tuple[str, ...]
    channel: int
    place: Place
    before: str = ""
    against: str = ""
    again: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe(Span):
    """How well `phrase` fits the sound, whatever was written down: 0 not at all, 0.5 as well as silence, 1 surely.

    `variant` is the spelling that fits best, `phrase` the name that was asked for. The span is where it would be.
    `agreement` is the share of its characters that came again when the place was written down once more, in another
    way; None where that was not asked, or by an older version.
    """

    channel: int
    phrase: str
    variant: str
    score: float
    agreement: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Tone(Span):
    """One burst of a tone of the exchange, or of a key that was pressed, in a channel."""

    kind: ToneKind
    channel: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PlayedPrompt(Span):
    """A stretch in which a channel plays one of the centre's own prompts, by the name of its file."""

    channel: int
    prompt: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StrangeVoice(Span):
    """Words in a channel that nobody answers, in another voice than those that the other side talks with."""

    channel: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Transcript:
    """All segments of a recording or of one encounter, ordered by start; `duration` in seconds.

    `cut_off` is true where the recording is known to stop before its sound did: what lies at its end was not heard.
    In its `gaps` sound was lost on one side at least: nothing proves that something was not said there. `music` is
    where music is played to who waits.
    `probes` say what a second listen found, and `tones` which signals of the exchange and keys were heard, so that what
    was heard once can be judged again without the sound. `alternatives` are other words that were nearly as likely.
    """

    segments: tuple[Segment, ...]
    duration: float
    probes: tuple[Probe, ...] = ()
    cut_off: bool = False
    tones: tuple[Tone, ...] = ()
    gaps: tuple[Span, ...] = ()
    music: tuple[Span, ...] = ()
    alternatives: tuple[Alternative, ...] = ()

    @property
    def people(self) -> tuple[Segment, ...]:
        """The segments that people spoke: announcements are nobody's, and nothing is counted by them."""
        return tuple(segment for segment in self.segments if segment.role != "machine")

    @property
    def announcements(self) -> tuple[Segment, ...]:
        """The segments that a machine spoke."""
        return tuple(segment for segment in self.segments if segment.role == "machine")


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark(Span):
    """Something that happened within a service: the other side was let wait, taken up again, or passed on.

    Or how it ended, where that was too early for a farewell: the other side `left`, the line `dropped`, or it was
    `sudden` and nobody knows why. `quote` are the words that belong to it; empty for a wait without a word.
    """

    kind: MarkKind
    quote: str = ""


@with_sentence("reason", "reasons")
@dataclass(frozen=True, slots=True, kw_only=True)
class Aside(Span):
    """Talk that is no service, and is not judged: colleagues among themselves, a private call."""

    transcript: Transcript
    reasons: tuple[Reason, ...]

    @property
    def reason(self) -> str:
        """Why it is no service, in Chinese, for people."""
        return in_chinese(self.reasons)
