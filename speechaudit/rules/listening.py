"""The second listen: what the rules ask for, and what its answers prove where nothing was written down."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from speechaudit.model import Evidence, ListenRequest, Place, Probe, Role, Segment, Span
from speechaudit.reasons import Reason, because
from speechaudit.rules.scene import LONGEST, Judgement, Scene, SpokenMatch
from speechaudit.rules.schema import Required, Rule, Slot, Where
from speechaudit.rules.schema import Sequence as SequenceRule
from speechaudit.rules.turns import Turn
from speechaudit.text import NI, NIN, SENTENCE_END

Variants = Mapping[str, tuple[str, ...]]
NI_OR_NIN = f"{NI}/{NIN}"  # the name of the choice in a calibration
LEADING = 8  # of those, so many characters at most


def absence_requests(
    scene: Scene, phrases: Sequence[str], who: Role, where: Where, heard: Sequence[Turn]
) -> tuple[ListenRequest, ...]:
    """Return the requests for phrases of which none was written down, in each channel of `who`, and for what was.

    `heard` are the turns that were searched.
    """
    place, span = _place(where), scene.window(where, who)
    wanted = tuple(
        ListenRequest(
            start=span.start, end=span.end, phrase=name, variants=scene.spellings[name], channel=channel, place=place
        )
        for name in phrases
        if place and name in scene.thresholds
        for channel in sorted({segment.channel for turn in scene.possibly_by(who) for segment in turn.segments})
    )
    edge = scene.edge(heard, where) if wanted and scene.surety else None
    return (*wanted, words_request(edge, again=True)) if edge else wanted


def charge_requests(scene: Scene, found: SpokenMatch) -> tuple[ListenRequest, ...]:
    """Return the requests for words that are held against somebody."""
    if scene.least_charge is None and scene.surety is None:
        return ()
    return (words_request(found, again=scene.surety is not None),)


def politeness_requests(scene: Scene, found: SpokenMatch) -> tuple[ListenRequest, ...]:
    """Return the requests for words that only 你 instead of 您 makes a fault."""
    request = words_request(found, again=False)
    if NI_OR_NIN not in scene.thresholds or NI not in request.phrase:
        return ()
    return (replace(request, phrase=_choice(request.phrase), against=request.phrase.replace(NI, NIN)),)


def charge_probe(scene: Scene, found: SpokenMatch) -> Probe | None:
    """Return the probe of words that are held against somebody; None if nobody listened there."""
    return scene.probe(found, found.said_at_once)


def surely_impolite(scene: Scene, found: SpokenMatch) -> bool:
    """Return whether a second listen decided for 你 and against 您."""
    probe = scene.probe(found, _choice(found.said_at_once))
    return probe is not None and NI_OR_NIN in scene.thresholds and probe.score >= scene.thresholds[NI_OR_NIN].sure


def _choice(text: str) -> str:
    return f"{text}/{text.replace(NI, NIN)}"


def words_request(found: SpokenMatch, *, again: bool) -> ListenRequest:
    """Return the request for words that were written down, as far as they can be listened to at once.

    With `again` the place is to be written down once more.
    """
    before, times, end = _led_up_to(found), found.turn.times, found.end_at_once
    text = found.said_at_once
    return ListenRequest(
        start=times[found.hit.start - len(before)][0],
        end=times[end - 1][1],
        phrase=text,
        variants=(text,),
        channel=found.turn.segment(found.hit).channel,
        place="words",
        before=before.replace(SENTENCE_END, ""),
        again=again,
    )


def _led_up_to(found: SpokenMatch) -> str:
    """The characters of the same turn right before the words, as far as they can be listened to with them."""
    times, start, end = found.turn.times, found.hit.start, found.end_at_once
    first = max(0, start - LEADING)
    while first < start and times[first][0] < times[end - 1][1] - LONGEST:
        first += 1
    return found.turn.folded.chars[first:start]


def places(rules: Iterable[Rule]) -> dict[str, Place]:
    """Return the place in which rules listen for each phrase that they name; one of them where rules differ."""
    return {name: place for rule in rules for name, place in _wanted(rule) if place}


def complaint(rule: Rule, variants: Variants) -> str:
    """Return a complaint about the `listen` of a rule, in Chinese, or an empty text."""
    for name, place in _wanted(rule):
        if name not in variants:
            return f"listen 中的“{name}”不在 listen.yml 里"
        if place is None:
            return "写了 listen,where 就要写明在开头(first_…)还是结尾(last_…)"
    return ""


def _wanted(rule: Rule) -> Iterator[tuple[str, Place | None]]:
    if isinstance(rule, Required | SequenceRule):
        parts: Sequence[Required | Slot] = (rule,) if isinstance(rule, Required) else rule.slots
        yield from ((name, _place(rule.where)) for part in parts for name in part.listen)


def _place(where: Where) -> Place | None:
    if where.at_the_start:
        return "opening"
    return "closing" if where.at_the_end else None


def second_listen(scene: Scene, phrases: Sequence[str], who: Role, span: Span) -> Judgement | None:
    """Return `pass` if `who` surely said a phrase in `span`, `unclear` if perhaps, None if nothing speaks for it."""
    for probe in sorted(_near(scene, phrases, who, span), key=lambda p: (-_clear(scene, p), -p.score)):
        doubt = _doubt(scene, probe, who)
        return Judgement(verdict="unclear" if doubt else "pass", evidence=(_evidence(probe, who, doubt),))
    return None


def nearly(scene: Scene, phrases: Sequence[str], who: Role, span: Span) -> float:
    """Return the best score of any of these phrases in `span`, 0 to 1, whatever it proves; 0 where nobody listened."""
    return max((p.score for p in _there(scene, phrases, who, span)), default=0.0)


def not_refuted(scene: Scene, phrases: Sequence[str], who: Role, span: Span) -> Reason | None:
    """Return the reason why the absence of these phrases is unproven, or None, also where no limit is known."""
    limits = {name: scene.thresholds[name].absent for name in phrases if name in scene.thresholds}
    known = {name: limit for name, limit in limits.items() if limit is not None}
    probes = [probe for probe in _there(scene, phrases, who, span) if probe.phrase in known]
    if known and not any(probe.phrase in known and _inside(scene, probe, span) for probe in scene.probes):
        return because("nothing-to-listen-to")
    nearest = max(probes, key=lambda probe: probe.score - known[probe.phrase], default=None)
    if nearest is None or nearest.score < known[nearest.phrase]:
        return None
    return because("not-ruled-out", variant=nearest.variant, score=nearest.score)


def _near(scene: Scene, phrases: Sequence[str], who: Role, span: Span) -> Iterator[Probe]:
    """Those probes that lie above the threshold of doubt."""
    known = (probe for probe in _there(scene, phrases, who, span) if probe.phrase in scene.thresholds)
    return (probe for probe in known if probe.score >= scene.thresholds[probe.phrase].doubt)


def _there(scene: Scene, phrases: Sequence[str], who: Role, span: Span) -> Iterator[Probe]:
    """Probes of these phrases in the searched span that another role cannot have said."""
    asked = (probe for probe in scene.probes if probe.phrase in phrases)
    return (probe for probe in asked if _inside(scene, probe, span) and _may_be(scene, probe, who))


def _clear(scene: Scene, probe: Probe) -> bool:
    return probe.score >= scene.thresholds[probe.phrase].sure


def _inside(scene: Scene, probe: Probe, span: Span) -> bool:
    """In the span, or outside of all that was written down at its side: just that was missed."""
    earlier = any(turn.end <= span.start for turn in scene.turns)
    later = any(turn.start >= span.end for turn in scene.turns)
    return (probe.end > span.start or not earlier) and (probe.start < span.end or not later)


def _may_be(scene: Scene, probe: Probe, who: Role) -> bool:
    said, others = _at(scene, probe)
    roles = {segment.role for segment in said or others}
    return not roles or bool(roles & {who, "unknown"})


def _doubt(scene: Scene, probe: Probe, who: Role) -> Reason | None:
    """Reason why a probe is no proof, or None."""
    if not _clear(scene, probe):
        return because("heard-again-faintly")
    said, others = _at(scene, probe)
    own_channel = any(s.channel != probe.channel for turn in scene.turns for s in turn.segments)
    surely = said or (others if own_channel else ())
    if not surely or any(segment.role != who for segment in surely):
        return because("heard-again-from-whom")
    return None


def _at(scene: Scene, probe: Probe) -> tuple[tuple[Segment, ...], tuple[Segment, ...]]:
    """Return what was written down in the channel of the probe: at that time, and altogether."""
    own = tuple(s for turn in scene.turns for s in turn.segments if s.channel == probe.channel)
    return tuple(s for s in own if s.overlap(probe) > 0), own


def _evidence(probe: Probe, who: Role, doubt: Reason | None) -> Evidence:
    heard = because("heard-again", variant=probe.variant, score=probe.score)
    return Evidence(
        start=probe.start,
        end=probe.end,
        role="unknown" if doubt and doubt.code == "heard-again-from-whom" else who,
        quote=probe.variant,
        reasons=(heard, doubt) if doubt else (heard,),
        match="second-listen",
        heard=probe.score,
    )
