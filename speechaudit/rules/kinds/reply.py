"""问有答声: what one side says must be followed by words of the other."""

from __future__ import annotations

from speechaudit.rules.phrases import Lists
from speechaudit.rules.scene import NOTHING, Found, Judgement, Matcher, Scene
from speechaudit.rules.schema import Reply
from speechaudit.rules.turns import Turn


class ReplyJudge:
    """`fail` with every question that was surely met by silence, `pass` if all were answered, `n/a` without any."""

    def __init__(self, rule: Reply, lists: Lists) -> None:
        self._rule = rule
        self._when = Matcher(rule.when, lists)

    def __call__(self, scene: Scene) -> Judgement:
        """Judge one scene."""
        asked = {f.turn.number: f for turn in scene.of(self._rule.when.who) for f in self._when.hits(turn)}
        if not asked or not scene.of(self._rule.who):
            return NOTHING
        unanswered = [f for f in asked.values() if not self._answered(f, scene)]
        if not unanswered:
            last = next(reversed(asked.values()))
            return Judgement(verdict="pass", evidence=(last.evidence(f"{len(asked)}处提问都有回答"),))
        why = f"提问后{self._rule.seconds:g}秒内没有听到回答"
        sure = [f for f in unanswered if not self._doubt(f, scene)]
        if sure:
            return Judgement(verdict="fail", evidence=tuple(f.evidence(why) for f in sure))
        doubtful = (f.evidence(f"{why}，但{self._doubt(f, scene)}") for f in unanswered)
        return Judgement(verdict="unclear", evidence=tuple(doubtful))

    def _doubt(self, question: Found, scene: Scene) -> str:
        """Why the silence after a question proves nothing, in Chinese; empty if it does."""
        if self._maybe_answered(question, scene):
            return "有身份不明的人说话"
        return "录音随后就结束了" if question.turn.end + self._rule.seconds > scene.end else ""

    def _answered(self, question: Found, scene: Scene) -> bool:
        return self._spoken_after(question, scene.of(self._rule.who))

    def _maybe_answered(self, question: Found, scene: Scene) -> bool:
        return self._spoken_after(question, scene.maybe(self._rule.who))

    def _spoken_after(self, question: Found, turns: tuple[Turn, ...]) -> bool:
        asked, deadline = question.span.start, question.turn.end + self._rule.seconds
        return any(t.end > asked and t.start <= deadline for t in turns)
