"""What each layer adds: the same hearing judged again with layers taken away, from the top down.

Nothing in the product can be switched off: a layer is taken away in copies of the rulebook and of the transcript.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any, Final

from pydantic import BaseModel

from speechaudit.model import Transcript
from speechaudit.policy import Gate
from speechaudit.rules.kinds import Judge, compile_rule
from speechaudit.rules.rulebook import Rulebook
from speechaudit.rules.scene import Judgement, Scene
from speechaudit.rules.schema import Forbidden, Rule, Said


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """A layer, and how rulebook and transcript look without it."""

    name: str
    title: str
    without_rules: Callable[[Rulebook], Rulebook] = lambda book: book
    without_words: Callable[[Transcript], Transcript] = lambda transcript: transcript


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """All layers up to the one of this name: the rulebook to judge by, and what is taken out of a transcript."""

    name: str
    title: str
    book: Rulebook
    removed: tuple[Layer, ...]

    def words(self, transcript: Transcript) -> Transcript:
        """Return the transcript as it is without the layers above."""
        for layer in self.removed:
            transcript = layer.without_words(transcript)
        return transcript


def levels(book: Rulebook) -> Iterator[Level]:
    """Return the levels of layers, from plain decoding alone to everything."""
    for number, layer in enumerate(LAYERS, 1):
        removed, reduced = LAYERS[number:], book
        for above in removed:
            reduced = above.without_rules(reduced)
        yield Level(name=layer.name, title=layer.title, book=reduced, removed=removed)


def _by_spelling_alone(book: Rulebook) -> Rulebook:
    rules = tuple(_spelled(rule) for rule in book.rules)
    return replace(book, rules=rules, judges={rule.id: _judge(rule, book) for rule in rules})


def _spelled(part: Any) -> Any:
    """A rule, or a part of one, that names no phrases to be found by sound."""
    if isinstance(part, tuple):
        return tuple(_spelled(one) for one in part)
    if not isinstance(part, BaseModel):
        return part
    changed = {name: _spelled(getattr(part, name)) for name in type(part).model_fields}
    return part.model_copy(update=changed | ({"sounds_like": False} if isinstance(part, Said) else {}))


def _judge(rule: Rule, book: Rulebook) -> Judge:
    """Forbidden phrases that count only as a whole turn are always found by sound too: that evidence is dropped."""
    judge = compile_rule(rule, book.lists, book.guards)
    if not isinstance(rule, Forbidden):
        return judge

    def by_spelling(scene: Scene) -> Judgement:
        found = judge(scene)
        kept = tuple(evidence for evidence in found.evidence if evidence.match != "sounds-like")
        dropped_all = found.evidence and not kept
        return Judgement(verdict="pass" if dropped_all else found.verdict, evidence=kept)

    return by_spelling


def _unlabelled(transcript: Transcript) -> Transcript:
    return replace(transcript, segments=tuple(replace(segment, labels=()) for segment in transcript.segments))


def _once(transcript: Transcript) -> Transcript:
    return replace(transcript, probes=())


def _uncalibrated(book: Rulebook) -> Rulebook:
    return replace(book, calibrations={})


def _without_gate(book: Rulebook) -> Rulebook:
    least = {"minimum_confidence": 0.0, "minimum_edge_confidence": 0.0, "minimum_seconds": 0.0}
    open_to_all = {**least, "gate": Gate()}
    return replace(book, policy=book.policy.model_copy(update=open_to_all))


LAYERS: Final[tuple[Layer, ...]] = (
    Layer(name="plain", title="首次识别"),
    Layer(name="homophones", title="+ 同音字", without_rules=_by_spelling_alone),
    Layer(name="meaning", title="+ 意思模型", without_words=_unlabelled),
    Layer(name="second-listen", title="+ 再听一遍", without_rules=_uncalibrated, without_words=_once),
    Layer(name="gate", title="+ 门槛(完整产品)", without_rules=_without_gate),
)
