"""保存期限: what is kept how long, what is deleted next, what is held and why, and what was deleted."""

from __future__ import annotations

from typing import Any, Final

from fastapi import Response

from service.api import retention
from service.auth.permissions import Permission
from service.web.guard import Pages
from service.web.rendering import page
from service.web.standing import Stands
from service.web.visit import Visit, Visiting

pages = Pages()
_KINDS: Final = {"audio": "声音和试听用的声音", "transcript": "转写和搜索的文字", "audit": "稽核结果、复核和其余全部"}
_AFTER: Final = {
    "audio": "转写和结果还在，不能再听。",
    "transcript": "判定引用的原话还在，否则无从申诉。",
    "audit": "声音、转写、判定、复核经过全部删除。",
}
# What has no limit of its own to be set, and when it goes.
_OTHERS: Final = (
    ("操作记录", "不自动删除", "《网络安全法》：不少于六个月"),
    ("人员、窗口、排班、用户、密钥", "不自动删除", "停用的仍在，过去的稽核和记录指向它们"),
    ("通知", "不自动删除", "没有期限"),
    ("待补全的录音", "同声音", "到期放弃，声音一并删除"),
    ("没有传完的上传", "1 天", "程序固定"),
    ("没有听完的长录音听出的部分", "30 天", "程序固定，听完即删"),
    ("备份", "程序不删除", "备份另有期限，由保管它的人定；里面的声音和转写不会跟着删除"),
)


@pages.get("/retention", Permission.LOG_READ)
def show_limits(visit: Visiting) -> Response:
    """Show all limits with what follows from them; they stand in the settings of the service."""
    found = retention.get_retention(visit.services)
    days = visit.services.settings.keep_report_days
    kept = ("签发的报告", f"{days} 天" if days else "不自动删除", "keep_report_days；引用的原话随录音的结果删去")
    known: dict[str, Any] = {
        "found": found,
        "kinds": _KINDS,
        "after": _AFTER,
        "others": (kept, *_OTHERS),
        "days": retention.DAYS,
    }
    return page(visit.request, "retention.html", **known)


def stands(visit: Visit) -> Stands:
    """Return how long sound and words are kept."""
    settings = visit.services.settings
    kept = (
        ("声音", settings.keep_audio_days),
        ("转写", settings.keep_transcript_days),
        ("全部", settings.keep_audit_days),
    )
    told = [f"{name} {days} 天" for name, days in kept if days]
    return Stands(text="，".join(told)) if told else Stands(text="没有设期限，都不删除", kind="wait")
