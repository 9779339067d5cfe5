"""Something that must not be said."""

from __future__ import annotations

from speechaudit.rules.phrases import Lists, Phrases
from speechaudit.rules.scene import NOTHING, Found, Judgement, Matcher, Scene
from speechaudit.rules.schema import Forbidden
from speechaudit.rules.turns import Turn


class ForbiddenJudge:
    """`fail` on a sure hit, `unclear` on a doubtful one, `pass` if the role spoke and never said it."""

    def __init__(self, rule: Forbidden, lists: Lists) -> None:
        self._rule = rule
        self._matcher = Matcher(rule, lists)
        self._unless = Phrases(rule.unless, lists)

    def __call__(self, scene: Scene) -> Judgement:
        """Judge one scene."""
        who = self._rule.who
        turns = scene.maybe(who)
        if not turns:
            return NOTHING
        found = [
            f for f in self._matcher.within(turns, scene.window(self._rule.where, who)) if not self._excused(f, scene)
        ]
        sure = [f.evidence(f"说了“{f.quote}”,属于“{self._rule.title}”") for f in found if scene.sure(f, who)]
        if sure:
            return Judgement(verdict="fail", evidence=tuple(sure))
        doubtful = [f.evidence(f"可能说了“{f.quote}”:{scene.doubt(f, who)}") for f in found]
        return Judgement(verdict="unclear" if doubtful else "pass", evidence=tuple(doubtful))

    def _excused(self, found: Found, scene: Scene) -> bool:
        return any(self._unless.find(turn.folded) for turn in self._own_and_next(found.turn, scene))

    def _own_and_next(self, turn: Turn, scene: Scene) -> tuple[Turn, ...]:
        same_role = scene.maybe(turn.role)
        at = same_role.index(turn)
        return same_role[at : at + 2]
