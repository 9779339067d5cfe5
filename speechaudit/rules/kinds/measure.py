"""A figure with a limit: seconds of ringing."""

from __future__ import annotations

from speechaudit.model import Evidence
from speechaudit.rules.phrases import Lists
from speechaudit.rules.scene import NOTHING, Judgement, Scene
from speechaudit.rules.schema import Measure


class MeasureJudge:
    """`n/a` where nobody recorded the figure, else `pass` up to the maximum and `fail` above it."""

    def __init__(self, rule: Measure, _lists: Lists) -> None:
        self._rule = rule

    def __call__(self, scene: Scene) -> Judgement:
        """Judge one scene."""
        value = scene.measures.get(self._rule.measure)
        if value is None:
            return NOTHING
        why = f"{value:g}{self._rule.unit},上限{self._rule.maximum:g}{self._rule.unit}"
        evidence = Evidence(
            start=scene.start, end=scene.start, role=self._rule.who, quote="", why=why, match="metadata"
        )
        return Judgement(verdict="pass" if value <= self._rule.maximum else "fail", evidence=(evidence,))
