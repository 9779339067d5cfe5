"""Parts that must be said in order: the opening of a phone call."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from speechaudit.model import Evidence, ListenRequest, Span, Verdict
from speechaudit.reasons import Reason, because
from speechaudit.rules.listening import absence_requests, nearly, not_refuted, second_listen
from speechaudit.rules.names import FILLERS, MOST, NearName, OwnNames, listened_for
from speechaudit.rules.phrases import Lists
from speechaudit.rules.scene import NOTHING, Judgement, Matcher, Scene, SpokenMatch, absence
from speechaudit.rules.schema import Sequence, Slot
from speechaudit.rules.turns import Turn
from speechaudit.text import Folded

SlotMatches = dict[str, tuple[SpokenMatch, ...]]
Again = dict[str, Judgement]
_FROM_BEST: tuple[Verdict, ...] = ("pass", "n/a", "unclear", "fail")
# How long a name is, in characters; what begins the next part; and what asks, tells or wants something.
_NAME = range(3, 13)
_NEXT, _NO_NAME = "请您你", frozenset("我什哪谁怎吗呢啥讲说等要了没有快急死坏好再下")


def _name_at(folded: Folded, start: int, end: int | None) -> str:
    """The characters from `start` on (to `end` at most) as far as they could be a name; empty if they are none."""
    chars = folded.chars
    while start < len(chars) and chars[start] in FILLERS:
        start += 1
    ends = [len(chars) if end is None else end, *(at for at in folded.breaks if at > start)]
    ends += [at for at in range(start, len(chars)) if chars[at] in _NEXT]
    name = chars[start : min(ends)]
    return name if len(name) in _NAME and not _NO_NAME & set(name) else ""


class SequenceJudge:
    """`pass` if all parts were said in order, `fail` with the parts that are missing or out of place."""

    def __init__(self, rule: Sequence, lists: Lists) -> None:
        self._rule = rule
        self._matchers = [(slot, Matcher(slot, lists)) for slot in rule.slots]
        self._names = {slot.name: OwnNames(slot, lists) for slot in rule.slots if slot.name_after}

    def __call__(self, scene: Scene) -> Judgement:
        """Judge one scene. What is nearly one of the centre's own names only ever speaks for who said it."""
        who = self._rule.who
        if not scene.surely_by(who):
            return NOTHING
        scene = listened_for(scene, [name for own in self._names.values() for name in own.forms(scene.window_name)])
        span = scene.window(self._rule.where, who)
        heard = {slot.name: m.within(scene.possibly_by(who), span) for slot, m in self._matchers}
        own = self._own_names(scene, heard, span)
        judged = [self._judged(scene, each, span) for each in ((own, heard) if own else (heard,))]
        best = min(judged, key=lambda judgement: _FROM_BEST.index(judgement.verdict))
        return replace(best, requests=tuple(self._requests(scene, own or heard, span)))

    def _own_names(self, scene: Scene, heard: SlotMatches, span: Span) -> SlotMatches:
        """Return what was heard with what is surely one of the centre's own names; empty where there is none."""
        missing = (slot for slot in self._rule.slots if not heard[slot.name])
        near = {slot.name: self._nearest(scene, slot, heard, span) for slot in missing}
        own = {name: (found[0].match,) for name, found in near.items() if found and found[0].sure}
        return {**heard, **own} if own else {}

    def _nearest(self, scene: Scene, slot: Slot, heard: SlotMatches, span: Span) -> tuple[NearName, ...]:
        """Return what comes nearest to the centre's own names for a part, behind what is due before it."""
        if slot.name not in self._names:
            return ()
        before = heard.get(slot.name_after or "", ())
        if before and self._rule.ordered:
            span = Span(start=before[0].span.end, end=max(before[0].span.end, span.end))
        others = [found for hits in heard.values() for found in hits]
        return self._names[slot.name].nearest(
            scene.possibly_by(self._rule.who), span, scene.window_name, before, others
        )

    def _requests(self, scene: Scene, heard: SlotMatches, span: Span) -> Iterator[ListenRequest]:
        searched = self._searched(scene, span)
        for slot in self._needed():
            if not heard[slot.name]:
                yield from absence_requests(scene, slot.listen, self._rule.who, self._rule.where, searched)
                yield from absence_requests(
                    scene, self._names_to_hear(scene, slot, heard, span), self._rule.who, self._rule.where, ()
                )

    def _names_to_hear(self, scene: Scene, slot: Slot, heard: SlotMatches, span: Span) -> tuple[str, ...]:
        """Return a few of the centre's own names for a part, those that come nearest to what was written down first."""
        near = (each.name for each in self._nearest(scene, slot, heard, span))
        return tuple(dict.fromkeys((*near, *self._forms(scene, slot))))[:MOST]

    def _listen(self, scene: Scene, slot: Slot) -> tuple[str, ...]:
        """Return the phrases that a second listen may have found for a part, the centre's own names among them."""
        return (*slot.listen, *(name for name in self._forms(scene, slot) if name in scene.thresholds))

    def _forms(self, scene: Scene, slot: Slot) -> tuple[str, ...]:
        return self._names[slot.name].forms(scene.window_name) if slot.name in self._names else ()

    def _judged(self, scene: Scene, heard: SlotMatches, span: Span) -> Judgement:
        who = self._rule.who
        again = self._again(scene, heard, span)
        evidence = [self._heard(slot, heard[slot.name][0]) for slot, _ in self._matchers if heard[slot.name]]
        evidence += [e for judgement in again.values() for e in judgement.evidence]
        absent = [slot for slot in self._needed() if not heard[slot.name] and slot.name not in again]
        disorder = self._out_of_order(heard)
        if not absent and not disorder:
            written = [slot for slot in self._needed() if slot.name not in again]
            surely = all(any(f.turn.role == who for f in heard[slot.name]) for slot in written)
            surely = surely and all(judgement.verdict == "pass" for judgement in again.values())
            return Judgement(verdict="pass" if surely else "unclear", evidence=tuple(evidence))
        unheard = scene.unheard(self._searched(scene, span), self._rule.where)
        doubts = {slot.name: unheard or self._doubt(scene, slot, heard, again, span) for slot in absent}
        surely = not unheard if disorder else not all(doubts.values())
        absences = [self._absent(scene, slot, span, doubts[slot.name]) for slot in absent]
        return Judgement(verdict="fail" if surely else "unclear", evidence=(*absences, *disorder, *evidence))

    def _searched(self, scene: Scene, span: Span) -> list[Turn]:
        return [turn for turn in scene.possibly_by(self._rule.who) if turn.overlap(span) > 0]

    def _again(self, scene: Scene, heard: SlotMatches, span: Span) -> Again:
        """Return what a second listen says of the parts that were not written down."""
        missing = (slot for slot in self._needed() if not heard[slot.name])
        found = {slot.name: second_listen(scene, self._listen(scene, slot), self._rule.who, span) for slot in missing}
        return {name: judgement for name, judgement in found.items() if judgement}

    def _needed(self) -> list[Slot]:
        return [slot for slot in self._rule.slots if not slot.optional]

    def _heard(self, slot: Slot, found: SpokenMatch) -> Evidence:
        said = because("part-said", part=slot.name, title=slot.title, quote=found.quote)
        return found.evidence(said, *found.notes)

    def _absent(self, scene: Scene, slot: Slot, span: Span, doubt: Reason | None) -> Evidence:
        who = self._rule.who
        missed = because("part-not-said", part=slot.name, title=slot.title)
        return absence(span, who, missed, doubt, nearly=nearly(scene, self._listen(scene, slot), who, span))

    def _doubt(self, scene: Scene, slot: Slot, heard: SlotMatches, again: Again, span: Span) -> Reason | None:
        """Reason why it proves nothing that a part was not found, or None."""
        if (near := self._nearest(scene, slot, heard, span)[:1]) and near[0].possible:
            return because("may-be-own-name", words=near[0].match.quote, name=near[0].name)
        if name := self._name(slot, heard) or self._name_behind(scene, slot, again):
            return because("may-be-name", words=name)
        return not_refuted(scene, slot.listen, self._rule.who, span)

    def _name(self, slot: Slot, heard: SlotMatches) -> str:
        """The words right after the part that a name should follow, if they could be a name; else nothing."""
        found = [f for hits in heard.values() for f in hits]
        for before in heard.get(slot.name_after or "", ()):
            later = [f.hit.start for f in found if f.turn == before.turn and f.hit.start >= before.hit.end]
            if name := _name_at(before.turn.folded, before.hit.end, min(later, default=None)):
                return name
        return ""

    def _name_behind(self, scene: Scene, slot: Slot, again: Again) -> str:
        """The same where that part was found by a second listen only: the first words after it."""
        if slot.name_after not in again:
            return ""
        end = again[slot.name_after].evidence[0].end
        after = (
            (turn, at) for turn in scene.possibly_by(self._rule.who) for at, t in enumerate(turn.times) if t[1] > end
        )
        turn, at = next(after, (None, 0))
        return _name_at(turn.folded, at, None) if turn else ""

    def _out_of_order(self, heard: SlotMatches) -> list[Evidence]:
        """The first hit of a part that has none after the part before it."""
        if not self._rule.ordered:
            return []
        problems: list[Evidence] = []
        last = float("-inf")
        for slot in self._rule.slots:
            after = [f for f in heard[slot.name] if f.span.start >= last]
            if after:
                last = after[0].span.start
            elif heard[slot.name] and not slot.optional:
                early = because("part-too-early", part=slot.name, title=slot.title, order=self._order())
                problems.append(heard[slot.name][0].evidence(early))
        return problems

    def _order(self) -> tuple[str, ...]:
        return tuple(slot.title for slot in self._rule.slots)
