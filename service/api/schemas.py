"""What requests and answers look like: recordings, findings and the values they share."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Annotated, Any, Final, Generic, TypeVar

from fastapi import Path, Query
from pydantic import AliasPath, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, computed_field

from service.api.access import V1
from service.store.pages import Page
from service.store.recordings import Stage, Status
from speechaudit.model import Direction, EndedBy, Level, Setting, Verdict
from speechaudit.text import identity_form

BIGGEST: Final = 2**63 - 1
Number = Annotated[int, Path(ge=1, le=BIGGEST, description="编号")]
# No control characters: PostgreSQL stores no NUL, and nobody types the others; none that turn round what is shown.
CLEAN: Final = r"^[^\x00-\x1f\x7f\u202a-\u202e\u2066-\u2069]*$"
_BY_EXCEL: Final = re.compile(r"\d(?:\.\d+)?[Ee]\+\d+")


def _identity(stated: Any) -> Any:
    """Return an identity in one width. Raises ValueError where Excel wrote a long number in scientific notation."""
    if not isinstance(stated, str):
        return stated
    if _BY_EXCEL.fullmatch(told := identity_form(stated)):
        raise ValueError(f"是科学计数法({told}),原来的数字已经看不出;请在 Excel 里把这一列设为“文本”后重新填写")
    return told


Code = Annotated[
    str,
    BeforeValidator(_identity),
    StringConstraints(strip_whitespace=True, min_length=1, max_length=64, pattern=CLEAN),
]
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200, pattern=CLEAN)]
Beep = Annotated[bool, Query(description="个人信息以提示音遮盖;没有查看权限的总是遮盖")]
T = TypeVar("T")


class Out(BaseModel):
    """An answer."""

    model_config = ConfigDict(from_attributes=True)


class In(BaseModel):
    """A request: unknown keys are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Paged(Out, Generic[T]):
    """One page; `next` is the cursor of the page after it, null at the end."""

    items: list[T]
    next: Annotated[str | None, Field(description="下一页的 cursor;为 null 才是最后一页,不满的一页也可能有下一页")]


Shown = TypeVar("Shown", bound=Out)


def paged(page: Page[Any], shown: type[Shown]) -> Paged[Shown]:
    """Return a page of rows as an answer."""
    return Paged(items=[shown.model_validate(row) for row in page.items], next=page.next)


class StaffOut(Out):
    """A member of staff."""

    id: int
    number: Annotated[str, Field(description="工号", examples=["1017"])]
    name: Annotated[str, Field(description="姓名或代号")]
    active: Annotated[bool, Field(description="是否在岗")]


class WindowOut(Out):
    """A window."""

    id: int
    code: Annotated[str, Field(description="窗口代码", examples=["A01"])]
    name: Annotated[str, Field(description="窗口名称", examples=["社保综合窗口"])]
    active: bool


class StaffRef(Out):
    """Who."""

    number: Annotated[str, Field(examples=["1017"])]
    name: str


class WindowRef(Out):
    """Where."""

    code: Annotated[str, Field(examples=["A01"])]
    name: str


def _fact(name: str) -> Any:
    """Return the field whose value stands under this name among the facts of a row."""
    return Field(validation_alias=AliasPath("facts", name))


class RecordingOut(Out):
    """A recording, where its job stands and its score."""

    id: Annotated[int, Field(examples=[1])]
    file_name: Annotated[str, Field(description="上传时的文件名", examples=["call-1.wav"])]
    media_type: Annotated[str, Field(examples=["audio/wav"])]
    size: Annotated[int, Field(description="字节数")]
    sha256: Annotated[str, Field(description="内容的 SHA-256")]
    setting: Annotated[Setting, _fact("setting"), Field(description="场景:phone 电话,counter 柜台")]
    staff: Annotated[StaffRef | None, Field(description="工作人员;未知时为 null")]
    window: Annotated[WindowRef | None, Field(description="窗口;未知时为 null")]
    started_at: Annotated[datetime | None, _fact("started_at"), Field(description="开始时间;未知时为 null")]
    occurred_at: Annotated[datetime, Field(description="列表按此时间:开始时间,未知时为收到时间")]
    received_at: Annotated[datetime, Field(description="收到时间")]
    ring_seconds: Annotated[float | None, _fact("ring_seconds"), Field(description="接听前响铃的秒数")]
    staff_channel: Annotated[int | None, _fact("staff_channel"), Field(description="工作人员所在声道:0 左,1 右")]
    direction: Annotated[Direction | None, _fact("direction"), Field(description="in 呼入,out 呼出")]
    ended_by: Annotated[
        EndedBy | None, _fact("ended_by"), Field(description="谁结束的:staff、citizen、line;未知时为 null")
    ]
    extras: Annotated[dict[str, str], _fact("extras"), Field(description="上传时附带的其他信息")]
    status: Annotated[Status, Field(description="queued 等待,running 处理中,done 完成,failed 失败")]
    stage: Stage
    progress: Annotated[float, Field(description="完成的比例,0 到 1")]
    failure: Annotated[str | None, Field(description="失败的原因")]
    failure_code: Annotated[str | None, Field(description="失败原因的代码")]
    failure_english: Annotated[str | None, Field(description="同样的原因,英文,给程序和日志;以前失败的为 null")]
    duration: Annotated[float | None, Field(description="时长,秒")]
    total: Annotated[float | None, Field(description="得分;不予评分时为 null")]
    passed: Annotated[bool | None, Field(description="是否合格")]
    audited_at: Annotated[datetime | None, Field(description="稽核完成的时间")]
    audio_deleted_at: Annotated[datetime | None, Field(description="声音按保存期限删除的时间")]
    transcript_deleted_at: Annotated[datetime | None, Field(description="转写按保存期限删除的时间")]

    @computed_field(description="相关地址")  # type: ignore[prop-decorator]
    @property
    def links(self) -> dict[str, str]:
        """Where the rest is."""
        return links_of(self.id)


_LINKS: Final = ("progress", "events", "audit", "findings", "transcript", "audio", "listening", "peaks", "changes")


def links_of(recording_id: int) -> dict[str, str]:
    """Return the addresses of all that belongs to a recording, by name."""
    here = f"{V1}/recordings/{recording_id}"
    return {"self": here} | {name: f"{here}/{name}" for name in _LINKS}


class ToldOtherwiseOut(Out):
    """A fact of known bytes that is now told otherwise; what was kept stays until it is corrected."""

    name: Annotated[str, Field(description="更正时用的名称", examples=["setting"])]
    kept: Annotated[str | None, Field(description="以前收到时保存的;null 表示未知")]
    given: Annotated[str, Field(description="这一次说的,没有采用")]


Differing = Annotated[
    tuple[ToldOtherwiseOut, ...],
    Field(description="同样的录音以前收到过,而这次说的不同:保存的没有变,要改请 PATCH /recordings/{id}"),
]


class ReceiptOut(Out):
    """The answer to an upload. One of `id` and `pending` is null."""

    id: Annotated[int | None, Field(description="录音的编号")]
    pending: Annotated[int | None, Field(description="待处理的编号:已收好,但没有说明场景")] = None
    reasons: Annotated[tuple[str, ...], Field(description="为什么待处理")] = ()
    new: Annotated[bool, Field(description="false:这段录音以前收到过,没有重复保存")]
    status: Status | None
    differs: Differing = ()
    links: dict[str, str]


class StageOut(Out):
    """One stage of the job."""

    stage: Annotated[Stage, Field(description="waiting 排队,hearing 识别,judging 判定,done 完成")]
    state: Annotated[str, Field(description="done 已完成,running 进行中,waiting 未开始,failed 失败")]


class ProgressOut(Out):
    """Where the job of a recording stands."""

    id: int
    status: Status
    progress: Annotated[float, Field(description="整个处理完成的比例,0 到 1")]
    failure: str | None
    failure_code: str | None
    failure_english: str | None
    stages: list[StageOut]


class FindingOut(Out):
    """The verdict of one rule on one encounter, with its first evidence."""

    id: int
    recording_id: int
    audit_id: int
    encounter: Annotated[int, Field(description="第几次服务,从 0 数起")]
    part: Annotated[int, Field(description="服务的第几个部分,从 0 数起;0 是录音登记的人")] = 0
    rule: Annotated[str, Field(description="规则编号", examples=["forbidden.dont-know"])]
    title: str
    level: Level
    status: Annotated[str, Field(description="active 计分,trial 试行")]
    verdict: Annotated[Verdict, Field(description="结论:pass 符合,fail 违反,unclear 存疑,n/a 不适用或无法认定")]
    machine: Annotated[str, Field(description="程序的判定;人工改判后与结论不同")]
    review: Annotated[
        str, Field(description="空:未经人工;reviewed 已复核,appealed 申诉中,decided 已裁定,withdrawn 申诉或复核已撤回")
    ]
    points: Annotated[float, Field(description="扣分")]
    start: Annotated[float | None, Field(description="首个证据的开始,录音内的秒数")]
    end: float | None
    quote: Annotated[str, Field(description="首个证据的原话")]
    reason: Annotated[str, Field(description="首个证据的原因代码,决定结论的那一个;旧的判定为空")]
    occurred_at: datetime
    current: Annotated[bool, Field(description="是否属于现行的稽核结果")]

    @computed_field(description="相关地址")  # type: ignore[prop-decorator]
    @property
    def links(self) -> dict[str, str]:
        """Where the rest is."""
        here = f"{V1}/findings/{self.id}"
        return {
            "self": here,
            "clip": f"{here}/clip",
            "case": f"{here}/case",
            "recording": f"{V1}/recordings/{self.recording_id}",
        }


class AuditRef(Out):
    """One of the audits that a recording had; `batch_id` names the re-audit that proposed it."""

    id: int
    current: bool
    made_at: datetime
    rulebook_version: str
    profile: str
    encounters: int
    total: float | None
    passed: bool | None
    batch_id: int | None
