"""An audit as bytes: one compressed JSON, and for a long day one for each service, so that a page reads only its part.

A day at the counter is 40 MB of JSON, of which one page shows a hundredth. Its bytes are `DAY`, how many pieces and how
long each is (32 bits), then the pieces, each zlib: the first is lines, the audit without services and the outline of
each service; the others are the services in full. Outline and services are JSON as `speechaudit schema` has it.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final

from pydantic import TypeAdapter
from pydantic_core import from_json

from speechaudit.model import Audit, Clause, Encounter, Evidence, Finding, Score, Transcript
from speechaudit.reviews import is_silent

DAY: Final = b"day1"
MANY: Final = 12  # from so many services on the bytes come in pieces
_KEPT: Final = 4  # audits in memory: the page of a long day asks for it part by part
_AUDIT: TypeAdapter[Audit] = TypeAdapter(Audit)
_SERVICE: TypeAdapter[Encounter] = TypeAdapter(Encounter)
_CLAUSE: TypeAdapter[Clause] = TypeAdapter(Clause)
_SERVICES: Final = b'"encounters":[]'


@dataclass(frozen=True, slots=True)
class _SpokenService:
    transcript: Transcript


@dataclass(frozen=True, slots=True)
class _Spoken:
    encounters: tuple[_SpokenService, ...]


_SPOKEN: TypeAdapter[_Spoken] = TypeAdapter(_Spoken)
_SPOKEN_SERVICE: TypeAdapter[_SpokenService] = TypeAdapter(_SpokenService)


def packed(audit: Audit) -> bytes:
    """Return an audit as the store keeps it."""
    if len(audit.encounters) < MANY:
        return zlib.compress(_AUDIT.dump_json(audit))
    head = _AUDIT.dump_json(replace(audit, encounters=()))
    outlines = (_SERVICE.dump_json(_outline(each)) for each in audit.encounters)
    texts = (b"\n".join((head, *outlines)), *(_SERVICE.dump_json(each) for each in audit.encounters))
    pieces = [zlib.compress(each) for each in texts]
    return DAY + struct.pack(f">{len(pieces) + 1}I", len(pieces), *map(len, pieces)) + b"".join(pieces)


@lru_cache(maxsize=_KEPT)
def whole(content: bytes) -> Audit:
    """Return the whole audit."""
    if not content.startswith(DAY):
        return _read(zlib.decompress(content))
    first, *services = (zlib.decompress(content[start:end]) for start, end in _bounds(content))
    return _joined(first.partition(b"\n")[0], services)


def spoken(content: bytes) -> tuple[Transcript, ...]:
    """Return what was said in each service; findings, most of an audit, are not made into values."""
    if not content.startswith(DAY):
        return tuple(each.transcript for each in _SPOKEN.validate_json(zlib.decompress(content)).encounters)
    texts = (zlib.decompress(content[start:end]) for start, end in _bounds(content)[1:])
    return tuple(_SPOKEN_SERVICE.validate_json(each).transcript for each in texts)


@lru_cache(maxsize=_KEPT)
def outline(content: bytes) -> Audit:
    """Return the audit with the times, scores and findings that say something of each service; short ones in full."""
    if not content.startswith(DAY):
        return whole(content)
    start, end = _bounds(content)[0]
    head, *services = zlib.decompress(content[start:end]).split(b"\n")
    return _joined(head, services)


def services(content: bytes, numbers: Iterable[int]) -> Mapping[int, Encounter]:
    """Return the services with these numbers, from 0, in full."""
    wanted = sorted(numbers)
    if not content.startswith(DAY):
        return {number: whole(content).encounters[number] for number in wanted}
    (start, end), *bounds = _bounds(content)
    head = zlib.decompress(content[start:end]).partition(b"\n")[0]
    texts = [zlib.decompress(content[slice(*bounds[number])]) for number in wanted]
    return dict(zip(wanted, _joined(head, texts).encounters, strict=True))


def _bounds(content: bytes) -> list[tuple[int, int]]:
    """Return where each piece begins and ends."""
    (count,) = struct.unpack_from(">I", content, len(DAY))
    lengths = struct.unpack_from(f">{count}I", content, len(DAY) + 4)
    at, bounds = len(DAY) + 4 + 4 * count, []
    for length in lengths:
        bounds.append((at, at + length))
        at += length
    return bounds


def _joined(head: bytes, services: Iterable[bytes]) -> Audit:
    """Read an audit as one JSON, so that an older one is raised as a whole."""
    before, empty, after = head.partition(_SERVICES)
    return _read(b"".join((before, empty[:-1], b",".join(services), b"]", after)))


def _read(text: bytes) -> Audit:
    told = from_json(text)
    for finding in (each for encounter in told["encounters"] for each in encounter["findings"]):
        finding["clauses"] = [_clause(tuple(each.items())) for each in finding["clauses"]]
    return _AUDIT.validate_python(told)


@lru_cache(maxsize=4096)  # most of an audit is clauses, the same in each: they are read once, and kept once
def _clause(told: tuple[tuple[str, str], ...]) -> Clause:
    return _CLAUSE.validate_python(dict(told))


def _outline(encounter: Encounter) -> Encounter:
    """Return a service without words, figures and reasons; quotes stay, for people's decisions hold on to them."""
    return replace(
        encounter,
        transcript=Transcript(segments=(), duration=encounter.transcript.duration),
        marks=(),
        findings=tuple(_told(each) for each in encounter.findings if not is_silent(each)),
        score=encounter.score and _sum(encounter.score),
        measures={},
    )


def _sum(score: Score) -> Score:
    return replace(score, by_dimension=(), deductions=())


def _told(finding: Finding) -> Finding:
    evidence = tuple(_where(each) for each in finding.evidence)
    return replace(finding, topics=(), message="", clauses=(), evidence=evidence)


def _where(evidence: Evidence) -> Evidence:
    return replace(evidence, reasons=())
