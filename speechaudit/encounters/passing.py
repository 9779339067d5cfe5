"""Words by which one member of staff gives way to another, and by which one hears whether that happened."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Literal

from speechaudit.encounters.forms import forms_in
from speechaudit.text import letters, merge_you

PassingSign = Literal[
    "transfer",
    "hand-over",
    "elsewhere",
    "consult",
    "conference",
    "no-passing",
    "offer",
    "agrees",
    "waiting",
    "stays",
    "another",
    "begins",
    "anew",
]
Way = Literal["transfer", "hand-over", "consult", "conference"]
WAYS: tuple[Way, ...] = ("conference", "hand-over", "consult", "transfer")
_UNIT = re.compile(
    r"^(?:喂|诶|哎|嗯)*(?:你好|早上好|上午好|下午好)+(?:这里是|这儿是|这边是|我是|我这边是)?"
    r"(.{2,14}?(?:窗口|科|股|中心|大厅|热线|局|办公室|服务台|处|所|部|柜台))"
)


def way_of(text: str) -> Way | None:
    """Return how these words pass the other side on; None if they do not, or only offer it."""
    if says_passing("no-passing", text) or says_passing("offer", text):
        return None
    way = offered_way(text)
    return None if way == "hand-over" and says_passing("elsewhere", text) else way


def offered_way(text: str) -> Way | None:
    """Return how these words would pass the other side on, if they did; None if in no way."""
    return next((way for way in WAYS if says_passing(way, text)), None)


def is_offer(text: str) -> bool:
    """Return whether these words offer to pass the other side on."""
    return says_passing("offer", text) and not says_passing("no-passing", text) and offered_way(text) is not None


def says_passing(sign: PassingSign, text: str) -> bool:
    """Return whether a text has a form of this sign."""
    return bool(forms_in("passing.yml", sign, text))


def any_says_passing(sign: PassingSign, texts: Iterable[str]) -> bool:
    """Return whether one of several texts has a form of this sign."""
    return any(says_passing(sign, text) for text in texts)


def unit_named(text: str) -> str:
    """Return the window or department by whose name somebody answers; empty without one."""
    found = _UNIT.match(merge_you(letters(text)))
    return found[1] if found else ""
