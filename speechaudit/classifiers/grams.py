"""What n-grams of characters say of a text: one logistic regression for each label.

They know turns of phrase as they were written; the encoder knows what lies near them. Together they find more.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from sklearn.feature_extraction.text import TfidfVectorizer

LONGEST = 4  # characters in an n-gram
Floats = NDArray[np.float32]


def vectorizer(vocabulary: Mapping[str, int] | None = None, least: int = 1) -> TfidfVectorizer:
    """Return scikit-learn's TF-IDF over n-grams of characters: of those given, or seen `least` times."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    return TfidfVectorizer(
        analyzer="char",
        lowercase=False,
        ngram_range=(1, LONGEST),
        sublinear_tf=True,
        min_df=least,
        vocabulary=vocabulary,
        dtype=np.float32,
    )


class Grams:
    """The n-grams in memory. `tensors` are `grams.idf`, `grams.weights` (labels, n-grams) and `grams.bias`."""

    def __init__(self, vocabulary: Sequence[str], tensors: Mapping[str, Floats]) -> None:
        self._vectorizer = vectorizer({gram: i for i, gram in enumerate(vocabulary)})
        self._vectorizer.idf_ = tensors["grams.idf"]
        self._weights, self._bias = tensors["grams.weights"].T.copy(), tensors["grams.bias"]

    def logits(self, texts: Sequence[str]) -> Floats:
        """Return logits of bare texts, shape (texts, labels)."""
        return np.asarray(self._vectorizer.transform(texts) @ self._weights + self._bias, np.float32)
