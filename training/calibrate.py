"""Confidence that means what it says: Platt scaling of each label on the validation part."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

NEGATIVE_WEIGHT = 4.0
"""Service is far politer than the training material: each utterance without a label counts as so many."""
_PULL = 0.02


def platt(
    logits: NDArray[np.float32], present: Tensor, known: Tensor
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Slopes and offsets, one a label, of sigmoid(slope * logit + offset), drawn towards 1 and 0 where data are few."""
    given = torch.tensor(logits)
    slopes = torch.ones(given.shape[1], requires_grad=True)
    offsets = torch.zeros(given.shape[1], requires_grad=True)
    weights = known * (present + (1 - present) * NEGATIVE_WEIGHT)
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
    return slopes.detach().numpy(), offsets.detach().numpy()
