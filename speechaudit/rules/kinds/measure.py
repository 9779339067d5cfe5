"""A figure with limits: seconds of ringing, characters per minute."""

from __future__ import annotations

from collections.abc import Iterator

from speechaudit.model import Evidence
from speechaudit.reasons import Reason, because
from speechaudit.rules.phrases import Lists
from speechaudit.rules.scene import NOTHING, Judgement, Scene
from speechaudit.rules.schema import Measure

_RECORDED = "ring_seconds"  # stands in the metadata; all other figures are measured


class MeasureJudge:
    """`n/a` where nobody knows the figure or no limit is set, else `pass` within the limits and `fail` beyond them."""

    def __init__(self, rule: Measure, _lists: Lists) -> None:
        self._rule = rule

    def __call__(self, scene: Scene) -> Judgement:
        """Judge one scene."""
        rule, value = self._rule, scene.measures.get(self._rule.measure)
        if value is None or (rule.minimum is None and rule.maximum is None):
            return NOTHING
        within = (rule.minimum is None or value >= rule.minimum) and (rule.maximum is None or value <= rule.maximum)
        recorded = rule.measure == _RECORDED
        evidence = Evidence(
            start=scene.start,
            end=scene.start if recorded else scene.end,
            role=rule.who,
            quote="",
            reasons=(because("figure", value=value, unit=rule.unit), *self._limits()),
            match="metadata" if recorded else "measured",
        )
        return Judgement(verdict="pass" if within else "fail", evidence=(evidence,))

    def _limits(self) -> Iterator[Reason]:
        if self._rule.minimum is not None:
            yield because("figure-minimum", minimum=self._rule.minimum, unit=self._rule.unit)
        if self._rule.maximum is not None:
            yield because("figure-maximum", maximum=self._rule.maximum, unit=self._rule.unit)
