"""Something that must be said once in some part of every encounter."""

from __future__ import annotations

from speechaudit.model import Evidence, Span
from speechaudit.rules.phrases import Lists
from speechaudit.rules.scene import NOTHING, Found, Judgement, Matcher, Scene, absence
from speechaudit.rules.schema import Required


class RequiredJudge:
    """`pass` on a hit, `fail` if the part was well heard and the words were not there, else `unclear`."""

    def __init__(self, rule: Required, lists: Lists) -> None:
        self._rule = rule
        self._matcher = Matcher(rule, lists)

    def __call__(self, scene: Scene) -> Judgement:
        """Judge one scene."""
        who = self._rule.who
        if not scene.of(who):
            return NOTHING
        span = scene.window(self._rule.where, who)
        found = self._matcher.within(scene.maybe(who), span)
        sure = [f for f in found if f.turn.role == who]
        if sure:
            return Judgement(verdict="pass", evidence=(_credit(sure[0]),))
        if found:
            return Judgement(verdict="unclear", evidence=(found[0].evidence(scene.doubt(found[0], who)),))
        return missing(scene, span, self._rule, "没有听到应说的话")


def _credit(found: Found) -> Evidence:
    return found.evidence(f"说了“{found.quote}”")


def missing(scene: Scene, span: Span, rule: Required, why: str) -> Judgement:
    """An absence: `unclear` where somebody unknown spoke or the words there are unreliable, else `fail`."""
    heard = [t for t in scene.maybe(rule.who) if t.overlap(span) > 0]
    if any(t.role == "unknown" for t in heard):
        return Judgement(verdict="unclear", evidence=(absence(span, rule.who, f"{why},但这段时间有人说话而身份不明"),))
    confidences = [c for t in heard for c in t.confidences]
    if confidences and sum(confidences) / len(confidences) < scene.minimum_confidence:
        return Judgement(verdict="unclear", evidence=(absence(span, rule.who, f"{why},但这段录音识别得不可靠"),))
    return Judgement(verdict="fail", evidence=(absence(span, rule.who, why),))
