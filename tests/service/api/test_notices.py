"""Everybody whom something concerns is told once: in the inbox, by webhook, and where they asked for it."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from ipaddress import ip_network
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlsplit
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select, update

from service import robots
from service.reminders import Reminders
from service.robots import MailServer, Outgoing
from service.store import audits, intake, telling, webhooks, workers
from service.store.base import now
from service.store.intake import NewPending
from service.store.reviews import queues
from service.store.webhooks import Delivery
from service.store.workers import Worker
from service.webhooks import WebhookSender
from tests.service.api_kit import Api
from tests.service.court import FORBIDDEN, GREETED, ask, fill, judged, number
from tests.service.service_kit import POLICY, audited


@pytest.fixture
def court(both: Api) -> Api:
    return fill(both)


def told(api: Api, who: str) -> list[str]:
    return [each["event"] for each in api.get("/notices", who)["items"]]


def test_of_an_appeal_everybody_concerned_is_told_and_nobody_of_their_own_act(court: Api) -> None:
    hook = {"url": "https://oa.example/hook", "events": ["appeal.received", "appeal.decided"]}
    made = court.ask("POST", "/webhooks", json=hook).json()
    path = f"/findings/{number(court)}"
    ask(court, "POST", f"{path}/review", "inspector", verdict="fail")
    everybody = ("staff", "lead", "inspector", "second")
    assert [told(court, who) for who in everybody] == [[], [], [], []], "a confirmed verdict is no news"
    ask(court, "POST", f"{path}/appeal", "staff", reason="是转述")
    assert (told(court, "second"), told(court, "lead")) == (["appeal.received"], ["appeal.received"])
    assert (told(court, "inspector"), told(court, "staff")) == ([], []), "the reviewer cannot decide it"
    ask(court, "POST", f"{path}/comments", "lead", text="系统停机")
    assert told(court, "staff") == ["case.commented"]
    comment = court.get("/notices", "staff")["items"][0]
    assert comment["text"] == "录音 1 的判定“forbidden.dont-know”有了补充意见。", "robots say no names"
    assert "by" not in comment["values"]
    ask(court, "POST", f"{path}/decision", "second", verdict="pass", reason="确是转述")
    assert [told(court, who)[0] for who in ("staff", "lead", "inspector")] == ["appeal.decided"] * 3
    notice = court.get("/notices", "staff")["items"][0]
    assert notice["text"] == "录音 1 的判定“forbidden.dont-know”的申诉已经裁定,结论是不算违反。"
    assert notice["link"] == f"/cases/{number(court)}"
    pushed = court.get(f"/webhooks/{made['id']}/deliveries")["items"]
    assert [(each["event"], each["payload"]["finding_id"]) for each in pushed] == [
        ("appeal.decided", number(court)),
        ("appeal.received", number(court)),
    ]
    assert (pushed[0]["payload"]["staff"], pushed[0]["payload"]["window"]) == ("1017", "A01")


def test_who_left_or_leads_elsewhere_by_now_is_told_nothing_more_of_a_case(court: Api) -> None:
    path = f"/findings/{number(court)}"
    way = {"kind": "wecom", "address": "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=abcdef12-3456"}
    for who in ("lead", "second"):
        ask(court, "POST", "/notices/channels", who, 201, events=["appeal.decided"], **way)
    ask(court, "POST", f"{path}/appeal", "staff", reason="是转述")
    for who in ("lead", "second"):
        ask(court, "POST", f"{path}/comments", who, text="系统停机")
    ids = {each["name"]: each["id"] for each in court.get("/users", "admin")}
    assert court.ask("PATCH", f"/users/{ids['lead']}", "admin", json={"windows": ["A02"]}).status_code == 200
    assert court.ask("PATCH", f"/users/{ids['second']}", "admin", json={"active": False}).status_code == 200
    ask(court, "POST", f"{path}/decision", "inspector", verdict="pass", reason="确是转述")
    assert "appeal.decided" in told(court, "staff") and "appeal.decided" not in told(court, "lead")
    with court.db.read() as session:
        assert session.scalars(select(Delivery)).all() == []
        assert [row.user_id for row in webhooks.all_channels(session)] == [ids["lead"]]


def test_notices_are_read(court: Api) -> None:
    path = f"/findings/{number(court)}"
    ask(court, "POST", f"{path}/appeal", "staff", reason="是转述")
    inbox = court.get("/notices", "inspector")
    assert (inbox["unread"], inbox["items"][0]["read_at"]) == (1, None)
    ask(court, "POST", "/notices/read", "second", 204, ids=[inbox["items"][0]["id"]])
    assert court.get("/notices", "inspector")["unread"] == 1, "nobody reads for others"
    ask(court, "POST", "/notices/read", "inspector", 204, ids=[inbox["items"][0]["id"]])
    assert court.get("/notices?unread=true", "inspector") == {"unread": 0, "items": []}


def test_an_overruled_verdict_and_a_mark_are_news(court: Api) -> None:
    ask(court, "POST", f"/findings/{number(court)}/review", "inspector", verdict="pass", reason="是转述")
    assert court.get("/notices", "staff")["items"][0]["text"].endswith("已经复核,结论是不算违反。")
    said = {"start": 2, "end": 3, "rule": "forbidden.mock", "reason": "嘲讽"}
    ask(court, "POST", "/recordings/1/marks", "inspector", 201, **said)
    assert court.get("/notices", "staff")["items"][0]["text"].endswith("已经复核,结论是违反。")


def test_a_veto_is_told_once(both: Api) -> None:
    both.people()
    policy = POLICY.model_copy(update={"veto": POLICY.veto.model_copy(update={"rules": ("forbidden.dont-know",)})})
    with both.db.write() as session:
        for run in ("a", "b"):
            if run == "a":
                audited(session, 1, judged(FORBIDDEN, GREETED, policy=policy), staff_id=1, window_id=1)
            else:
                audits.save(session, 1, judged(FORBIDDEN, GREETED, policy=policy), run=run, policy=policy)
            telling.vetoed(session, 1)
    for who in ("inspector", "lead", "staff"):
        assert told(both, who) == ["finding.veto"], who
    assert told(both, "admin") == []


def test_terms_that_end_what_waits_and_what_is_gone(court: Api) -> None:
    reminders = Reminders(court.services.settings, court.db)
    reminders.remind()
    assert (told(court, "staff"), told(court, "inspector"), told(court, "admin")) == ([], [], [])
    with court.db.write() as session:
        session.execute(update(audits.AuditRow).values(made_at=now() - timedelta(days=13, hours=1)))
        new = NewPending(sha256=None, size=0, file_name="a.wav", media_type="", source="pbx", reasons=["没有窗口"])
        intake.add(session, new)
        workers.register(session, "w-1", host="h", pid=1, version="1")
        session.execute(update(Worker).values(seen_at=now() - timedelta(hours=1)))
        telling.source_gone(session, "pbx", "没有这个文件夹", now())
    for _ in range(2):
        reminders.remind()
    assert told(court, "staff") == ["appeal.deadline"]
    with court.db.read() as session:
        made = session.scalars(select(audits.AuditRow.made_at).distinct()).one()
    until = (made + timedelta(days=court.services.settings.appeal_days)).astimezone(ZoneInfo("Asia/Shanghai"))
    assert f"({until:%Y-%m-%d %H:%M} 止)" in court.get("/notices", "staff")["items"][0]["text"]
    assert court.get("/notices", "inspector")["items"][0]["text"] == "有 1 个录音缺少人员、窗口等信息,等待补全。"
    assert told(court, "admin") == ["worker.gone", "source.gone"]


def test_of_every_term_that_ends_somebody_is_told(court: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many were told before, or are nobody's: the next look goes on behind them."""
    monkeypatch.setattr(queues, "_PAGE", 1)
    with court.db.write() as session:
        for each in (2, 3):
            audited(session, each, judged(FORBIDDEN, GREETED), staff_id=1, window_id=1)
        session.execute(update(audits.AuditRow).values(made_at=now() - timedelta(days=13, hours=1)))
    Reminders(court.services.settings, court.db).remind()
    with court.db.read() as session:
        ending = [row.id for row, _ in queues.ending(session, 14, timedelta(days=2))]
        assert len(ending) == len(set(ending)) > 1
    assert told(court, "staff") == ["appeal.deadline"] * len(ending)


class Robot(BaseHTTPRequestHandler):
    """Notes what it gets; answers as 企业微信 and 钉钉 do: 200 in any case, and `errcode`."""

    got: ClassVar[list[tuple[str, dict[str, Any]]]] = []
    codes: ClassVar[list[int]] = []

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.got.append((self.path, json.loads(body)))
        answer = json.dumps({"errcode": self.codes.pop(0) if self.codes else 0}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_: Any) -> None:
        """Not on the screen."""


class Post(socketserver.StreamRequestHandler):
    """A mail server that takes everything, and waits for nobody for ever."""

    timeout = 60
    got: ClassVar[list[str]] = []

    def handle(self) -> None:
        self.wfile.write(b"220 here\r\n")
        while line := self.rfile.readline().decode():
            word = line[:4].upper()
            if word == "DATA":
                self.wfile.write(b"354 go on\r\n")
                lines = []
                while (text := self.rfile.readline().decode()) not in {"", ".\r\n"}:
                    lines.append(text)
                self.got.append("".join(lines))
            if word == "QUIT":
                self.wfile.write(b"221 bye\r\n")
                return
            self.wfile.write(b"250 ok\r\n")


@contextmanager
def serving(server: socketserver.TCPServer) -> Iterator[int]:
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield int(server.server_address[1])
    finally:
        server.shutdown()
        server.server_close()
    thread.join(60)


def test_robots_and_mail_get_what_their_owners_asked_for(db: Any, tmp_path: Any) -> None:
    api = fill(Api(db, tmp_path, robot_hosts=("127.0.0.1",), smtp_host="127.0.0.1"))
    Robot.got.clear()
    Post.got.clear()
    Robot.codes[:] = [310000, 0, 0]
    with serving(HTTPServer(("127.0.0.1", 0), Robot)) as web, serving(socketserver.TCPServer(("", 0), Post)) as post:
        there = f"http://127.0.0.1:{web}"
        ding = {"kind": "dingtalk", "address": f"{there}/robot/send?access_token=t0k3n", "secret": "SEC123"}
        wecom = {"kind": "wecom", "address": f"{there}/cgi-bin/webhook/send?key=k3y"}
        for way in (ding, wecom, {"kind": "email", "address": "second@example.cn"}):
            made = ask(api, "POST", "/notices/channels", "second", 201, events=["appeal.received"], **way).json()
            assert not {"t0k3n", "k3y", "SEC123"} & set(json.dumps(made))
            assert "access_token" not in json.dumps(made)
        ask(api, "POST", f"/findings/{number(api)}/appeal", "staff", reason="是转述")
        outgoing = Outgoing(
            mail=MailServer(host="127.0.0.1", port=post, security="none", sender="audit@example.cn"),
            site="https://audit.example.cn/",
        )
        sender = WebhookSender(api.db, [ip_network("127.0.0.0/8")], outgoing=outgoing)
        assert sender.deliver() == 3
        with api.db.write() as session:
            states = {row.webhook.kind: (row.status, row.error) for row in session.scalars(select(Delivery))}
            session.execute(update(Delivery).where(Delivery.status == "pending").values(next_at=now()))
        assert sorted(status for status, _ in states.values()) == ["delivered", "delivered", "pending"]
        assert "机器人拒收(errcode 310000)" in {error for _, error in states.values()}
        assert sender.deliver() == 1, "what a robot refused is tried again"
    text = f"【语音稽核】录音 1 的判定“forbidden.dont-know”收到申诉,等待裁定。\nhttps://audit.example.cn/cases/{number(api)}"
    assert {json.dumps(body, ensure_ascii=False) for _, body in Robot.got} == {
        json.dumps({"msgtype": "text", "text": {"content": text}}, ensure_ascii=False)
    }
    asked = parse_qs(urlsplit(next(path for path, _ in Robot.got if "access_token" in path)).query)
    wanted = hmac.digest(b"SEC123", f"{asked['timestamp'][0]}\nSEC123".encode(), hashlib.sha256)
    assert asked["sign"] == [base64.b64encode(wanted).decode()]
    (mail,) = Post.got
    assert "To: second@example.cn" in mail and "From: audit@example.cn" in mail


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "wecom", "address": "https://10.0.0.1/x"},
        {"kind": "wecom", "address": "http://qyapi.weixin.qq.com/x"},
        {"kind": "dingtalk", "address": "https://oapi.dingtalk.com.evil.example/x"},
        {"kind": "wecom", "address": "https://[x"},
        {"kind": "wecom", "address": "https://qyapi.weixin.qq.com:99999/x"},
        {"kind": "dingtalk", "address": "https://oapi.dingtalk.com:port/x"},
        {"kind": "dingtalk", "address": "https://oapi.dingtalk.com\\@evil.example/x"},
        {"kind": "dingtalk", "address": "https://oapi.dingtalk.com/x\ny"},
        {"kind": "email", "address": "nobody"},
        {"kind": "email", "address": "a@"},
        {"kind": "email", "address": "a@.cn"},
        {"kind": "email", "address": "<a@example.cn"},
        {"kind": "email", "address": "a;b@example.cn"},
        {"kind": "email", "address": "a,b@example.cn"},
        {"kind": "email", "address": "a@b@example.cn"},
        {"kind": "email", "address": "a..b@example.cn"},
        {"kind": "email", "address": '"@example.cn'},
        {"kind": "email", "address": "(@example.cn"},
        {"kind": "email", "address": "a@[1.2.3.4]"},
        {"kind": "email", "address": "a@example.cn\n"},
        {"kind": "email", "address": "a" * 65 + "@example.cn"},
        {"kind": "pigeon", "address": "https://qyapi.weixin.qq.com/x"},
    ],
)
def test_what_is_no_address_is_refused(db: Any, tmp_path: Any, wrong: dict[str, Any]) -> None:
    api = Api(db, tmp_path, smtp_host="127.0.0.1")
    api.people()
    ask(api, "POST", "/notices/channels", "staff", 422, events=["appeal.decided"], **wrong)


@pytest.mark.parametrize("address", ["a@", "(@", '"', "<", "", "a@[x"])
def test_a_message_that_cannot_be_sent_is_settled(api: Api, address: str) -> None:
    """Addresses that were kept before they were checked make the mail library raise whatever it likes."""
    api.people()
    with api.db.write() as session:
        webhooks.add_channel(session, 1, "email", robots.MAIL + address, "", ["appeal.received"])
        webhooks.announce_to(session, "appeal.received", {"recording_id": 1, "title": "x"}, [1])
        webhooks.announce_to(session, "appeal.received", {"recording_id": 1}, [1])
    server = MailServer(host="127.0.0.1", port=1, security="none", sender="audit@example.cn")
    assert WebhookSender(api.db, outgoing=Outgoing(mail=server)).deliver() == 1
    with api.db.read() as session:
        sent, unwritten = session.scalars(select(Delivery).order_by(Delivery.id))
        assert (sent.status, sent.attempts, sent.error[:5]) in [
            ("pending", 1, "无法发送("),
            ("pending", 1, "没有应答("),
        ]
        assert (unwritten.status, unwritten.attempts, unwritten.error) == ("failed", 1, "无法写成消息(KeyError)")


def test_channels_are_ones_own(api: Api) -> None:
    api.people()
    way = {"kind": "wecom", "address": "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=abcdef12-3456"}
    made = ask(api, "POST", "/notices/channels", "staff", 201, events=["appeal.decided"], **way).json()
    assert made["address"] == "qyapi.weixin.qq.com…3456"
    assert (api.get("/notices/channels", "inspector"), api.get("/webhooks")) == ([], [])
    ask(api, "DELETE", f"/notices/channels/{made['id']}", "inspector", 404)
    assert api.ask("DELETE", f"/webhooks/{made['id']}").status_code == 404
    ask(api, "DELETE", f"/notices/channels/{made['id']}", "staff", 204)
    assert api.get("/notices/channels", "staff") == []
