"""The learned labels of a text, with calibrated confidence."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from speechaudit.classifiers.encoder import Encoder
from speechaudit.classifiers.weights import FILE, Weights, read_weights
from speechaudit.classifiers.windows import windows
from speechaudit.model import Label

if TYPE_CHECKING:
    from tokenizers import Tokenizer

MINIMUM = 0.5
"""Labels below this confidence are not given."""
AUXILIARY = frozenset({"staff-like", "citizen-like"})
"""Labels that only helped in training: `sides` tells them better."""
_START, _PADDING, _END, _UNKNOWN = range(4)
_DIGITS = 4


class Labeller:
    """The model in memory: about 35 MB. Threads may share it."""

    def __init__(self, path: Path = FILE) -> None:
        """Load the model. Raises ModelError if its file is missing or damaged."""
        weights = read_weights(path)
        self.names = weights.labels
        """The labels, in the order of the columns of `confidences`."""
        self._slopes, self._offsets = weights.slopes, weights.offsets
        self._tokenizer = _tokenizer(weights)
        self._encoder = Encoder(weights.tensors, weights.heads)

    def confidences(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return confidences from 0 to 1 of the window that shows a label most, 0 for empty texts: (texts, labels)."""
        cut = [windows(text) for text in texts]
        owners = [owner for owner, own in enumerate(cut) for _ in own]
        found = np.zeros((len(texts), len(self.names)), np.float32)
        if owners:
            np.maximum.at(found, owners, self._calibrated([window for own in cut for window in own]))
        return found.round(_DIGITS)

    def labels(self, texts: Sequence[str]) -> tuple[tuple[Label, ...], ...]:
        """Return for each text its labels of at least `MINIMUM` confidence, in the order of the model."""
        return tuple(
            tuple(
                Label(name=name, confidence=round(float(value), _DIGITS))
                for name, value in zip(self.names, row, strict=True)
                if value >= MINIMUM and name not in AUXILIARY
            )
            for row in self.confidences(texts)
        )

    def logits(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return uncalibrated logits of bare texts that fit one window: (texts, labels)."""
        tokens = [[_START, *encoding.ids, _END] for encoding in self._tokenizer.encode_batch(list(texts))]
        return self._encoder.logits(tokens, _PADDING)

    def _calibrated(self, texts: Sequence[str]) -> NDArray[np.float32]:
        scaled = self._slopes * self.logits(texts) + self._offsets
        confidences: NDArray[np.float32] = np.float32(0.5) + np.float32(0.5) * np.tanh(scaled / 2)  # no overflow
        return confidences


def _tokenizer(weights: Weights) -> Tokenizer:
    from tokenizers import Tokenizer, models, pre_tokenizers

    built = Tokenizer(models.Unigram(list(weights.pieces), unk_id=_UNKNOWN))
    built.pre_tokenizer = pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always")
    return built
