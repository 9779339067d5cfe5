"""How a label model is trained: on the writers' lines, among templates, ordinary dialogues and broad text."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from speechaudit.text import model_form
from training import fit
from training.augment import Augmenter
from training.materials import SEED, Materials
from training.student import POSITIONS, Reader, Student, bert
from training.utterances import Utterance, utterances
from training.writers import FIRST

EPOCHS = 3
RATE = 2e-4
"""The highest learning rate of the encoder."""
PER_TEMPLATE = 1
"""Utterances made of each template in an epoch."""
DIALOGUE_TURNS, BROAD = 1200, 300
"""Turns of ordinary service and clauses about anything in an epoch: neither carries a label."""
FURTHER_EPOCHS, FURTHER_RATE = 2, 1.2e-4
AGAIN = 4000
"""Lines of the first writers that are read again in an epoch of further learning."""
DROPOUT = 0.1
FROZEN = 2
"""Layers that stay as the teacher has them, as its word vectors do."""
_COMPANIONS = ("staff-statements", "service-talk", "staff-questions", "staff-requests", "neutral")
_STRANGE, _FORGOTTEN = 0.25, 0.25


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """How many of the teacher's first layers are taken, and whether the turn before is read."""

    layers: int
    context: bool


CHOSEN = Recipe(layers=6, context=True)


def trained(recipe: Recipe, known: Materials, lines: Sequence[Utterance]) -> Student:
    """A model that has learned from these lines."""
    model = _untaught(recipe, known)
    epochs = [_epoch(lines, known, number, recipe) for number in range(EPOCHS)]
    fit.train(model, Reader(known.pieces), known.labels, epochs, _augmenter(known), RATE)
    return model


def further(recipe: Recipe, known: Materials, lines: Sequence[Utterance], base: Path) -> Student:
    """A model that has learned from these lines: first from those of the writers `FIRST`, as it was kept in `base`.

    Then it reads those of the others, among some that it must not forget.
    """
    model = _untaught(recipe, known)
    model.load_state_dict(torch.load(base, weights_only=True))
    rng = random.Random(SEED)  # noqa: S311 - no secret, a repeatable choice
    new, old = ([own for own in lines if (own.source in FIRST) is first] for first in (False, True))
    epochs = [
        _epoch([*new, *rng.sample(old, AGAIN)], known, EPOCHS + number, recipe) for number in range(FURTHER_EPOCHS)
    ]
    fit.train(model, Reader(known.pieces), known.labels, epochs, _augmenter(known), FURTHER_RATE)
    return model


def _untaught(recipe: Recipe, known: Materials) -> Student:
    """The teacher's first layers and a head that knows nothing; what stays as it is has no gradient."""
    torch.manual_seed(SEED)
    model = Student(bert(known.teacher, known.ids, range(recipe.layers), POSITIONS, DROPOUT), len(known.labels))
    fixed = [
        model.encoder.embeddings,
        *(model.encoder.encoder.layer[at] for at in range(min(FROZEN, recipe.layers - 1))),
    ]
    for parameter in (parameter for part in fixed for parameter in part.parameters()):
        parameter.requires_grad = False
    return model


def _epoch(lines: Sequence[Utterance], known: Materials, number: int, recipe: Recipe) -> list[Utterance]:
    """The lines, fresh expansions of all templates, and other turns and clauses without any label."""
    made = utterances(known.templates, PER_TEMPLATE, SEED + number)
    turns = random.Random(SEED + number).sample(known.turns, DIALOGUE_TURNS)  # noqa: S311 - no secret
    broad = known.broad[number % EPOCHS * BROAD :][:BROAD]
    return _heard([*lines, *made, *turns, *broad], known, number, recipe)


def _heard(lines: Sequence[Utterance], known: Materials, number: int, recipe: Recipe) -> list[Utterance]:
    """The lines as the model reads them; some charged ones without the turn before, some others with a strange one.

    Else the model would learn that a turn before is a sign of anything.
    """
    rng = random.Random(SEED + number)  # noqa: S311 - no secret
    strange = [own.before for own in known.turns if own.before]

    def before(own: Utterance) -> str:
        if own.before:
            return "" if own.labels and rng.random() < _FORGOTTEN else own.before
        return rng.choice(strange) if rng.random() < _STRANGE else ""

    heard = [replace(own, text=model_form(own.text), before=model_form(before(own))) for own in lines]
    return heard if recipe.context else [replace(own, before="") for own in heard]


def _augmenter(known: Materials) -> Augmenter:
    made = utterances(known.templates, 2, SEED)
    companions = [own for own in made if own.source in _COMPANIONS]
    companions += [replace(own, text=model_form(own.text)) for own in known.turns if len(own.text) <= 16]
    return Augmenter(companions, random.Random(SEED))  # noqa: S311 - no secret, a repeatable choice


def read(model: Student, known: Materials, lines: Sequence[Utterance], *, context: bool) -> NDArray[np.float32]:
    """(lines, labels) logits."""
    reader = Reader(known.pieces)
    rows = [reader.tokens(model_form(own.text), model_form(own.before) if context else "") for own in lines]
    return fit.logits(model.eval(), rows)
