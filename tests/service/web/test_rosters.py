"""Turns of the roster are listed, added, ended earlier and deleted on a page."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from tests.service.web_kit import Web, text_of

TURN = {"window": "A01", "staff": "1017", "starts_at": "2026-03-02T08:30", "ends_at": "2026-03-02T12:00"}


def test_a_turn_is_added_ended_earlier_and_deleted(web: Web) -> None:
    admin = web.browser("admin")

    def send(path: str = "", **fields: str) -> str:
        answer = admin.post(f"/settings/rosters{path}", data={"csrf": web.csrf} | fields)
        return text_of(answer if answer.status_code != 303 else admin.get(answer.headers["location"]))

    shown = send(**TURN)
    assert "已登记" in shown and "2026-03-02 08:302026-03-02 12:00窗口1（A01）工号1017（1017）" in shown
    (turn,) = web.get("/rosters?since=2026-03-02&until=2026-03-02")
    assert turn["starts_at"] == "2026-03-02T00:30:00Z"
    ended = send(**TURN | {"starts_at": "2026-03-02T08:30:00+08:00", "ends_at": "2026-03-02T10:00"})
    assert "已更改" in ended and "2026-03-02 08:302026-03-02 10:00" in ended
    assert "这些天没有排班" in text_of(admin.get("/settings/rosters?since=2026-03-02&text=1018"))
    for wrong, told in (
        ({"ends_at": "2026-03-02T08:30"}, "排班：结束时间不晚于开始时间"),
        ({"staff": "9999"}, "工号：没有登记工号“9999”"),
        ({"window": ""}, "窗口：缺少这一项"),
        ({"starts_at": "morning"}, "开始：应为 ISO 8601 时间"),
    ):
        refused = send(**TURN | wrong)
        assert told in refused, refused
    assert "已删除" in send(f"/{turn['id']}/delete") and "不存在" in send(f"/{turn['id']}/delete")
    assert "时间范围超过一年" in text_of(admin.get("/settings/rosters?since=2024-01-01&until=2026-01-01"))


def test_the_list_begins_today(web: Web) -> None:
    at = datetime.now(UTC)
    web.ask(
        "POST", "/rosters", json=TURN | {"starts_at": at.isoformat(), "ends_at": (at + timedelta(hours=1)).isoformat()}
    )
    admin = web.browser("admin")
    assert "窗口1（A01）" in text_of(admin.get("/settings/rosters"))
    assert "今天 1 条" in text_of(admin.get("/settings"))


def test_a_lead_sees_the_own_windows_only(web: Web) -> None:
    web.ask("POST", "/rosters", json=TURN)
    web.ask("POST", "/rosters", json=TURN | {"window": "A02", "staff": "1018"})
    shown = web.browser("lead").get("/settings/rosters?since=2026-03-02")
    assert (
        "工号1017" in text_of(shown)
        and "工号1018" not in shown.text
        and 'method="post" action="/settings' not in shown.text
    )
