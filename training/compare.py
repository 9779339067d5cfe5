"""Models against each other, each told from writers that it has not read: `python -m training.compare`.

For every candidate and every writer a model is trained on the other writers' lines and reads this writer's; the chosen
recipe goes on from `base.pt` of `training.train` where the writer is none of the first. Shown is
how many lines to be charged it finds where 2 % and 0.5 % of the other lines are taken for some fault, and of how many
found the strongest label is right. What the models said is kept for `training.choose`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import click
import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from speechaudit.text import model_form
from training import recipe
from training.fit import HALVED, carries
from training.grams import SHARE, Fitted
from training.materials import Materials, materials
from training.recall import line
from training.recipe import Recipe
from training.student import Reader, bert, mean_pool, padded
from training.teacher import QUERY_PREFIX
from training.train import base
from training.utterances import ANY, Utterance, accusing
from training.writers import FIRST, read_writers

Floats = NDArray[np.float32]
Read = Callable[[Sequence[Utterance]], Floats]
Trained = Callable[[Sequence[Utterance]], Read]
"""Lines to a reader of other lines, which gives logits of the accusing labels: (lines, labels)."""
RECIPES = {
    "3-layers": Recipe(layers=3, context=False),
    "6-layers": Recipe(layers=6, context=False),
    "6-layers-and-before": recipe.CHOSEN,
}
FROZEN, GRAMS, BOTH = "12-layers-frozen", "n-grams", "both"
NAMES = (*RECIPES, FROZEN, GRAMS, BOTH)
_PARTS = (("6-layers-and-before", SHARE), (GRAMS, 1 - SHARE))


@click.command()
@click.argument("keep", type=click.Path(path_type=Path))
@click.argument("candidates", nargs=-1, type=click.Choice(NAMES))
@click.option("--threads", default=2, show_default=True, help="Processor cores to use.")
@click.option("--writer", "only", help="Leave out only this one, and print nothing.")
def main(keep: Path, candidates: tuple[str, ...], threads: int, only: str | None) -> None:
    """Print one line for each candidate, all without a name. What lies in the folder KEEP is not made again."""
    torch.set_num_threads(threads)
    keep.mkdir(parents=True, exist_ok=True)
    writers = read_writers()
    known = materials()
    labels = [own for own in known.labels if accusing(own)]
    found: dict[str, dict[str, Floats]] = {}
    for name in candidates or NAMES:
        for writer in [only] if only else writers:
            found.setdefault(name, {})[writer] = _left_out(name, known, writers, writer, keep)
    if not only:
        click.echo("| candidate | " + " | ".join((*writers, "all", "label right")) + " |")
        click.echo("|---" * (len(writers) + 3) + "|")
        click.echo("\n".join(line(name, own, writers, labels) for name, own in found.items()))


def _left_out(
    name: str, known: Materials, writers: Mapping[str, Sequence[Utterance]], writer: str, keep: Path
) -> Floats:
    """Logits of accusing labels for the lines of one writer, by a model of the others; kept as `NAME.WRITER.npy`."""
    file = keep / f"{name}.{writer}.npy"
    if name == BOTH:
        parts = (_left_out(own, known, writers, writer, keep) * np.float32(share) for own, share in _PARTS)
        np.save(file, np.asarray(sum(parts), np.float32))
    if not file.exists():
        others = [own for other, lines in writers.items() if other != writer for own in lines]
        np.save(file, _trained(name, known, None if writer in FIRST else keep)(others)(writers[writer]))
    made: Floats = np.load(file)
    return made


def shared(logits: Floats, labels: Sequence[str]) -> Floats:
    """(lines, accusing labels): what is said of each label, and of any, weighs alike."""
    own = [column for column, label in enumerate(labels) if accusing(label)]
    return np.asarray((logits[:, own] + logits[:, [labels.index(ANY)]]) / 2, np.float32)


def _trained(name: str, known: Materials, keep: Path | None) -> Trained:
    """How a candidate learns: what is chosen goes on from the base in `keep`, without it from the teacher."""
    if name == FROZEN:
        return _frozen(known)
    if name == GRAMS:
        return lambda lines: Fitted(known, lines).logits
    chosen = RECIPES[name]

    def trained(lines: Sequence[Utterance]) -> Read:
        if keep and chosen == recipe.CHOSEN:
            model = recipe.further(chosen, known, lines, base(keep, known))
        else:
            model = recipe.trained(chosen, known, lines)
        return lambda others: shared(recipe.read(model, known, others, context=chosen.context), known.labels)

    return trained


def _frozen(known: Materials) -> Trained:
    """A logistic head for each label over what the whole teacher says of a text."""
    features = _e5(known)

    def trained(lines: Sequence[Utterance]) -> Read:
        seen = [*lines, *known.turns[::2]]
        read = features([model_form(own.text) for own in seen])
        heads = [
            LogisticRegression(C=10.0, solver="liblinear").fit(read, [carries(own, label) for own in seen])
            for label in (*(own for own in known.labels if accusing(own)), ANY)
        ]

        def reader(others: Sequence[Utterance]) -> Floats:
            rows = features([model_form(own.text) for own in others])
            told = np.stack([head.decision_function(rows) for head in heads], axis=1)
            return np.asarray((told[:, :-1] + told[:, -1:]) / 2, np.float32)

        return reader

    return trained


def _e5(known: Materials) -> Callable[[Sequence[str]], Floats]:
    model = bert(known.teacher, known.ids, range(known.teacher.layers), 64, 0.0).eval()
    reader = Reader(known.pieces)

    def features(texts: Sequence[str]) -> Floats:
        rows = [reader.tokens(QUERY_PREFIX + text) for text in texts]
        batches = [padded(rows[i : i + 64]) for i in range(0, len(rows), 64)]
        with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16, enabled=HALVED):
            found = [mean_pool(model(i, attention_mask=mask).last_hidden_state.float(), mask) for i, mask, _ in batches]
        return np.asarray(torch.nn.functional.normalize(torch.cat(found)).numpy() * 10)

    return features


if __name__ == "__main__":
    main()
