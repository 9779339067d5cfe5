"""Guards: forbidden words that are not the speaker's own, or not said against anybody, whatever the rule."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from speechaudit.rules.phrases import Lists, Phrases, TextMatch
from speechaudit.rules.scene import Scene, SpokenMatch
from speechaudit.rules.schema import Guard, Way
from speechaudit.text import SENTENCE_END, Folded

TOUCHING = 2  # characters by which a sign and its words may overlap; one less may lie between, or reach past the clause
RUNS_ON = 3  # characters of a quotation in the clause of its sign
_THEN = "就"


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnedAside:
    """Words that a guard turns aside: `pass` if they are no fault, `unclear` if a person must say whether they are."""

    guard: Guard
    verdict: Literal["pass", "unclear"]


class _Way:
    """The signs of one way, compiled."""

    def __init__(self, way: Way, lists: Lists, guard: Guard) -> None:
        self._within_clause = guard.within_clause
        self._before = Phrases(way.before, lists)
        self._touching = Phrases(way.touching, lists)
        self._after = Phrases(way.after, lists)
        self._sentence = Phrases(way.sentence, lists)
        self._except = Phrases(way.but_not, lists)
        self._between = Phrases(way.between_not, lists)

    def holds(self, found: SpokenMatch, *, running_on: bool) -> bool:
        """Return whether all signs of this way are there; `running_on` takes those before as far as a quotation may."""
        hit, (start, end) = found.hit, sentence_of(found)
        clause, _ = found.turn.folded.clause(hit.start)
        checks: tuple[tuple[Phrases, Callable[[TextMatch], bool]], ...] = (
            (self._before, lambda sign: self._leads(found, sign, running_on)),
            (self._touching, lambda sign: clause <= sign.start and _touches(sign, hit)),
            (self._after, lambda sign: hit.end <= sign.start and sign.end <= end),
            (self._sentence, lambda sign: start <= sign.start and sign.end <= end),
        )
        return all(self._found(found, phrases, there) for phrases, there in checks if phrases)

    def _found(self, found: SpokenMatch, phrases: Phrases, there: Callable[[TextMatch], bool]) -> bool:
        folded = found.turn.folded
        signs = [sign for sign in phrases.find(folded) if there(sign)]
        excepted = self._except.find(folded) if signs else ()
        return any(not any(sign.start < e.end and e.start < sign.end for e in excepted) for sign in signs)

    def _leads(self, found: SpokenMatch, sign: TextMatch, running_on: bool) -> bool:
        """Return whether a sign stands before the words, or in their gap, in the same breath."""
        hit, folded = found.hit, found.turn.folded
        if self._within_clause and sign.start < folded.clause(hit.start)[0]:
            return False
        if sign.end > max(hit.start, hit.end - TOUCHING) or not _one_breath(folded, sign, hit, running_on):
            return False
        return not any(sign.end <= b.start and b.end <= hit.start for b in self._between.find(folded))


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
        self._void = Phrases(guard.void, lists)

    def holds(self, found: SpokenMatch, scene: Scene, *, running_on: bool) -> bool:
        """Return whether this guard turns these words aside; `running_on` is as far as a quotation may go on."""
        there = any(way.holds(found, running_on=running_on) for way in self._ways)
        return there and _fits(self.guard, found, scene) and not _voided(self._void, found)


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


def _voided(void: Phrases, found: SpokenMatch) -> bool:
    start, end = sentence_of(found)
    return any(start <= sign.start and sign.end <= end for sign in void.find(found.turn.folded))
