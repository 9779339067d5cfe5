"""Every page there is, by who opens it, with what it is called in the documentation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from sqlalchemy import Select, select

from service.store import Database, Filters, centre
from service.store.audits import FindingRow
from service.store.intake import Pending
from service.store.recordings import RecordingRow
from service.store.reviews import queues

# What is made of all services when it is opened.
COMPUTED: Final = frozenset({"report-centre", "report-window", "report-staff", "report-member", "difference"})
ADMIN, INSPECTOR, LEAD, MEMBER = "guanli", "ducha", "fuzeren", "yuangong"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A page: who opens it, where, and its names for people and for files."""

    who: str
    name: str
    title: str
    path: str


def _of(who: str, *pages: tuple[str, str, str]) -> tuple[Shown, ...]:
    return tuple(Shown(who=who, name=name, title=title, path=path) for name, title, path in pages)


PAGES: Final = (
    *_of(
        INSPECTOR,
        ("today", "今日", "/today"),
        ("compare", "比较", "/compare"),
        ("recordings", "录音", "/recordings"),
        ("recordings-filtered", "录音，按窗口、判定筛选", "/recordings?window=03&verdict=fail&score_to=90"),
        ("search", "说过的话", "/recordings?text=身份证"),
        ("search-sounds", "说过的话，同音字也算", "/recordings?text=不归我管&sounds_like=true"),
        ("search-rare", "说过的话，少见", "/recordings?text=不归我管&said_by=staff"),
        ("search-nothing", "说过的话，没有", "/recordings?text=火星移民"),
        ("recording", "一个录音", "/recordings/{recording}"),
        ("mark", "标记漏判", "/recordings/{recording}/mark?start={start}&end={end}"),
        ("upload", "上传", "/upload"),
        ("pending", "待补全", "/pending"),
        ("pending-one", "补全一个录音", "/pending/{pending}"),
        ("review", "复核", "/review"),
        ("review-case", "复核一项", "/review/{doubt}"),
        ("cases", "申诉，督查的", "/cases"),
        ("case", "裁定一件申诉", "/cases/{appeal}"),
        ("reports", "报告", "/reports"),
        ("report-centre", "中心语音报告", "/reports/centre"),
        ("report-window", "窗口语音报告", "/reports/windows/01"),
        ("report-staff", "人员语音报告", "/reports/staff/1001"),
        ("issued", "已签发的报告", "/reports/issued"),
        ("issued-one", "一份签发的报告", "/reports/issued/{issued}"),
        ("difference", "签发以后的变化", "/reports/issued/{issued}/difference"),
        ("rules", "规则", "/rules"),
        ("rule", "一条规则", "/rules/phone.opening"),
        ("ledger", "条款台账", "/rules/ledger"),
        ("profiles", "方案", "/rules/profiles"),
        ("reaudits", "复评", "/reaudits"),
        ("reaudit", "一次复评", "/reaudits/1"),
        ("inbox", "通知，督查的", "/inbox"),
        ("log", "操作记录", "/log"),
        ("retention", "保存期限", "/retention"),
    ),
    *_of(
        ADMIN,
        ("start", "开始使用", "/start"),
        ("settings", "设置", "/settings"),
        ("staff", "人员", "/settings/centre/staff"),
        ("staff-one", "一位人员", "/settings/centre/staff/1"),
        ("windows", "窗口", "/settings/centre/windows"),
        ("extensions", "分机", "/settings/extensions"),
        ("rosters", "排班", "/settings/rosters"),
        ("centre", "从表格登记", "/centre/staff"),
        ("users", "用户", "/users"),
        ("user", "一位用户", "/users/2"),
        ("keys", "密钥", "/settings/keys"),
        ("webhooks", "推送", "/settings/webhooks"),
        ("notices", "通知的设置", "/settings/notices"),
        ("recorders", "录音设备", "/recorders"),
        ("recorder", "新的录音设备", "/recorders/new/box"),
        ("voices", "声纹", "/voices"),
        ("laboratory", "试验室", "/rules/lab?rule=phone.opening"),
        ("rule-history", "一条规则的历史", "/rules/phone.opening/history"),
        ("profile", "一个方案", "/rules/profiles/default"),
        ("profile-history", "一个方案的历史", "/rules/profiles/default/history"),
        ("password", "更改密码", "/password"),
    ),
    *_of(LEAD, ("today-lead", "今日，窗口负责人的", "/today"), ("cases-lead", "申诉，窗口负责人的", "/cases")),
    *_of(
        MEMBER,
        ("cases-member", "申诉，工作人员的", "/cases"),
        ("case-member", "工作人员看一处判定", "/cases/{contestable}"),
        ("recording-member", "一个录音，工作人员的", "/recordings/{own}"),
        ("report-member", "自己的报告", "/reports/staff/1001"),
        ("voice", "我的声纹", "/voice"),
        ("inbox-member", "通知，工作人员的", "/inbox"),
    ),
)  # fmt: skip


def known(database: Database, appeal_days: int) -> dict[str, str]:
    """Look up what stands for each {name} in an address: findings of each kind, and a recording that can be heard."""
    with database.read() as session:
        member = centre.staff_member(session, "1001").id
        (doubt,) = queues.queue(session, Filters(), 0.0, 1)
        (contested,) = queues.appealed(session, Filters(), 1)
        ((free, _),) = queues.contestable(session, Filters(staff_ids=(member,)), appeal_days, 1).items
        charged = session.scalars(_charged()).first()
        pending = session.scalars(select(Pending.id).order_by(Pending.id)).first()
        if charged is None or pending is None:
            raise ValueError("no demo centre")
        found = {
            "recording": charged.recording_id,
            "start": charged.start,
            "end": charged.end,
            "doubt": doubt.id,
            "appeal": contested.id,
            "contestable": free.id,
            "own": free.recording_id,
            "issued": 1,
            "pending": pending,
        }
    return {name: str(value) for name, value in found.items()}


def _charged() -> Select[FindingRow]:
    """Return the statement for what was charged with a quote in calls that can still be heard, the dearest first."""
    heard = RecordingRow.audio_deleted_at.is_(None), RecordingRow.facts["setting"].as_string() == "phone"
    wanted = select(FindingRow).join(RecordingRow, RecordingRow.id == FindingRow.recording_id).where(*heard)
    costs = FindingRow.current, FindingRow.verdict == "fail", FindingRow.quote != ""
    return wanted.where(*costs).order_by(FindingRow.points.desc(), FindingRow.id)
