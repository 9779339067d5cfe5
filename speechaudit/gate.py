"""Too little, nobody's, or heard too badly: why a service is not scored, in Chinese, with the figure and the limit."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from speechaudit.model import Encounter, Finding
from speechaudit.policy import Gate, Policy


def nothing_to_judge(encounter: Encounter, policy: Policy) -> str:
    """Why there is nothing to look for; empty if there is."""
    if not encounter.transcript.segments:
        return "没有听到说话"
    if encounter.duration < policy.minimum_seconds:
        return f"只有{encounter.duration:.1f}秒,不足{policy.minimum_seconds:g}秒"
    return ""


def not_to_be_scored(encounter: Encounter, policy: Policy) -> str:
    """Why what was found is nobody's score; empty if staff surely spoke and were heard well enough."""
    return _nobody_to_judge(encounter) or next(_faults(encounter.measures, policy.gate), "")


def undecided(findings: Iterable[Finding], reason: str) -> tuple[Finding, ...]:
    """What was found behind the gate: accusations wait for a person, and nobody is credited with words.

    A `pass` that rests on no words, as that of a phrase nobody said, stays.
    """
    return tuple(_undecided(finding, reason) for finding in findings)


def _undecided(finding: Finding, reason: str) -> Finding:
    if finding.verdict == "fail":
        why = f"(这次服务不予评分:{reason})"
        return replace(
            finding, verdict="unclear", evidence=tuple(replace(own, why=f"{own.why}{why}") for own in finding.evidence)
        )
    credited = finding.verdict == "pass" and any(evidence.quote for evidence in finding.evidence)
    return replace(finding, verdict="n/a", evidence=()) if credited else finding


def _nobody_to_judge(encounter: Encounter) -> str:
    roles = {segment.role for segment in encounter.transcript.segments}
    if "staff" in roles:
        return ""
    return "不能确定哪些话是工作人员说的" if "unknown" in roles else "没有听到工作人员说话"


def _faults(measures: Mapping[str, float], gate: Gate) -> Iterator[str]:
    """What is beyond a limit of the gate; a figure that nobody measured is within."""
    staff = measures.get("staff_seconds")
    if staff is not None and staff < gate.minimum_staff_seconds:
        yield f"工作人员只说了{staff:.1f}秒,不足{gate.minimum_staff_seconds:g}秒"
    noise = measures.get("signal_to_noise")
    if noise is not None and noise < gate.minimum_signal_to_noise:
        yield f"录音太嘈杂:信噪比{noise:.1f}分贝,低于{gate.minimum_signal_to_noise:g}分贝"
    clipped = measures.get("clipped_share")
    if clipped is not None and clipped > gate.maximum_clipped_share:
        yield f"录音削波失真:{clipped:.1%}的样本到顶,超过{gate.maximum_clipped_share:.1%}"
    doubtful = measures.get("low_confidence_share")
    if doubtful is not None and doubtful > gate.maximum_low_confidence_share:
        yield f"听不清:{doubtful:.0%}的字识别得不可靠,超过{gate.maximum_low_confidence_share:.0%}"
