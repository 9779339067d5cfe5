"""The labelled utterances of `training/data`: reading, expanding the templates, splitting by family.

A file begins with `@@ LABEL…`, its default labels; `?LABEL` means unknown (left out of loss and figures). A blank line
ends a block; `@ LABEL…` at its head adds labels, `-LABEL` takes one away. A family is kept on one side of the split:
the block, whose lines say one idea, or the single line in a file that begins with `@@@`. A line is one utterance with
`(a|b)` for a choice, `[a|b]` for a choice that may be left out and `<slot>` for a line of `slots.txt`.
"""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

DATA = Path(__file__).parent / "data"
_SHARES = {"train": 0.64, "test": 0.21, "validation": 0.15}
PARTS = tuple(_SHARES)
_GROUP = re.compile(r"\(([^()\[\]]*)\)|\[([^()\[\]]*)\]")
_SLOT = re.compile(r"<([^<>]+)>")


@dataclass(frozen=True, slots=True, kw_only=True)
class Utterance:
    """One text with what is known of it. `unknown` labels are neither present nor absent.

    `before` is what the other side said just before, where that is known.
    """

    text: str
    labels: frozenset[str]
    unknown: frozenset[str]
    family: str
    source: str
    before: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """The templates of one idea; `name` is file name and number."""

    name: str
    source: str
    templates: tuple[str, ...]
    labels: frozenset[str]
    unknown: frozenset[str]


ANY = "chargeable"
"""The label of all that can be charged: only for training, where it is shared out among the families."""


def accusing(label: str) -> bool:
    """True for the labels that can cost points."""
    return label.startswith("forbid-") or label == "profanity"


def read_families(folder: Path = DATA) -> tuple[Family, ...]:
    """All families of all files, in the order of file names."""
    files = sorted(path for path in folder.glob("*.txt") if path.name != "slots.txt")
    return tuple(family for path in files for family in _read_file(path))


def read_slots(folder: Path = DATA) -> dict[str, tuple[str, ...]]:
    """`name: a|b|c` lines of `slots.txt`."""
    lines = (folder / "slots.txt").read_text("utf-8").splitlines()
    pairs = (line.split(": ", 1) for line in lines if line)
    return {name: tuple(values.split("|")) for name, values in pairs}


def _read_file(path: Path) -> Iterator[Family]:
    first, *rest = path.read_text("utf-8").splitlines()
    defaults = first.lstrip("@").split()
    blocks = [block.splitlines() for block in "\n".join(rest).split("\n\n") if block.strip()]
    for number, lines in enumerate(blocks, 1):
        head = lines[0].removeprefix("@").split() if lines[0].startswith("@") else []
        templates = tuple(line for line in lines if line and not line.startswith("@"))
        shared = tuple((template,) for template in templates) if first.startswith("@@@") else (templates,)
        for place, own in enumerate(shared, 1):
            yield _family(f"{path.stem}-{number}-{place}", path.stem, own, [*defaults, *head])


def _family(name: str, source: str, templates: tuple[str, ...], marks: Sequence[str]) -> Family:
    taken = {mark[1:] for mark in marks if mark.startswith("-")}
    labels = {mark for mark in marks if mark[0] not in "?-"} - taken
    unknown = {mark[1:] for mark in marks if mark.startswith("?")} - taken - labels
    return Family(name=name, source=source, templates=templates, labels=frozenset(labels), unknown=frozenset(unknown))


def part_of(families: Sequence[Family]) -> dict[str, str]:
    """Family name -> part. In each file the families, in the order of their hash, go where most lines are missing."""
    parts: dict[str, str] = {}
    filled: Counter[tuple[str, str]] = Counter()
    for family in sorted(families, key=lambda family: sha256(family.name.encode()).digest()):
        part = min(_SHARES, key=lambda part: filled[family.source, part] / _SHARES[part])
        filled[family.source, part] += len(family.templates)
        parts[family.name] = part
    return parts


def expand(template: str, slots: Mapping[str, Sequence[str]], rng: random.Random) -> str:
    """One random utterance of a template."""

    def choose(match: re.Match[str]) -> str:
        required, optional = match.groups()
        return str(rng.choice(required.split("|") if required is not None else [*optional.split("|"), ""]))

    def fill(match: re.Match[str]) -> str:
        return str(rng.choice(slots[match[1]]))

    while _GROUP.search(template):
        template = _GROUP.sub(choose, template)
    while _SLOT.search(template):
        template = _SLOT.sub(fill, template)
    return template


def utterances(families: Sequence[Family], per_template: int, seed: int) -> tuple[Utterance, ...]:
    """Up to `per_template` different utterances of every template."""
    slots = read_slots()
    rng = random.Random(seed)  # noqa: S311 - no secret, a repeatable choice
    found: list[Utterance] = []
    for family in families:
        for template in family.templates:
            texts = dict.fromkeys(expand(template, slots, rng) for _ in range(per_template))
            found.extend(
                Utterance(
                    text=text, labels=family.labels, unknown=family.unknown, family=family.name, source=family.source
                )
                for text in texts
                if text
            )
    return tuple(found)
