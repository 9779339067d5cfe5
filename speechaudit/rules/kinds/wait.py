"""Nobody is let wait without a word of explanation."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from speechaudit.model import Evidence, Span
from speechaudit.reasons import because
from speechaudit.rules.phrases import Lists
from speechaudit.rules.scene import NOTHING, Judgement, Matcher, Scene, SpokenMatch, absence
from speechaudit.rules.schema import Said, Wait, Where
from speechaudit.rules.turns import Turn


class WaitJudge:
    """`pass` if every long silence was explained, `fail` with those that surely were not, `n/a` without any."""

    def __init__(self, rule: Wait, lists: Lists) -> None:
        self._rule = rule
        self._explained = Matcher(rule, lists)
        self._near_misses = Matcher.near_misses(rule, lists)
        self._own = Matcher(Said(phrases=rule.own or rule.phrases), lists)

    def __call__(self, scene: Scene) -> Judgement:
        """Judge one scene."""
        credited: list[Evidence] = []
        missed: list[Evidence] = []
        doubtful: list[Evidence] = []
        for silence in self._silences(scene):
            turns = self._before(scene, silence)
            if said := self._explanation(turns):
                credited.append(said.evidence(because("wait-explained", seconds=silence.duration)))
            elif near := next((f for turn in reversed(turns) for f in self._near_misses.hits(turn)), None):
                doubtful.append(near.evidence(because("only-said", quote=near.quote)))
            elif not self._by_choice(scene, silence):
                doubt = scene.unheard(turns, Where()) or scene.lost(silence)
                silent = because("wait-unexplained", seconds=silence.duration)
                (doubtful if doubt else missed).append(absence(silence, self._rule.who, silent, doubt))
        if missed:
            return Judgement(verdict="fail", evidence=tuple(missed))
        if doubtful:
            return Judgement(verdict="unclear", evidence=tuple(doubtful))
        return Judgement(verdict="pass", evidence=tuple(credited)) if credited else NOTHING

    def _silences(self, scene: Scene) -> Iterator[Span]:
        """Long silences that `who` ends."""
        end = 0.0
        for before, after in pairwise(scene.turns):
            end = max(end, before.end)
            silence = Span(start=min(end, after.start), end=after.start)
            long = silence.duration >= self._rule.seconds and not scene.taken_over(silence)
            if long and after.role == self._rule.who:
                yield silence

    def _before(self, scene: Scene, silence: Span) -> tuple[Turn, ...]:
        """The last turns before the silence that are, or may be, of `who`."""
        return tuple(t for t in scene.possibly_by(self._rule.who) if t.start < silence.start)[-self._rule.before :]

    def _explanation(self, turns: Sequence[Turn]) -> SpokenMatch | None:
        return next((f for turn in reversed(turns) for f in self._explained.hits(turn)), None)

    def _by_choice(self, scene: Scene, silence: Span) -> bool:
        """Return whether the other side took the time for something of its own."""
        last = [t for t in scene.turns if t.start < silence.start][-1:]
        return bool(self._rule.own) and any(True for t in last if t.role != self._rule.who for _ in self._own.hits(t))
