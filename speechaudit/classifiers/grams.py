"""What n-grams of characters say of a text: one logistic regression for each label.

They know turns of phrase as they were written; the encoder knows what lies near them. Together they find more.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from speechaudit.classifiers import tfidf

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

Floats = NDArray[np.float32]


class Grams:
    """The n-grams in memory. `tensors` are `grams.idf`, `grams.weights` (labels, n-grams) and `grams.bias`."""

    def __init__(self, vocabulary: Sequence[str], tensors: Mapping[str, Floats]) -> None:
        self._vectorizer = tfidf.KnownGrams(None, vocabulary, tensors["grams.idf"])
        self._weights, self._bias = tensors["grams.weights"].T.copy(), tensors["grams.bias"]

    def counted(self, texts: Sequence[str]) -> csr_matrix:
        """Return the weighted n-grams of bare texts, shape (texts, n-grams), each row of length one."""
        return self._vectorizer.transform(texts)

    def told(self, counted: csr_matrix) -> Floats:
        """Return logits, shape (texts, labels), of what `counted` returned."""
        return np.asarray(counted @ self._weights + self._bias, np.float32)
