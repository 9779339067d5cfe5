"""Judging a selection again after a change of rules: proposed, looked at, then applied or discarded as a whole."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Final

from fastapi import Query
from pydantic import Field
from sqlalchemy.orm import Session

from service.api import selection
from service.api.access import Who, router
from service.api.privacy import quote_for
from service.api.problems import responses
from service.api.rules import book_of
from service.api.schemas import BIGGEST, In, Number, Out
from service.api.selection import Selection
from service.api.services import Wired
from service.auth.identity import Identity
from service.errors import RequestError, UnavailableError
from service.jobs import applying
from service.store import changes, lists, reaudits
from service.store.reaudits import Batch, BatchItem, BatchStatus, ItemStatus
from speechaudit.model import Verdict

routes = router("复评")
_AT_ONCE_SECONDS: Final = 5.0  # in which a few hundred recordings begin to count


class ReauditIn(In):
    """Which recordings; only those that were heard can be judged again."""

    selection: Annotated[Selection, Field(description="筛选,同录音列表", examples=[{"since": "2026-03-01"}])]


class StandingOut(Out):
    """How far it is, and how many scores it would change."""

    total: Annotated[int, Field(description="录音数")]
    done: int
    failed: int
    raised: Annotated[int, Field(description="得分会升高的")]
    lowered: Annotated[int, Field(description="得分会降低的")]
    differing: Annotated[int, Field(description="判定会变的录音,不扣分的判定也算;采用之后为 0")]


class ReauditOut(Out):
    """A re-audit."""

    id: int
    status: Annotated[
        BatchStatus, Field(description="running 进行中,ready 待确认,applied 已采用,discarded 已放弃或中断")
    ]
    profile: str
    rulebook_version: str
    selection: dict[str, Any]
    created_at: datetime
    failure: Annotated[str, Field(description="为什么中断;没有中断时为空")]
    applied_at: Annotated[datetime | None, Field(description="全部生效的时间;正在采用的还没有")]


class ReauditDetail(ReauditOut):
    """A re-audit and how far it is."""

    standing: StandingOut
    contested: Annotated[list[int], Field(description="先要裁定申诉的录音:新的判定里没有被申诉的那一条")]


class FindingChangeOut(Out):
    """A finding that would appear, vanish or be judged otherwise."""

    rule: str
    title: str
    encounter: Annotated[int, Field(description="第几次服务,从 0 数起")]
    before: Annotated[Verdict | None, Field(description="现行的判定;没有的为 null")]
    after: Annotated[Verdict | None, Field(description="新的判定;没有的为 null")]
    start: Annotated[float | None, Field(description="录音内的秒数")]
    quote: Annotated[str, Field(description="原话;没有 recordings:read 的密钥得到空的")]


class DifferenceOut(Out):
    """A recording whose score or findings would change, or that could not be judged again."""

    recording_id: int
    status: ItemStatus
    old_total: float | None
    new_total: float | None
    failure: str
    failure_code: str
    failure_english: str | None
    findings: Annotated[
        list[FindingChangeOut], Field(description="会出现、消失或变化的判定,扣不扣分都在内;采用之后为空")
    ] = []  # noqa: RUF012 - pydantic copies it


def _detail(session: Session, row: Batch) -> ReauditDetail:
    known = ReauditOut.model_validate(row).model_dump()
    standing = StandingOut.model_validate(reaudits.standing(session, row.id))
    contested = list(reaudits.contested(session, row.id)) if row.status == "ready" else []
    return ReauditDetail(**known, standing=standing, contested=contested)


@routes.post("/reaudits", status_code=202, summary="开始复评")
def start_reaudit(services: Wired, who: Who, given: ReauditIn) -> ReauditDetail:
    """用现行规则重新判定所选的录音;在采用之前,得分不变。"""
    book = book_of(services)
    chosen = given.selection.model_copy(update={"status": "done"})
    with services.database.read() as session:
        wanted = selection.filters(session, who, chosen, services.settings.zone)
        ids = session.scalars(lists.recording_ids(session, wanted)).all()
    if not ids:
        raise RequestError("selection", "没有已完成稽核的录音", "请放宽筛选")
    with services.database.write() as session:
        row = reaudits.add(
            session,
            ids,
            profile=book.profile,
            rulebook_version=book.version,
            selection=given.selection.model_dump(mode="json", exclude_defaults=True),
            created_by=who.user_id,
        )
    with services.database.read() as session:
        answer = _detail(session, reaudits.batch(session, row.id))
    try:
        services.jobs.reaudit(row.id)
    except UnavailableError:
        with services.database.write() as session:
            session.delete(reaudits.batch(session, row.id))
        raise
    return answer


@routes.get("/reaudits", summary="复评列表")
def list_reaudits(services: Wired) -> list[ReauditOut]:
    """所有复评,从新到旧。"""
    with services.database.read() as session:
        return [ReauditOut.model_validate(row) for row in reaudits.batches(session)]


@routes.get("/reaudits/{batch_id}", summary="一次复评", responses=responses(404))
def get_reaudit(services: Wired, batch_id: Number) -> ReauditDetail:
    """进度,以及多少得分会变化。"""
    with services.database.read() as session:
        return _detail(session, reaudits.batch(session, batch_id))


@routes.get("/reaudits/{batch_id}/differences", summary="得分和判定的变化", responses=responses(404))
def list_differences(
    services: Wired,
    who: Who,
    batch_id: Number,
    after: Annotated[int, Query(ge=0, le=BIGGEST, description="从这个录音编号之后")] = 0,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> list[DifferenceOut]:
    """得分或判定会变化的,和未能复评的录音,按录音编号。"""
    with services.database.read() as session:
        reaudits.batch(session, batch_id)
        found = reaudits.differences(session, batch_id, after=after, limit=limit)
        return [_difference(session, who, item) for item in found]


def _difference(session: Session, who: Identity, item: BatchItem) -> DifferenceOut:
    found = [FindingChangeOut.model_validate(each) for each in changes.finding_changes(session, item)]
    masked = [each.model_copy(update={"quote": quote_for(who, each.quote)}) for each in found]
    return DifferenceOut.model_validate(item).model_copy(update={"findings": masked})


@routes.post("/reaudits/{batch_id}/apply", summary="采用复评", responses=responses(404, 409))
def apply_reaudit(services: Wired, batch_id: Number) -> ReauditDetail:
    """让新的判定生效;以前的稽核保留为历史。还有申诉会因此落空时(`contested`)不能采用。

    录音很多时先应答,其余的随后生效:`applied_at` 有了时间,就全部生效了。
    """
    with services.database.write() as session:
        reaudits.decide(session, batch_id)
    applying.apply(services.database, batch_id, _AT_ONCE_SECONDS)
    with services.database.read() as session:
        return _detail(session, reaudits.batch(session, batch_id))


@routes.post("/reaudits/{batch_id}/discard", summary="放弃复评", responses=responses(404, 409))
def discard_reaudit(services: Wired, batch_id: Number) -> ReauditDetail:
    """放弃新的判定,什么都不变;进行中的也可以放弃。"""
    with services.database.write() as session:
        reaudits.discard(session, batch_id)
        return _detail(session, reaudits.batch(session, batch_id))
