"""How something stands, in a few words with a colour: on the list of settings, and beside what is listed there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class Stands:
    """How something stands; `kind` is the colour of that: wait and fail ask for something to be done."""

    text: str
    kind: Literal["soft", "pass", "wait", "fail"] = "soft"
