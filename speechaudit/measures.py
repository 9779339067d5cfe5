"""Figures of one encounter that need no judgement: who spoke how long, how fast, and the silences."""

from __future__ import annotations

from speechaudit.model import Recording, Role, Transcript


def measure(transcript: Transcript, recording: Recording) -> dict[str, float]:
    """Figures by name, rounded to 0.01: seconds of speech per role, characters per minute of staff, longest silence.

    `ring_seconds` is there if somebody recorded it and the call came in: on calls to a citizen it is the citizen who
    lets it ring. A figure that cannot be had is left out.
    """
    figures = {f"{role}_seconds": _seconds(transcript, role) for role in _ROLES}
    if figures["staff_seconds"]:
        figures["staff_characters_per_minute"] = 60 * _characters(transcript) / figures["staff_seconds"]
    if transcript.segments:
        figures["longest_silence"] = _longest_silence(transcript)
    if recording.ring_seconds is not None and recording.direction != "out":
        figures["ring_seconds"] = recording.ring_seconds
    return {name: round(value, 2) for name, value in figures.items()}


_ROLES: tuple[Role, ...] = ("staff", "citizen", "unknown")


def _seconds(transcript: Transcript, role: Role) -> float:
    return sum(s.duration for s in transcript.segments if s.role == role)


def _characters(transcript: Transcript) -> int:
    return sum(c.isalnum() for s in transcript.segments if s.role == "staff" for c in s.text)


def _longest_silence(transcript: Transcript) -> float:
    """The longest time in which nobody speaks, between the first and the last word."""
    ends = [transcript.segments[0].end]
    for segment in transcript.segments[1:]:
        ends.append(max(ends[-1], segment.end))
    starts = [s.start for s in transcript.segments[1:]]
    return max([0.0, *(start - end for end, start in zip(ends, starts, strict=False))])
