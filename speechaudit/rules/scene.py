"""What a rule looks at: one encounter as turns, and the tools that all kinds of rules share."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, lru_cache
from statistics import fmean

from speechaudit.model import Evidence, ListenRequest, Mark, MarkKind, Match, Probe, Role, Span, Verdict
from speechaudit.reasons import Code, Reason, because
from speechaudit.rules.phrases import Lists, Phrases, TextMatch, outside
from speechaudit.rules.schema import Due, Said, Threshold, Where
from speechaudit.rules.surety import Surety
from speechaudit.rules.turns import Turn
from speechaudit.sounds import likeness
from speechaudit.text import NI, SENTENCE_END

FILLERS = "fillers"
BACKCHANNELS = "应声"
_QUESTION = frozenset("?\uff1f")
_LONGEST_FILLER = 5
_MOST_FILLERS = 24  # characters of fillers before or behind what counts as the whole: more of them are a loop
EDGE = 6  # characters at the beginning or end of what was said, where a greeting or farewell would be
NO_CHANCE: Mapping[MarkKind, Code] = {"left": "other-left", "dropped": "line-dropped", "sudden": "ended-suddenly"}
_LOST = 0.15  # seconds of lost sound that may hold a word
_BESIDE = 3.0  # seconds beside turns in which words of theirs may have been lost
LONGEST = 3.4  # seconds of words that are listened to again, those that lead up to them included
_SLACK = 0.5  # seconds by which the second listen may place the words elsewhere
_SURE_SYLLABLES = 4  # a hit by sound alone accuses only if it is at least this long


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene(Span):
    """One encounter. `measures` are figures by name; the minima are from the policy, 0 to 1.

    `probes` are of a second listen, and `thresholds` say for each phrase what they prove with the recogniser in use;
    a charge whose probe lies under `least_charge` is none; `surety` tells how probable words are that were written down
    twice. `spellings` are those of the phrases to listen for.
    From `accusing_label` on a label proves a fault, except for the rules in `vetoes`.
    `ending` is there where the service ended before anybody could take leave. `window_name` is that of the window where
    the call was taken, empty where nobody told it.
    """

    turns: tuple[Turn, ...]
    measures: Mapping[str, float]
    minimum_confidence: float
    minimum_label: float
    accusing_label: float | None = None
    vetoes: frozenset[str] = frozenset()
    minimum_edge_confidence: float = 0.0
    probes: tuple[Probe, ...] = ()
    thresholds: Mapping[str, Threshold] = field(default_factory=dict)
    least_charge: float | None = None
    surety: Surety | None = None
    minimum_surety: float = 0.0
    spellings: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    cut_off: bool = False
    gaps: tuple[Span, ...] = ()
    ending: Mark | None = None
    others: tuple[Span, ...] = ()
    window_name: str = ""
    _possibly: dict[Role, tuple[Turn, ...]] = field(default_factory=dict, init=False, repr=False, compare=False)
    _spoken: list[Span] = field(default_factory=list, init=False, repr=False, compare=False)

    def label_accuses(self, rule: str, confidence: float) -> bool:
        """Return whether a label of this confidence proves what a rule forbids: never where that is a veto."""
        return self.accusing_label is not None and confidence >= self.accusing_label and rule not in self.vetoes

    def taken_over(self, silence: Span) -> bool:
        """Return whether a colleague speaks where these turns are silent."""
        return any(other.overlap(silence) > 0 for other in self.others)

    def surely_by(self, who: Role) -> tuple[Turn, ...]:
        """Return the turns that are surely of this role."""
        return tuple(t for t in self.turns if t.role == who)

    def possibly_by(self, who: Role) -> tuple[Turn, ...]:
        """Return the turns of this role and those of nobody knows whom, in order."""
        if (known := self._possibly.get(who)) is None:
            known = self._possibly[who] = tuple(t for t in self.turns if t.role in (who, "unknown"))
        return known

    def window(self, where: Where, who: Role) -> Span:
        """Return the stretch of time that `where` means; it counts from the first and to the last speech of anybody."""
        speech = self._speech()
        (first, last) = (start, end) = speech.start, speech.end
        if where.first_seconds is not None:
            end = min(end, first + where.first_seconds)
        if where.last_seconds is not None:
            start = max(start, last - where.last_seconds)
        own = self.surely_by(who) if where.first_turns is not None or where.last_turns is not None else ()
        if where.first_turns is not None and own:
            end = min(end, own[: where.first_turns][-1].end)
        if where.last_turns is not None and own:
            start = max(start, own[-where.last_turns :][0].start)
        return Span(start=start, end=max(start, end))

    def _speech(self) -> Span:
        """Return the time from the first to the last speech of anybody."""
        if not self._spoken:
            first = min((t.start for t in self.turns), default=self.start)
            self._spoken.append(Span(start=first, end=max((t.end for t in self.turns), default=self.end)))
        return self._spoken[0]

    @property
    def no_chance(self) -> Reason | None:
        """Reason why nothing could be said at the end, or None."""
        return because(NO_CHANCE[self.ending.kind], quote=self.ending.quote) if self.ending else None

    def doubt(self, found: SpokenMatch, who: Role) -> Reason | None:
        """Return why a hit neither accuses nor credits: by whom, how surely heard, a short homophone; or None."""
        if found.turn.role != who:
            return because("speaker-unsure")
        if found.turn.confidence(found.hit) < self.minimum_confidence:
            return because("words-unsure")
        if not found.hit.exact and found.hit.end - found.hit.start < _SURE_SYLLABLES:
            return because("short-homophone")
        return None

    def probe(self, found: SpokenMatch, phrase: str) -> Probe | None:
        """Return the best probe of this phrase where the words are; None if nobody listened there."""
        end = found.turn.times[found.end_at_once - 1][1]
        span = Span(start=found.span.start - _SLACK, end=end + _SLACK)
        there = (p for p in self.probes if p.phrase == phrase and p.overlap(span) > 0)
        return max(there, key=lambda p: p.score, default=None)

    def heard_well(self, found: SpokenMatch, least: float) -> bool:
        """Return whether just these words were said, as surely as the policy asks.

        Where they were written down twice, how probable they are decides; else the confidence must be `least`, 0 to 1.
        """
        probe = self.probe(found, found.said_at_once) if self.surety else None
        if self.surety is None or probe is None or probe.agreement is None:
            return found.confidence >= least
        told = self.surety.of(confidence=found.confidence, agreement=probe.agreement, score=probe.score)
        return told >= self.minimum_surety

    def unheard(self, turns: Sequence[Turn], where: Where) -> Reason | None:
        """Return the reason why it proves nothing that something was not found in these turns, or None.

        `where` is the part that was searched: of a recording that is cut off, the end was never heard.
        """
        if self.cut_off and where.at_the_end:
            return because("end-not-recorded")
        if reason := self.lost(self._searched(turns, where)):
            return reason
        if where.at_the_end and (reason := self.no_chance):
            return reason
        if any(turn.role == "unknown" for turn in turns):
            return because("unknown-spoke")
        confidences = [c for turn in turns for c in turn.confidences]
        if confidences and sum(confidences) / len(confidences) < self.minimum_confidence:
            return because("badly-heard")
        return self._badly_heard_edge(turns, where)

    def lost(self, span: Span) -> Reason | None:
        """Return the reason, lost sound, why nothing proves that something was not said in a span, or None."""
        seconds = sum(gap.overlap(span) for gap in self.gaps)
        return because("sound-lost", seconds=seconds) if seconds >= _LOST else None

    def _searched(self, turns: Sequence[Turn], where: Where) -> Span:
        """Return the place of the words, had they been recorded."""
        start = min((turn.start for turn in turns), default=self.start) - _BESIDE
        end = max((turn.end for turn in turns), default=self.end) + _BESIDE
        return Span(start=self.start if where.at_the_start else start, end=self.end if where.at_the_end else end)

    def edge(self, turns: Sequence[Turn], where: Where) -> SpokenMatch | None:
        """Return what was written down where a greeting or farewell would be, of the turns that were searched."""
        if not turns or not (where.at_the_start or where.at_the_end):
            return None
        turn, count = (turns[0], EDGE) if where.at_the_start else (turns[-1], -EDGE)
        hit = turn.edge(count)
        return SpokenMatch(turn=turn, hit=hit) if hit else None

    def _badly_heard_edge(self, turns: Sequence[Turn], where: Where) -> Reason | None:
        """Reason why it proves nothing: what was written down where the words should be is doubtful itself."""
        edge = self.edge(turns, where)
        if edge is None or self.heard_well(edge, self.minimum_edge_confidence):
            return None
        return because("opening-badly-heard" if where.at_the_start else "closing-badly-heard", words=edge.letters)


@dataclass(frozen=True, slots=True, kw_only=True)
class SpokenMatch:
    """A hit in a turn."""

    turn: Turn
    hit: TextMatch

    @property
    def span(self) -> Span:
        """When it was said, in seconds."""
        return self.turn.span(self.hit)

    @property
    def end_at_once(self) -> int:
        """Up to which character of the turn these words can be listened to together."""
        times, hit = self.turn.times, self.hit
        latest = times[hit.start][0] + LONGEST
        return max(hit.start + 1, sum(end <= latest for _, end in times[: hit.end]))

    @property
    def letters(self) -> str:
        """The characters of these words without marks."""
        return self.written.replace(SENTENCE_END, "")

    @property
    def confidence(self) -> float:
        """The recogniser's mean confidence in these letters, 0 to 1."""
        turn, inside = self.turn, range(self.hit.start, self.hit.end)
        return fmean(turn.confidences[at] for at in inside if turn.folded.chars[at] != SENTENCE_END)

    @property
    def said_at_once(self) -> str:
        """The characters of these words that can be listened to together, without marks."""
        return self.turn.folded.chars[self.hit.start : self.end_at_once].replace(SENTENCE_END, "")

    @property
    def quote(self) -> str:
        """The words as they were written down."""
        return self.turn.quote(self.hit)

    @property
    def heard(self) -> float:
        """How surely these words were heard, 0 to 1: their confidence, less where only the sounds are alike."""
        alike = 1.0 if self.hit.exact else likeness(self.written, self.hit.meant)
        return round(self.turn.confidence(self.hit) * alike, 4)

    @property
    def notes(self) -> tuple[Reason, ...]:
        """A note on 你好 where 您好 is due: the two sound alike, and it costs nothing."""
        return (because("ni-costs-nothing"),) if self.written == f"{NI}好" else ()

    @property
    def written(self) -> str:
        """The characters of the hit without punctuation."""
        return self.turn.folded.chars[self.hit.start : self.hit.end]

    @property
    def _by_sound(self) -> tuple[Reason, ...]:
        if self.hit.near:
            return (because("nearly-by-sound", meant=self.hit.meant),)
        return () if self.hit.exact else (because("by-sound"),)

    def evidence(self, *reasons: Reason) -> Evidence:
        """Return this hit as evidence; a match by sound says so."""
        match: Match = "exact" if self.hit.exact else "sounds-like"
        span = self.span
        return Evidence(
            start=span.start,
            end=span.end,
            role=self.turn.role,
            quote=self.quote,
            reasons=(*reasons, *self._by_sound),
            match=match,
            heard=self.heard,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What one rule says of one scene, before it becomes a finding. Answers to `requests` would make it surer."""

    verdict: Verdict
    evidence: tuple[Evidence, ...] = ()
    requests: tuple[ListenRequest, ...] = ()


NOTHING = Judgement(verdict="n/a")


def absence(span: Span, who: Role, *reasons: Reason | None, nearly: float = 0.0) -> Evidence:
    """Return evidence that something was not said in the span that was searched; `nearly` is the best probe there."""
    return Evidence(
        start=span.start,
        end=span.end,
        role=who,
        quote="",
        reasons=tuple(reason for reason in reasons if reason),
        match="absence",
        heard=nearly,
    )


class Matcher:
    """Finds what a `Said` describes: its phrases, outside of its exceptions, whole clauses or turns if so asked."""

    def __init__(self, said: Said, lists: Lists) -> None:
        self._said = said
        self._phrases = Phrases(said.phrases, lists, sounds_like=said.sounds_like, whole_words=said.whole_words)
        self._except = Phrases(said.but_not, lists)
        self._fillers = _fillers(tuple(lists.get(FILLERS, ())))
        self._last: tuple[Turn, tuple[SpokenMatch, ...]] | None = (
            None  # each occasion in a turn asks for its hits again
        )

    @classmethod
    def near_misses(cls, due: Due, lists: Lists) -> Matcher:
        """Return a matcher of what is neither enough nor nothing; it finds nothing if a rule names no such phrases."""
        return cls(due.model_copy(update={"phrases": due.perhaps, "but_not": (), "sounds_like": False}), lists)

    def hits(self, turn: Turn) -> tuple[SpokenMatch, ...]:
        """Return all hits in one turn, in order."""
        if (last := self._last) and last[0] is turn:
            return last[1]
        found = tuple(self._candidates(turn))
        own = outside(found, self._except.find(turn.folded)) if found else ()
        hits = tuple(SpokenMatch(turn=turn, hit=hit) for hit in own)
        self._last = (turn, hits)
        return hits

    def _candidates(self, turn: Turn) -> Iterator[TextMatch]:
        if self._said.whole == "turn":
            starts, ends = _edges(turn.folded.chars, self._fillers)
            hit = self._phrases.whole(turn.folded, starts, ends)
            yield from (hit,) if hit else ()
        else:
            yield from (h for h in self._phrases.find(turn.folded) if self._is_whole(turn, h))

    def within(self, turns: Sequence[Turn], span: Span) -> tuple[SpokenMatch, ...]:
        """Return all hits in these turns that begin inside `span`."""
        texts = tuple(turn.folded.chars for turn in turns)
        if not self._phrases.may_occur(texts, whole=self._said.whole == "turn"):
            return ()
        found = (f for turn in turns if turn & span or turn.duration == 0 for f in self.hits(turn))
        return tuple(f for f in found if f.span.start in span)

    def _is_whole(self, turn: Turn, hit: TextMatch) -> bool:
        if self._said.whole is None:
            return True
        start, end = _clauses_around(turn, hit)
        starts, ends = _edges(turn.folded.chars[start:end], self._fillers)
        return hit.start - start in starts and hit.end - start in ends


class Backchannels:
    """Knows turns in which a hearer only shows that they listen (嗯, 好的): whoever speaks goes on speaking."""

    def __init__(self, lists: Lists) -> None:
        self._words = _fillers(tuple(lists.get(BACKCHANNELS, ())))

    def all_of(self, turn: Turn) -> bool:
        """Return whether a turn is nothing but such words, and no question."""
        if not self._words or not _QUESTION.isdisjoint(turn.folded.original):
            return False
        starts, _ = _edges(turn.folded.chars, self._words)
        return any(_fills(turn.folded.chars[start:], self._words) for start in starts)


@cache
def _fillers(lines: tuple[str, ...]) -> Phrases:
    return Phrases(lines, {})


@lru_cache(maxsize=4096)
def _edges(chars: str, fillers: Phrases) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Return the places where a phrase may begin, and where it may end, with nothing but fillers around it."""
    starts, ends = [0], [len(chars)]
    for at in range(1, min(len(chars), _MOST_FILLERS + 1)):
        if any(_fills(chars[s:at], fillers) for s in starts if at - s <= _LONGEST_FILLER):
            starts.append(at)
    for at in range(len(chars) - 1, max(0, len(chars) - _MOST_FILLERS - 1), -1):
        if any(_fills(chars[at:e], fillers) for e in ends if e - at <= _LONGEST_FILLER):
            ends.append(at)
    return tuple(starts), tuple(ends)


def _fills(chars: str, fillers: Phrases) -> bool:
    return chars == SENTENCE_END or fillers.whole(chars, (0,), (len(chars),)) is not None


def _clauses_around(turn: Turn, hit: TextMatch) -> tuple[int, int]:
    """From the start of the clause in which the hit begins to the end of the one in which it ends."""
    return turn.folded.clause(hit.start)[0], turn.folded.clause(hit.end - 1)[1]
