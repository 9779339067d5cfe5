"""The learned labels of a text, with calibrated confidence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from speechaudit.classifiers.encoder import Encoder
from speechaudit.classifiers.grams import Grams
from speechaudit.classifiers.weights import FILE, Weights, read_weights
from speechaudit.classifiers.windows import windows
from speechaudit.model import NO_FAULT, SOME_FAULT, Label, is_fault
from speechaudit.text import model_form

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix
    from tokenizers import Tokenizer

MINIMUM = 0.5
"""Labels below this confidence are not given."""
BEFORE = 15
"""Tokens that are read of the turn before, its last."""
_START, _PADDING, _END, _UNKNOWN = range(4)
_DIGITS = 4
Row = tuple[list[int], int]
"""Token ids, and how many of them are the text's own; behind them stands the turn before."""


def row(own: Sequence[int], before: Sequence[int]) -> Row:
    """Return what the model reads of a text and of the turn before it, given as tokens."""
    ids = [_START, *own, _END]
    return ([*ids, *before[-BEFORE:], _END] if before else ids), len(ids)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What both models see of texts before they are told: `pooled` (texts, 2 * hidden), `counted` (texts, n-grams)."""

    pooled: NDArray[np.float32]
    counted: csr_matrix


class Labeller:
    """The model in memory: about 35 MB. Threads may share it."""

    def __init__(self, source: Path | Weights = FILE) -> None:
        """Load the model. Raises ModelError if its file is missing or damaged."""
        weights = source if isinstance(source, Weights) else read_weights(source)
        self.names = weights.labels
        """The labels, in the order of the columns of `confidences`."""
        self._faults = np.array([is_fault(name) for name in weights.labels])
        self._slopes, self._offsets, self._ceilings = weights.slopes, weights.offsets, weights.ceilings
        self._some_fault, self._apart = weights.some_fault, np.array([x in weights.apart for x in weights.labels])
        self._tokenizer = _tokenizer(weights)
        self._encoder = Encoder(weights.tensors, weights.heads)
        self._grams, self._shares = Grams(weights.grams, weights.tensors), weights.shares

    def confidences(self, texts: Sequence[str], before: Sequence[str] = ()) -> NDArray[np.float32]:
        """Return confidences from 0 to 1 of the window that shows a label most, 0 for empty texts: (texts, labels).

        `before` holds for each text what the other side said just before it, "" where nothing is known.
        """
        return self._told(texts, before)[:, : len(self.names)]

    def _told(self, texts: Sequence[str], before: Sequence[str]) -> NDArray[np.float32]:
        """The same, and in the last column how surely the words are a fault at all: (texts, labels + 1)."""
        cut = [windows(text) for text in texts]
        owners = [owner for owner, own in enumerate(cut) for _ in own]
        found = np.zeros((len(texts), len(self.names) + 1), np.float32)
        if owners:
            read = [window for own in cut for window in own]
            logits = self.logits(read, [before[owner] if before else "" for owner in owners])
            np.maximum.at(found, owners, np.column_stack([self.calibrated(logits), self.some_fault(logits)]))
        return found.round(_DIGITS)

    def labels(self, texts: Sequence[str], before: Sequence[str] = ()) -> tuple[tuple[Label, ...], ...]:
        """Return for each text its labels of at least `MINIMUM` confidence, in the order of the model.

        What the likeliest fault lacks to 1 is the confidence of `NO_FAULT`, which texts without words do not get. That
        of `SOME_FAULT` says how surely the words are a fault of whatever family.
        """
        found = self._told(texts, before)
        faults = found[:, : len(self.names)][:, self._faults]
        fair = np.array([windows(text) != () for text in texts], bool) * (1 - faults.max(axis=1))
        names = (*self.names, SOME_FAULT, NO_FAULT)
        return tuple(
            tuple(
                Label(name=name, confidence=round(float(value), _DIGITS))
                for name, value in zip(names, own, strict=True)
                if value >= MINIMUM
            )
            for own in np.column_stack([found, fair])
        )

    def logits(self, texts: Sequence[str], before: Sequence[str] = ()) -> NDArray[np.float32]:
        """Return uncalibrated logits of bare texts that fit one window: (texts, labels)."""
        return self.told(self.read(texts, before))

    def read(self, texts: Sequence[str], before: Sequence[str] = ()) -> Reading:
        """Return what is seen of bare texts that fit one window, and of the turns before them."""
        told = self._ids([model_form(text) for text in before]) if before else [[]] * len(texts)
        rows = [row(*pair) for pair in zip(self._ids(texts), told, strict=True)]
        return Reading(pooled=self._encoder.pooled(rows, _PADDING), counted=self._grams.counted(texts))

    def told(self, reading: Reading) -> NDArray[np.float32]:
        """Return uncalibrated logits, shape (texts, labels), of what was read."""
        encoder, grams = self._encoder.told(reading.pooled), self._grams.told(reading.counted)
        return self._shares * encoder + (1 - self._shares) * grams

    def _ids(self, texts: Sequence[str]) -> list[list[int]]:
        encoded = self._tokenizer.encode_batch(list(texts))
        return [list(own.ids) if text else [] for text, own in zip(texts, encoded, strict=True)]

    def calibrated(self, logits: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return confidences, 0 to 1, of logits, shape (texts, labels)."""
        confidences = _sigmoid(self._slopes * logits + self._offsets)
        return np.where(self._outdone(logits), 0, np.minimum(confidences, self._ceilings))

    def some_fault(self, logits: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return how surely texts are a fault, 0 to 1, from logits of shape (texts, labels): (texts,).

        It is 0 where the likeliest is one that stands apart: whether words are mockery is heard, not read.
        """
        if self._some_fault is None:
            return np.zeros(len(logits), np.float32)
        slope, offset = self._some_fault
        faults = np.where(self._faults, logits, -np.inf)
        return np.where(self._apart[faults.argmax(axis=1)], 0, _sigmoid(slope * faults.max(axis=1) + offset))

    def _outdone(self, logits: NDArray[np.float32]) -> NDArray[np.bool_]:
        """Return where a fault is less like the words than another one: they are told as one fault."""
        faults = np.where(self._faults, logits, -np.inf)
        return np.asarray(self._faults & (faults < faults.max(axis=1, keepdims=True)))


def _sigmoid(scaled: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(np.float32(0.5) + np.float32(0.5) * np.tanh(scaled / 2), np.float32)  # no overflow


def _tokenizer(weights: Weights) -> Tokenizer:
    from tokenizers import Tokenizer, models, pre_tokenizers

    built = Tokenizer(models.Unigram(list(weights.pieces), unk_id=_UNKNOWN))
    built.pre_tokenizer = pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always")
    return built
