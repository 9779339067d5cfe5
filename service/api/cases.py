"""Cases: what people said of a finding, what staff contest and what becomes of it, and what others add."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from fastapi import Query
from pydantic import Field, StringConstraints
from sqlalchemy.orm import Session

from service.api import selection
from service.api.access import Who, router
from service.api.privacy import finding_for, text_for
from service.api.problems import responses
from service.api.review_items import ReviewItemOut, item
from service.api.schemas import Code, FindingOut, In, Name, Number, Out, Paged, StaffRef, WindowRef
from service.api.selection import When
from service.api.services import Services, Wired
from service.auth import rows
from service.auth.identity import Identity
from service.auth.permissions import ROLE_NAMES, Permission
from service.errors import ForbiddenError
from service.ingest import placing
from service.store import Filters, telling
from service.store.audits import FindingRow
from service.store.reviews import cases, queues
from service.store.reviews.queues import Reviewer
from service.store.reviews.tables import ReviewCase, ReviewEvent
from speechaudit.model import Verdict
from speechaudit.reviews import Action, CaseState, Statement

routes = router("复核与申诉")
_TERMS_AT_ONCE = 20
Decided = Literal["pass", "fail", "n/a"]
# Longer texts belong into a letter; control characters (but line ends) into none.
Reason = Annotated[
    str,
    StringConstraints(strip_whitespace=True, max_length=2000, pattern=r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]*$"),
    Field(description="理由", examples=["这句话是转述群众的原话"]),
]
_ACTIONS = (
    "review 复核,mark 标记漏判,undo 撤销复核,second 第二人复核,appeal 申诉,withdraw 撤回,decide 裁定,comment 补充意见"
)


class DecisionIn(In):
    """What a person decides."""

    verdict: Annotated[Decided, Field(description="结论:pass 不算违反,fail 违反,n/a 无法认定(不扣分)")]
    reason: Annotated[Reason, Field(description="理由;与程序判定不同时必填")] = ""


class AppealIn(In):
    """Why somebody contests."""

    reason: Annotated[Reason, Field(min_length=1)]


class CommentIn(In):
    """What somebody adds."""

    text: Annotated[Reason, Field(min_length=1, description="补充的意见", examples=["当时系统停机,已在大厅公告"])]


class EventOut(Out):
    """Who did what, when and why."""

    at: datetime
    action: Annotated[Action, Field(description=_ACTIONS)]
    by: Annotated[str, Field(description="谁")]
    mine: Annotated[bool, Field(description="是不是正在看的人自己")]
    role: Annotated[str, Field(description="现在的角色", examples=["督查"])]
    verdict: Verdict | None
    reason: str


class CaseOut(Out):
    """The case of a finding with all that happened to it."""

    finding: FindingOut
    staff: Annotated[StaffRef | None, Field(description="工作人员;未知时为 null")]
    window: Annotated[WindowRef | None, Field(description="窗口;未知时为 null")]
    state: CaseState
    machine: Annotated[Verdict, Field(description="程序的判定")]
    verdict: Annotated[Verdict | None, Field(description="人工的结论;还没有人决定时为 null")]
    changed_at: Annotated[datetime, Field(description="最近一次变化")]
    events: list[EventOut]


class TermOut(Out):
    """A finding that costs, and until when it can be contested."""

    finding: FindingOut
    until: Annotated[datetime, Field(description="申诉的截止时间")]


class Waiting(In):
    """Which of those that wait; what is not given does not matter."""

    staff: Annotated[tuple[Code, ...], Field(max_length=100, description="工号,可多次给出")] = ()
    window: Annotated[tuple[Name, ...], Field(max_length=100, description="窗口代码或名称,可多次给出")] = ()
    since: Annotated[When | None, Field(description="从这一刻或这一天起", examples=["2026-03-01"])] = None
    until: Annotated[When | None, Field(description="到这一刻之前;若是日期,含这一天")] = None
    rule: Annotated[Code | None, Field(description="规则编号", examples=["forbidden.dont-know"])] = None
    limit: Annotated[int, Field(ge=1, le=200, description="最多几项")] = 50


@routes.get("/appeals", summary="申诉中的判定", responses=responses(422))
def list_appeals(services: Wired, who: Who, chosen: Annotated[Waiting, Query()]) -> list[FindingOut]:
    """等待裁定的申诉,等得最久的在前;工作人员看到自己的,窗口负责人看到自己窗口的。"""
    with services.database.read() as session:
        found = queues.appealed(session, waiting(session, services, who, chosen), chosen.limit)
        return [finding_for(who, row) for row in found]


@routes.get("/appeals/terms", summary="还可以申诉的判定", responses=responses(422))
def list_terms(services: Wired, who: Who, chosen: Annotated[Waiting, Query()]) -> list[TermOut]:
    """扣分而还没有申诉、也没有过期的判定,最先到期的在前。"""
    days = services.settings.appeal_days
    with services.database.read() as session:
        found = queues.contestable(session, waiting(session, services, who, chosen), days, chosen.limit)
        return [TermOut(finding=finding_for(who, row), until=until) for row, until in found.items]


def page_of_terms(services: Services, who: Identity, cursor: str | None) -> Paged[TermOut]:
    """Return what can still be contested and until when, page by page, within what this person may see."""
    with services.database.read() as session:
        chosen, days = waiting(session, services, who, Waiting()), services.settings.appeal_days
        found = queues.contestable(session, chosen, days, _TERMS_AT_ONCE, cursor)
        terms = [TermOut(finding=finding_for(who, row), until=until) for row, until in found.items]
        return Paged(items=terms, next=found.next)


@routes.get("/cases", summary="复核和申诉的结果", responses=responses(422))
def list_cases(services: Wired, who: Who, chosen: Annotated[Waiting, Query()]) -> list[CaseOut]:
    """有人复核过或申诉过的判定及其经过,最近变化的在前;工作人员看到自己的,窗口负责人看到自己窗口的。"""
    with services.database.read() as session:
        found = queues.with_cases(session, waiting(session, services, who, chosen), chosen.limit)
        return [shown(who, row, case) for row, case in found.items]


def page_of_cases(services: Services, who: Identity, *, appealed: bool, cursor: str | None) -> Paged[CaseOut]:
    """Return those under appeal, what waits longest first, or the others, what happened last first."""
    with services.database.read() as session:
        chosen = waiting(session, services, who, Waiting())
        found = queues.with_cases(session, chosen, Waiting().limit, appealed=appealed, cursor=cursor)
        return Paged(items=[shown(who, row, case) for row, case in found.items], next=found.next)


def count_appeals(services: Services, who: Identity) -> int:
    """Count the findings under appeal that this person may see."""
    with services.database.read() as session:
        return queues.count_appealed(session, waiting(session, services, who, Waiting()))


@routes.get("/findings/{finding_id}/item", summary="判断一个判定所需的全部", responses=responses(404))
def get_item(services: Wired, who: Who, finding_id: Number) -> ReviewItemOut:
    """人员、窗口、服务、原因、条款、前后的对话和得分的变化。"""
    with services.database.read() as session:
        row = rows.finding(session, who, finding_id)
        reviews = Permission.REVIEWS in who.permissions
        second = reviews and queues.is_second_for(session, row, reviewer(services, who))
        found = item(session, who, row, second=second)
        until = queues.term_of(session, row, services.settings.appeal_days)
        return found.model_copy(update={"appeal_until": until})


@routes.get("/findings/{finding_id}/case", summary="复核和申诉的经过", responses=responses(404))
def get_case(services: Wired, who: Who, finding_id: Number) -> CaseOut:
    """谁在什么时候做了什么,理由是什么。"""
    with services.database.read() as session:
        row = rows.finding(session, who, finding_id)
        return shown(who, row, cases.case_of(session, row))


@routes.post("/findings/{finding_id}/comments", summary="补充意见", responses=responses(404, 409))
def add_comment(services: Wired, who: Who, finding_id: Number, given: CommentIn) -> CaseOut:
    """对复核或申诉中的判定补充意见:窗口负责人对自己窗口的,当事人对自己的。不改变结论。"""
    with services.database.write() as session:
        row = rows.finding(session, who, finding_id)
        return acted(session, who, row, cases.comment(session, row, Statement(user_id=person(who), reason=given.text)))


@routes.post("/findings/{finding_id}/appeal", summary="申诉", responses=responses(404, 409))
def appeal_finding(services: Wired, who: Who, finding_id: Number, given: AppealIn) -> CaseOut:
    """工作人员对自己被扣分的判定提出申诉。"""
    with services.database.write() as session:
        row = rows.finding(session, who, finding_id)
        said = Statement(user_id=person(who), reason=given.reason)
        return acted(session, who, row, cases.appeal(session, row, said, services.settings.appeal_days))


@routes.delete("/findings/{finding_id}/appeal", summary="撤回申诉", responses=responses(404, 409))
def withdraw_appeal(services: Wired, who: Who, finding_id: Number) -> CaseOut:
    """撤回自己的申诉;期限之内可以再次申诉。"""
    with services.database.write() as session:
        row = rows.finding(session, who, finding_id)
        return acted(session, who, row, cases.withdraw(session, row, Statement(user_id=person(who), reason="")))


@routes.post("/findings/{finding_id}/decision", summary="裁定申诉", responses=responses(404, 409))
def decide_appeal(services: Wired, who: Who, finding_id: Number, given: DecisionIn) -> CaseOut:
    """裁定申诉,之后不再改变;须由没有复核过它的人裁定。"""
    with services.database.write() as session:
        row = rows.finding(session, who, finding_id)
        return acted(session, who, row, cases.decide(session, row, statement(who, given)))


def waiting(session: Session, services: Services, who: Identity, chosen: Waiting) -> Filters:
    """Return what was chosen as filters, within what this person may see. Raises RequestError for unknown names."""
    zone = services.settings.zone
    asked = Filters(
        staff_ids=selection.named(session, who, placing.the_staff, chosen.staff),
        window_ids=selection.named(session, who, placing.the_window, chosen.window),
        since=selection.beginning(chosen.since, zone),
        until=selection.end(chosen.until, zone),
        rule=chosen.rule,
    )
    return rows.narrow(who, asked)


def reviewer(services: Services, who: Identity) -> Reviewer:
    """Return this person as one who reviews. Raises ForbiddenError for a key."""
    known = services.settings
    shares = {"share": known.review_sample, "second_share": known.second_review_sample}
    return Reviewer(user_id=person(who), staff_id=who.staff_id, **shares)


def statement(who: Identity, given: DecisionIn) -> Statement:
    """Return what this person decides, and why. Raises ForbiddenError for a key."""
    return Statement(user_id=person(who), staff_id=who.staff_id, reason=given.reason, verdict=given.verdict)


def person(who: Identity) -> int:
    """Return the id of the user. Raises ForbiddenError for a key."""
    if who.user_id is None:
        raise ForbiddenError("密钥", "不能复核或申诉", "请以用户身份登录")
    return who.user_id


def acted(session: Session, who: Identity, row: FindingRow, case: ReviewCase) -> CaseOut:
    """Tell the others what somebody did, and return the case after it. Raises ForbiddenError for a key."""
    telling.happened(session, row, case, person(who))
    return shown(who, row, case)


def shown(who: Identity, row: FindingRow, case: ReviewCase) -> CaseOut:
    """Return a case as this person may read it."""
    return CaseOut(
        finding=finding_for(who, row),
        staff=StaffRef.model_validate(row.staff) if row.staff else None,
        window=WindowRef.model_validate(row.window) if row.window else None,
        state=case.state,
        machine=case.machine,
        verdict=case.verdict,
        changed_at=case.changed_at,
        events=[_told(who, event) for event in case.events],
    )


def _told(who: Identity, event: ReviewEvent) -> EventOut:
    user = event.user
    return EventOut(
        at=event.at,
        action=event.action,
        by=user.display_name or user.name,
        mine=event.user_id == who.user_id,
        role=ROLE_NAMES[user.role],
        verdict=event.verdict,
        reason=text_for(who, event.reason),
    )
