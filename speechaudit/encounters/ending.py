"""Whether a service ended before anybody could take leave: the other side left, the line dropped, or nobody knows.

A missing farewell is a fault only of somebody who could have said it. Who ended a call is known from the switch, or
has to be told by the last words: an answer that nobody waited for, a question without answer, half a sentence.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from speechaudit.encounters.signs import Sign, said
from speechaudit.model import EndedBy, Mark, MarkKind, Role, Segment, Setting

CUT_IN_SPEECH = 0.4  # seconds: who puts down a telephone takes longer after the last word
TIME_TO_ANSWER = 2.0  # seconds after a farewell in which it is returned
_LEAVE_WITHIN = 4  # segments at the end in which the other side may have taken leave already
_PUNCTUATED = 2  # segments that end with a mark, before one without tells anything
_SENTENCE = re.compile(r"[。!?!?;;]+")
_FINISHED = re.compile(r"[。!?!?.~]\W*$")
_LEAVING: tuple[Sign, ...] = ("farewell", "thanks", "agrees")
_OPEN: tuple[Sign, ...] = ("asks", "waits", "transfer", "dead_line", "unfinished")
_IN_VAIN: tuple[Sign, ...] = ("dead_line", "unfinished", "wonders")
_LEFT: dict[EndedBy, MarkKind] = {"citizen": "left", "line": "dropped"}


def ending(
    segments: Sequence[Segment], setting: Setting, ended_by: EndedBy | None = None, silence: float | None = None
) -> Mark | None:
    """Return the mark of an end that came too early for a farewell, or None.

    `left` and `dropped` are known, `sudden` is what the words or the sound show. `segments` are those of people, in
    order; `silence` are the seconds of the recording behind the last word, None where there is no sound.
    """
    if not segments or ended_by == "staff" or segments[-1].role not in ("staff", "citizen"):
        return None
    kind = _known(segments, _LEFT[ended_by], silence) if ended_by else _seen(segments, setting, silence)
    last = segments[-1]
    return Mark(kind=kind, start=last.start, end=last.end, quote=last.text) if kind else None


def _known(segments: Sequence[Segment], kind: MarkKind, silence: float | None) -> MarkKind | None:
    """`kind`, unless the staff had their chance: leave was taken, and then they spoke, or could have."""
    if _left_open(segments):
        return kind
    near = segments[-_LEAVE_WITHIN:]
    leaving = next((i for i, segment in enumerate(near) if _takes_leave(segment)), None)
    if leaving is None:
        return kind
    if near[leaving].role == "staff" or any(segment.role == "staff" for segment in near[leaving:]):
        return None
    return None if silence is not None and silence >= TIME_TO_ANSWER else "sudden"


def _takes_leave(segment: Segment) -> bool:
    signs: tuple[Sign, ...] = ("closes",) if segment.role == "staff" else ("farewell", "thanks")
    return any(said(sign, segment.text) for sign in signs)


def _seen(segments: Sequence[Segment], setting: Setting, silence: float | None) -> MarkKind | None:
    sudden = _walked_off(segments) if setting == "counter" else _broke_off(segments, silence)
    return "sudden" if sudden else None


def _broke_off(segments: Sequence[Segment], silence: float | None) -> bool:
    """Return whether a call ended with nobody taking leave, and not by the staff's own word.

    Who says the last word and waits in vain for a farewell is another matter: that the staff owe.
    """
    if said("closes", _last_turn(segments, "staff")):
        return False
    if segments[-1].role == "staff":
        return _left_open(segments) or (silence is not None and silence < CUT_IN_SPEECH)
    turn = _last_turn(segments, "citizen")
    if said("gives_up", turn):
        return True
    if any(said(sign, turn) for sign in _LEAVING):
        return False
    if said("breaks_off", turn) or said("closes", turn):
        return said("breaks_off", turn)
    waiting = any(said(sign, _last_sentence(turn)) for sign in _IN_VAIN)
    answering = any(said(sign, _last_sentence(_last_turn(segments, "staff"))) for sign in _OPEN[:2])
    return waiting or answering or _without_its_mark(segments)


def _left_open(segments: Sequence[Segment]) -> bool:
    """Return whether the last word of the staff waits for the other side, or is half a sentence."""
    last = segments[-1]
    if last.role != "staff" or said("closes", last.text):
        return False
    sentence = _last_sentence(last.text)
    return any(said(sign, sentence) for sign in _OPEN) or _without_its_mark(segments)


def _without_its_mark(segments: Sequence[Segment]) -> bool:
    """Return whether the last text stops without a mark of punctuation where all others have one."""
    *before, last = segments
    written = all(not segment.words for segment in segments) and len(before) >= _PUNCTUATED
    return written and not _FINISHED.search(last.text) and all(_FINISHED.search(segment.text) for segment in before)


def _walked_off(segments: Sequence[Segment]) -> bool:
    """Return whether the citizen gave up in anger and went; words that the staff call after them change nothing."""
    if segments[-1].role == "staff":
        called = said("calls_after", segments[-1].text)
        return called and len(segments) > 1 and said("walks_off", segments[-2].text)
    return said("walks_off", _last_turn(segments, "citizen"))


def _last_turn(segments: Sequence[Segment], role: Role) -> str:
    """Return the words of the last turn of a role as one text, empty without any."""
    end = next((i for i in range(len(segments), 0, -1) if segments[i - 1].role == role), 0)
    start = next((i for i in range(end, 0, -1) if segments[i - 1].role != role), 0)
    return "".join(segment.text for segment in segments[start:end])


def _last_sentence(text: str) -> str:
    return next((part for part in reversed(_SENTENCE.split(text)) if part.strip()), text)
