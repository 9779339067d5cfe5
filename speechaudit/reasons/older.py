"""What older audits hold otherwise. Only here is a sentence read back: those audits have nothing else."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

SCHEMA_VERSION = 2  # 1, which stands nowhere, had sentences only
_COVERED = re.compile(r"\(同一(?:件事|句话)已按“((?:(?!\(同一(?:件事|句话)已按“).)*)”扣分\)$")
Values = Mapping[str, Any]


def raised(audit: Values) -> Values:
    """Raise an audit, as JSON values, to the present version. Raises PydanticCustomError if it is from a later one."""
    version = audit.get("schema_version", 1)
    if isinstance(version, int) and version > SCHEMA_VERSION:
        from pydantic_core import PydanticCustomError

        raise PydanticCustomError(
            "newer_audit", "这份结果由更新的版本生成(schema_version {version}),请升级程序", {"version": version}
        )
    if version != 1 or not isinstance(audit.get("encounters"), list | tuple):
        return audit
    return {**audit, "encounters": [_encounter(each) for each in audit["encounters"]], "schema_version": SCHEMA_VERSION}


def _encounter(encounter: Any) -> Any:
    """Return the encounter with a reference where the title of the rule that was charged instead stood in a text."""
    findings = encounter.get("findings") if isinstance(encounter, Mapping) else None
    if not isinstance(findings, list | tuple) or not all(isinstance(each, Mapping) for each in findings):
        return encounter
    rules = {each.get("title"): each.get("rule") for each in findings}
    return {**encounter, "findings": [_finding(each, rules) for each in findings]}


def _finding(finding: Values, rules: Mapping[Any, Any]) -> Values:
    evidence = finding.get("evidence", ())
    if not isinstance(evidence, Sequence) or isinstance(evidence, str):
        return finding
    return {**finding, "evidence": [_evidence(each, rules) for each in evidence]}


def _evidence(evidence: Any, rules: Mapping[Any, Any]) -> Any:
    why = evidence.get("why") if isinstance(evidence, Mapping) else None
    if not isinstance(why, str) or not (note := _COVERED.search(why)):
        return evidence
    covered_by = rules.get(note[1])
    while note := _COVERED.search(why):
        why = why[: note.start()]
    return {**evidence, "why": why, "covered_by": covered_by}
