"""A courtesy that is due when the situation calls for it: 请 in a request, 对不起 when something is refused."""

from __future__ import annotations

from collections.abc import Iterator

from speechaudit.model import Evidence, Role, Span
from speechaudit.reasons import Reason, because
from speechaudit.rules.phrases import Lists
from speechaudit.rules.scene import NOTHING, Judgement, Matcher, Scene, SpokenMatch
from speechaudit.rules.schema import Situation, Trigger
from speechaudit.rules.turns import Turn


class _Occasion:
    """Finds where a courtesy is due; with `answered` only where whoever owes it still speaks later."""

    def __init__(self, when: Trigger, lists: Lists, *, answered: bool) -> None:
        self._answered = answered
        self._when = when
        self.who = when.who
        self._said = Matcher(when, lists)
        self._before_silence = Matcher(when.model_copy(update={"phrases": when.before_silence}), lists)

    def within(self, scene: Scene, span: Span, due_from: Role) -> Iterator[SpokenMatch]:
        """Yield what is said in `span`, and what is said there before a silence."""
        turns = scene.possibly_by(self.who)
        if self._answered:
            last = max((turn.number for turn in scene.possibly_by(due_from)), default=-1)
            turns = tuple(turn for turn in turns if turn.number < last)
        yield from self._said.within(turns, span)
        held = self._before_silence.within(turns, span)
        yield from (found for found in held if self._silent_after(scene, found, due_from))

    def _silent_after(self, scene: Scene, occasion: SpokenMatch, due_from: Role) -> bool:
        """Nobody speaks for long somewhere between the turn of the occasion and the next turn of `due_from`."""
        silence, last = self._when.silence, occasion.turn.end
        for turn in (t for t in scene.turns if t.number > occasion.turn.number):
            if turn.start - last >= silence:
                return not scene.taken_over(Span(start=last, end=turn.start))
            if turn.role == due_from:
                return False
            last = max(last, turn.end)
        return False


class SituationJudge:
    """`pass` if the courtesy came each time (once is enough if the rule says so), else what the rule says."""

    def __init__(self, rule: Situation, lists: Lists) -> None:
        self._rule = rule
        self._occasion = [_Occasion(rule.when, lists, answered=False)]
        if rule.or_when:
            self._occasion.append(_Occasion(rule.or_when, lists, answered=True))
        self._due = Matcher(rule, lists)
        self._near_misses = Matcher.near_misses(rule, lists)

    def __call__(self, scene: Scene) -> Judgement:
        """Judge one scene."""
        span = scene.window(self._rule.where, self._rule.who)
        occasions = self._occasions(scene, span)
        if not occasions:
            return self._unasked(scene, span)
        credited, missed, doubtful = self._weigh(scene, occasions)
        if missed and not (self._rule.once_is_enough and credited):
            return Judgement(verdict=self._rule.verdict, evidence=tuple(missed))
        if credited:
            return Judgement(verdict="pass", evidence=tuple(credited))
        return Judgement(verdict="unclear", evidence=tuple(doubtful))

    def _occasions(self, scene: Scene, span: Span) -> tuple[SpokenMatch, ...]:
        said = (found for occasion in self._occasion for found in occasion.within(scene, span, self._rule.who))
        return tuple(o for o in said if not self._rule.if_continued or self._continued(scene, o))

    def _unasked(self, scene: Scene, span: Span) -> Judgement:
        """Nothing was due: a courtesy said all the same is credited if the rule says so."""
        said = self._due.within(scene.surely_by(self._rule.who), span) if self._rule.unasked else ()
        if not said:
            return NOTHING
        return Judgement(verdict="pass", evidence=(said[0].evidence(because("said", quote=said[0].quote)),))

    def _weigh(
        self, scene: Scene, occasions: tuple[SpokenMatch, ...]
    ) -> tuple[list[Evidence], list[Evidence], list[Evidence]]:
        credited: list[Evidence] = []
        missed: list[Evidence] = []
        doubtful: list[Evidence] = []
        for occasion in occasions:
            said = next((f for turn in self._turns_due(scene, occasion) for f in self._due.hits(turn)), None)
            if said:
                credited.append(said.evidence(_on(occasion), because("said", quote=said.quote)))
            elif doubt := self._doubt(scene, occasion):
                doubtful.append(occasion.evidence(*doubt))
            else:
                due = because("courtesy-not-said", title=self._rule.title, rule=self._rule.id)
                missed.append(occasion.evidence(_on(occasion), due))
        return credited, missed, doubtful

    def _doubt(self, scene: Scene, occasion: SpokenMatch) -> tuple[Reason, ...]:
        """Reasons why it proves nothing that the courtesy was not found; none if it does."""
        turns = self._turns_due(scene, occasion)
        near = next((f for turn in turns for f in self._near_misses.hits(turn)), None)
        if near:
            return _on(occasion), because("only-said", quote=near.quote)
        if any(self._politely(turn) for turn in turns):
            return _on(occasion), because("nin-might-do")
        if unheard := scene.unheard(turns, self._rule.where):
            return because("not-said"), unheard
        if scene.no_chance and self._was_to_come(scene, occasion):
            return because("not-said"), scene.no_chance
        who = next((o.who for o in self._occasion if o.who == occasion.turn.role), self._rule.when.who)
        doubt = scene.doubt(occasion, who)
        return (doubt,) if doubt else ()

    def _was_to_come(self, scene: Scene, occasion: SpokenMatch) -> bool:
        """Return whether there would have been more time for the courtesy, had the service not ended."""
        later = [turn for turn in scene.possibly_by(self._rule.who) if turn.number > occasion.turn.number]
        return len(later) < self._rule.within or occasion.turn is scene.turns[-1]

    def _politely(self, turn: Turn) -> bool:
        """Return whether something was said that would do, or nearly, with 您 where 你 was written down."""
        polite = turn.politely()
        return polite is not None and any(True for m in (self._due, self._near_misses) for _ in m.hits(polite))

    def _continued(self, scene: Scene, occasion: SpokenMatch) -> bool:
        return any(turn.number > occasion.turn.number for turn in scene.possibly_by(self._rule.who))

    def _turns_due(self, scene: Scene, occasion: SpokenMatch) -> tuple[Turn, ...]:
        """The turn of the occasion if it is of the same role, then the later and earlier ones that the rule allows."""
        own = scene.possibly_by(self._rule.who)
        same = tuple(t for t in own if t.number == occasion.turn.number)
        later = tuple(t for t in own if t.number > occasion.turn.number)[: self._rule.within]
        earlier = tuple(t for t in own if t.number < occasion.turn.number)
        return (*same, *later, *(earlier[-self._rule.before :] if self._rule.before else ()))


def _on(occasion: SpokenMatch) -> Reason:
    """The occasion, for the evidence."""
    return because("when-other-said" if occasion.turn.role == "citizen" else "when-said", quote=occasion.quote)
