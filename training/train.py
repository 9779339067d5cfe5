"""Makes the model file of `speechaudit.classifiers`: `python -m training.train`.

Needs the packages of the extra `train`. Reads `training/data` and the two packages with the teacher and the broad text,
writes `speechaudit/classifiers/model/labels.safetensors` and prints the figures that the model card quotes.
"""

from __future__ import annotations

import random
from collections.abc import Sequence

import click
import torch

from speechaudit.classifiers.labeller import Labeller
from speechaudit.classifiers.weights import FILE
from training import fit
from training.augment import Augmenter
from training.broad import clauses
from training.calibrate import platt
from training.evaluate import accusing, figures
from training.export import export, set_calibration
from training.student import POSITIONS, Reader, Student, bert
from training.teacher import model_file, read_teacher
from training.utterances import Family, Utterance, part_of, read_families, utterances
from training.vocabulary import needed

LAYERS = (0, 1, 2)
VOCABULARY = 6000
EPOCHS = 10
PER_TEMPLATE = {True: 2, False: 5}
"""Utterances made of each template in an epoch, of those that can cost points and of the others."""
HELD_PER_TEMPLATE = 4
BROAD_PER_EPOCH = 500
DROPOUT = 0.1
SEED = 1
_COMPANIONS = ("staff-statements", "service-talk", "staff-questions", "staff-requests", "neutral")
_UNKNOWN_OF_BROAD = frozenset({"question", "request", "staff-like", "citizen-like"})


@click.command()
@click.option("--threads", default=2, show_default=True, help="Processor cores to use.")
def main(threads: int) -> None:
    """Train, calibrate, write and measure the label model."""
    torch.set_num_threads(threads)
    torch.manual_seed(SEED)
    families = read_families()
    parts = part_of(families)
    chosen = {part: [own for own in families if parts[own.name] == part] for part in set(parts.values())}
    labels = sorted({label for family in families for label in family.labels})
    broad = clauses(EPOCHS * BROAD_PER_EPOCH * 3, SEED)
    teacher = read_teacher(model_file())
    ids = needed(
        teacher.pieces, [*broad, *(own.text for own in utterances(families, HELD_PER_TEMPLATE, SEED))], VOCABULARY
    )
    pieces = tuple(teacher.pieces[i] for i in ids)
    model = Student(bert(teacher, ids, LAYERS, POSITIONS, DROPOUT), len(labels))
    reader = Reader(pieces)
    epochs = _epochs(chosen["train"], broad)
    fit.train(model, reader, labels, epochs, _augmenter(epochs[0], pieces))
    export(model, labels, pieces, teacher.heads, FILE)
    calibrate(chosen["validation"])
    for part in ("validation", "test"):
        click.echo(f"\n## {part}\n\n{figures(Labeller(), utterances(chosen[part], HELD_PER_TEMPLATE, SEED), labels)}")


def calibrate(families: Sequence[Family]) -> None:
    """Calibrate the model file as it was written, quantised, on `families`."""
    held = utterances(families, HELD_PER_TEMPLATE, SEED)
    model = Labeller()
    set_calibration(FILE, *platt(model.logits([own.text for own in held]), held, model.names))


def _epochs(families: Sequence[Family], broad: Sequence[str]) -> list[list[Utterance]]:
    """Each with fresh expansions of all templates and other broad clauses, which carry no label at all."""
    plain = [
        Utterance(text=text, labels=frozenset(), unknown=_UNKNOWN_OF_BROAD, family="broad", source="broad")
        for text in broad
    ]
    sides = {side: [own for own in families if any(map(accusing, own.labels)) is side] for side in PER_TEMPLATE}
    return [
        [own for side, count in PER_TEMPLATE.items() for own in utterances(sides[side], count, SEED + epoch)]
        + plain[epoch * BROAD_PER_EPOCH :][:BROAD_PER_EPOCH]
        for epoch in range(EPOCHS)
    ]


def _augmenter(epoch: Sequence[Utterance], pieces: Sequence[tuple[str, float]]) -> Augmenter:
    companions = [own for own in epoch if own.source in _COMPANIONS]
    characters = [text for text, _ in pieces if len(text) == 1 and "一" <= text <= "鿿"]
    return Augmenter(companions, characters, random.Random(SEED))  # noqa: S311 - no secret, a repeatable choice


if __name__ == "__main__":
    main()
