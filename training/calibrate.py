"""Confidence that means what it says: Platt scaling of each label on the validation part."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from training.evaluate import accusing
from training.fit import truth
from training.utterances import Utterance

CALM = 4.0
"""Service is politer than the training material: for an accusing label an utterance without it counts so often."""
_PULL = 0.02


def platt(
    logits: NDArray[np.float32], utterances: Sequence[Utterance], labels: Sequence[str]
) -> tuple[list[float], list[float]]:
    """Slopes and offsets, one a label, of sigmoid(slope * logit + offset), drawn towards 1 and 0 where data are few."""
    present, known = truth(utterances, labels)
    calm = torch.tensor([CALM if accusing(label) else 1.0 for label in labels])
    given = torch.tensor(logits)
    slopes = torch.ones(given.shape[1], requires_grad=True)
    offsets = torch.zeros(given.shape[1], requires_grad=True)
    weights = known * (present + (1 - present) * calm)
    optimiser = torch.optim.LBFGS([slopes, offsets], max_iter=200, line_search_fn="strong_wolfe")

    def closure() -> Tensor:
        optimiser.zero_grad()
        losses = functional.binary_cross_entropy_with_logits(
            slopes * given + offsets, present, weight=weights, reduction="none"
        )
        loss = losses.sum() / present.sum() + _PULL * ((slopes - 1) ** 2).sum() + _PULL * (offsets**2).sum() / 10
        loss.backward()
        return loss

    optimiser.step(closure)
    return slopes.tolist(), offsets.tolist()
