"""TF-IDF over n-grams, by scikit-learn: to be fitted in training, or with the n-grams and weights that were kept."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from sklearn.feature_extraction.text import TfidfVectorizer

LONGEST = 4  # units in an n-gram
Cut = Callable[[str], list[str]]


def unfitted(cut: Cut | None, *, least: int) -> TfidfVectorizer:
    """Return a vectorizer of what `cut` makes of a text, by default characters; n-grams of `least` texts count."""
    return _vectorizer(cut, min_df=least)


def fitted(cut: Cut | None, grams: Sequence[str], idf: NDArray[np.float32]) -> TfidfVectorizer:
    """Return the same over known n-grams with their inverse document frequencies, shape (n-grams,)."""
    known = _vectorizer(cut, vocabulary={gram: place for place, gram in enumerate(grams)})
    known.idf_ = idf
    return known


def _vectorizer(cut: Cut | None, **known: object) -> TfidfVectorizer:
    from sklearn.feature_extraction.text import TfidfVectorizer

    units = {"analyzer": "char"} if cut is None else {"tokenizer": cut, "token_pattern": None}
    return TfidfVectorizer(
        **units, **known, lowercase=False, ngram_range=(1, LONGEST), sublinear_tf=True, dtype=np.float32
    )
