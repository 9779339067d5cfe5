"""What is told to whom in the whole centre, and by which ways people chose to be told besides."""

from __future__ import annotations

from service.store import accounts, webhooks
from tests.service.web_kit import Web, text_of


def test_what_people_chose_is_counted_and_nobody_is_named(web: Web) -> None:
    robot = "https://oapi.dingtalk.com/robot/send?access_token=hidden"
    with web.db.write() as session:
        for name, count in (("lead", 2), ("staff", 1)):
            user = accounts.user_named(session, name)
            assert user is not None
            for _ in range(count):
                webhooks.add_channel(session, user.id, "dingtalk", robot, "", ["appeal.decided"])
    admin = web.browser("admin")
    page = admin.get("/settings/notices")
    shown = text_of(page)
    assert "申诉的裁定窗口负责人，本人，参与过的人0 人0 人2 人" in shown, shown
    assert "一票否决的判定督查，窗口负责人，本人0 人0 人0 人" in shown
    assert "access_token" not in page.text and "设置 smtp_host" in shown
    assert "各人另选了 3 种；没有设置邮件服务器" in text_of(admin.get("/settings"))
    assert web.browser("inspector").get("/settings/notices").status_code == 403
