"""A small BERT encoder in NumPy: three layers are too few to be worth the seconds that importing torch takes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
_BATCH = 32
_EPS = 1e-12
_FAR = np.float32(-1e9)


class Encoder:
    """Token ids to label logits. `weights` carry the names of `transformers.BertModel`, see `training/export.py`.

    After loading nothing is written, so threads may share one encoder.
    """

    def __init__(self, weights: Mapping[str, Floats], heads: int) -> None:
        self._weights = weights
        self._heads = heads
        self._layers = sum(name.endswith(".output.dense.bias") and ".attention." not in name for name in weights)

    def told(self, pooled: Floats) -> Floats:
        """Return logits, shape (rows, labels), of what `pooled` returned."""
        return self._linear(pooled, "head")

    def pooled(self, rows: Sequence[tuple[Sequence[int], int]], padding: int) -> Floats:
        """Return what the head reads, shape (rows, 2 * hidden): mean and maximum of each row's last states.

        `rows` are token ids up to the positions, and how many of them are pooled.
        """
        found = np.empty((len(rows), self._weights["head.weight"].shape[1]), np.float32)
        order = sorted(range(len(rows)), key=lambda i: len(rows[i][0]))
        for first in range(0, len(order), _BATCH):
            chosen = order[first : first + _BATCH]
            found[chosen] = self._batch([rows[i] for i in chosen], padding)
        return found

    def _batch(self, rows: Sequence[tuple[Sequence[int], int]], padding: int) -> Floats:
        length = max(len(tokens) for tokens, _ in rows)
        ids = np.array([[*tokens, *[padding] * (length - len(tokens))] for tokens, _ in rows])
        places = np.arange(length)
        real = places < np.array([[len(tokens)] for tokens, _ in rows])
        states = self._embed(ids)
        for layer in range(self._layers):
            states = self._layer(states, real, f"encoder.layer.{layer}.")
        return _pool(states, places < np.array([[own] for _, own in rows]))

    def _embed(self, ids: NDArray[np.int64]) -> Floats:
        words = self._weights["embeddings.word_embeddings.weight"][ids]
        places = self._weights["embeddings.position_embeddings.weight"][: ids.shape[1]]
        return self._norm(words + places, "embeddings.LayerNorm")

    def _layer(self, states: Floats, real: NDArray[np.bool_], name: str) -> Floats:
        attended = self._linear(self._attend(states, real, name + "attention.self."), name + "attention.output.dense")
        states = self._norm(states + attended, name + "attention.output.LayerNorm")
        inner = _gelu(self._linear(states, name + "intermediate.dense"))
        return self._norm(states + self._linear(inner, name + "output.dense"), name + "output.LayerNorm")

    def _attend(self, states: Floats, real: NDArray[np.bool_], name: str) -> Floats:
        batch, length, hidden = states.shape

        def split(part: str) -> Floats:
            return self._linear(states, name + part).reshape(batch, length, self._heads, -1).transpose(0, 2, 1, 3)

        scores = split("query") @ split("key").transpose(0, 1, 3, 2) / np.float32(np.sqrt(hidden // self._heads))
        shares = _softmax(np.where(real[:, None, None, :], scores, _FAR))
        mixed: Floats = (shares @ split("value")).transpose(0, 2, 1, 3).reshape(batch, length, hidden)
        return mixed

    def _linear(self, states: Floats, name: str) -> Floats:
        flat = states.reshape(-1, states.shape[-1])  # one large product is several times faster than one a text
        mapped: Floats = flat @ self._weights[name + ".weight"].T + self._weights[name + ".bias"]
        return mapped.reshape(*states.shape[:-1], -1)

    def _norm(self, states: Floats, name: str) -> Floats:
        centred = states - states.mean(-1, keepdims=True)
        scale = np.sqrt(np.square(centred).mean(-1, keepdims=True) + np.float32(_EPS))
        normed: Floats = centred / scale * self._weights[name + ".weight"] + self._weights[name + ".bias"]
        return normed


def _pool(states: Floats, real: NDArray[np.bool_]) -> Floats:
    """Mean and maximum over the real tokens, side by side: (batch, 2 * hidden)."""
    kept = real[..., None]
    mean = np.where(kept, states, 0).sum(1) / kept.sum(1)
    return np.concatenate([mean, np.where(kept, states, _FAR).max(1)], axis=1).astype(np.float32)


def _softmax(scores: Floats) -> Floats:
    powers: Floats = np.exp(scores - scores.max(-1, keepdims=True))
    shares: Floats = powers / powers.sum(-1, keepdims=True)
    return shares


def _gelu(values: Floats) -> Floats:
    """The tanh form of Hendrycks and Gimpel 2016, which the model is trained with."""
    inner = np.float32(0.7978845608) * (values + np.float32(0.044715) * values * values * values)
    active: Floats = np.float32(0.5) * values * (1 + np.tanh(inner))
    return active
