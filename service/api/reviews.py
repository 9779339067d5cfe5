"""Review: what should be looked at next, on whose desk it lies, what a person decides, and how far people agree."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query
from pydantic import Field
from sqlalchemy.orm import Session

from service.api.access import Who, router
from service.api.cases import CaseOut, DecisionIn, Reason, Waiting, acted, person, reviewer, shown, statement, waiting
from service.api.privacy import finding_for
from service.api.problems import responses
from service.api.review_items import ReviewItemOut, item
from service.api.schemas import FindingOut, In, Number, Out
from service.api.services import Services, Wired
from service.auth import rows
from service.auth.identity import Identity
from service.errors import ConflictError
from service.store import telling
from service.store.audits import FindingRow
from service.store.reviews import cases, desk, marking, queues
from speechaudit.model import Span, Verdict
from speechaudit.reports.agreement import Agreement, agreement
from speechaudit.reports.figures import RateFigure
from speechaudit.reviews import Statement

routes = router("复核与申诉")
_TRIED = 10


class RateOut(Out):
    """How often people overruled one kind of verdict of a rule."""

    rule: str
    machine: Annotated[Verdict, Field(description="程序的判定")]
    overruled: Annotated[RateFigure, Field(description="改判数 hits、复核数 n、比例及 95% 区间")]


class LeftOut(Out):
    """What is left to do."""

    waiting: Annotated[int, Field(description="待复核")]
    seconds: Annotated[int, Field(description="待第二人独立复核")]
    skipped: Annotated[int, Field(description="本人跳过的")]
    claimed: Annotated[int, Field(description="正在别人那里复核的")]


class NextOut(Out):
    """The next case on the desk; null when nothing is left."""

    item: ReviewItemOut | None
    left: LeftOut


class MarkIn(In):
    """A sentence that the program missed."""

    start: Annotated[float, Field(ge=0, le=864000, allow_inf_nan=False, description="开始,录音内的秒数")]
    end: Annotated[float, Field(ge=0, le=864000, allow_inf_nan=False)]
    rule: Annotated[str, Field(max_length=64, description="违反哪条规则", examples=["forbidden.dont-know"])]
    reason: Annotated[Reason, Field(min_length=1, description="为什么违反,当事人看得到")]


@routes.get("/reviews", summary="待复核的判定", responses=responses(422))
def list_reviews(services: Wired, who: Who, chosen: Annotated[Waiting, Query()]) -> list[ReviewItemOut]:
    """存疑的判定,等级高、把握居中的在前;其后是从明确的判定中抽出的样本。看过的不再列出,做完一批再取下一批。"""
    with services.database.read() as session:
        filters = waiting(session, services, who, chosen)
        found = queues.queue(session, filters, services.settings.review_sample, chosen.limit)
        return [item(session, who, row) for row in found]


@routes.post("/reviews/next", summary="取下一个", responses=responses(422))
def take_next(services: Wired, who: Who, chosen: Waiting) -> NextOut:
    """把下一个待复核的判定放到本人案头,15 分钟内别人取不到;本人案头原来的放回去。"""
    finding_id, left = take(services, who, chosen)
    return NextOut(item=_item(services, who, finding_id) if finding_id else None, left=left)


def take(services: Services, who: Identity, chosen: Waiting) -> tuple[int | None, LeftOut]:
    """Put the next finding on this person's desk, and give its id, if there is one, and what is left."""
    mine = reviewer(services, who)
    with services.database.write() as session:
        filters = waiting(session, services, who, chosen)
        desk.leave(session, mine.user_id)
        found = queues.next_for(session, mine, filters, _TRIED)
        row = next((row for row in found if desk.take(session, row, mine.user_id)), None)
        return row.id if row else None, LeftOut.model_validate(queues.left_for(session, mine, filters))


@routes.get("/reviews/left", summary="还剩多少", responses=responses(422))
def count_left(services: Wired, who: Who, chosen: Annotated[Waiting, Query()]) -> LeftOut:
    """待复核的、待第二人复核的、本人跳过的和别人正在复核的各有多少。"""
    with services.database.read() as session:
        filters = waiting(session, services, who, chosen)
        return LeftOut.model_validate(queues.left_for(session, reviewer(services, who), filters))


@routes.delete("/reviews/skipped", status_code=204, summary="重新拿起跳过的")
def take_up_skipped(services: Wired, who: Who) -> None:
    """本人跳过的判定回到队列里。"""
    with services.database.write() as session:
        desk.unskip(session, person(who))


@routes.get("/reviews/rates", summary="各规则的改判率")
def list_rates(services: Wired) -> list[RateOut]:
    """每条规则的每种判定,复核了多少,改判了多少。"""
    with services.database.read() as session:
        counted = queues.by_rule(session)
    return [RateOut(rule=r.rule, machine=r.machine, overruled=RateFigure.of(r.overruled, r.reviewed)) for r in counted]


@routes.get("/reviews/agreement", summary="两人复核的一致程度")
def get_agreement(services: Wired) -> Agreement:
    """随机抽出的判定由第二人在不知道结论的情况下再复核,两人一致的比例和 Cohen κ 及其 95% 区间。"""
    with services.database.read() as session:
        return agreement(queues.opinions(session))


@routes.post("/findings/{finding_id}/claim", summary="放到本人案头", responses=responses(404, 409))
def claim_finding(services: Wired, who: Who, finding_id: Number) -> ReviewItemOut:
    """15 分钟内别人不能复核它;再次请求则续期。"""
    found = _item(services, who, finding_id)  # before anything is noted: a mark may have been taken back
    claim(services, who, finding_id)
    return found.model_copy(update={"claimed_by": None})


def claim(services: Services, who: Identity, finding_id: int) -> None:
    """Put a finding on this person's desk, or keep it there. Raises NotFoundError, ConflictError."""
    with services.database.write() as session:
        row = rows.finding(session, who, finding_id)
        if not desk.take(session, row, person(who)):
            raise _taken(session, row)


@routes.delete("/findings/{finding_id}/claim", status_code=204, summary="放回去", responses=responses(404))
def release_finding(services: Wired, who: Who, finding_id: Number) -> None:
    """不再占用;别人占用的不变。"""
    with services.database.write() as session:
        row = rows.finding(session, who, finding_id)
        if (claim := desk.claim_of(session, row)) and claim.user_id == person(who):
            desk.release(session, row)


@routes.post("/findings/{finding_id}/skip", status_code=204, summary="跳过", responses=responses(404))
def skip_finding(services: Wired, who: Who, finding_id: Number) -> None:
    """留给以后或别人;本人的队列里不再出现,直到重新拿起。"""
    with services.database.write() as session:
        desk.skip(session, rows.finding(session, who, finding_id), person(who))


@routes.post("/findings/{finding_id}/review", summary="复核", responses=responses(404, 409))
def review_finding(services: Wired, who: Who, finding_id: Number, given: DecisionIn) -> CaseOut:
    """确认或改判一个判定,得分随之改变;申诉裁定之前可以再改。"""
    with services.database.write() as session:
        row = rows.finding(session, who, finding_id)
        return acted(session, who, row, cases.review(session, row, statement(who, given)))


@routes.delete("/findings/{finding_id}/review", summary="撤销复核", responses=responses(404, 409))
def undo_review(services: Wired, who: Who, finding_id: Number) -> CaseOut:
    """撤销本人刚才的复核或标记,回到之前的结论;之后有人接着处理的不能撤销。"""
    with services.database.write() as session:
        row = rows.finding(session, who, finding_id)
        return acted(session, who, row, cases.undo(session, row, Statement(user_id=person(who), reason="")))


@routes.post("/findings/{finding_id}/second", summary="第二人复核", responses=responses(404, 409))
def second_review(services: Wired, who: Who, finding_id: Number, given: DecisionIn) -> CaseOut:
    """抽中的判定由第二人独立复核,只用来统计一致程度,不改变结论。"""
    with services.database.write() as session:
        row = rows.finding(session, who, finding_id)
        return shown(who, row, cases.second(session, row, statement(who, given)))


@routes.post("/recordings/{recording_id}/marks", status_code=201, summary="标记漏判", responses=responses(404, 409))
def mark_sentence(services: Wired, who: Who, recording_id: Number, given: MarkIn) -> FindingOut:
    """听到程序没有发现的违反:选中那句话和规则,作为人工的判定计分,当事人可以申诉。"""
    with services.database.write() as session:
        row = rows.recording(session, who, recording_id)
        said = Statement(user_id=person(who), staff_id=who.staff_id, reason=given.reason, verdict="fail")
        span = Span(start=given.start, end=given.end)
        found = marking.mark(session, row, span, given.rule, said)
        telling.happened(session, found, cases.case_of(session, found), said.user_id)
        return finding_for(who, found)


def _item(services: Services, who: Identity, finding_id: int) -> ReviewItemOut:
    """Return the item; nobody who writes waits for it: reading and scoring a whole audit takes long."""
    with services.database.read() as session:
        row = rows.finding(session, who, finding_id)
        return item(session, who, row, second=queues.is_second_for(session, row, reviewer(services, who)))


def _taken(session: Session, row: FindingRow) -> ConflictError:
    claim = desk.claim_of(session, row)
    name = (claim.user.display_name or claim.user.name) if claim else "别人"
    return ConflictError(f"判定 {row.id}", f"{name} 正在复核", "请先复核别的;15 分钟没有结果时会放开")
