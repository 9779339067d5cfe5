"""What people listen to, its outline, and what changed from one audit to the next."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import PurePath
from typing import Annotated, Literal

from fastapi import Request, Response
from pydantic import Field
from sqlalchemy.orm import Session

from service import listening
from service.api import ranges
from service.api.access import Who, router
from service.api.privacy import beeps_for, finding_for, name_for
from service.api.problems import responses
from service.api.schemas import Beep, FindingOut, Number, Out
from service.api.services import Services, Wired
from service.auth import rows
from service.auth.identity import Identity
from service.errors import ConflictError, NotFoundError
from service.store import audits
from service.store.audits import AuditRow, FindingRow
from service.store.recordings import RecordingRow
from speechaudit.asr.listening import MEDIA_TYPE
from speechaudit.model import Span

routes = router("录音")


class PeaksOut(Out):
    """The outline of each side."""

    duration: Annotated[float, Field(description="时长,秒")]
    per_second: Annotated[int, Field(description="每秒几个值:30 分钟以内 50,更长 10")]
    scale: Annotated[float, Field(description="值 255 的幅度,1 为满幅")]
    channels: Annotated[tuple[str, ...], Field(description="每个声道的最大幅度,每个值一字节(0 到 255),base64")]


@routes.get(
    "/recordings/{recording_id}/listening",
    summary="试听用的声音",
    response_class=Response,
    responses={
        200: {"content": {MEDIA_TYPE: {}}, "description": "全部"},
        206: {"content": {MEDIA_TYPE: {}}, "description": "请求的范围"},
        **responses(403, 404, 409, 416),
    },
)
def get_listening(request: Request, services: Wired, who: Who, recording_id: Number, beep: Beep = False) -> Response:
    """浏览器能播放的声音(WebM,Opus),时间与转写一致,支持 Range;没有查看个人信息权限的,个人信息以提示音遮盖。

    处理录音时制作;以前的录音第一次收听时制作,此时 409,稍后再取。
    """
    row, part = playable(services, who, recording_id, beep=beep)
    name = row.sha256 + part
    return ranges.serve(
        request,
        lambda start, end: services.audio.read(name, start, end),
        size=services.audio.size(name),
        tag=name,
        media_type=MEDIA_TYPE,
        name=PurePath(name_for(who, row.file_name)).stem + listening.COPY,
    )


def playable(services: Services, who: Identity, recording_id: int, *, beep: bool = False) -> tuple[RecordingRow, str]:
    """Return the recording, and the name of the part of it that this person may hear.

    Raises NotFoundError, ForbiddenError if nobody knows what to cover, ConflictError while it is being made.
    """
    with services.database.read() as session:
        row = rows.recording(session, who, recording_id)
        beeps = beeps_for(session, who, row.id, beep)
    return row, _part(services, row, beeps)


def is_made(services: Services, who: Identity, recording_id: int) -> bool:
    """Return whether what this person may hear is there; make nothing. Raises as `playable`, never ConflictError."""
    with services.database.read() as session:
        row = rows.recording(session, who, recording_id)
        beeps = beeps_for(session, who, row.id, asked=False)
    return row.audio_deleted_at is None and services.audio.exists(row.sha256 + listening.masked(beeps))


def _part(services: Services, row: RecordingRow, beeps: Sequence[Span]) -> str:
    """Return the name of what may be heard. Raises NotFoundError without sound, ConflictError until it is made."""
    if row.audio_deleted_at:
        raise NotFoundError(f"录音 {row.id}", "声音已按保存期限删除", "转写和判定仍可查看")
    part = listening.masked(beeps)
    if not services.audio.exists(row.sha256 + part):
        services.jobs.listening_copy(row.id)
        raise ConflictError(f"录音 {row.id}", "试听用的声音还在制作", "请稍后再取;也可以用 clip 分段收听")
    return part


@routes.get("/recordings/{recording_id}/peaks", summary="声音的轮廓", responses=responses(404, 409))
def get_peaks(services: Wired, who: Who, recording_id: Number) -> PeaksOut:
    """每个声道的波形轮廓,用来画图;与试听用的声音一起制作。"""
    with services.database.read() as session:
        row = rows.recording(session, who, recording_id)
    _part(services, row, ())
    return PeaksOut.model_validate(listening.outline(services.audio, row.sha256), from_attributes=True)


class ChangeOut(Out):
    """A finding that an audit has otherwise than the one before."""

    change: Annotated[
        Literal["added", "removed", "changed"], Field(description="added 新增,removed 不再有,changed 结论或扣分不同")
    ]
    finding: Annotated[FindingOut, Field(description="这次的;不再有的,是上次的")]
    before: Annotated[FindingOut | None, Field(description="上次的;新增的为 null")]


class StepOut(Out):
    """An audit, and what is otherwise than in the one before; without one before, nothing is."""

    id: int
    current: bool
    proposed: Annotated[bool, Field(description="复评提议的,还没有采用")]
    made_at: datetime
    rulebook_version: str
    total: float | None
    passed: bool | None
    changes: list[ChangeOut]


@routes.get("/recordings/{recording_id}/changes", summary="历次稽核的变化", responses=responses(404))
def list_changes(services: Wired, who: Who, recording_id: Number) -> list[StepOut]:
    """每次稽核与前一次相比多了、少了、变了哪些判定,从新到旧。"""
    with services.database.read() as session:
        rows.recording(session, who, recording_id)
        known = audits.history(session, recording_id)
        return [_step(session, who, row, before) for row, before in zip(known, [*known[1:], None], strict=True)]


def _step(session: Session, who: Identity, row: AuditRow, before: AuditRow | None) -> StepOut:
    changes = _changes(session, who, row, before) if before else []
    known = {name: getattr(row, name) for name in StepOut.model_fields if name not in {"changes", "proposed"}}
    return StepOut(**known, proposed=row.batch_id is not None and not row.current, changes=changes)


def _changes(session: Session, who: Identity, row: AuditRow, before: AuditRow) -> list[ChangeOut]:
    now, then = (_by_rule(session, who, each.id) for each in (row, before))
    gone = [ChangeOut(change="removed", finding=finding_for(who, then[key]), before=finding_for(who, then[key]))
            for key in then if key not in now]  # fmt: skip
    new = [ChangeOut(change="added", finding=finding_for(who, now[key]), before=None) for key in now if key not in then]
    other = [
        ChangeOut(change="changed", finding=finding_for(who, now[key]), before=finding_for(who, then[key]))
        for key in now
        if key in then and (now[key].verdict, now[key].points) != (then[key].verdict, then[key].points)
    ]
    return [*other, *new, *gone]


def _by_rule(session: Session, who: Identity, audit_id: int) -> dict[tuple[int, int, str], FindingRow]:
    """Return the findings this person may see by service, part and rule: a rule says one thing of each part."""
    seen = (row for row in audits.findings_of(session, audit_id) if rows.may_see(who, row))
    return {(row.encounter, row.part, row.rule): row for row in seen}
