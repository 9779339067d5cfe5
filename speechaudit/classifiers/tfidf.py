"""TF-IDF over n-grams: fitted by scikit-learn, counted without it, for importing it takes two seconds of each audit."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix
    from sklearn.feature_extraction.text import TfidfVectorizer

LONGEST = 4  # units in an n-gram
Cut = Callable[[str], list[str]]
_BLANKS: Final = re.compile(r"\s\s+")


def unfitted(cut: Cut | None, *, least: int) -> TfidfVectorizer:
    """Return a vectorizer of what `cut` makes of a text, by default characters; n-grams of `least` texts count."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    units = {"analyzer": "char"} if cut is None else {"tokenizer": cut, "token_pattern": None}
    return TfidfVectorizer(
        **units, min_df=least, lowercase=False, ngram_range=(1, LONGEST), sublinear_tf=True, dtype=np.float32
    )


class KnownGrams:
    """What `unfitted` is after fitting, from what was kept of it. Threads may share it."""

    def __init__(self, cut: Cut | None, grams: Sequence[str], idf: NDArray[np.float32]) -> None:
        """Know the n-grams and their inverse document frequencies, shape (n-grams,)."""
        self._cut, self._idf = cut, idf
        self._places = {gram: place for place, gram in enumerate(grams)}

    def transform(self, texts: Sequence[str]) -> csr_matrix:
        """Return the weighted n-grams of texts as scikit-learn does: (texts, n-grams), each row of length one."""
        from scipy.sparse import csr_matrix

        rows = [Counter(self._known(text)) for text in texts]
        sizes = [len(row) for row in rows]
        places = np.fromiter((place for row in rows for place in sorted(row)), np.int32)
        counts = np.fromiter((row[place] for row in rows for place in sorted(row)), np.float32)
        weights = (np.log(counts) + 1) * self._idf[places]
        owners = np.repeat(np.arange(len(texts)), sizes)
        lengths = np.sqrt(np.bincount(owners, np.square(weights, dtype=np.float64), len(texts)))
        data = (weights / lengths[owners]).astype(np.float32)
        ends = np.cumsum([0, *sizes], dtype=np.int32)
        return csr_matrix((data, places, ends), shape=(len(texts), len(self._places)))

    def _known(self, text: str) -> list[int]:
        """Return the place of each n-gram of the text that is known, as often as it stands there."""
        units = self._cut(text) if self._cut else list(_BLANKS.sub(" ", text))
        between = " " if self._cut else ""
        ends = range(1, len(units) + 1)
        grams = (between.join(units[end - size : end]) for size in range(1, LONGEST + 1) for end in ends[size - 1 :])
        return [place for place in map(self._places.get, grams) if place is not None]
