"""Fits the n-grams of `speechaudit.classifiers.grams`: one logistic regression for each label."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from speechaudit.classifiers import tfidf
from speechaudit.text import model_form
from training.fit import carries
from training.materials import SEED, Materials
from training.utterances import ANY, Utterance, accusing, utterances

SHARE = 0.4
"""Of the encoder in the logit of a label; the rest is what n-grams say."""
STRENGTH = 10.0
"""Inverse of the regularisation."""
LEAST = 2
"""Texts that an n-gram must stand in."""
_EVERY, _PER_TEMPLATE = 2, 4


class Fitted:
    """Models of all labels. Each accusing one is shared half and half with the one that tells any fault.

    The writers were asked of faults alone: what is a question or a request is told by the templates.
    """

    def __init__(self, known: Materials, lines: Sequence[Utterance]) -> None:
        seen = _plainly([*lines, *known.turns[::_EVERY]])
        texts = [model_form(own.text) for own in seen]
        self.vectorizer = tfidf.unfitted(None, least=LEAST).fit(texts)
        read = self.vectorizer.transform(texts)
        self.labels = [label for label in known.labels if accusing(label)]
        found = [_fit(read, seen, label) for label in (*self.labels, ANY)]
        self._weights = (np.array(found[:-1]) + found[-1]) / 2
        self._others = {
            label: self._of_templates(known, label) for label in known.labels if label not in (*self.labels, ANY)
        }

    def _of_templates(self, known: Materials, label: str) -> NDArray[np.float64]:
        made = [own for own in utterances(known.templates, _PER_TEMPLATE, SEED) if label not in own.unknown]
        return _fit(self.vectorizer.transform([own.text for own in made]), made, label)

    def logits(self, lines: Sequence[Utterance]) -> NDArray[np.float32]:
        """(lines, accusing labels)."""
        read = self.vectorizer.transform([model_form(own.text) for own in lines])
        return np.asarray(read @ self._weights[:, :-1].T + self._weights[:, -1], np.float32)

    def vocabulary(self) -> list[str]:
        """The n-grams in the order of their weights."""
        names: list[str] = self.vectorizer.get_feature_names_out().tolist()
        return names

    def tensors(self, labels: Sequence[str]) -> dict[str, NDArray[np.float32]]:
        """What `speechaudit.classifiers.grams` reads, in the order of `labels`."""
        told = dict(zip(self.labels, self._weights, strict=True)) | self._others
        weights = np.array([told[label] for label in labels], np.float32)
        idf = self.vectorizer.idf_.astype(np.float32)
        return {"grams.weights": weights[:, :-1], "grams.bias": weights[:, -1], "grams.idf": idf}


def _fit(read: csr_matrix, lines: Sequence[Utterance], label: str) -> NDArray[np.float64]:
    """Weights of the columns, and the bias."""
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(C=STRENGTH, solver="liblinear", random_state=SEED)
    model.fit(read, [carries(own, label) for own in lines])
    return np.append(model.coef_[0], model.intercept_[0])


def _plainly(lines: Sequence[Utterance]) -> list[Utterance]:
    """The lines, and those with 您 once more with 你, which recognisers write for it."""
    return [*lines, *(replace(own, text=own.text.replace("您", "你")) for own in lines if "您" in own.text)]
