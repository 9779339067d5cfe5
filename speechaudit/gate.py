"""Too little, nobody's, or heard too badly: why a service is not scored, with the figure and the limit."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from speechaudit.model import Encounter, Finding
from speechaudit.policy import Gate, Policy
from speechaudit.reasons import Reason, because


def nothing_to_judge(encounter: Encounter) -> Reason | None:
    """Return the reason why there is nothing to look for, or None."""
    if not encounter.transcript.people:
        return because("only-announcements" if encounter.transcript.segments else "nothing-said")
    return None


def not_to_be_scored(encounter: Encounter, policy: Policy) -> Reason | None:
    """Return the reason why nobody is scored, or None if staff surely spoke, for long enough, and were heard well."""
    if encounter.duration < policy.minimum_seconds:
        return because("too-short", seconds=encounter.duration, minimum=policy.minimum_seconds)
    return _nobody_to_judge(encounter) or next(_faults(encounter.measures, policy.gate), None)


def undecided(findings: Iterable[Finding], reason: Reason) -> tuple[Finding, ...]:
    """Return the findings behind the gate: accusations wait for a person, and nobody is credited with words.

    A `pass` that rests on no words, as that of a phrase nobody said, stays. Of what was too short to be a service only
    forbidden words are told: nobody owes a greeting there.
    """
    told = (_undecided(finding, reason) for finding in findings)
    return tuple(map(_words_alone, told)) if reason.code == "too-short" else tuple(told)


def _words_alone(finding: Finding) -> Finding:
    kept = finding.kind == "forbidden" or finding.verdict == "pass"
    return finding if kept else replace(finding, verdict="n/a", evidence=())


def _undecided(finding: Finding, reason: Reason) -> Finding:
    if finding.verdict == "fail":
        added = because("service-not-scored"), reason
        evidence = tuple(replace(own, reasons=(*own.reasons, *added)) for own in finding.evidence)
        return replace(finding, verdict="unclear", evidence=evidence)
    credited = finding.verdict == "pass" and any(evidence.quote for evidence in finding.evidence)
    return replace(finding, verdict="n/a", evidence=()) if credited else finding


def _nobody_to_judge(encounter: Encounter) -> Reason | None:
    roles = {segment.role for segment in encounter.transcript.people}
    if "staff" in roles:
        return None
    return because("staff-unknown" if "unknown" in roles else "staff-silent")


def _faults(measures: Mapping[str, float], gate: Gate) -> Iterator[Reason]:
    """Yield a reason for each limit that is passed; a figure that nobody measured is within."""
    staff = measures.get("staff_seconds")
    if staff is not None and staff < gate.minimum_staff_seconds:
        yield because("staff-too-little", seconds=staff, minimum=gate.minimum_staff_seconds)
    noise = measures.get("signal_to_noise")
    if noise is not None and noise < gate.minimum_signal_to_noise:
        yield because("too-noisy", decibels=noise, minimum=gate.minimum_signal_to_noise)
    clipped = measures.get("clipped_share")
    if clipped is not None and clipped > gate.maximum_clipped_share:
        yield because("clipped", share=clipped, maximum=gate.maximum_clipped_share)
    doubtful = measures.get("low_confidence_share")
    if doubtful is not None and doubtful > gate.maximum_low_confidence_share:
        yield because("too-doubtful", share=doubtful, maximum=gate.maximum_low_confidence_share)
