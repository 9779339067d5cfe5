"""A voice profile needs a consent that is on record; taking it back deletes the profile, wherever it lies."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from service.audio import AudioStore
from service.cleanup import Cleanup
from service.settings import Settings
from service.store import Database, voices
from service.store.base import now
from service.worker import _agreed
from speechaudit.speakers.embed import MODEL, SIZE
from speechaudit.speakers.profile import VoiceProfile, find_profile, save
from tests.service.web_kit import Web, read, text_of


def profile_of(number: str) -> VoiceProfile:
    made = "2026-03-02T01:00:00+00:00"
    return VoiceProfile(staff=number, print=(0.0,) * SIZE, seconds=41.0, files=2, model=MODEL, made_at=made)


@pytest.fixture
def web(sqlite_template: Path, tmp_path: Path) -> Web:
    """A centre with a folder of profiles, in which 1017 has one."""
    file = tmp_path / "application.sqlite"
    file.write_bytes(sqlite_template.read_bytes())
    save(profile_of("1017"), tmp_path / "voices")
    found = Web(Database(f"sqlite:///{file}"), tmp_path, voices=tmp_path / "voices")
    found.people()
    return found


def test_consent_is_noted_shown_and_taken_back(web: Web, tmp_path: Path) -> None:
    admin = web.browser("admin")
    agreed = _agreed(Settings(database_url=str(web.db.engine.url), voices=tmp_path / "voices"))
    assert "没有同意，不使用" in text_of(admin.get("/voices")) and not agreed("1017")
    assert "1 个声纹没有有效的同意，不使用" in text_of(admin.get("/settings"))
    given = {"csrf": web.csrf, "staff": "1017", "given_on": "2026-03-01", "text": "本人同意登记声纹,可以随时撤回。"}
    assert admin.post("/voices", data=given).headers["location"] == "/voices"
    shown = text_of(admin.get("/voices"))
    assert "2026-03-02 09:00 登记，41 秒 2026-03-01 签字，" in shown and "由admin登记" in shown, shown
    assert "本人同意登记声纹,可以随时撤回。" in shown and "使用" in shown and agreed("1017") and not agreed(None)
    again = admin.post("/voices", data=given)
    assert (again.status_code, "已经登记过" in text_of(again)) == (422, True)
    assert admin.post("/voices/1017/withdraw", data={"csrf": web.csrf}).status_code == 303
    shown = text_of(admin.get("/voices"))
    assert "同意已撤回,声纹已删除" in shown and "撤回，由admin登记" in shown
    assert find_profile(tmp_path / "voices", "1017") is None and not agreed("1017")
    logged = text_of(web.browser("inspector").get("/log?staff=1017"))
    assert "撤回同意，删除声纹" in logged


def test_what_is_wrong_is_told_and_only_administrators_note(web: Web) -> None:
    admin = web.browser("admin")
    tomorrow = (now() + timedelta(days=2)).date().isoformat()
    for wrong, told in (
        ({"staff": ""}, "工号：请填写"),
        ({"staff": "9999"}, "没有登记"),
        ({"given_on": ""}, "签字的日期：请填写"),
        ({"given_on": tomorrow}, "签字的日期：还没有到"),
        ({"text": "同意"}, "文字："),
    ):
        sent = {"csrf": web.csrf, "staff": "1018", "given_on": "2026-03-01", "text": ""} | wrong
        refused = admin.post("/voices", data=sent)
        assert (refused.status_code, told in text_of(refused)) == (422, True), text_of(refused)
    inspector = web.browser("inspector")
    assert "本人签字的日期" not in text_of(inspector.get("/voices"))
    assert inspector.post("/voices", data={"csrf": web.csrf, "staff": "1018"}).status_code == 403


def test_the_member_of_staff_takes_it_back_alone(web: Web, tmp_path: Path) -> None:
    web.ask("PUT", "/voices/1017/consent", "admin", json={"given_on": "2026-03-01"})
    own = web.browser("staff")
    shown = own.get("/voice")
    assert "/voice" in read(own.get("/cases")).links and "听录音时会比对" in text_of(shown)
    assert own.post("/voice/withdraw", data={"csrf": web.csrf}).headers["location"] == "/voice"
    shown = own.get("/voice")
    assert "已撤回" in text_of(shown) and "撤回同意，删除声纹" not in text_of(shown)
    assert find_profile(tmp_path / "voices", "1017") is None
    assert web.get("/session/voice", "staff")["consent"]["withdrawn_by"] == "staff"
    inspector = web.browser("inspector")
    assert "不是登记的工作人员" in text_of(inspector.get("/voice"))
    assert inspector.post("/voice/withdraw", data={"csrf": web.csrf}).status_code == 403


def test_profiles_on_other_machines_go_within_the_hour(web: Web, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    for number in ("1017", "1018"):
        save(profile_of(number), elsewhere)
    web.ask("PUT", "/voices/1017/consent", "admin", json={"given_on": "2026-03-01"})
    assert web.ask("DELETE", "/voices/1017", "admin").status_code == 204
    cleanup = Cleanup(web.db, AudioStore(web.services.settings), elsewhere)
    assert (cleanup.voices(), cleanup.voices()) == (1, 0)
    assert find_profile(elsewhere, "1018") and find_profile(elsewhere, "1017") is None
    (elsewhere / "1017.voice.json").write_text("broken")
    web.ask("PUT", "/voices/1017/consent", "admin", json={"given_on": "2026-03-01"})
    assert cleanup.voices() == 0, "who agreed again keeps it"


def test_consents_are_kept_on_both_databases(db: Database) -> None:
    from service.store import centre

    with db.write() as session:
        row = centre.put_staff(session, "1017", "甲")
        voices.give(session, row.id, text="同意", given_on=now().date(), noted_by="乙")
        assert voices.allowed(session, "1017") and not voices.allowed(session, "1018")
        voices.withdraw(session, row.id, "乙")
        assert voices.withdrawn(session) == ["1017"] and not voices.allowed(session, "1017")
