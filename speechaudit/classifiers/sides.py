"""Which side of the window would say it: n-grams of the characters and of their syllables, logistic regression.

A linear model over what was said can be asked which words decided; a recogniser's homophones keep their syllables.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from speechaudit.classifiers import tfidf
from speechaudit.classifiers.weights import check
from speechaudit.sounds import syllables
from speechaudit.text import merge_you, model_form

FILE = Path(__file__).parent / "model" / "sides.safetensors"
NUMBER = re.compile("[0-9零一二三四五六七八九幺]{3,}|[0-9]")
LEAST = 4  # characters under which a text tells nothing: everybody says 嗯 and 好的


def words_of(text: str) -> list[str]:
    """Return the characters that are read; numbers, and 您 against 你, say nothing about the side."""
    return list(NUMBER.sub("", merge_you(model_form(text))))


def sounds_of(text: str) -> list[str]:
    """Return the syllables of these characters between the marks for beginning and end."""
    return ["^", *syllables("".join(words_of(text))), "$"]


CUTS: Mapping[str, tfidf.Cut] = {"words": words_of, "sounds": sounds_of}


class SideModel:
    """The model in memory. Threads may share it."""

    def __init__(self, path: Path = FILE) -> None:
        """Load the model. Raises ModelError if its file is missing or damaged."""
        from safetensors import safe_open

        check(path)
        with safe_open(path, framework="numpy") as file:
            about = json.loads(file.metadata()["about"])
            self._bias = float(file.get_tensor("bias")[0])
            self._weights = {kind: file.get_tensor(f"{kind}.weights").astype(np.float32) for kind in CUTS}
            self._vectorizers = {
                kind: tfidf.KnownGrams(cut, about[kind], file.get_tensor(f"{kind}.idf").astype(np.float32))
                for kind, cut in CUTS.items()
            }

    def odds(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return log-odds that staff would say it rather than citizens, (texts,); 0 for under `LEAST` characters."""
        if not texts:
            return np.zeros(0, np.float32)
        told = sum(self._vectorizers[kind].transform(texts) @ self._weights[kind] for kind in CUTS) + self._bias
        return telling(texts, told)


def telling(texts: Sequence[str], odds: NDArray[np.floating]) -> NDArray[np.float32]:
    """Return log-odds, shape (texts,), with 0 for a text of under `LEAST` characters."""
    return np.where([len(words_of(text)) >= LEAST for text in texts], odds, 0.0).astype(np.float32)
