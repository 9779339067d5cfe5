"""The laboratory of the rules: a rule is checked as it is written, and tried on what was heard."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Annotated, Literal

from pydantic import Field

from service import rule_files
from service.api.access import Who, router
from service.api.privacy import quote_for
from service.api.problems import responses
from service.api.rules import folder_of, rule_of, text_of, within
from service.api.schemas import In, Number, Out
from service.api.services import Services, Wired
from service.auth.identity import Identity
from service.errors import ConflictError, RequestError, UnavailableError
from service.laboratory import Lexicons
from service.store import trials
from service.store.base import now
from service.store.trials import TrialProgress, TrialState
from speechaudit.errors import RulebookError
from speechaudit.model import Verdict
from speechaudit.rules import drafts
from speechaudit.rules.drafts import DraftCheck
from speechaudit.rules.schema import Status

routes = router("规则")
NOT_WRITABLE = (
    "请把随程序安装的 lexicons 复制到本中心自己的文件夹,让运行服务的用户可写,并用设置 lexicons 指向它;"
    "或者把检验过的全文交给管理服务器的人,存进规则文件夹"
)
RuleId = Annotated[str, Field(max_length=80, description="规则编号,等于文件位置", examples=["words.hello"])]
RuleText = Annotated[str, Field(max_length=drafts.LONGEST, description="规则文件的全文(YAML),见 docs/rules.md")]


class DraftIn(In):
    """A rule as somebody writes it."""

    rule_id: RuleId
    text: RuleText


class FaultOut(Out):
    """One thing that is wrong with the text."""

    place: Annotated[str, Field(description="行和列;在别的文件里的,连同文件", examples=["第5行第1列"])]
    problem: str
    cure: str


class ComplaintOut(Out):
    """An example that came out otherwise."""

    part: Annotated[str, Field(description="例句的哪一栏", examples=["no_match"])]
    example: str
    expected: str
    found: Verdict


class DraftOut(Out):
    """What came out."""

    sound: Annotated[bool, Field(description="没有错处,例句全部相符")]
    examples: Annotated[int, Field(description="判了几条例句;有错处的一条也没有判")]
    faults: list[FaultOut]
    complaints: list[ComplaintOut]
    remarks: Annotated[list[str], Field(description="台账里还没有列出的;不妨碍规则起作用")]


@routes.post("/rules/check", summary="检验一条还没有写下的规则")
def check_rule(services: Wired, given: DraftIn) -> DraftOut:
    """按行列指出错处,逐条判例句;什么都不写下。"""
    return DraftOut.model_validate(checked(services, given))


def checked(services: Services, given: DraftIn) -> DraftCheck:
    """Check a rule within the rulebook of the settings. Raises UnavailableError if that cannot be read."""
    settings, folder = services.settings, folder_of(services)
    try:
        return drafts.check(folder, given.rule_id, given.text, settings.profile, settings.ring_limit)
    except RulebookError as problem:
        raise UnavailableError(within(folder, problem), problem.problem, problem.cure) from problem


class TrialIn(DraftIn):
    """A rule to be tried on what was heard lately."""

    days: Annotated[int, Field(ge=1, le=366, description="最近几天的录音,最多 20000 个,从新到旧")] = 30


class WrittenIn(In):
    """A rule to be written."""

    text: RuleText
    seen: Annotated[
        str, Field(pattern="^([0-9a-f]{64})?$", description="改之前的文件的 SHA-256;新的规则留空。别人改过就不写")
    ] = ""


class WrittenOut(Out):
    """A rule as it is written now."""

    rule_id: str
    seen: Annotated[str, Field(description="这个文件的 SHA-256,下一次改时附上")]


class StandingIn(In):
    """How a rule is to stand from now on."""

    status: Annotated[Status, Field(description="draft 起草,trial 试行(只列出,不扣分),active 启用,retired 停用")]


class RuleChangeOut(Out):
    """A change of a rule's file by a page or a program; what people change by hand is not known."""

    at: datetime
    by: str
    before: Annotated[str, Field(description="改之前的全文;新写的为空")]
    after: str


class HitOut(Out):
    """A finding that would be another."""

    recording_id: int
    encounter: Annotated[int, Field(description="第几次服务,从 0 数起")]
    change: Annotated[Literal["appeared", "vanished", "changed"], Field(description="新出现、消失、变化")]
    before: Verdict | None
    after: Verdict | None
    start: Annotated[float | None, Field(description="录音内的秒数;没有听到应说的话的为 null")]
    quote: Annotated[str, Field(description="原话;没有 recordings:read 的密钥得到空的")]
    points: Annotated[float, Field(description="改后扣几分")]


class MoveOut(Out):
    """A recording whose score would be another."""

    recording_id: int
    before: float | None
    after: float | None


class RuleTrialOut(Out):
    """How far a trial is and what came out so far."""

    id: int
    rule: str
    state: Annotated[TrialState, Field(description="interrupted 服务停了,没有做完")]
    since: datetime
    total: int
    done: int
    left_out: Annotated[int, Field(description="不能比较的:转写已删除,或现在会分成另外几次服务")]
    relabelled: Annotated[int, Field(description="以前的标签来自另一个模型、这次重新标注的;下一次试算不再重做")]
    changes: Annotated[dict[str, int], Field(description="appeared、vanished、changed 各几处")]
    verdicts: Annotated[dict[str, int], Field(description="照新的写法,各种判定几处")]
    raised: Annotated[int, Field(description="得分会升高的录音")]
    lowered: int
    hits: Annotated[list[HitOut], Field(description="变化的判定,最多 200 处;扣不扣分的都在内")]
    moves: Annotated[list[MoveOut], Field(description="得分会变化的录音,最多 200 个")]


@routes.put("/rules/{rule_id}", summary="写下一条规则", responses=responses(409))
def write_rule(services: Wired, who: Who, rule_id: str, given: WrittenIn) -> WrittenOut:
    """检验过、例句全部相符的才写进规则文件夹,以前的版本留在其中的 history;立即起作用。"""
    settings = services.settings
    if settings.lexicons is None or not rule_files.writable(settings):
        raise ConflictError("规则文件夹", "不能从这里写", NOT_WRITABLE)
    found = checked(services, read_draft(rule_id, given.text))
    if found.faults:
        raise RequestError(found.faults[0].place, found.faults[0].problem, found.faults[0].cure)
    if found.complaints:
        raise RequestError("例句", str(found.complaints[0]), "请改短语或例句,全部相符才能写下")
    rule_files.write(folder_of(services), drafts.rule_file(rule_id), given.text, seen=given.seen, by=who.name)
    return WrittenOut(rule_id=rule_id, seen=rule_files.digest_of(given.text))


@routes.put("/rules/{rule_id}/status", summary="试行、启用或停用一条规则", responses=responses(404, 409))
def set_rule_status(services: Wired, who: Who, rule_id: str, given: StandingIn) -> WrittenOut:
    """只改规则文件的 status 一行,检验和历史同“写下一条规则”。"""
    known = rule_of(services, rule_id)
    text = text_of(services, known.id)
    try:
        changed = drafts.with_status(text, given.status)
    except RulebookError as problem:
        raise RequestError(problem.where, problem.problem, problem.cure) from problem
    return write_rule(services, who, known.id, WrittenIn(text=changed, seen=rule_files.digest_of(text)))


@routes.get("/rules/{rule_id}/changes", summary="一条规则的改动", responses=responses(404))
def list_rule_changes(services: Wired, rule_id: str) -> list[RuleChangeOut]:
    """最近 50 次从网页或接口的改动,从新到旧。"""
    known = rule_of(services, rule_id)
    found = rule_files.changes(folder_of(services), drafts.rule_file(known.id))
    return [RuleChangeOut.model_validate(each) for each in found]


def read_draft(rule_id: str, text: str) -> DraftIn:
    """Return a rule as somebody writes it. Raises RequestError for an id that is none."""
    try:
        drafts.rule_file(rule_id)
    except RulebookError as problem:
        raise RequestError(problem.where, problem.problem, problem.cure) from problem
    return DraftIn(rule_id=rule_id, text=text)


@routes.post("/rules/trials", status_code=202, summary="试算一条还没有写下的规则", responses=responses(409))
def start_trial(services: Wired, who: Who, given: TrialIn) -> RuleTrialOut:
    """用这条规则重新判定最近的录音,与现行的判定比较;什么都不写下。同时只能有一次试算。"""
    return RuleTrialOut.model_validate(begun(services, who, given))


@routes.get("/rules/trials/{trial_id}", summary="一次试算", responses=responses(404))
def get_trial(services: Wired, who: Who, trial_id: Number) -> RuleTrialOut:
    """进度和至今的结果;留最近五次,其中的原话随录音删除。"""
    return RuleTrialOut.model_validate(shown(services, who, trial_id))


@routes.post("/rules/trials/{trial_id}/cancel", summary="取消试算", responses=responses(404))
def cancel_trial(services: Wired, who: Who, trial_id: Number) -> RuleTrialOut:
    """不再往下算;至今的结果还在。已经结束的不变。"""
    with services.database.write() as session:
        trials.cancel(session, trial_id)
    return RuleTrialOut.model_validate(shown(services, who, trial_id))


def begun(services: Services, who: Identity, given: TrialIn) -> TrialProgress:
    """Start a trial. Raises RequestError with the first fault of the rule, ConflictError while another one runs."""
    from speechaudit.pipeline import Libraries

    settings = services.settings
    lexicons = Lexicons(folder=folder_of(services), profile=settings.profile, ring_limit=settings.ring_limit)
    began = now()
    since = began - timedelta(days=given.days)
    wanted = TrialProgress(rule=given.rule_id, text=given.text, since=since, started_at=began, by=who.name)
    try:
        return services.laboratory.begin(services.database, lexicons, Libraries(labels=settings.label_models), wanted)
    except RulebookError as problem:
        raise RequestError(problem.where, problem.problem, problem.cure) from problem


def shown(services: Services, who: Identity, trial_id: int) -> TrialProgress:
    """Return a trial as this person may read it. Raises NotFoundError."""
    with services.database.read() as session:
        found = trials.find(session, trial_id)
    return replace(found, hits=tuple(replace(hit, quote=quote_for(who, hit.quote)) for hit in found.hits))
