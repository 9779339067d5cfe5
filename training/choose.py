"""Chooses the thresholds of the label model: `python -m training.choose KEEP MODEL`."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import click
import numpy as np
from numpy.typing import NDArray

from speechaudit.classifiers.labeller import Labeller
from speechaudit.classifiers.windows import WINDOW
from speechaudit.model import SOME_FAULT
from speechaudit.reports.intervals import wilson_interval
from speechaudit.text import model_form
from training.compare import BOTH
from training.thresholds import FILE, Threshold, find, some, strongest
from training.utterances import Utterance
from training.writers import held, known_labels, part, read_writers


@click.command()
@click.argument("keep", type=click.Path(exists=True, path_type=Path))
@click.argument("model", type=click.Path(exists=True, path_type=Path))
def main(keep: Path, model: Path) -> None:
    """Find the thresholds, write them and print the table.

    They rest on lines that whoever told them had not read: the ideas that the file MODEL was not trained on, and the
    other lines of writers left out, as `training.compare` kept what was said of them in the folder KEEP.
    """
    writers = read_writers()
    kept = {name: lines for name, lines in writers.items() if (keep / f"{BOTH}.{name}.npy").exists()}
    unheld = {name: [row for row, own in enumerate(lines) if not held(own)] for name, lines in kept.items()}
    fresh = [own for lines in writers.values() for own in part(lines, of_held=True)]
    lines = [*(kept[name][row] for name, rows in unheld.items() for row in rows), *fresh]
    labels = sorted(known_labels())
    others = (np.load(keep / f"{BOTH}.{name}.npy")[rows] for name, rows in unheld.items())
    logits = np.concatenate([*others, told(model, fresh, labels)])
    thresholds = find(logits, lines, labels)
    written = {own.label: {"person": _rounded(own.person), "accuse": _rounded(own.accuse)} for own in thresholds}
    FILE.write_text(json.dumps(written, indent=1) + "\n", "utf-8")
    click.echo("\n".join(_table(thresholds, logits, lines)))


def told(path: Path, lines: Sequence[Utterance], labels: Sequence[str]) -> NDArray[np.float32]:
    """(lines, labels) logits by a model file."""
    model = Labeller(path)
    texts = [model_form(own.text)[:WINDOW] for own in lines]
    return model.logits(texts, [own.before for own in lines])[:, [model.names.index(label) for label in labels]]


def _rounded(logit: float | None) -> float | None:
    return None if logit is None else round(logit, 3)


def _table(thresholds: Sequence[Threshold], logits: NDArray[np.floating], lines: Sequence[Utterance]) -> Iterator[str]:
    yield "| label | lines | to a person | accused | precision, 95 % interval | of the very label |"
    yield "|---|---|---|---|---|---|"
    reached = [*strongest(logits).T, some(logits, [own.label for own in thresholds[:-1]])]
    for told, own in zip(reached, thresholds, strict=True):
        having = np.array([bool(line.labels) and own.label in {*line.labels, SOME_FAULT} for line in lines])
        cells = [str(having.sum()), f"{(logits.max(1)[having] > own.person).mean():.1%}", "-", "-", "-"]
        if own.accuse is not None and (interval := wilson_interval(own.faults, own.hits)):
            cells[2] = f"{(told[having] >= own.accuse).mean():.1%}"
            cells[3] = f"{own.faults / own.hits:.3f} ({interval.low:.3f} to {interval.high:.3f}; {own.hits})"
            cells[4] = f"{own.own / own.hits:.3f}"
        yield f"| {own.label} | " + " | ".join(cells) + " |"
    yield _whole(thresholds, np.stack(reached, axis=1), logits.max(1), lines)


def _whole(
    thresholds: Sequence[Threshold],
    reached: NDArray[np.floating],
    likeliest: NDArray[np.floating],
    lines: Sequence[Utterance],
) -> str:
    limits = np.array([np.inf if own.accuse is None else own.accuse for own in thresholds])
    guilty = np.array([bool(line.labels) for line in lines])
    accused = np.asarray((reached >= limits).any(1))
    asked = np.asarray(likeliest > thresholds[0].person)
    shares = [f"{found[side].mean():.1%}" for side in (guilty, ~guilty) for found in (asked, accused)]
    return "\nOf lines to be charged {} go to a person, {} accused; of others {} and {}.".format(*shares)


if __name__ == "__main__":
    main()
