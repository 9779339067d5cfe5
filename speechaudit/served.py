"""A service as the services of each member of staff who served in it, and back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from speechaudit.model import Audit, Encounter, Part


def served(encounter: Encounter) -> tuple[tuple[int, Encounter], ...]:
    """Return the parts of a service by number, each as a service with the findings, score and figures of its own.

    What is in doubt is nobody's, and left out; a service without parts is one. Transcripts stay whole.
    """
    if not encounter.parts:
        return ((0, encounter),)
    return tuple((n, _own(encounter, n, part)) for n, part in enumerate(encounter.parts) if part.kind != "doubtful")


def _own(encounter: Encounter, number: int, part: Part) -> Encounter:
    return replace(
        encounter,
        start=part.start,
        end=part.end,
        findings=tuple(finding for finding in encounter.findings if finding.part == number),
        score=part.score,
        measures=part.measures,
        parts=(),
    )


def rejoined(encounter: Encounter, own: Mapping[int, Encounter]) -> Encounter:
    """Return the service with what was found and scored in each part; its score and figures are the first one's.

    Where the beginning is in doubt that is the first who is sure; where all of it is, the service is nobody's.
    """
    parts = tuple(
        replace(part, score=own[n].score, measures=own[n].measures) if n in own else part
        for n, part in enumerate(encounter.parts)
    )
    findings = tuple(replace(finding, part=n) for n, each in own.items() for finding in each.findings)
    first = own[min(own)] if own else replace(encounter, score=None, measures={})
    return replace(encounter, findings=findings, score=first.score, measures=first.measures, parts=parts)


def staff_of(audit: Audit, encounter: Encounter, part: int) -> str | None:
    """Return who served in a part: of the first one the recording says it, where the legs of the call do not."""
    return audit.recording.staff if is_recordings(encounter, part) else encounter.parts[part].staff


def is_recordings(encounter: Encounter, part: int) -> bool:
    """Return whether a part is that of whom the recording names: the first, unless legs of the call name another."""
    return not part and not (encounter.parts and {r.code for r in encounter.parts[0].reasons} - {"leg-as-known"})


def part_at(parts: Sequence[Part], moment: float) -> int:
    """Return the number of the part in which a moment lies, that of the last one before it where it lies in none."""
    begun = [(span.start, n) for n, part in enumerate(parts) for span in part.stretches if span.start <= moment]
    return max(begun, default=(0.0, 0))[1]


def own_parts(audit: Audit) -> Audit:
    """Return the audit with what was found about the recording's staff only; of colleagues the times stay."""
    return replace(audit, encounters=tuple(_without_others(audit, encounter) for encounter in audit.encounters))


def _without_others(audit: Audit, encounter: Encounter) -> Encounter:
    if not encounter.parts:
        return encounter
    staff = audit.recording.staff
    own = {
        n
        for n, _ in served(encounter)
        if is_recordings(encounter, n) or (staff and staff_of(audit, encounter, n) == staff)
    }
    parts = (part if n in own else replace(part, score=None, measures={}) for n, part in enumerate(encounter.parts))
    findings = tuple(finding for finding in encounter.findings if finding.part in own)
    shown = replace(encounter, findings=findings, parts=tuple(parts))
    return shown if 0 in own else replace(shown, score=None, measures={})


def owner_at(parts: Sequence[Part], moment: float) -> tuple[int, bool]:
    """Return the part in which a moment lies, and whether that is in doubt: then it is that of the person before."""
    number = part_at(parts, moment)
    if not parts or parts[number].kind != "doubtful":
        return number, False
    sure = [n for n, part in enumerate(parts) if part.kind != "doubtful"]
    before = [(span.start, n) for n in sure for span in parts[n].stretches if span.start <= moment]
    return max(before, default=(0.0, sure[0] if sure else 0))[1], True
