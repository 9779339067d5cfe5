"""A service in which nobody knows which voice is the staff's: judged for each voice as if it were theirs.

What was said is told by whom it may be; what was not said, only where it is missing whoever the staff are.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from typing import Final

from speechaudit.model import Evidence, Finding, Segment, Transcript
from speechaudit.reasons import Code, because

MOST_VOICES: Final = 6  # those that speak longest; a service of more is a crowd
_ABSENCES: Final = ("required", "sequence")  # kinds that ask only whether words were said


def as_if_staff(transcript: Transcript) -> tuple[Transcript, ...]:
    """Return the transcript once for each voice of nobody, with its words as the staff's and the others' as citizens'.

    None where staff surely spoke, or nobody of whom one cannot say it. What has no voice stays unknown, unless no
    voice was told at all. Of many voices those count that speak longest.
    """
    unknown = [segment for segment in transcript.people if segment.role == "unknown"]
    if not unknown or any(segment.role == "staff" for segment in transcript.people):
        return ()
    one_channel = len({segment.channel for segment in transcript.people}) == 1
    voice_of = _speaker if one_channel else _party
    seconds: dict[str | None, float] = {}
    for segment in unknown:
        seconds[voice_of(segment)] = seconds.get(voice_of(segment), 0.0) + segment.duration
    told = {voice: spoken for voice, spoken in seconds.items() if voice is not None} or seconds
    longest = sorted(told, key=lambda voice: -told[voice])[:MOST_VOICES]
    return tuple(_as_staff(transcript, voice, longest, voice_of) for voice in longest)


def _speaker(segment: Segment) -> str | None:
    return segment.speaker


def _party(segment: Segment) -> str:
    """Return the voice, or the channel where no voices are told apart in it."""
    return segment.speaker or f"\0{segment.channel}"


def _as_staff(
    transcript: Transcript,
    staff: str | None,
    voices: Sequence[str | None],
    voice_of: Callable[[Segment], str | None],
) -> Transcript:
    def seen(segment: Segment) -> Segment:
        if segment.role != "unknown" or voice_of(segment) not in voices:
            return segment
        return replace(segment, role="staff" if voice_of(segment) == staff else "citizen")

    return replace(transcript, segments=tuple(map(seen, transcript.segments)))


def whoever(cases: Sequence[Sequence[Finding]], silent: Collection[str] = ()) -> tuple[Finding, ...]:
    """Return one finding for each rule from the findings of every case of `as_if_staff`: doubts at most, no charges.

    A forbidden phrase is told in whichever case, since each voice may be the staff's; rules that are `silent` in doubt
    tell nothing. Anything else is told only if it is at fault in all: then nobody said what is missing. Where
    all are one voice, what depends on who answered whom is not told. Nobody is credited. A figure is as it is.
    """
    return tuple(_told(findings, silent) for findings in zip(*cases, strict=True))


def _told(findings: Sequence[Finding], silent: Collection[str]) -> Finding:
    first = findings[0]
    if first.kind == "measure":
        return first
    at_fault = [finding for finding in findings if finding.verdict in ("fail", "unclear")]
    if first.rule in silent:
        return replace(first, verdict="pass" if at_fault else first.verdict, evidence=())
    if first.kind == "forbidden":
        places = {(own.start, own.end): own for finding in at_fault for own in finding.evidence}
        evidence = tuple(_by_whom(places[place], "speaker-unsure") for place in sorted(places))
        return replace(first, verdict="unclear" if at_fault else first.verdict, evidence=evidence)
    one_for_all = len(findings) == 1 and first.kind not in _ABSENCES
    if one_for_all or len(at_fault) < len(findings):
        return replace(first, verdict="n/a", evidence=())
    worst = next((finding for finding in at_fault if finding.verdict == "fail"), first)
    return replace(worst, verdict="unclear", evidence=tuple(_by_whom(own, "staff-unknown") for own in worst.evidence))


def _by_whom(evidence: Evidence, doubt: Code) -> Evidence:
    """Return the evidence with this doubt; what was said is by nobody knows whom."""
    told = any(reason.code == doubt for reason in evidence.reasons)
    reasons = evidence.reasons if told else (*evidence.reasons, because(doubt))
    return replace(evidence, role="unknown" if evidence.quote else evidence.role, reasons=reasons)
