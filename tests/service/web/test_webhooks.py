"""Webhooks are added, tried out, changed, paused and deleted on a page, and a receiver can check what it gets."""

from __future__ import annotations

import re
import shutil
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from httpx2 import Response

from service.api.webhooks import WebhookIn
from service.store import Database, webhooks
from service.store.base import now
from service.web.checking import genuine
from service.webhooks import WebhookSender
from tests.service.web_kit import Web, read, text_of


@dataclass
class Office:
    """A receiver on this machine: what it got, and with what status it answers."""

    url: str = ""
    status: int = 200
    got: list[tuple[dict[str, str], bytes]] = field(default_factory=list)


@pytest.fixture(scope="module")
def listening() -> Iterator[Office]:
    office = Office()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            office.got.append(({name.lower(): value for name, value in self.headers.items()}, body))
            self.send_response(office.status)
            self.end_headers()
            self.wfile.write("收到<b>了</b>".encode() * 100)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    office.url = f"http://127.0.0.1:{server.server_port}/hook"
    yield office
    server.shutdown()
    server.server_close()


@pytest.fixture
def office(listening: Office) -> Office:
    listening.status = 200
    listening.got.clear()
    return listening


@pytest.fixture
def inside(sqlite_template: Path, tmp_path: Path) -> Iterator[Web]:
    """An application that may push to this machine."""
    database = Database(f"sqlite:///{shutil.copy(sqlite_template, tmp_path / 'application.sqlite')}")
    found = Web(database, tmp_path, webhook_networks=["127.0.0.0/8"])
    found.people()
    yield found
    database.close()


def send(web: Web, browser: TestClient, path: str = "", **fields: object) -> Response:
    return browser.post(f"/settings/webhooks{path}", data={"csrf": web.csrf} | fields)


def added(web: Web, browser: TestClient, url: str) -> str:
    """Add one, and return its secret."""
    made = send(web, browser, target=url, events=["recording.audited", "finding.veto"])
    found = re.search(r'<code class="once">(whsec_[^<]+)</code>', made.text)
    assert found, text_of(made)
    return found[1]


def test_one_is_added_tried_out_and_can_be_checked(inside: Web, office: Office) -> None:
    admin = inside.browser("admin")
    secret = added(inside, admin, office.url)
    assert secret not in admin.get("/settings/webhooks").text + admin.get("/settings/webhooks/1").text
    tried = send(inside, admin, "/1/test")
    said = text_of(tried)
    assert "已收下 应答为 200" in said and "收到<b>了</b>" in said and said.count("收到") <= 500 / 13
    ((headers, body),) = office.got
    assert b"webhook.test" in body and genuine(secret, headers, body)
    assert not genuine(secret, headers, body + b" ")
    assert not genuine(secret, headers | {"webhook-timestamp": "1700000000"}, body)
    assert "def genuine(secret" in text_of(tried)
    assert inside.get("/webhooks/1/deliveries")["items"] == []


def test_what_does_not_work_is_told(inside: Web, office: Office) -> None:
    admin = inside.browser("admin")
    added(inside, admin, office.url)
    office.status = 503
    assert "没有收下 应答为 503" in text_of(send(inside, admin, "/1/test"))
    send(inside, admin, "/1", target="http://127.0.0.1:9/hook", events=["finding.veto"])
    assert "没有应答(ConnectError)" in text_of(send(inside, admin, "/1/test"))
    for wrong, told in (
        ({"target": "http://10.0.0.1/hook"}, "地址：地址 10.0.0.1 在内部网络"),
        ({"target": "no address"}, "地址："),
        ({"events": []}, "事件："),
    ):
        sent = {"target": office.url, "events": ["finding.veto"]} | wrong
        for path in ("", "/1"):
            refused = send(inside, admin, path, **sent)
            assert (refused.status_code, told in text_of(refused)) == (422, True), text_of(refused)
            assert read(refused).fields["target"] == sent["target"]
    assert [each["events"] for each in inside.get("/webhooks")] == [["finding.veto"]]


def test_one_is_paused_and_goes_on(inside: Web, office: Office) -> None:
    admin = inside.browser("admin")
    secret = added(inside, admin, office.url)
    sender = WebhookSender(inside.db, inside.services.settings.webhook_networks)

    def announce(number: int) -> None:
        with inside.db.write() as session:
            webhooks.announce(session, "recording.audited", {"recording_id": number})

    announce(1)
    assert "已暂停" in text_of(admin.get(send(inside, admin, "/1/active", active="no").headers["location"]))
    announce(2)
    assert (sender.deliver(), office.got) == (0, [])
    assert "1 个暂停" in text_of(admin.get("/settings"))
    send(inside, admin, "/1/active", active="yes")
    assert sender.deliver() == 1 and genuine(secret, *office.got[0])
    shown = text_of(admin.get("/settings/webhooks/1"))
    assert "录音 1" in shown and "录音 2" not in shown and "已送达" in shown
    office.status = 500
    announce(3)
    sender.deliver()
    sender.stop()
    assert "没有送达，会再试" in text_of(admin.get("/settings/webhooks"))
    assert "1 个地址，1 个最近没有送达" in text_of(admin.get("/settings"))
    assert send(inside, admin, "/1/delete").headers["location"] == "/settings/webhooks"
    assert "没有推送" in text_of(admin.get("/settings/webhooks"))
    assert [admin.get("/settings/webhooks/1").status_code, send(inside, admin, "/1/test").status_code] == [404, 404]


def test_the_secret_is_replaced_and_the_old_one_is_good_for_a_while(inside: Web, office: Office) -> None:
    admin = inside.browser("admin")
    old = added(inside, admin, office.url)
    made = send(inside, admin, "/1/secret", keep_hours="24")
    found = re.search(r'<code class="once">(whsec_[^<]+)</code>', made.text)
    assert found and found[1] != old and found[1] not in admin.get("/settings/webhooks").text
    send(inside, admin, "/1/test")
    assert genuine(found[1], *office.got[0]) and genuine(old, *office.got[0])
    assert len(office.got[0][0]["webhook-signature"].split()) == 2
    with inside.db.write() as session:
        row = webhooks.webhook(session, 1)
        assert row.secrets(now()) == (found[1], old)
        assert row.secrets(now() + timedelta(hours=24)) == (found[1],)
    assert "新旧密钥都有效" in text_of(admin.get("/settings/webhooks/1"))
    assert send(inside, admin, "/1/secret/old").status_code == 303
    assert "新旧密钥都有效" not in text_of(admin.get("/settings/webhooks/1"))
    send(inside, admin, "/1/test")
    assert genuine(found[1], *office.got[1]) and not genuine(old, *office.got[1])
    assert [
        send(inside, admin, "/9/secret", keep_hours="0").status_code,
        send(inside, admin, "/1/secret", keep_hours="721").status_code,
    ] == [404, 422]


def test_a_secret_that_leaked_is_replaced_at_once(inside: Web, office: Office) -> None:
    admin = inside.browser("admin")
    old = added(inside, admin, office.url)
    leaked = inside.ask("POST", "/webhooks/1/secret", "admin", json={"keep_hours": 0}).json()
    kept = inside.ask("POST", "/webhooks/1/secret", "admin").json()
    assert leaked["old_until"] is None and kept["old_until"] is not None
    send(inside, admin, "/1/test")
    ((headers, body),) = office.got
    assert [genuine(each, headers, body) for each in (old, leaked["secret"], kept["secret"])] == [False, True, True]
    ended = inside.ask("DELETE", "/webhooks/1/secret/old", "admin").json()
    assert (ended["old_until"], "secret" in ended) == (None, False)


def test_nothing_is_tried_out_within_when_the_setting_no_longer_allows_it(web: Web, office: Office) -> None:
    with web.db.write() as session:
        webhooks.add_webhook(session, office.url, "whsec_" + "A" * 43 + "=", ["finding.veto"])
    said = text_of(send(web, web.browser("admin"), "/1/test"))
    assert "地址 127.0.0.1 在内部网络,设置 webhook_networks 没有允许" in said and office.got == []


def test_every_event_can_be_chosen(web: Web) -> None:
    shape = WebhookIn.model_json_schema()["properties"]["events"]["items"]
    offered = re.findall(r'name="events" value="([^"]+)"', web.browser("admin").get("/settings/webhooks").text)
    assert sorted(offered) == sorted(name for each in shape["anyOf"] for name in each["enum"])


def test_a_form_that_outlived_its_session_keeps_the_address(web: Web) -> None:
    browser = web.browser("admin")
    browser.cookies.clear()
    kept = send(web, browser, target="https://oa.example/hook", events=["finding.veto"])
    assert kept.status_code == 401
    assert read(kept).fields["kept.target"] == "https://oa.example/hook"
