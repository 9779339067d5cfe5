"""Whether the same citizen goes on after a pause, whatever else speaks for the next one.

Who was not answered, asks again; who was sent away for something, comes back with it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from speechaudit.encounters.signs import (
    CLOSING_SEGMENTS,
    SoFar,
    concluded,
    first_sentence,
    other_citizen,
    phrases_found,
    said,
    same_citizen,
    turns_private,
)
from speechaudit.model import Segment
from speechaudit.text import letters, merge_you

_NO_MATTER = re.compile(
    "[我你他她它们的了吗呢吧啊请问一下个这那是在有没不要好来去到给就还都先再办想能可以怎么什]|同志|师傅"
)
ALIKE = 0.5  # share of the pairs of characters of the shorter question that are in the longer one
SENDING_SEGMENTS = 3  # segments at the end in which the staff send a citizen for something
LEAVING_SEGMENTS = 2  # segments at the end in which a citizen says where they go
PAIRS = 3  # pairs at least


def same_service(before: SoFar, after: Sequence[Segment]) -> bool:
    """Return whether what follows belongs to the service so far.

    That takes no farewell, no next number and no private talk, and that somebody asks again what nobody answered,
    whatever the voices, for few words are too few for one; or, in nobody else's voice, that they ask whether somebody
    is there, come back from where they were sent, or go on with the voice of before where nobody was thanked or
    received.
    """
    first = first_sentence(after)
    received = said("next_called", first.text) or (first.role == "staff" and said("asks_wish", first.text))
    if received or phrases_found("farewell", before.last[-CLOSING_SEGMENTS:]):
        return False
    if _asks_the_same(before.last, first):
        return True
    if other_citizen(before, after) or turns_private(before, after):
        return False
    return _comes_back(before.last, first) or _waits_still(before.last, first) or _same_voice(before, after)


def _same_voice(before: SoFar, after: Sequence[Segment]) -> bool:
    received = after[0].role != "citizen" and said("receives", after[0].text)
    greeted = phrases_found("opening", [first_sentence(after)])
    over = phrases_found("thanks", before.last[-CLOSING_SEGMENTS:]) or (greeted and _settled(before.last))
    return not (received or over) and same_citizen(before, after)


def _settled(before: Sequence[Segment]) -> bool:
    """Return whether what was asked for is done, or the citizen had the last word and agrees."""
    return concluded(before) or (before[-1].role == "citizen" and said("agrees", before[-1].text))


def _comes_back(before: Sequence[Segment], first: Segment) -> bool:
    """Return whether somebody comes back: they say so, or speak of what they were sent for."""
    if said("comes_back", first.text) or _is_back(before, first):
        return True
    staff = (segment for segment in before[-SENDING_SEGMENTS:] if segment.role != "citizen")
    sent = [segment for segment in (*staff, *before[-LEAVING_SEGMENTS:]) if said("sent_away", segment.text)]
    matter = set().union(*(_matter(segment.text) for segment in sent))
    return bool(sent) and (said("asked_back", first.text) or bool(matter & _matter(first.text)))


def _is_back(before: Sequence[Segment], first: Segment) -> bool:
    """Return whether the staff let wait and speak of it now; to somebody new they say it too, and ask for the wish."""
    waited = any(_lets_wait(segment) for segment in before[-SENDING_SEGMENTS:] if segment.role != "citizen")
    return waited and "久等" in first.text and not said("receives", first.text)


def _asks_the_same(before: Sequence[Segment], first: Segment) -> bool:
    """Return whether the last words before the pause, that nobody answered, are said again."""
    return first.role != "staff" and any(_alike(segment.text, first.text) for segment in _unanswered(before))


def _waits_still(before: Sequence[Segment], first: Segment) -> bool:
    """Return whether somebody asks after an answer that nobody gave; who gave thanks does not wait for one."""
    thanked = phrases_found("thanks", before[-1:])
    return first.role != "staff" and not thanked and bool(_unanswered(before)) and said("waits_still", first.text)


def _unanswered(before: Sequence[Segment]) -> Sequence[Segment]:
    """Return what was said last and got no answer but a word to wait; where no role is known, the last words."""
    end = len(before)
    while end and before[end - 1].role == "staff" and _lets_wait(before[end - 1]):
        end -= 1
    start = end
    while start and before[start - 1].role == "citizen":
        start -= 1
    if start == end and end and before[end - 1].role == "unknown":
        start -= 1
    return before[start:end]


def _lets_wait(segment: Segment) -> bool:
    return said("hold", segment.text) or said("lets_wait", segment.text)


def _alike(one: str, two: str) -> bool:
    return _share(_pairs(one), _pairs(two), PAIRS) or _share(_matter(one), _matter(two), PAIRS - 1)


def _share(one: set[str], two: set[str], least: int) -> bool:
    shared = len(one & two)
    return shared >= least and shared >= ALIKE * min(len(one), len(two))


def _matter(text: str) -> set[str]:
    """Return the pairs of characters that lie within words with a meaning of their own: 照片, 复印件."""
    return {pair for word in _NO_MATTER.split(merge_you(letters(text))) for pair in _pairs(word)}


def _pairs(text: str) -> set[str]:
    spoken = merge_you(letters(text))
    return {spoken[at : at + 2] for at in range(len(spoken) - 1)}
