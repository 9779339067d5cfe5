"""Something that must not be said."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from speechaudit.model import Evidence, ListenRequest, Span
from speechaudit.reasons import Reason, because
from speechaudit.rules.guards import CompiledGuard, Guards, TurnedAside
from speechaudit.rules.listening import charge_probe, charge_requests, politeness_requests, surely_impolite
from speechaudit.rules.phrases import Lists, Phrases, TextMatch
from speechaudit.rules.scene import NOTHING, Backchannels, Judgement, Matcher, Scene, SpokenMatch
from speechaudit.rules.schema import Forbidden, Said
from speechaudit.rules.turns import Turn
from speechaudit.text import SENTENCE_END

_Told = Literal["said-forbidden", "tone-to-be-heard"]
NEAR = 12  # characters between two hits of one outburst
# Characters of which a question may consist that asks for nothing but what was just said.
_ASKING = frozenset("什么谁哪啥怎几多少你您我他她它这那个儿里位去来说要是有在的了啊吗呢吧呀嘛哦噢嗯呃诶哎")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Excuse:
    """What `unless` makes of a turn: `whole` if said in one breath; `late` is what helped once the other spoke."""

    whole: bool
    late: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Meant:
    """A segment to which a classifier gives this meaning: a charge without `doubt`.

    `aside` is the guard there, `late` the reason why help that came later leaves it to a person.
    """

    found: SpokenMatch
    confidence: float
    doubt: bool
    aside: TurnedAside | None
    late: Reason | None


class ForbiddenJudge:
    """`fail` on a sure hit, `unclear` on a doubtful one, `pass` if the role spoke and never said it as its own.

    A rule whose words prove nothing without the tone says `unclear` of a sure hit too.
    Words as they stand in the rule are doubtful where the classifier reads no fault in the sentence.
    A classifier's label is a sure hit only from the policy's `accusing_label` on, in words heard as well as
    `minimum_edge_confidence` asks, and never where the rule is a veto; a question that holds nothing but what the other
    side just said is none.
    An excuse that came once the other side had spoken is none, but for rules whose faults can be made good later:
    it leaves a sure hit of theirs to a person, and lets go of what is doubtful anyway.
    """

    def __init__(self, rule: Forbidden, lists: Lists, guards: Sequence[CompiledGuard] = ()) -> None:
        self._rule = rule
        self._code: _Told = "said-forbidden" if rule.verdict == "fail" else "tone-to-be-heard"
        self._guards = Guards(guards, rule.id)
        self._said = (Matcher(rule, lists), *_alone(rule, rule.alone, lists))
        self._toned = _alone(rule, rule.by_ear, lists)
        self._outright = _outright(rule, lists)
        self._unless = Phrases(rule.unless, lists)
        self._backchannels = Backchannels(lists)
        self._last: tuple[Turn, Scene, _Excuse] | None = None  # each hit in a turn asks for it again

    def __call__(self, scene: Scene) -> Judgement:
        """Judge one scene."""
        who = self._rule.who
        if not scene.possibly_by(who):
            return NOTHING
        span = scene.window(self._rule.where, who)
        said, guarded = self._by_guard(self._found(self._said, scene, span), scene)
        requests = tuple(request for f in said for request in (*charge_requests(scene, f), *self._choices(scene, f)))
        doubts = list(self._doubted(said, scene))
        meant = tuple(self._meant(scene, [*said, *(f for f, _ in guarded)]))
        sure = [f.evidence(self._because(self._code, f), *self._length(f, scene)) for f, doubt in doubts if not doubt]
        if sure := [*sure, *(self._told(m, charged=True) for m in meant if not m.doubt)]:
            return Judgement(verdict=self._rule.verdict, evidence=tuple(sure), requests=requests)
        perhaps = ((f, aside) for f, aside in guarded if aside.verdict == "unclear" and not self._late(f, scene))
        doubts += [(f, _turned(aside, "but-guarded")) for f, aside in perhaps]
        doubtful = [f.evidence(because("may-have-said", quote=f.quote), doubt) for f, doubt in doubts if doubt]
        heard, _ = self._by_guard(self._found(self._toned, scene, span), scene)
        toned = [f.evidence(self._because("tone-to-be-heard", f)) for f in heard if not self._late(f, scene)]
        if evidence := (*doubtful, *toned, *(self._told(m, charged=False) for m in meant)):
            return Judgement(verdict="unclear", evidence=evidence, requests=requests)
        turned = tuple(f.evidence(because("said", quote=f.quote), _turned(aside, "guarded")) for f, aside in guarded)
        return Judgement(verdict="pass", evidence=turned, requests=requests)

    def _because(self, code: _Told, found: SpokenMatch) -> Reason:
        return because(code, quote=found.quote, title=self._rule.title, rule=self._rule.id)

    def _length(self, found: SpokenMatch, scene: Scene) -> tuple[Reason, ...]:
        """Return how long the same role went on from these words until another spoke, where somebody else is there."""
        other = [turn.start for turn in scene.turns if turn.role != found.turn.role]
        if not self._rule.tell_length or not other:
            return ()
        until = min((start for start in other if start > found.span.start), default=scene.end)
        last = max(turn.end for turn in scene.turns if turn.role == found.turn.role and turn.start < until)
        return (because("went-on", seconds=last - found.span.start),)

    def _by_guard(
        self, found: Sequence[SpokenMatch], scene: Scene
    ) -> tuple[list[SpokenMatch], list[tuple[SpokenMatch, TurnedAside]]]:
        """Return what is the speaker's own, such as outbursts, and what a guard turns aside."""
        asides = [(f, self._guards.of(f, scene)) for f in found]
        return _joined([f for f, aside in asides if not aside]), [(f, aside) for f, aside in asides if aside]

    def _doubted(self, found: Sequence[SpokenMatch], scene: Scene) -> Iterator[tuple[SpokenMatch, Reason | None]]:
        """Yield hits with the reason why they are no proof, if any; none that are doubtful and made good later."""
        for own in found:
            doubt, late = self._doubt(scene, own), self._late(own, scene)
            if not (doubt and late):
                yield own, doubt or self._made_good(late)

    def _made_good(self, late: str) -> Reason | None:
        return because("helped-late", quote=late) if late else None

    def _late(self, found: SpokenMatch, scene: Scene) -> str:
        return self._excuse(found.turn, scene).late

    def _doubt(self, scene: Scene, found: SpokenMatch) -> Reason | None:
        """Reason why these words are no proof, or None."""
        probe = charge_probe(scene, found)
        if probe and scene.least_charge is not None and probe.score < scene.least_charge:
            return because("sounds-otherwise", score=probe.score)
        if probe and probe.agreement is not None and not scene.heard_well(found, scene.minimum_confidence):
            return because("not-written-again", share=probe.agreement)
        if self._rests_on_ni(found) and not surely_impolite(scene, found):
            return because("nin-or-ni")
        if self._rule.verdict == "fail" and self._reads_fair(found, scene):
            return because("meaning-otherwise")
        return scene.doubt(found, self._rule.who)

    def _reads_fair(self, found: SpokenMatch, scene: Scene) -> bool:
        """Return whether a classifier reads no fault in words as they stand in the rule, and none is sure by itself."""
        if not found.hit.exact or not found.turn.fair(found.hit, scene.minimum_label):
            return False
        return not any(_overlap(found, own) for matcher in self._outright for own in matcher.hits(found.turn))

    def _choices(self, scene: Scene, found: SpokenMatch) -> tuple[ListenRequest, ...]:
        return politeness_requests(scene, found) if self._rests_on_ni(found) else ()

    def _rests_on_ni(self, found: SpokenMatch) -> bool:
        """Return whether these words would be no fault with 您 for 你, which recognisers often swap."""
        polite = None if self._rule.nin_too else found.turn.politely()
        if polite is None:
            return False
        hits = (f.hit for matcher in self._said for f in matcher.hits(polite))
        there = any(h.start < found.hit.end and found.hit.start < h.end for h in hits)
        return not there or bool(self._unless.find(polite.folded))

    def _meant(self, scene: Scene, said: Sequence[SpokenMatch]) -> Iterator[_Meant]:
        """Segments that a classifier gives this meaning, where no phrase is there to prove it or to be turned aside."""
        for turn in scene.possibly_by(self._rule.who):
            for segment in turn.segments if self._rule.meaning else ():
                confidence = max((x.confidence for x in segment.labels if x.name in self._rule.meaning), default=0.0)
                hit = turn.hit_of(segment) if confidence >= scene.minimum_label else None
                if not hit or any(f.turn is turn and _overlap_of(f.hit, hit) for f in said):
                    continue
                if self._excuse(turn, scene).whole:
                    break
                if meant := self._meaning(SpokenMatch(turn=turn, hit=hit), confidence, scene):
                    yield meant

    def _meaning(self, found: SpokenMatch, confidence: float, scene: Scene) -> _Meant | None:
        """Return what these words mean, or None if of what is unsure the other rules tell, or it was made good."""
        aside = self._guards.of_meaning(found, scene)
        accuses = self._accuses(scene, found, confidence) and not _asks_back(found, scene)
        if not accuses and aside and aside.verdict == "pass":
            return None
        doubt = bool(not accuses or aside or scene.doubt(found, self._rule.who))
        late = self._late(found, scene)
        if doubt and (late or self._rule.catch_all):
            return None
        made_good = self._made_good(late)
        return _Meant(found=found, confidence=confidence, doubt=bool(doubt or made_good), aside=aside, late=made_good)

    def _accuses(self, scene: Scene, found: SpokenMatch, confidence: float) -> bool:
        """Return whether the label proves it: a classifier that reads misheard words is as sure as ever."""
        heard = found.confidence >= scene.minimum_edge_confidence
        return heard and self._rule.verdict == "fail" and scene.label_accuses(self._rule.id, confidence)

    def _told(self, meant: _Meant, *, charged: bool) -> Evidence:
        title, own, sure = self._rule.title, self._rule.id, meant.confidence
        if charged:
            reason = because("meaning-forbidden", title=title, rule=own, confidence=sure)
        else:
            reason = because("meaning-alike", title=title, rule=own, confidence=sure)
        reasons = [reason, *([_turned(meant.aside, "but-guarded")] if meant.aside else ())]
        reasons += [meant.late] if meant.late else []
        return replace(meant.found.evidence(*reasons), match="label", heard=meant.confidence)

    def _found(self, matchers: Sequence[Matcher], scene: Scene, span: Span) -> list[SpokenMatch]:
        """Return what these matchers find and nothing excuses; the same words count once."""
        found: list[SpokenMatch] = []
        for matcher in matchers:
            hits = matcher.within(scene.possibly_by(self._rule.who), span)
            found += [
                f for f in hits if not self._excuse(f.turn, scene).whole and not any(_overlap(f, g) for g in found)
            ]
        return found

    def _excuse(self, spoken: Turn, scene: Scene) -> _Excuse:
        """Return what excuses this turn, in it or in the next of the same role."""
        if (last := self._last) and last[0] is spoken and last[1] is scene:
            return last[2]
        excuse = self._excused(spoken, scene) if self._unless else _Excuse(whole=False)
        self._last = (spoken, scene, excuse)
        return excuse

    def _excused(self, spoken: Turn, scene: Scene) -> _Excuse:
        same_role = scene.possibly_by(spoken.role)
        then = same_role[same_role.index(spoken) + 1 :][:1]
        if self._unless.find(spoken.folded):
            return _Excuse(whole=True)
        said = next((turn.quote(hit) for turn in then for hit in self._unless.find(turn.folded)), "")
        if said and self._other_spoke(spoken, then[0], scene):
            return _Excuse(whole=False, late=said if self._rule.made_good_later else "")
        return _Excuse(whole=bool(said))

    def _other_spoke(self, spoken: Turn, then: Turn, scene: Scene) -> bool:
        """Return whether somebody else surely spoke between two turns, more than to show that they listen."""
        between = (turn for turn in scene.turns if spoken.number < turn.number < then.number)
        return spoken.role != "unknown" and not all(self._backchannels.all_of(turn) for turn in between)


def _asks_back(found: SpokenMatch, scene: Scene) -> bool:
    """Return whether words are a question that holds nothing but what the other side just said: 什么?, 抛?抛什么?."""
    before = [turn for turn in scene.turns if turn.number < found.turn.number and turn.role != found.turn.role][-1:]
    known = _ASKING.union(SENTENCE_END, *(turn.folded.chars for turn in before))
    own = found.turn.segment(found.hit)
    asks = own.text.rstrip().endswith(("?", "\uff1f")) or any(label.name == "question" for label in own.labels)
    return asks and known.issuperset(found.written)


def _turned(aside: TurnedAside, code: Literal["guarded", "but-guarded"]) -> Reason:
    return because(code, guard=aside.guard.id, title=aside.guard.title)


def _alone(rule: Forbidden, phrases: tuple[str, ...], lists: Lists) -> tuple[Matcher, ...]:
    """A matcher for phrases that count only as a whole turn, where a homophone can hardly be anything else."""
    if not phrases:
        return ()
    said = Said.model_validate({"phrases": phrases, "except": rule.but_not, "whole": "turn", "sounds_like": True})
    return (Matcher(said, lists),)


def _outright(rule: Forbidden, lists: Lists) -> tuple[Matcher, ...]:
    """A matcher for what needs no classifier's word, where it is a clause by itself."""
    if not rule.outright:
        return ()
    return (Matcher(Said.model_validate({"phrases": rule.outright, "whole": "clause"}), lists),)


def _joined(found: Sequence[SpokenMatch]) -> list[SpokenMatch]:
    """Hits close together in one turn are one outburst, quoted from the first to the last."""
    joined: list[SpokenMatch] = []
    for one in sorted(found, key=lambda f: (f.turn.number, f.hit.start)):
        if joined and joined[-1].turn is one.turn and one.hit.start - joined[-1].hit.end <= NEAR:
            one = _one_outburst(joined.pop(), one)  # noqa: PLW2901
        joined.append(one)
    return joined


def _one_outburst(first: SpokenMatch, then: SpokenMatch) -> SpokenMatch:
    """From the start of the first hit to the end of the one that begins after it."""
    end = max(first.hit.end, then.hit.end)
    if first.hit.exact and then.hit.exact:
        return replace(first, hit=TextMatch(start=first.hit.start, end=end, exact=True))
    spelled = list(first.turn.folded.chars)
    for hit in (first.hit, then.hit):
        spelled[hit.start : hit.end] = hit.meant or spelled[hit.start : hit.end]
    return replace(
        first, hit=TextMatch(start=first.hit.start, end=end, exact=False, meant="".join(spelled[first.hit.start : end]))
    )


def _overlap(a: SpokenMatch, b: SpokenMatch) -> bool:
    return a.turn is b.turn and _overlap_of(a.hit, b.hit)


def _overlap_of(a: TextMatch, b: TextMatch) -> bool:
    return a.start < b.end and b.start < a.end
