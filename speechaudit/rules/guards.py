"""Guards: forbidden words that are not the speaker's own, or not said against anybody, whatever the rule."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

from speechaudit.rules.phrases import Lists, Phrases, TextMatch, outside
from speechaudit.rules.scene import Scene, SpokenMatch
from speechaudit.rules.schema import Guard, Way
from speechaudit.text import SENTENCE_END, Folded

TOUCHING = 2  # characters by which a sign and its words may overlap; one less may lie between, or reach past the clause
RUNS_ON = 3  # characters of a quotation in the clause of its sign
_THEN = "就"
_MOST_SIGNS: Final = 24  # before a hit: more of them are a loop, and the nearest decide


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnedAside:
    """Words that a guard turns aside: `pass` if they are no fault, `unclear` if a person must say whether they are."""

    guard: Guard
    verdict: Literal["pass", "unclear"]


class _Signs:
    """Phrases outside of their exceptions; what was found in the last text is kept, for each hit in it asks again."""

    def __init__(self, phrases: Sequence[str], but_not: Phrases, lists: Lists) -> None:
        self._phrases = Phrases(phrases, lists)
        self._except = but_not
        self._found: tuple[Folded, tuple[TextMatch, ...]] | None = None

    def __bool__(self) -> bool:
        return bool(self._phrases)

    def of(self, folded: Folded) -> tuple[TextMatch, ...]:
        """Return all of them in order."""
        if (last := self._found) and last[0] is folded:
            return last[1]
        signs = self._phrases.find(folded)
        signs = outside(signs, self._except.find(folded)) if signs else ()
        self._found = (folded, signs)
        return signs

    def before(self, folded: Folded, end: int) -> Iterator[TextMatch]:
        """Yield those that begin before a place, the nearest first."""
        signs = self.of(folded)
        last = bisect_left(signs, end, key=_begin)
        return reversed(signs[max(0, last - _MOST_SIGNS) : last])

    def within(self, folded: Folded, start: int, end: int) -> bool:
        """Return whether there is one between two places."""
        signs = self.of(folded)
        first = bisect_left(signs, start, key=_begin)
        return first < len(signs) and signs[first].end <= end


def _begin(sign: TextMatch) -> int:
    return sign.start


class _Way:
    """The signs of one way, compiled."""

    def __init__(self, way: Way, lists: Lists, guard: Guard) -> None:
        self._within_clause = guard.within_clause
        but_not = Phrases(way.but_not, lists)
        self._before = _Signs(way.before, but_not, lists)
        self._touching = _Signs(way.touching, but_not, lists)
        self._after = _Signs(way.after, but_not, lists)
        self._sentence = _Signs(way.sentence, but_not, lists)
        self._between = _Signs(way.between_not, Phrases((), lists), lists)

    def holds(self, found: SpokenMatch, *, running_on: bool) -> bool:
        """Return whether all signs of this way are there; `running_on` takes those before as far as a quotation may."""
        hit, folded, (start, end) = found.hit, found.turn.folded, sentence_of(found)
        clause, _ = folded.clause(hit.start)
        leading = (self._leads(found, sign, running_on) for sign in self._before.before(folded, hit.end))
        touching = (clause <= sign.start and _touches(sign, hit) for sign in self._touching.before(folded, hit.start))
        return (
            (not self._before or any(leading))
            and (not self._touching or any(touching))
            and (not self._after or self._after.within(folded, hit.end, end))
            and (not self._sentence or self._sentence.within(folded, start, end))
        )

    def _leads(self, found: SpokenMatch, sign: TextMatch, running_on: bool) -> bool:
        """Return whether a sign stands before the words, or in their gap, in the same breath."""
        hit, folded = found.hit, found.turn.folded
        if self._within_clause and sign.start < folded.clause(hit.start)[0]:
            return False
        if sign.end > max(hit.start, hit.end - TOUCHING) or not _one_breath(folded, sign, hit, running_on):
            return False
        return not self._between.within(folded, sign.end, hit.start)


def _touches(sign: TextMatch, hit: TextMatch) -> bool:
    """Return whether a sign ends where the words begin: its last optional character may be one of theirs."""
    return sign.start < hit.start and -TOUCHING <= hit.start - sign.end < TOUCHING


def _one_breath(folded: Folded, sign: TextMatch, hit: TextMatch, running_on: bool) -> bool:
    """Return whether the sign stands in the clause of the words, or closes the clause before.

    With `running_on` also whether a quotation may run on to them from the clause before, or within them to the next:
    他说不归他管,找别人去 quotes both clauses; 他说材料没齐,滚出去 quotes one. Only who heard it can tell them apart.
    """
    clause, end = folded.clause(hit.start)
    if sign.start >= clause or sign.end == clause:
        return running_on or hit.end - end < TOUCHING
    before, _ = folded.clause(clause - 1)
    on = clause - sign.end >= RUNS_ON and SENTENCE_END not in folded.chars[sign.end : clause]
    return running_on and on and sign.start >= before


class CompiledGuard:
    """One guard, its phrases compiled. Raises phrases.TemplateError if one cannot be read."""

    def __init__(self, guard: Guard, lists: Lists) -> None:
        self.guard = guard
        self._ways = [_Way(way, lists, guard) for way in guard.ways]
        self._void = _Signs(guard.void, Phrases((), lists), lists)

    def holds(self, found: SpokenMatch, scene: Scene, *, running_on: bool) -> bool:
        """Return whether this guard turns these words aside; `running_on` is as far as a quotation may go on."""
        there = any(way.holds(found, running_on=running_on) for way in self._ways)
        void = self._void.within(found.turn.folded, *sentence_of(found))
        return there and _fits(self.guard, found, scene) and not void


class Guards:
    """The guards that speak of one rule."""

    def __init__(self, guards: Sequence[CompiledGuard], rule: str) -> None:
        self._guards = [guard for guard in guards if guard.guard.speaks_of(rule)]

    def of(self, found: SpokenMatch, scene: Scene) -> TurnedAside | None:
        """Return what the first guard that turns these words aside makes of them, or None.

        Where a guard holds only if a quotation runs on into the next clause, a person must hear whose words they are.
        """
        if sure := self._first(found, scene, running_on=False):
            return TurnedAside(guard=sure, verdict=sure.verdict)
        perhaps = self._first(found, scene, running_on=True)
        return TurnedAside(guard=perhaps, verdict="unclear") if perhaps else None

    def of_meaning(self, found: SpokenMatch, scene: Scene) -> TurnedAside | None:
        """Return the same for words of which nobody knows where the fault begins: at any character of them."""
        starts = range(found.hit.start, found.hit.end - 1)
        cut = (replace(found, hit=replace(found.hit, start=start)) for start in starts)
        return next((aside for one in cut if (aside := self.of(one, scene))), None)

    def _first(self, found: SpokenMatch, scene: Scene, *, running_on: bool) -> Guard | None:
        return next((g.guard for g in self._guards if g.holds(found, scene, running_on=running_on)), None)


def sentence_of(found: SpokenMatch) -> tuple[int, int]:
    """Return start and end in the turn's characters of the sentence in which the words lie, its mark left out."""
    chars, hit = found.turn.folded.chars, found.hit
    end = chars.find(SENTENCE_END, hit.end)
    return chars.rfind(SENTENCE_END, 0, hit.start) + 1, len(chars) if end < 0 else end


def _fits(guard: Guard, found: SpokenMatch, scene: Scene) -> bool:
    hit, folded = found.hit, found.turn.folded
    one_clause = folded.clause(hit.start)[1] >= hit.end and _THEN not in folded.chars[hit.start : hit.end]
    return (one_clause or not guard.within_clause) and (not guard.echo or _echoed(found, scene))


def _echoed(found: SpokenMatch, scene: Scene) -> bool:
    words = found.written.replace(SENTENCE_END, "")
    before = [t for t in scene.turns if t.number < found.turn.number and t.role == "citizen"][-2:]
    return any(words in turn.folded.chars.replace(SENTENCE_END, "") for turn in before)
