"""Why an utterance is judged as it is: which phrase, list, guard or label decided, and what would change it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from pydantic import BaseModel

from speechaudit.model import Evidence, Finding, Label, Setting, Verdict
from speechaudit.reasons.wire import with_sentence
from speechaudit.rules import rulebook
from speechaudit.rules.guards import CompiledGuard
from speechaudit.rules.judge import finding, scene_of, settled
from speechaudit.rules.kinds import compile_rule
from speechaudit.rules.phrases import Phrases
from speechaudit.rules.rulebook import Rulebook
from speechaudit.rules.scene import Matcher, Scene
from speechaudit.rules.schema import Forbidden, Rule, Said
from speechaudit.rules.trial import spoken
from speechaudit.rules.turns import Turn
from speechaudit.text import simplify

_LEADING: Final = ("phrases", "alone", "by_ear")
_FIELDS: Final = (*_LEADING, "but_not", "unless", "perhaps", "before_silence", "own", "told", "again")
_WRITTEN: Final = {"but_not": "except"}  # as the file has it
_LIST = re.compile("<([^<>]+)>")
Steps = tuple[str | int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sign:
    """A phrase of a rule that is in the utterance.

    `field` is where it stands in the rule, `place` where in which file, `lists` the lists that it names, each with its
    line that is there. `without` is the verdict if the rule had not got this phrase.
    """

    field: str
    template: str
    quote: str
    place: str
    lists: Mapping[str, str]
    by_sound: bool
    without: Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelSign:
    """A label of the classifiers that the rule asks for: from `least` on for a person, from `accuses` on a fault."""

    name: str
    confidence: float
    least: float
    accuses: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class GuardSign:
    """A guard that turns words of the rule aside; `without` is the verdict if there were no such guard."""

    guard: str
    title: str
    without: Verdict


@with_sentence("why", "evidence")
@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """What decided the verdict of one rule. `excuses` are phrases and `guards` titles that would let it off."""

    rule: str
    title: str
    verdict: Verdict
    evidence: tuple[Evidence, ...]
    signs: tuple[Sign, ...]
    labels: tuple[LabelSign, ...]
    turned_aside: tuple[GuardSign, ...]
    excuses: tuple[str, ...]
    guards: tuple[str, ...]

    @property
    def why(self) -> str:
        """The reasons of all evidence in Chinese, for people."""
        return ";".join(evidence.why for evidence in self.evidence)


def explain(
    book: Rulebook, folder: Path, text: str, setting: Setting, labels: tuple[Label, ...] = ()
) -> tuple[Explanation, ...]:
    """Explain what each rule in force finds in words of the staff; none that finds nothing or does not apply.

    `folder` is where the rulebook was read, and `labels` are what the classifiers say of the words.
    """
    scene = scene_of(book, spoken(text, labels))
    rules = book.in_force(setting) if scene.turns else ()
    judged = settled(book, [finding(book, rule, book.judges[rule.id](scene)) for rule in rules])
    found = (_explained(book, folder, *each, scene, labels) for each in zip(rules, judged, strict=True))
    return tuple(each for each in found if each)


def _explained(
    book: Rulebook, folder: Path, rule: Rule, judged: Finding, scene: Scene, labels: Sequence[Label]
) -> Explanation | None:
    turn = scene.turns[0]
    asked = tuple(_labels(rule, labels, scene))
    hits = tuple(dict.fromkeys(_hits(rule, turn, book)))
    if not any(hit.steps[-1] in _LEADING for hit in hits) and not any(x.confidence >= x.least for x in asked):
        return None
    if judged.verdict == "n/a":
        return None
    accused = isinstance(rule, Forbidden) and judged.verdict in ("fail", "unclear")
    return Explanation(
        rule=rule.id,
        title=rule.title,
        verdict=judged.verdict,
        evidence=judged.evidence,
        signs=tuple(_sign(book, folder, rule, scene, hit) for hit in hits),
        labels=asked,
        turned_aside=tuple(_turned_aside(book, rule, scene, judged)),
        excuses=rule.unless if isinstance(rule, Forbidden) and accused else (),
        guards=tuple(g.guard.title for g in book.guards if g.guard.speaks_of(rule.id)) if accused else (),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class PhraseHit:
    """A phrase that is there; `steps` lead to its field in the rule."""

    steps: Steps
    template: str
    quote: str
    by_sound: bool


def _hits(rule: Rule, turn: Turn, book: Rulebook) -> Iterator[PhraseHit]:
    """Yield each phrase that is there."""
    for holder, path in _holders(rule, rule.who):
        for field in (name for name in _FIELDS if getattr(holder, name, ())):
            templates: tuple[str, ...] = getattr(holder, field)
            if len(templates) == 1 or any(_found(holder, field, templates, turn, book)):
                for template in templates:
                    for quote, by_sound in _found(holder, field, (template,), turn, book):
                        yield PhraseHit(steps=(*path, field), template=template, quote=quote, by_sound=by_sound)


def _holders(model: BaseModel, who: str, path: Steps = ()) -> Iterator[tuple[BaseModel, Steps]]:
    """Yield what holds phrases for words of the staff: the rule, its occasions and its parts."""
    if getattr(model, "who", who) == "staff":
        yield model, path
    for name in type(model).model_fields:
        value = getattr(model, name)
        if isinstance(value, Said):
            yield from _holders(value, who, (*path, name))
        elif isinstance(value, tuple):
            for number, each in enumerate(value):
                if isinstance(each, Said):
                    yield from _holders(each, who, (*path, name, number))


def _found(
    holder: BaseModel, field: str, templates: tuple[str, ...], turn: Turn, book: Rulebook
) -> Iterator[tuple[str, bool]]:
    """Yield the words that these phrases find, as the rule would look for them."""
    if field not in _LEADING or not isinstance(holder, Said):
        yield from ((turn.quote(hit), not hit.exact) for hit in Phrases(templates, book.lists).find(turn.folded))
        return
    alone = field != "phrases"
    said = Said(
        phrases=templates,
        sounds_like=alone or _by_sound(holder, templates),
        whole_words=holder.whole_words and not alone,
        whole="turn" if alone else holder.whole,
    )
    yield from ((match.quote, not match.hit.exact) for match in Matcher(said, book.lists).hits(turn))


def _by_sound(holder: Said, templates: tuple[str, ...]) -> bool | tuple[str, ...]:
    heard = holder.sounds_like
    return heard if isinstance(heard, bool) else tuple(each for each in heard if each in templates)


def _sign(book: Rulebook, folder: Path, rule: Rule, scene: Scene, hit: PhraseHit) -> Sign:
    files = (rulebook.rule_path(folder, rule.id), rulebook.profile_path(folder, book.profile))
    place = rulebook.place_of_phrase(simplify(hit.template.strip()), files, folder)
    changed = _without(rule, hit.steps, hit.template)
    return Sign(
        field=".".join(str(_WRITTEN.get(str(part), part)) for part in hit.steps),
        template=hit.template,
        quote=hit.quote,
        place=place.removeprefix(f"{folder}/"),
        lists=dict(_lists(hit.template, hit.quote, book)),
        by_sound=hit.by_sound,
        without=compile_rule(changed, book.lists, book.guards)(scene).verdict,
    )


def _lists(template: str, quote: str, book: Rulebook) -> Iterator[tuple[str, str]]:
    """Yield each list that a template names, with its line that is there, and the lists which that line names."""
    for name in _LIST.findall(template):
        if line := _line(name, quote, book):
            yield name, line
            yield from _lists(line, quote, book)


def _line(name: str, quote: str, book: Rulebook) -> str:
    """Return the line of a list that is in these words, or an empty text."""
    return next((line for line in book.lists[name] if Phrases((line,), book.lists).find(quote)), "")


def _without(value: Any, path: Steps, template: str) -> Any:
    """Return the rule, or what of it the path leads to, without one phrase."""
    step, *rest = path
    if isinstance(step, int):
        return (*value[:step], _without(value[step], tuple(rest), template), *value[step + 1 :])
    if rest:
        return value.model_copy(update={step: _without(getattr(value, step), tuple(rest), template)})
    update: dict[str, Any] = {step: tuple(each for each in getattr(value, step) if each != template)}
    if isinstance(heard := getattr(value, "sounds_like", False), tuple):
        update["sounds_like"] = tuple(each for each in heard if each != template)
    return value.model_copy(update=update)


def _labels(rule: Rule, labels: Sequence[Label], scene: Scene) -> Iterator[LabelSign]:
    """Yield the labels that the rule asks for."""
    may = isinstance(rule, Forbidden) and rule.verdict == "fail" and rule.id not in scene.vetoes
    accuses = scene.accusing_label if may else None
    for label in (label for label in labels if label.name in getattr(rule, "meaning", ())):
        yield LabelSign(name=label.name, confidence=label.confidence, least=scene.minimum_label, accuses=accuses)


def _turned_aside(book: Rulebook, rule: Rule, scene: Scene, judged: Finding) -> Iterator[GuardSign]:
    told = {str(r.values["guard"]) for e in judged.evidence for r in e.reasons if "guard" in r.values}
    for own in (each.guard for each in book.guards if each.guard.id in told):
        others: list[CompiledGuard] = [each for each in book.guards if each.guard.id != own.id]
        without = compile_rule(rule, book.lists, others)(scene).verdict
        yield GuardSign(guard=own.id, title=own.title, without=without)
