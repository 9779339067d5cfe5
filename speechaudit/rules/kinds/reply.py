"""问有答声: what one side says must be followed by words of the other."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from speechaudit.model import Evidence, Segment, Span
from speechaudit.reasons import Reason, because
from speechaudit.rules.kinds.again import Asked, AskedAgain
from speechaudit.rules.phrases import Lists
from speechaudit.rules.scene import NOTHING, Judgement, Matcher, Scene, SpokenMatch
from speechaudit.rules.schema import Reply
from speechaudit.rules.turns import Turn
from speechaudit.text import folded_letters


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A question by its words (`found`), or one that only a classifier takes for one (`segment`, with `confidence`)."""

    turn: Turn
    start: float
    found: SpokenMatch | None = None
    segment: Segment | None = None
    confidence: float = 1.0

    @property
    def asked(self) -> Asked:
        """Return its words for comparison with those of others: the clause of the hit, or the segment."""
        if self.found is None:
            return Asked(turn=self.turn, words=folded_letters((self.segment or self.turn.segments[-1]).text))
        folded = self.turn.folded
        start, end = folded.clause(self.found.hit.start)[0], folded.clause(self.found.hit.end - 1)[1]
        return Asked(turn=self.turn, words=folded.chars[start:end])

    def evidence(self, *reasons: Reason) -> Evidence:
        """Return the question as evidence."""
        if self.found:
            return self.found.evidence(*reasons)
        said = self.segment or self.turn.segments[-1]
        return Evidence(
            start=said.start,
            end=said.end,
            role=self.turn.role,
            quote=said.text,
            reasons=reasons,
            match="label",
            heard=self.confidence,
        )


class ReplyJudge:
    """`fail` with every question that was surely met by silence, `pass` if all were answered, `n/a` without any."""

    def __init__(self, rule: Reply, lists: Lists) -> None:
        self._rule = rule
        self._when = Matcher(rule.when, lists)
        self._again = AskedAgain(rule, lists)
        self._no_question = Matcher(rule.when.model_copy(update={"phrases": rule.when.but_not, "but_not": ()}), lists)

    def __call__(self, scene: Scene) -> Judgement:
        """Judge one scene."""
        questions = (q for turn in scene.surely_by(self._rule.when.who) if (q := self._question(turn, scene)))
        asked = [q for q in questions if not self._asked_of_others(q, scene)]
        if not asked or not scene.surely_by(self._rule.who):
            return NOTHING
        unanswered = [q for q in asked if not self._spoken_after(q, scene.surely_by(self._rule.who))]
        again = tuple(self._asked_again(asked, unanswered, scene))
        if not unanswered and not again:
            return Judgement(verdict="pass", evidence=(asked[-1].evidence(because("all-answered", count=len(asked))),))
        why = because("not-answered", seconds=self._rule.seconds)
        doubts = [self._doubt(q, scene) for q in unanswered]
        sure = [q for q, doubt in zip(unanswered, doubts, strict=True) if not doubt]
        if sure:
            return Judgement(verdict="fail", evidence=tuple(q.evidence(why) for q in sure))
        doubtful = (q.evidence(why, doubt) for q, doubt in zip(unanswered, doubts, strict=True) if doubt)
        return Judgement(verdict="unclear", evidence=(*doubtful, *again))

    def _asked_again(self, asked: list[Question], unanswered: list[Question], scene: Scene) -> Iterator[Evidence]:
        """Questions that met with words, which may not have answered them."""
        for number, question in enumerate(asked):
            if question not in unanswered:
                later = [each.asked for each in asked[number + 1 :]]
                if reason := self._again.reason(question.asked, later, scene):
                    yield question.evidence(reason)

    def _question(self, turn: Turn, scene: Scene) -> Question | None:
        """The last question of a turn, by its words if there are such."""
        found = next(reversed(self._when.hits(turn)), None)
        if found:
            return Question(turn=turn, start=found.span.start, found=found)
        return next(reversed(list(self._meant(turn, scene))), None)

    def _meant(self, turn: Turn, scene: Scene) -> Iterator[Question]:
        """Segments that a classifier takes for questions; what is excepted anywhere in the turn is none."""
        if not self._rule.meaning or any(True for _ in self._no_question.hits(turn)):
            return
        for segment in turn.segments:
            sure = max((x.confidence for x in segment.labels if x.name in self._rule.meaning), default=0.0)
            if sure >= scene.minimum_label:
                yield Question(turn=turn, start=segment.start, segment=segment, confidence=sure)

    def _doubt(self, question: Question, scene: Scene) -> Reason | None:
        """Reason why the silence after a question proves nothing, or None."""
        if self._spoken_after(question, scene.possibly_by(self._rule.who)):
            return because("unknown-answered")
        deadline = question.turn.end + self._rule.seconds
        if deadline > scene.end:
            return because("recording-ended")
        if lost := scene.lost(Span(start=question.start, end=deadline)):
            return lost
        if not question.found:
            return because("may-be-question", confidence=question.confidence)
        return scene.doubt(question.found, self._rule.when.who)

    def _asked_of_others(self, question: Question, scene: Scene) -> bool:
        """Return whether a colleague answered, and nobody else did."""
        until = Span(start=question.start, end=question.turn.end + self._rule.seconds)
        return scene.taken_over(until) and not self._spoken_after(question, scene.surely_by(self._rule.who))

    def _spoken_after(self, question: Question, turns: tuple[Turn, ...]) -> bool:
        deadline = question.turn.end + self._rule.seconds
        return any(t.end > question.start and t.start <= deadline for t in turns)
