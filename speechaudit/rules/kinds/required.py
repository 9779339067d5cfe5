"""Something that must be said once in some part of every encounter."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from speechaudit.model import Evidence, Span
from speechaudit.reasons import because
from speechaudit.rules.listening import absence_requests, nearly, not_refuted, second_listen
from speechaudit.rules.phrases import Lists
from speechaudit.rules.scene import NOTHING, Judgement, Matcher, Scene, SpokenMatch, absence
from speechaudit.rules.schema import Required
from speechaudit.rules.turns import Turn

_NO_FAULT = ("other-left", "line-dropped")


class RequiredJudge:
    """`pass` on a hit, `fail` if the part was well heard and held neither the words nor near ones, else `unclear`."""

    def __init__(self, rule: Required, lists: Lists) -> None:
        self._rule = rule
        self._matcher = Matcher(rule, lists)
        self._near_misses = Matcher.near_misses(rule, lists)

    def __call__(self, scene: Scene) -> Judgement:
        """Judge one scene."""
        who = self._rule.who
        if not scene.surely_by(who):
            return NOTHING
        span = scene.window(self._rule.where, who)
        found = self._matcher.within(scene.possibly_by(who), span)
        sure = [f for f in found if f.turn.role == who]
        if sure:
            return Judgement(verdict="pass", evidence=(_credit(sure[0]),))
        if found:  # by whom is unknown, or it would be sure
            return Judgement(verdict="unclear", evidence=(found[0].evidence(because("speaker-unsure")),))
        near = self._near_misses.within(scene.possibly_by(who), span)
        if near:
            only = because("only-said", quote=near[0].quote)
            return Judgement(verdict="unclear", evidence=(near[0].evidence(only),))
        polite = [turn for t in scene.possibly_by(who) if (turn := t.politely())]
        if nearly_said := (*self._matcher.within(polite, span), *self._near_misses.within(polite, span)):
            return Judgement(verdict="unclear", evidence=(nearly_said[0].evidence(because("nin-might-do")),))
        heard = [t for t in scene.possibly_by(who) if t.overlap(span) > 0]
        judgement = second_listen(scene, self._rule.listen, who, span) or self._missing(scene, span, heard)
        return replace(judgement, requests=absence_requests(scene, self._rule.listen, who, self._rule.where, heard))

    def _missing(self, scene: Scene, span: Span, heard: Sequence[Turn]) -> Judgement:
        """An absence: `n/a` where nobody could have said it, `unclear` where it proves nothing, else `fail`."""
        doubt = scene.unheard(heard, self._rule.where) or not_refuted(scene, self._rule.listen, self._rule.who, span)
        near = nearly(scene, self._rule.listen, self._rule.who, span)
        evidence = absence(span, self._rule.who, because("not-said"), doubt, nearly=near)
        if doubt and doubt.code in _NO_FAULT:
            return Judgement(verdict="n/a", evidence=(evidence,))
        return Judgement(verdict="unclear" if doubt else "fail", evidence=(evidence,))


def _credit(found: SpokenMatch) -> Evidence:
    return found.evidence(because("said", quote=found.quote), *found.notes)
