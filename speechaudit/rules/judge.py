"""From rules and an encounter to findings."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from speechaudit.model import Encounter, Evidence, Finding, ListenRequest, Setting, Span, Transcript
from speechaudit.rules import schema
from speechaudit.rules.people import between_announcements, probes_of_people
from speechaudit.rules.place import ALONE, PlaceInService, in_its_place
from speechaudit.rules.rulebook import Rulebook, group_of
from speechaudit.rules.scene import NO_CHANCE, Judgement, Scene
from speechaudit.rules.tied import decided, reworded, together
from speechaudit.rules.turns import turns_of
from speechaudit.rules.whoever import as_if_staff, whoever


def scene_of(book: Rulebook, encounter: Encounter, model: str = "", place: PlaceInService = ALONE) -> Scene:
    """Return what rules look at in one encounter; the calibration of the recogniser `model` weighs a second listen."""
    among = between_announcements(encounter.transcript, encounter)
    return Scene(
        start=among.start,
        end=among.end,
        turns=turns_of(encounter.transcript),
        measures=encounter.measures,
        minimum_confidence=book.policy.minimum_confidence,
        minimum_edge_confidence=book.policy.minimum_edge_confidence,
        minimum_label=book.policy.minimum_label,
        accusing_label=book.policy.accusing_label,
        vetoes=frozenset(book.policy.veto.rules),
        probes=probes_of_people(encounter.transcript),
        thresholds=book.thresholds(model),
        least_charge=book.least_charge(model),
        surety=book.surety(model),
        minimum_surety=book.policy.minimum_surety,
        spellings=book.listen,
        cut_off=encounter.transcript.cut_off,
        gaps=encounter.transcript.gaps,
        ending=next((mark for mark in encounter.marks if mark.kind in NO_CHANCE), None),
        others=place.others,
        window_name=place.window_name,
    )


def judge(
    book: Rulebook, setting: Setting, encounter: Encounter, model: str = "", place: PlaceInService = ALONE
) -> tuple[Finding, ...]:
    """Return one finding, without points, for every rule in force for this setting, in the order of the rulebook.

    `encounter` is one person's share of a service, and `place` how it lies in it. Where nobody knows which voice is the
    staff's, each of them is judged as if it were, and findings are doubts at most. What is charged in one wording and
    not in another that is nearly as likely is in doubt.
    """

    def judged(transcript: Transcript) -> tuple[Finding, ...]:
        return _whoever(book, setting, replace(encounter, transcript=transcript), model, place)

    return decided(encounter.transcript, judged(encounter.transcript), judged)


def _whoever(
    book: Rulebook, setting: Setting, encounter: Encounter, model: str, place: PlaceInService
) -> tuple[Finding, ...]:
    cases = as_if_staff(encounter.transcript)
    if not cases:
        return _judged(book, setting, encounter, model, place)
    found = [_judged(book, setting, replace(encounter, transcript=each), model, place) for each in cases]
    return whoever(found, _catching(book))


def _judged(
    book: Rulebook, setting: Setting, encounter: Encounter, model: str, place: PlaceInService
) -> tuple[Finding, ...]:
    scene = scene_of(book, encounter, model, place)
    judged = ((rule, book.judges[rule.id](scene)) for rule in book.in_force(setting))
    return settled(book, [finding(book, rule, in_its_place(rule, found, place, scene)) for rule, found in judged])


def settled(book: Rulebook, findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """Return the findings without charges of a rule that catches all for words that another rule decides about.

    It does where it charges them, or leaves them to a person since they were made good later.
    """
    catching = _catching(book)
    others = [f for f in findings if f.kind == "forbidden" and f.rule not in catching]
    decided = [evidence for finding in others for evidence in finding.evidence if _decides(finding, evidence)]
    return tuple(_left(f, decided) if f.rule in catching else f for f in findings)


def _decides(finding: Finding, evidence: Evidence) -> bool:
    return finding.verdict == "fail" or any(reason.code == "helped-late" for reason in evidence.reasons)


def _catching(book: Rulebook) -> frozenset[str]:
    """Return the rules that catch all, which leave what is unsure to the others."""
    return frozenset(rule.id for rule in book.rules if isinstance(rule, schema.Forbidden) and rule.catch_all)


def _left(caught: Finding, decided: Sequence[Evidence]) -> Finding:
    """The finding with its charges for other words than these."""
    own = tuple(each for each in caught.evidence if not any(each.overlap(other) > 0 for other in decided))
    return replace(caught, evidence=own, verdict="pass" if caught.evidence and not own else caught.verdict)


def listen_requests(
    book: Rulebook,
    setting: Setting,
    encounter: Encounter,
    around: Span,
    model: str = "",
    place: PlaceInService = ALONE,
) -> tuple[ListenRequest, ...]:
    """Return the requests of a second listen before this encounter is judged: each place once.

    `around` is the span in which words may have been said that were not written down.
    """
    scenes = [
        scene_of(book, replace(encounter, transcript=each), model, place) for each in _cases(encounter.transcript)
    ]
    wanted = (
        request
        for rule in book.in_force(setting)
        for scene in scenes
        for request in book.judges[rule.id](scene).requests
    )
    among = between_announcements(encounter.transcript, around)
    return tuple(dict.fromkeys(_widened(request, among) for request in wanted))


def _cases(transcript: Transcript) -> Iterator[Transcript]:
    """Yield the transcript in each wording that will be judged, and for each voice that may be the staff's."""
    others = (reworded(transcript, group) for group in together(transcript.alternatives))
    for wording in (transcript, *others):
        yield from as_if_staff(wording) or (wording,)


def _widened(request: ListenRequest, around: Span) -> ListenRequest:
    """A greeting may lie before all that was written down, and a farewell after it."""
    if request.place == "opening":
        return replace(request, start=around.start)
    return replace(request, end=around.end) if request.place == "closing" else request


def finding(book: Rulebook, rule: schema.Rule, judgement: Judgement) -> Finding:
    """Return a judgement with the header and the clauses of its rule."""
    return Finding(
        rule=rule.id,
        title=rule.title,
        topics=rule.topics,
        kind=rule.kind,
        dimension=group_of(rule.id),
        level=rule.level,
        status=rule.status,
        verdict=judgement.verdict,
        message=rule.message,
        clauses=book.clauses(rule),
        evidence=judgement.evidence,
    )
