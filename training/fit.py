"""Fine-tuning on labelled utterances and reading the result: the two loops over batches."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional
from torch.optim.lr_scheduler import LambdaLR

from speechaudit.classifiers.labeller import Row
from training.augment import Augmenter
from training.student import Reader, Student, padded
from training.utterances import ANY, Utterance, accusing

BATCH = 48
_BY_CHARACTER = 0.08
_WARMUP = 0.08
HALVED = torch.backends.cpu.get_cpu_capability().startswith("AVX512")
"""Whether to compute in bfloat16: where processors cannot, it takes ten times as long."""


def truth(utterances: Sequence[Utterance], labels: Sequence[str]) -> tuple[Tensor, Tensor]:
    """(utterances, labels) presence as 0 and 1, and the mask that is 0 where nothing is known."""
    present = torch.tensor([[float(carries(own, label)) for label in labels] for own in utterances])
    known = torch.tensor([[float(label not in own.unknown) for label in labels] for own in utterances])
    return present, known


def carries(utterance: Utterance, label: str) -> bool:
    """True where the label is present; `ANY` is where any is that can be charged."""
    return any(map(accusing, utterance.labels)) if label == ANY else label in utterance.labels


def train(
    model: Student,
    reader: Reader,
    labels: Sequence[str],
    epochs: Sequence[Sequence[Utterance]],
    augment: Augmenter,
    rate: float,
) -> None:
    """One pass over each of `epochs`, every utterance in a fresh random variant.

    `rate` is the highest learning rate of the encoder. Most is computed in bfloat16 where that takes half the time.
    """
    optimiser, schedule = _optimiser(model, sum(-(-len(epoch) // BATCH) for epoch in epochs), rate)
    rng = random.Random(7)  # noqa: S311 - no secret, a repeatable choice
    model.train()
    for number, epoch in enumerate(epochs, 1):
        losses = []
        for batch in _batches([augment(own) for own in epoch], rng):
            rows = [reader.tokens(own.text, own.before, by_character=rng.random() < _BY_CHARACTER) for own in batch]
            loss = _learned(model, rows, truth(batch, labels), optimiser)
            schedule.step()
            losses.append(loss)
        print(f"epoch {number} of {len(epochs)}: loss {np.mean(losses):.4f}", flush=True)  # noqa: T201
    model.eval()


def _learned(
    model: Student, rows: Sequence[Row], wanted: tuple[Tensor, Tensor], optimiser: torch.optim.Optimizer
) -> float:
    """One step on one batch; the loss before it."""
    with torch.autocast("cpu", torch.bfloat16, enabled=HALVED):
        found = model(*padded(rows))
    loss = _loss(found.float(), *wanted)
    optimiser.zero_grad()
    loss.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimiser.step()
    return float(loss.item())


def _optimiser(model: Student, steps: int, rate: float) -> tuple[torch.optim.Optimizer, LambdaLR]:
    encoder = [own for own in model.encoder.parameters() if own.requires_grad]
    groups = [{"params": encoder, "lr": rate}, {"params": list(model.head.parameters()), "lr": 10 * rate}]
    optimiser = torch.optim.AdamW(groups, weight_decay=0.01)
    return optimiser, LambdaLR(optimiser, lambda step: _slope(step, steps))


def logits(model: Student, rows: Sequence[Row]) -> NDArray[np.float32]:
    """(rows, labels) logits of token rows."""
    found = np.empty((len(rows), model.head.out_features), np.float32)
    order = sorted(range(len(rows)), key=lambda i: len(rows[i][0]))
    with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16, enabled=HALVED):
        for start in range(0, len(order), 2 * BATCH):
            chosen = order[start : start + 2 * BATCH]
            found[chosen] = model(*padded([rows[i] for i in chosen])).float().numpy()
    return found


def _slope(step: int, steps: int) -> float:
    warm = max(1.0, steps * _WARMUP)
    return min(step / warm, max(0.0, (steps - step) / (steps - warm)))


def _loss(logits: Tensor, present: Tensor, known: Tensor) -> Tensor:
    each = functional.binary_cross_entropy_with_logits(logits, present, reduction="none")
    return (each * known).sum() / len(logits)


def _batches(utterances: Sequence[Utterance], rng: random.Random) -> Iterator[list[Utterance]]:
    """Batches of about equal length, in random order."""
    ordered = sorted(utterances, key=lambda own: len(own.text) + len(own.before) + rng.random() * 4)
    batches = [ordered[i : i + BATCH] for i in range(0, len(ordered), BATCH)]
    rng.shuffle(batches)
    yield from batches
