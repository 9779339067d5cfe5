"""Parts that must be said in order: the opening of a phone call."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from speechaudit.model import Ask, Evidence, Span
from speechaudit.rules.listening import missing, nearly, second_listen
from speechaudit.rules.phrases import Lists
from speechaudit.rules.scene import NOTHING, Found, Judgement, Matcher, Scene, absence
from speechaudit.rules.schema import Sequence, Slot

Heard = dict[str, tuple[Found, ...]]


class SequenceJudge:
    """`pass` if all parts were said in order, `fail` with the parts that are missing or out of place."""

    def __init__(self, rule: Sequence, lists: Lists) -> None:
        self._rule = rule
        self._matchers = [(slot, Matcher(slot, lists)) for slot in rule.slots]

    def __call__(self, scene: Scene) -> Judgement:
        """Judge one scene."""
        who = self._rule.who
        if not scene.of(who):
            return NOTHING
        span = scene.window(self._rule.where, who)
        heard = {slot.name: m.within(scene.maybe(who), span) for slot, m in self._matchers}
        return replace(self._judged(scene, heard, span), asks=tuple(self._asks(scene, heard)))

    def _asks(self, scene: Scene, heard: Heard) -> Iterator[Ask]:
        for slot in self._needed():
            if not heard[slot.name]:
                yield from missing(scene, slot.listen, self._rule.who, self._rule.where)

    def _judged(self, scene: Scene, heard: Heard, span: Span) -> Judgement:
        who = self._rule.who
        again = self._again(scene, heard, span)
        evidence = [self._heard(slot, heard[slot.name][0]) for slot, _ in self._matchers if heard[slot.name]]
        evidence += [e for judgement in again.values() for e in judgement.evidence]
        problems = [*self._missing(scene, {**heard, **again}, span), *self._out_of_order(heard)]
        if not problems:
            written = [slot for slot in self._needed() if slot.name not in again]
            surely = all(any(f.turn.role == who for f in heard[slot.name]) for slot in written)
            surely = surely and all(judgement.verdict == "pass" for judgement in again.values())
            return Judgement(verdict="pass" if surely else "unclear", evidence=tuple(evidence))
        doubt = scene.unheard([t for t in scene.maybe(who) if t.overlap(span) > 0], self._rule.where)
        return Judgement(verdict="unclear" if doubt else "fail", evidence=(*problems, *evidence))

    def _again(self, scene: Scene, heard: Heard, span: Span) -> dict[str, Judgement]:
        """What a second listen says of the parts that were not written down."""
        missing = (slot for slot in self._needed() if not heard[slot.name])
        found = {slot.name: second_listen(scene, slot.listen, self._rule.who, span) for slot in missing}
        return {name: judgement for name, judgement in found.items() if judgement}

    def _needed(self) -> list[Slot]:
        return [slot for slot in self._rule.slots if not slot.optional]

    def _heard(self, slot: Slot, found: Found) -> Evidence:
        return found.evidence(f"{slot.title}:“{found.quote}”{found.remark}")

    def _missing(self, scene: Scene, heard: Mapping[str, object], span: Span) -> list[Evidence]:
        who = self._rule.who
        missing = (slot for slot in self._needed() if not heard[slot.name])
        return [absence(span, who, f"没有听到{s.title}", nearly(scene, s.listen, who, span)) for s in missing]

    def _out_of_order(self, heard: Heard) -> list[Evidence]:
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
                problems.append(heard[slot.name][0].evidence(f"{slot.title}说早了,顺序应为:{self._order()}"))
        return problems

    def _order(self) -> str:
        return "→".join(slot.title for slot in self._rule.slots)
