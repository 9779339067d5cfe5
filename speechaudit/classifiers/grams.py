"""What n-grams of characters say of a text: one logistic regression for each label.

They know turns of phrase as they were written; the encoder knows what lies near them. Together they find more.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from speechaudit.classifiers import tfidf

Floats = NDArray[np.float32]


class Grams:
    """The n-grams in memory. `tensors` are `grams.idf`, `grams.weights` (labels, n-grams) and `grams.bias`."""

    def __init__(self, vocabulary: Sequence[str], tensors: Mapping[str, Floats]) -> None:
        self._vectorizer = tfidf.fitted(None, vocabulary, tensors["grams.idf"])
        self._weights, self._bias = tensors["grams.weights"].T.copy(), tensors["grams.bias"]

    def logits(self, texts: Sequence[str]) -> Floats:
        """Return logits of bare texts, shape (texts, labels)."""
        return np.asarray(self._vectorizer.transform(texts) @ self._weights + self._bias, np.float32)
