"""What is counted without scikit-learn is what it would count."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from speechaudit.classifiers import tfidf
from speechaudit.classifiers.sides import CUTS
from tests.classifiers.test_sides import CITIZENS, STAFF

LINES = (*STAFF, *CITIZENS)
STRANGE = ("", " ", "请  问\u3000\u3000您", "您您您您您好,您好", "𠮷野家", "nothing of it is known")


@pytest.mark.parametrize("cut", [None, *CUTS.values()], ids=["characters", *CUTS])
@pytest.mark.parametrize("texts", [(*LINES, *STRANGE), STRANGE[:1]], ids=["lines", "empty"])
def test_it_counts_as_scikit_learn_does(cut: tfidf.Cut | None, texts: Sequence[str]) -> None:
    learned = tfidf.unfitted(cut, least=1).fit(LINES)
    kept = tfidf.KnownGrams(cut, learned.get_feature_names_out().tolist(), learned.idf_)
    told, known = kept.transform(texts), learned.transform(texts)
    assert (told.shape, told.dtype) == (known.shape, known.dtype)
    assert told.indptr.tolist() == known.indptr.tolist()
    assert told.indices.tolist() == known.indices.tolist()
    np.testing.assert_allclose(told.data, known.data, rtol=1e-6)


def test_no_text_has_no_row() -> None:
    assert tfidf.KnownGrams(None, ["您"], np.ones(1, np.float32)).transform([]).shape == (0, 1)
