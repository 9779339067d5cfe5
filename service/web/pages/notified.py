"""通知 of the whole centre: which event is told to whom, what people chose besides, and what the settings allow."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Final

from fastapi import Response

from service.auth.permissions import Permission
from service.store import webhooks
from service.web.guard import Pages
from service.web.rendering import page
from service.web.standing import Stands
from service.web.visit import Visit, Visiting
from service.wording import EVENTS, TITLES, Event

pages = Pages()
# As `service.store.telling` decides it; whoever did it is not told.
_TOLD: Final[Mapping[Event, str]] = {
    "finding.veto": "督查，窗口负责人，本人",
    "finding.reviewed": "窗口负责人，本人",
    "case.commented": "能裁定的督查（没有则管理员），窗口负责人，本人，参与过的人",
    "appeal.received": "能裁定的督查（没有则管理员），窗口负责人",
    "appeal.decided": "窗口负责人，本人，参与过的人",
    "appeal.deadline": "本人",
    "intake.waiting": "督查",
    "worker.gone": "管理员",
    "source.gone": "管理员",
    "report.issued": "人员报告给本人，窗口报告给窗口负责人，中心报告给督查",
}
_KINDS: Final[Mapping[str, str]] = {"email": "邮件", "wecom": "企业微信", "dingtalk": "钉钉"}


@pages.get("/settings/notices", Permission.USERS)
def show_notices(visit: Visiting) -> Response:
    """Show what is told to whom, and by which ways."""
    chosen = _chosen(visit)
    events = [(TITLES[event], _TOLD[event], [chosen[kind, event] for kind in _KINDS]) for event in EVENTS]
    return page(visit.request, "notified.html", events=events, kinds=_KINDS, known=visit.services.settings)


def stands(visit: Visit) -> Stands:
    """Return whether e-mail can be sent, and how many ways people chose besides the page."""
    with visit.services.database.read() as session:
        count = len(webhooks.all_channels(session))
    ways = f"各人另选了 {count} 种" if count else "都只在网页上"
    return Stands(text=ways if visit.services.settings.smtp_host else f"{ways}；没有设置邮件服务器")


def _chosen(visit: Visit) -> Counter[tuple[str, str]]:
    """Count the people who chose to be told of an event in a way, by (way, event)."""
    with visit.services.database.read() as session:
        channels = webhooks.all_channels(session)
    return Counter({
        (kind, event): len({each.user_id for each in channels if each.kind == kind and event in each.events})
        for kind in _KINDS
        for event in EVENTS
    })  # fmt: skip
