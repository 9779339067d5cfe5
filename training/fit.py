"""Fine-tuning on labelled utterances and reading the result: the two loops over batches."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from training.augment import Augmenter
from training.student import Reader, Student, padded
from training.utterances import Utterance

BATCH = 32
_BY_CHARACTER = 0.15
_ENCODER_RATE = 3e-4
_HEAD_RATE = 3e-3
_WARMUP = 0.08


def truth(utterances: Sequence[Utterance], labels: Sequence[str]) -> tuple[Tensor, Tensor]:
    """(utterances, labels) presence as 0 and 1, and the mask that is 0 where nothing is known."""
    present = torch.tensor([[float(label in own.labels) for label in labels] for own in utterances])
    known = torch.tensor([[float(label not in own.unknown) for label in labels] for own in utterances])
    return present, known


def train(
    model: Student, reader: Reader, labels: Sequence[str], epochs: Sequence[Sequence[Utterance]], augment: Augmenter
) -> None:
    """One pass over each of `epochs`, every utterance in a fresh random variant."""
    steps = sum(-(-len(epoch) // BATCH) for epoch in epochs)
    head = list(model.head.parameters())
    groups = [{"params": list(model.encoder.parameters()), "lr": _ENCODER_RATE}, {"params": head, "lr": _HEAD_RATE}]
    optimiser = torch.optim.AdamW(groups, weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda step: _slope(step, steps))
    rng = random.Random(7)  # noqa: S311 - no secret, a repeatable choice
    model.train()
    for number, epoch in enumerate(epochs, 1):
        losses = []
        for batch in _batches([augment(own) for own in epoch], rng):
            rows = [reader.tokens(own.text, by_character=rng.random() < _BY_CHARACTER) for own in batch]
            loss = _loss(model(*padded(rows)), *truth(batch, labels))
            optimiser.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimiser.step()
            schedule.step()
            losses.append(loss.item())
        print(f"epoch {number} of {len(epochs)}: loss {np.mean(losses):.4f}", flush=True)  # noqa: T201
    model.eval()


def _slope(step: int, steps: int) -> float:
    warm = max(1.0, steps * _WARMUP)
    return min(step / warm, max(0.0, (steps - step) / (steps - warm)))


def _loss(logits: Tensor, present: Tensor, known: Tensor) -> Tensor:
    each = functional.binary_cross_entropy_with_logits(logits, present, reduction="none")
    return (each * known).sum() / len(logits)


def _batches(utterances: Sequence[Utterance], rng: random.Random) -> Iterator[list[Utterance]]:
    """Batches of about equal length, in random order."""
    ordered = sorted(utterances, key=lambda own: len(own.text) + rng.random() * 4)
    batches = [ordered[i : i + BATCH] for i in range(0, len(ordered), BATCH)]
    rng.shuffle(batches)
    yield from batches
