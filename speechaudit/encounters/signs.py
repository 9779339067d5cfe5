"""What speaks for and against a cut between two services, and what tells talk from a service."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import cache, lru_cache
from importlib.resources import files
from typing import Literal

from speechaudit.model import Segment

Sign = Literal["farewell", "thanks", "opening", "goes_on", "business", "private", "hold", "transfer"]

# Seconds without speech, and how strong a sign that is. Staff also type for minutes within a service.
SILENCE = 12.0
SILENCES = ((180.0, 2.0), (60.0, 1.5), (SILENCE, 1.0), (6.0, 0.5))
LAST_WORDS = 3  # segments at the end of a service in which somebody takes leave
FIRST_WORDS = 2  # segments at the beginning of a service in which it is opened, if one voice says them
WAITED = 5  # segments at the end of a service in which the citizen is asked to wait
AHEAD = 20  # segments that are searched for the next citizen
TALK = 4  # segments that tell whether talk is of business or private


def silence_before(before: Sequence[Segment], after: Segment) -> float:
    """Seconds between the last word so far and the next one; below zero where they overlap."""
    return after.start - max(segment.end for segment in before)


def signs(before: Sequence[Segment], after: Sequence[Segment]) -> float:
    """How much speaks for a cut between what was said in this service so far and what comes; 2 is enough."""
    if hits("farewell", after[:1]) and not hits("opening", after[:1]):
        return 0.0  # the service is not over before its last farewell
    silence = silence_before(before, after[0])
    weight = next((weight for seconds, weight in SILENCES if silence >= seconds), 0.0)
    return weight + _leave(before) + _begins(before, after) + _other_citizen(before, after) + _other_talk(before, after)


def _leave(before: Sequence[Segment]) -> float:
    last = before[-LAST_WORDS:]
    return 1.0 if hits("farewell", last) else 0.5 if hits("thanks", last) else 0.0


def _begins(before: Sequence[Segment], after: Sequence[Segment]) -> float:
    first = after[0]
    if hits("hold", before[-WAITED:]) and hits("goes_on", [first]):
        return -1.0  # whoever was asked to wait is spoken to again, whatever they are asked then
    if hits("opening", [first]):
        return 1.0
    if hits("goes_on", [first]):
        return -1.0
    close = [s for s in after[1:FIRST_WORDS] if s.start - first.end < SILENCES[-1][0]]
    return 0.5 if hits("opening", close) else 0.0


def _other_talk(before: Sequence[Segment], after: Sequence[Segment]) -> float:
    """1 where talk of business turns private or the other way round."""
    last, following = talk_of(before), talk_of(_together(after[:TALK]))
    return float(bool(last and following and last != following))


def _together(after: Sequence[Segment]) -> list[Segment]:
    """What follows without a silence: behind one the next service may begin."""
    near = [after[0]]
    for segment in after[1:]:
        if silence_before(near, segment) >= SILENCE:
            break
        near.append(segment)
    return near


def talk_of(segments: Sequence[Segment]) -> Literal["business", "private", ""]:
    """What is talked about; empty if that cannot be told."""
    if hits("business", segments) or hits("opening", segments):
        return "business"
    return "private" if hits("private", segments) else ""


def _other_citizen(before: Sequence[Segment], after: Sequence[Segment]) -> float:
    """1 if surely another citizen speaks next. The same label proves nothing: similar voices share one."""
    last, following = _citizen(reversed(before)), _citizen(_together(after[:AHEAD]))
    return float(last is not None and following is not None and last != following)


def _citizen(segments: Iterable[Segment]) -> str | None:
    return next((segment.speaker for segment in segments if segment.role == "citizen" and segment.speaker), None)


def hits(sign: Sign, segments: Iterable[Segment]) -> set[str]:
    """The different words of this sign in the segments."""
    return {hit for segment in segments for hit in _hits(sign, segment.text)}


@lru_cache(maxsize=1 << 16)  # what was said is looked at again before each segment that follows
def _hits(sign: Sign, text: str) -> tuple[str, ...]:
    return tuple(hit.group() for hit in _patterns()[sign].finditer(plain(text)))


def plain(text: str) -> str:
    """Only the words, with 您 written 你: recognisers confuse the two."""
    return re.sub(r"[\W_]", "", text).replace("您", "你")


@cache
def _patterns() -> dict[str, re.Pattern[str]]:
    import yaml

    listed = yaml.safe_load((files(__package__) / "signs.yml").read_text(encoding="utf-8"))
    return {sign: re.compile("|".join(f"(?:{form})" for form in forms)) for sign, forms in listed.items()}
