"""Recordings: lists, one recording, its audit, words and sound, and what can be done with it."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import replace
from typing import Annotated, Final

from fastapi import Query, Request, Response
from pydantic import Field
from sqlalchemy.orm import Session

from service.api import ranges, selection
from service.api.access import Who, router
from service.api.clips import clip
from service.api.privacy import audit_for, beeps_for, finding_for, name_for, recording_for, require_all, transcript_for
from service.api.problems import responses
from service.api.schemas import AuditRef, Beep, Code, FindingOut, In, Name, Number, Paged, RecordingOut
from service.api.selection import Listing
from service.api.services import Services, Wired
from service.auth import rows
from service.auth.identity import Identity
from service.errors import RequestError
from service.ingest.correcting import CORRECTABLE, Correction, Foreseen, correct, foresee
from service.ingest.receiving import queue_audit
from service.store import audits, lists, logbook, recordings
from service.store.recordings import RecordingRow
from speechaudit import formats
from speechaudit.model import Audit, Direction, EndedBy, Setting, Span, Transcript

routes = router("录音")
_LONGEST_CLIP: Final = 600.0
_AGAIN: Final = {"hearing": "重新听", "judging": "重新判定"}


@routes.get("/recordings", summary="录音列表", responses=responses(422))
def list_recordings(services: Wired, who: Who, chosen: Annotated[Listing, Query()]) -> Paged[RecordingOut]:
    """按时间从新到旧,可按人员、窗口、时间、规则、判定、得分、状态和转写文字筛选。"""
    with services.database.read() as session:
        filters = selection.filters(session, who, chosen, services.settings.zone)
        page = lists.recordings(session, filters, cursor=chosen.cursor, limit=chosen.limit)
        return Paged(items=[recording_for(who, row) for row in page.items], next=page.next)


@routes.get("/recordings/{recording_id}", summary="一个录音", responses=responses(404))
def get_recording(services: Wired, who: Who, recording_id: Number) -> RecordingOut:
    """录音的信息、处理状态和得分。"""
    with services.database.read() as session:
        return recording_for(who, rows.recording(session, who, recording_id))


class CorrectionIn(In):
    """What is known better; what is left out stays, null means unknown."""

    staff: Annotated[Code | None, Field(description="工号", examples=["1017"])] = None
    window: Annotated[Name | None, Field(description="窗口代码或名称", examples=["A01"])] = None
    setting: Annotated[Setting, Field(description="场景:phone 电话,counter 柜台;改后重新听")] = "counter"
    direction: Annotated[Direction | None, Field(description="in 呼入,out 呼出;改后重新听")] = None
    staff_channel: Annotated[int | None, Field(ge=0, le=1, description="工作人员所在声道:0 左,1 右;改后重新听")] = None
    ring_seconds: Annotated[float | None, Field(ge=0, le=3600, description="接听前响铃的秒数;改后重新判定")] = None
    ended_by: Annotated[EndedBy | None, Field(description="谁结束的:staff、citizen、line;改后重新判定")] = None


@routes.patch("/recordings/{recording_id}", summary="更正已知的信息", responses=responses(404, 409, 422))
def correct_recording(services: Wired, who: Who, recording_id: Number, told: CorrectionIn) -> RecordingOut:
    """更正人员、窗口、场景、响铃、方向、声道和谁挂断;没有给出的不变,未知的写 null。

    需要的才重做:场景、方向、声道变了重新听,响铃、谁挂断变了只重新判定,人员、窗口变了都不重做;在新的结果出来之前,
    原来的仍然算数。改了什么记在操作日志里。
    """
    with services.database.write() as session:
        row = rows.recording(session, who, recording_id)
        done = correct(services, session, row, _correction(told))
        if done.changes:
            what = ";".join(done.changes) + (f"({_AGAIN[done.again]})" if done.again else "")
            logbook.note(session, who=who.source, name=who.name, action="更正", what=what, recording_id=recording_id)
        session.flush()
        session.expire(done.row)
        row = recordings.get(session, recording_id)
        answer = recording_for(who, row)
    if done.again:
        queue_audit(services, row)
    return answer


def foresee_correction(services: Services, who: Identity, recording_id: int, told: CorrectionIn) -> Foreseen:
    """Return what `correct_recording` would change and do again, changing nothing. Raises as it does."""
    with services.database.read() as session:
        return foresee(services, session, rows.recording(session, who, recording_id), _correction(told))


def _correction(told: CorrectionIn) -> Correction:
    said = {name: getattr(told, name) for name in told.model_fields_set}
    facts = {name: value for name, value in said.items() if name in CORRECTABLE}
    return Correction(facts=facts, places={name: value for name, value in said.items() if name not in CORRECTABLE})


@routes.delete("/recordings/{recording_id}", status_code=204, summary="删除录音", responses=responses(404))
def delete_recording(services: Wired, who: Who, recording_id: Number) -> None:
    """删除录音及其所有结果,不能恢复。"""
    with services.database.write() as session:
        rows.recording(session, who, recording_id)
        # Inside the transaction: if the sound cannot be deleted, the recording stays and can be deleted again.
        services.audio.delete(recordings.delete(session, recording_id))


@routes.post("/recordings/{recording_id}/retry", status_code=202, summary="重试", responses=responses(404, 409))
def retry_recording(services: Wired, who: Who, recording_id: Number) -> RecordingOut:
    """重新处理一个失败的录音。"""
    with services.database.write() as session:
        rows.recording(session, who, recording_id)
        row = recordings.try_again(session, recording_id)
        answer = recording_for(who, row)
    queue_audit(services, row)
    return answer


@routes.get(
    "/recordings/{recording_id}/audit", summary="现行的稽核结果", response_model=Audit, responses=responses(404)
)
def get_audit(services: Wired, who: Who, recording_id: Number) -> Response:
    """完整的稽核结果,格式与 `speechaudit schema` 相同。"""
    return Response(formats.dump(audit_of(services, who, recording_id)), media_type="application/json")


def audit_of(services: Services, who: Identity, recording_id: int) -> Audit:
    """Return the audit that counts as this person may read it. Raises NotFoundError."""
    with services.database.read() as session:
        return audit_for(who, current_audit(session, rows.recording(session, who, recording_id)))


def audit_in_part(
    services: Services,
    who: Identity,
    recording_id: int,
    wanted: Callable[[Audit], Collection[int]],
    cut: Callable[[Audit], Audit],
) -> Audit:
    """Return what `cut` leaves of the audit that counts, as this person may read it. Raises NotFoundError.

    Only the services with the `wanted` numbers need be in full, see `audits.counting_in_part`.
    """
    with services.database.read() as session:
        row = rows.recording(session, who, recording_id)
        audit = audits.counting_in_part(session, audits.current(session, row.id), wanted)
        return audit_for(who, cut(replace(audit, recording=recordings.known(row))))


def current_audit(session: Session, row: RecordingRow) -> Audit:
    """Return the audit that counts, with what is known of the recording by now. Raises NotFoundError."""
    return replace(audits.counting(session, audits.current(session, row.id)), recording=recordings.known(row))


@routes.get("/recordings/{recording_id}/audits", summary="历次稽核", responses=responses(404))
def list_audits(services: Wired, who: Who, recording_id: Number) -> list[AuditRef]:
    """现行的、以前的和复评提议的稽核,从新到旧。"""
    with services.database.read() as session:
        rows.recording(session, who, recording_id)
        return [AuditRef.model_validate(row) for row in audits.history(session, recording_id)]


@routes.get("/recordings/{recording_id}/findings", summary="一个录音的判定", responses=responses(404))
def list_findings_of(services: Wired, who: Who, recording_id: Number) -> list[FindingOut]:
    """现行稽核结果中的判定,按时间排列。"""
    with services.database.read() as session:
        rows.recording(session, who, recording_id)
        found = audits.findings_of(session, audits.current(session, recording_id).id)
        return [finding_for(who, row) for row in found if rows.may_see(who, row)]


@routes.get("/recordings/{recording_id}/transcript", summary="转写", responses=responses(404))
def get_transcript(services: Wired, who: Who, recording_id: Number) -> Transcript:
    """全部转写:每句的时间、声道、角色和文字。"""
    with services.database.read() as session:
        rows.recording(session, who, recording_id)
        return transcript_for(who, audits.transcript(session, recording_id).transcript)


@routes.get(
    "/recordings/{recording_id}/audio",
    summary="声音",
    response_class=Response,
    responses={
        200: {"content": {"audio/*": {}}, "description": "全部"},
        206: {"content": {"audio/*": {}}, "description": "请求的范围"},
        **responses(403, 404, 416),
    },
)
def get_audio(request: Request, services: Wired, who: Who, recording_id: Number) -> Response:
    """上传时的声音,支持 Range。其中说到个人信息而没有权限的,请用 clip 分段收听。"""
    with services.database.read() as session:
        row = rows.recording(session, who, recording_id)
        require_all(session, who, row)
    return ranges.serve(
        request,
        lambda start, end: services.audio.read(row.sha256, start, end),
        size=services.audio.size(row.sha256),
        tag=row.sha256,
        media_type=row.media_type,
        name=name_for(who, row.file_name),
    )


class StretchIn(In):
    """What to listen to, in seconds from the start of the recording."""

    start: Annotated[float, Field(ge=0, le=1e6, description="从第几秒")] = 0.0
    end: Annotated[float | None, Field(gt=0, le=1e6, description="到第几秒;不给出时为 start 之后 600 秒")] = None
    beep: Beep = False


@routes.get(
    "/recordings/{recording_id}/clip",
    summary="一段声音",
    response_class=Response,
    responses={200: {"content": {"audio/wav": {}}, "description": "WAV"}, **responses(403, 404, 409, 422)},
)
def get_stretch(services: Wired, who: Who, recording_id: Number, asked: Annotated[StretchIn, Query()]) -> Response:
    """录音的一段(WAV),最长 600 秒;没有查看个人信息权限的,个人信息以提示音遮盖。"""
    end = asked.start + _LONGEST_CLIP if asked.end is None else asked.end
    if not 0 < end - asked.start <= _LONGEST_CLIP:
        raise RequestError("end", f"应在 start 之后 {_LONGEST_CLIP:g} 秒之内", "请分段收听")
    with services.database.read() as session:
        row = rows.recording(session, who, recording_id)
        beeps = beeps_for(session, who, row.id, asked.beep)
    return clip(services, row, Span(start=asked.start, end=end), beeps)
