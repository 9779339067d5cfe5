"""Forms of words as people list them, one YAML file for each purpose: signs by name, each with its forms."""

from __future__ import annotations

import re
from functools import cache, lru_cache
from importlib.resources import files

from speechaudit.text import letters, merge_you


@lru_cache(maxsize=1 << 16)  # what was said is looked at again before each segment that follows
def forms_in(file: str, sign: str, text: str) -> tuple[str, ...]:
    """Return the forms of a sign that a text holds, in order, as letters without punctuation and with 您 as 你."""
    return tuple(hit.group() for hit in patterns_of(file)[sign].finditer(merge_you(letters(text))))


@cache
def patterns_of(file: str) -> dict[str, re.Pattern[str]]:
    """Return the pattern of each sign in a YAML file of this room; `<sign>` in a form stands for that sign's forms."""
    import yaml

    listed = yaml.safe_load((files(__package__) / file).read_text(encoding="utf-8"))
    joined = {sign: "|".join(f"(?:{form})" for form in forms) for sign, forms in listed.items()}
    return {
        sign: re.compile(re.sub("<([a-z_-]+)>", lambda named: joined[named[1]], forms))
        for sign, forms in joined.items()
    }
