"""Names and lots that follow from contents alone: the same in every run, on every machine and in every version.

Decisions of people, codes on printed reports and second opinions hang on them, so that no value may ever change.
"""

from __future__ import annotations

import hashlib
import json
from typing import Final

from speechaudit.model import Evidence, Finding

_DRAWN: Final = 6  # bytes of a lot
_LOTS: Final = 256.0**_DRAWN


def digest(text: str, digits: int) -> str:
    """Return the first hex digits of the SHA-256 of a text; halves of surrogate pairs, as names may have, are taken."""
    return _sha256(text).hex()[:digits]


def key_of(finding: Finding) -> str:
    """Return 16 hex digits, the same for the same verdict of the program by a rule on the same words at the same time.

    They stay the same in every later audit of a recording, and when a person decides otherwise.
    """
    machine = finding.review.machine if finding.review else finding.verdict
    said = [(f"{e.start:.1f}", f"{e.end:.1f}", e.quote) for e in finding.evidence]
    return digest(json.dumps([finding.rule, machine, said], ensure_ascii=False), 16)


def code_of(file: str, rule: str, evidence: Evidence) -> str:
    """Return eight hex digits in capitals, under which reports print this piece of evidence."""
    return digest("\0".join((file, rule, f"{evidence.start:.2f}-{evidence.end:.2f}", evidence.quote)), 8).upper()


def chance(text: str) -> float:
    """Return a number from 0 to below 1 that nobody can foresee who does not know the text."""
    return int.from_bytes(_sha256(text)[:_DRAWN], "big") / _LOTS


def _sha256(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()
