"""What a reviewer needs to judge a finding: who, where, why, clause, words around it, and what is at stake."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

from pydantic import Field
from sqlalchemy.orm import Session

from service.api.privacy import finding_for, masked_for
from service.api.schemas import FindingOut, Out, StaffRef, WindowRef
from service.auth.identity import Identity
from service.errors import NotFoundError
from service.store import audits
from service.store.audits import FindingRow
from service.store.centre import Staff
from service.store.reviews import desk
from speechaudit.model import Clause, Encounter, Evidence, Finding, Match, Role, Segment, Setting
from speechaudit.policy import Policy
from speechaudit.reviews import stake

_AROUND = 15.0


class EvidenceOut(Out):
    """What it stands on: words, or where they were not heard."""

    start: float
    end: float
    role: Role
    quote: str
    why: Annotated[str, Field(description="为什么这样判定")]
    match: Match
    heard: Annotated[float, Field(description="听清的把握,0 到 1")]


class LineOut(Out):
    """A sentence before, in or after it."""

    start: float
    end: float
    role: Role
    text: str


class ReviewItemOut(FindingOut):
    """A finding with all that is needed to judge it."""

    staff: Annotated[StaffRef | None, Field(description="工作人员;未知时为 null")]
    window: Annotated[WindowRef | None, Field(description="窗口;未知时为 null")]
    setting: Setting
    service_start: Annotated[float, Field(description="这次服务的开始,录音内的秒数")]
    service_end: float
    service_at: Annotated[datetime, Field(description="录音开始的时间")]
    audio_deleted_at: Annotated[datetime | None, Field(description="声音按保存期限删除的时间;还在时为 null")]
    message: Annotated[str, Field(description="建议")]
    evidence: list[EvidenceOut]
    clauses: list[Clause]
    around: Annotated[list[LineOut], Field(description="前后各 15 秒的对话")]
    if_fail: Annotated[float | None, Field(description="这次服务的得分,如果判为违反;不予评分时为 null")]
    if_not: Annotated[float | None, Field(description="这次服务的得分,如果不算违反")]
    claimed_by: Annotated[str | None, Field(description="正在谁那里复核;空闲时为 null")]
    appeal_until: Annotated[datetime | None, Field(description="到什么时候可以申诉;不能申诉时为 null")] = None
    second: Annotated[bool, Field(description="第二人独立复核:不显示第一人的结论")]


def item(session: Session, who: Identity, row: FindingRow, *, second: bool = False) -> ReviewItemOut:
    """Return a finding as a reviewer gets it; a second one does not get to know what the first one said."""
    audit_row = audits.row_of(session, row.audit_id)
    made = audits.content(audit_row) if second else audits.counting(session, audit_row)
    encounter = masked_for(who, made).encounters[row.encounter]
    shown = _found(encounter, row)
    claim = desk.claim_of(session, row)
    recording, setting = row.recording, made.recording.setting
    person = session.get(Staff, row.staff_id) if row.staff_id else None  # of the part, not of the call
    hidden = {"points": shown.points, "verdict": shown.verdict, "review": ""} if second else {}
    if_fail, if_not = _stake(encounter, row, audit_row.policy, setting)
    return ReviewItemOut(
        **finding_for(who, row).model_dump(exclude={"links"}) | hidden,
        staff=StaffRef.model_validate(person) if person else None,
        window=WindowRef.model_validate(recording.window) if recording.window else None,
        setting=setting,
        service_start=encounter.start,
        service_end=encounter.end,
        service_at=recording.occurred_at,
        audio_deleted_at=recording.audio_deleted_at,
        message=shown.message,
        evidence=[EvidenceOut.model_validate(each) for each in shown.evidence],
        clauses=list(shown.clauses),
        around=[LineOut.model_validate(each) for each in _around(encounter, shown.evidence)],
        if_fail=if_fail,
        if_not=if_not,
        claimed_by=claim.user.display_name or claim.user.name if claim and claim.user_id != who.user_id else None,
        second=second,
    )


def _found(encounter: Encounter, row: FindingRow) -> Finding:
    """Return the finding of a row in its service. Raises NotFoundError for a mark that was taken back."""
    found = next((f for f in encounter.findings if (f.rule, f.part) == (row.rule, row.part)), None)
    if found is None:
        raise NotFoundError(f"判定 {row.id}", "已撤销", "请看这个录音现行的判定")
    return found


def _stake(
    encounter: Encounter, row: FindingRow, policy: dict[str, object], setting: Setting
) -> tuple[float | None, ...]:
    found = stake(encounter, row.rule, Policy.model_validate(policy), setting, row.part) if policy else None
    return found or (None, None)


def _around(encounter: Encounter, evidence: Sequence[Evidence]) -> list[Segment]:
    """Return the talk around the first piece; around what was not said, the first of it."""
    if not evidence:
        return []
    start, end = evidence[0].start - _AROUND, min(evidence[0].end, evidence[0].start + 4 * _AROUND) + _AROUND
    return [each for each in encounter.transcript.segments if each.end > start and each.start < end]
