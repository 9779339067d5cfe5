"""Waits, returns, transfers and announcements within a service, and talk beside the services, in Chinese."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from speechaudit.model import Audit, Encounter, MarkKind, PartKind, Segment, Span
from speechaudit.reasons.codes import Code
from speechaudit.reports.figures import ServedPart
from speechaudit.reports.names import display_name
from speechaudit.served import is_recordings, staff_of
from speechaudit.terms import ROLES
from speechaudit.text import clock

KINDS: Final[dict[MarkKind, str]] = {
    "hold": "让对方等候",
    "return": "回来",
    "transfer": "转接",
    "left": "对方先结束",
    "dropped": "线路中断",
    "sudden": "突然结束",
}
PART_KINDS: Final[dict[PartKind, str]] = {
    "first": "",
    "put-through": "电话转接后",
    "joined": "接着服务",
    "doubtful": "不能确定是谁",
}
ONE_TELLING = 3.0  # seconds between the sentences of one announcement


def describe_marks(encounter: Encounter) -> str:
    """Return waits and announcements with their length, returns and transfers, in order of time; empty without any."""
    marks = [(mark.start, KINDS[mark.kind], mark.duration if mark.kind == "hold" else None) for mark in encounter.marks]
    told = [(span.start, ROLES["machine"], span.duration) for span in _joined(encounter.transcript.announcements)]
    lines = (
        f"{clock(start)} {title}" + ("" if seconds is None else f" {seconds:.0f} 秒")
        for start, title, seconds in sorted([*marks, *told], key=lambda line: line[0])
    )
    return "、".join(lines)


def name_of_part(audit: Audit, encounter: Encounter, part: int) -> str:
    """Return who served in a part of a service; an ordinal where nobody knows another one's name."""
    staff = staff_of(audit, encounter, part)
    return staff or (display_name(None) if part == 0 else f"第{part + 1}位工作人员(身份不明)")


REGISTERED: Final = "录音登记"
# By what it is told that somebody served in a part, by the code of a reason; what else is said of one is words.
SOURCES: Final[dict[Code, str]] = {
    "leg-as-known": "线路记录",
    "leg-tells": "线路记录",
    "leg-of-another": "线路记录",
    "two-on-the-line": "线路记录",
    "other-voice": "声音",
    "same-voice": "声音",
    "voice-unassigned": "声音",
}


def known_by(audit: Audit, encounter: Encounter, number: int) -> tuple[str, ...]:
    """Return by what it is told who served in a part, each once: registration, legs, voice, words."""
    registered = [REGISTERED] if is_recordings(encounter, number) and audit.recording.staff else []
    told = (SOURCES.get(reason.code, "说的话") for reason in encounter.parts[number].reasons)
    return tuple(dict.fromkeys([*registered, *told]))


def parts_for(audit: Audit, encounter: Encounter, own: int | None = None) -> tuple[ServedPart, ...]:
    """Return who served from when to when; `own` is the part of whose report it is for. Nothing without parts."""
    return tuple(
        ServedPart(
            stretches=part.stretches,
            who=PART_KINDS["doubtful"] if part.kind == "doubtful" else name_of_part(audit, encounter, number),
            how=PART_KINDS[part.kind] if part.kind in ("put-through", "joined") else "",
            known_by=known_by(audit, encounter, number),
            own=number == own,
        )
        for number, part in enumerate(encounter.parts)
    )


def describe_parts(audit: Audit, encounter: Encounter) -> tuple[str, ...]:
    """Return one line for each part of a service: when, who, and why it is another; nothing without parts."""
    return tuple(_described(audit, encounter, n) for n in range(len(encounter.parts)))


def _described(audit: Audit, encounter: Encounter, number: int) -> str:
    part = encounter.parts[number]
    times = "、".join(f"{clock(span.start)}–{clock(span.end)}" for span in part.stretches)
    told = parts_for(audit, encounter)[number]
    return " ".join(filter(None, (times, told.who, told.how, part.reason)))


def _joined(segments: Sequence[Segment]) -> list[Span]:
    """Announcements that follow within `ONE_TELLING` are one."""
    spans: list[Span] = []
    for segment in segments:
        if spans and segment.start - spans[-1].end <= ONE_TELLING:
            spans[-1] = Span(start=spans[-1].start, end=max(spans[-1].end, segment.end))
        else:
            spans.append(Span(start=segment.start, end=segment.end))
    return spans


def describe_asides(audit: Audit) -> tuple[str, ...]:
    """Return one line for each talk that is no service, after one with the sum; nothing without any."""
    if not audit.asides:
        return ()
    total = sum(aside.duration for aside in audit.asides)
    lines = (f"{clock(a.start)}–{clock(a.end)} {a.reason}" for a in audit.asides)
    return (f"另有谈话 {len(audit.asides)} 段,共 {clock(total)},不算服务,不评分", *lines)
