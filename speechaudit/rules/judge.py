"""From rules and an encounter to findings."""

from __future__ import annotations

from speechaudit.model import Encounter, Finding, Setting
from speechaudit.rules import schema
from speechaudit.rules.rulebook import Rulebook, group_of
from speechaudit.rules.scene import Judgement, Scene
from speechaudit.rules.turns import turns_of


def scene_of(book: Rulebook, setting: Setting, encounter: Encounter, model: str = "") -> Scene:
    """What the rules look at in one encounter. `model` is the recogniser; its calibration weighs the second listen."""
    return Scene(
        start=encounter.start,
        end=encounter.end,
        setting=setting,
        turns=turns_of(encounter.transcript),
        measures=encounter.measures,
        minimum_confidence=book.policy.minimum_confidence,
        minimum_label=book.policy.minimum_label,
        probes=encounter.transcript.probes,
        thresholds=book.thresholds(model),
        cut_off=encounter.transcript.cut_off,
    )


def judge(book: Rulebook, setting: Setting, encounter: Encounter, model: str = "") -> tuple[Finding, ...]:
    """One finding for every rule in force that speaks of this setting, in the order of the rulebook; no points yet."""
    scene = scene_of(book, setting, encounter, model)
    return tuple(finding(book, rule, book.judges[rule.id](scene)) for rule in book.in_force(setting))


def finding(book: Rulebook, rule: schema.Rule, judgement: Judgement) -> Finding:
    """A judgement with the header and the clauses of its rule."""
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
