"""Extensions are looked for, registered, moved to another window and deleted on a page."""

from __future__ import annotations

from tests.service.web_kit import Web, read, text_of


def test_one_is_registered_moved_and_deleted(web: Web) -> None:
    admin = web.browser("admin")

    def send(path: str = "", **fields: str) -> str:
        answer = admin.post(f"/settings/extensions{path}", data={"csrf": web.csrf} | fields)
        return text_of(answer if answer.status_code != 303 else admin.get(answer.headers["location"]))

    assert "已登记" in send(extension="8021", window="A01")
    assert "8021窗口1（A01）" in text_of(admin.get("/settings/extensions?text=窗口1"))
    assert "没有找到" in text_of(admin.get("/settings/extensions?text=A02"))
    edit = read(admin.get("/settings/extensions?extension=8021&window=A01"))
    assert edit.fields["extension"] == "8021"
    assert "已更改" in send(extension="8021", window="A02")
    assert [each["window"]["code"] for each in web.get("/extensions")] == ["A02"]
    assert "与登记的相同" in send(extension="8021", window="A02")
    assert "窗口：缺少这一项" in send(extension="8022", window="")
    assert "只差开头的零" in send(extension="08021", window="A01")
    assert "1 部" in text_of(admin.get("/settings"))
    assert "已删除" in send("/delete", extension="8021") and web.get("/extensions") == []
    assert "分机 8021：没有登记" in send("/delete", extension="8021")


def test_a_lead_looks_and_changes_nothing(web: Web) -> None:
    lead = web.browser("lead")
    assert 'method="post" action="/settings' not in lead.get("/settings/extensions").text
    assert lead.post("/settings/extensions", data={"csrf": web.csrf, "extension": "1"}).status_code == 403
