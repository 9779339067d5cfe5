"""Events are delivered signed, tried again, and every attempt is in the log."""

from __future__ import annotations

import asyncio
import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from ipaddress import ip_address, ip_network
from typing import Any

import httpx
import pytest
from sqlalchemy import select
from standardwebhooks import Webhook

from service.outbound import Reach, is_allowed, post
from service.store import webhooks
from service.store.base import now
from service.store.webhooks import Delivery
from service.webhooks import GONE, WAITS, WebhookSender
from tests.service.api_kit import Api
from tests.service.service_kit import run_apart, waited_for

ASKED = {"url": "https://oa.example/hook", "events": ["recording.audited"]}


class Receiver:
    """Answers with these statuses in turn, the last one for ever; None is no answer at all."""

    def __init__(self, *statuses: int | None) -> None:
        self.statuses = list(statuses)
        self.requests: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        status = self.statuses.pop(0) if len(self.statuses) > 1 else self.statuses[0]
        if status is None:
            raise httpx.ConnectError("nobody there")
        return httpx.Response(status)


def sender(api: Api, receiver: Receiver) -> WebhookSender:
    return WebhookSender(api.db, transport=httpx.MockTransport(receiver), resolve=somewhere)


async def somewhere(_host: str, _port: int) -> list[str]:
    """The address of a machine of the internet; nothing is sent to it."""
    return ["93.184.216.34"]


def announced(api: Api) -> dict[str, Any]:
    made: dict[str, Any] = api.ask("POST", "/webhooks", json=ASKED).json()
    with api.db.write() as session:
        assert webhooks.announce(session, "recording.audited", {"recording_id": 7}) == 1
        assert webhooks.announce(session, "recording.failed", {"recording_id": 8}) == 0
    return made


def log(api: Api, hook: dict[str, Any]) -> dict[str, Any]:
    (entry,) = api.get(f"/webhooks/{hook['id']}/deliveries")["items"]
    return dict(entry)


def make_due(api: Api) -> None:
    with api.db.write() as session:
        session.scalars(select(Delivery)).one().next_at = now() - timedelta(seconds=1)


def test_a_delivery_is_signed_and_logged(both: Api) -> None:
    hook, receiver = announced(both), Receiver(204)
    sending = sender(both, receiver)
    assert (sending.deliver(), sending.deliver()) == (1, 0)
    (request,) = receiver.requests
    event = Webhook(hook["secret"]).verify(request.content, dict(request.headers))
    assert (event["type"], event["data"]) == ("recording.audited", {"recording_id": 7})
    entry = log(both, hook)
    assert (entry["status"], entry["attempts"], entry["http_status"]) == ("delivered", 1, 204)
    assert "secret" not in both.get("/webhooks")[0]


def test_what_fails_is_tried_again_with_the_same_id(api: Api) -> None:
    hook, receiver = announced(api), Receiver(500, None, 200)
    sending = sender(api, receiver)
    sending.deliver()
    assert (log(api, hook)["status"], log(api, hook)["error"], sending.deliver()) == ("pending", "应答为 500", 0)
    make_due(api)
    sending.deliver()
    assert "ConnectError" in log(api, hook)["error"]
    make_due(api)
    sending.deliver()
    assert (log(api, hook)["status"], log(api, hook)["attempts"]) == ("delivered", 3)
    assert len({request.headers["webhook-id"] for request in receiver.requests}) == 1


def test_after_three_days_it_is_given_up(api: Api) -> None:
    hook, sending = announced(api), sender(api, Receiver(None))
    for _ in range(len(WAITS) + 1):
        make_due(api)
        sending.deliver()
    assert (log(api, hook)["status"], log(api, hook)["attempts"]) == ("failed", len(WAITS) + 1)


def test_a_receiver_that_is_gone_gets_nothing_more(api: Api) -> None:
    hook, sending = announced(api), sender(api, Receiver(GONE))
    sending.deliver()
    assert (log(api, hook)["status"], api.get("/webhooks")[0]["active"]) == ("failed", False)


def test_a_process_that_dies_on_the_way_loses_nothing(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    hook, sending = announced(api), sender(api, Receiver(200))
    monkeypatch.setattr(sending, "_settle", lambda *_: None)
    sending.deliver()
    assert log(api, hook)["status"] == "pending"
    make_due(api)
    other = sender(api, Receiver(200))
    other.deliver()
    assert log(api, hook)["status"] == "delivered"


def test_the_thread_delivers_and_ends(api: Api) -> None:
    announced(api)
    receiver = Receiver(200)
    sending = sender(api, receiver)
    sending.part.start()
    sending.stop()
    assert len(receiver.requests) <= 1


@pytest.mark.parametrize("wrong", [{"url": "ftp://x"}, {"url": "x"}, {"events": []}, {"events": ["other"]}])
def test_webhooks_that_cannot_work_are_refused(api: Api, wrong: dict[str, Any]) -> None:
    assert api.ask("POST", "/webhooks", json=ASKED | wrong).status_code == 422


def test_a_webhook_is_deleted_with_its_log(api: Api) -> None:
    hook = announced(api)
    assert api.ask("DELETE", f"/webhooks/{hook['id']}").status_code == 204
    assert api.ask("GET", f"/webhooks/{hook['id']}/deliveries").status_code == 404


INTERNAL = [
    "http://127.0.0.1:8000/hook",
    "http://2130706433/",
    "http://10.1.2.3/",
    "http://169.254.169.254/latest/meta-data",
    "http://[::1]/",
    "http://[::ffff:192.168.1.1]/",
    "http://0.0.0.0/",
]


@pytest.mark.parametrize("url", ["http://a..b/", f"http://{'a' * 64}.example/", *INTERNAL])
def test_addresses_that_nothing_is_sent_to_are_refused(api: Api, url: str) -> None:
    answer = api.ask("POST", "/webhooks", json=ASKED | {"url": url})
    assert (answer.status_code, "url" in answer.json()["detail"]) == (422, True)


@pytest.mark.parametrize(
    ("address", "networks", "allowed"),
    [
        ("93.184.216.34", (), True),
        ("192.168.1.9", (), False),
        ("192.168.1.9", ("192.168.0.0/16",), True),
        ("::ffff:192.168.1.9", ("192.168.0.0/16",), True),
        ("2002:0a01:0203::1", (), False),
        ("100.64.0.1", (), False),
        ("fd00::1", ("fd00::/8",), True),
        ("64:ff9b::7f00:1", (), False),
        ("64:ff9b::5db8:d822", (), True),
        ("::127.0.0.1", (), False),
        ("fec0::1", (), False),
        ("224.0.0.1", (), False),
        ("ff0e::1", (), False),
    ],
)
def test_internal_networks_are_sent_to_only_by_setting(address: str, networks: tuple[str, ...], allowed: bool) -> None:
    assert is_allowed(ip_address(address), [ip_network(each) for each in networks]) is allowed


def hooked(api: Api, *urls: str) -> None:
    """One webhook for each address, past the check of the request, with one event for all of them."""
    with api.db.write() as session:
        for url in urls:
            webhooks.add_webhook(session, url, "whsec_" + "MTIz" * 8, ["recording.audited"])
        assert webhooks.announce(session, "recording.audited", {"recording_id": 7}) == len(urls)


def errors(api: Api) -> dict[str, str]:
    with api.db.read() as session:
        return {row.webhook.url: row.error for row in session.scalars(select(Delivery))}


def test_a_name_that_leads_inside_is_refused_when_it_is_resolved(api: Api) -> None:
    async def inside(_host: str, _port: int) -> list[str]:
        return ["93.184.216.34", "127.0.0.1"]

    hooked(api, "https://oa.example/hook")
    receiver = Receiver(200)
    WebhookSender(api.db, transport=httpx.MockTransport(receiver), resolve=inside).deliver()
    assert receiver.requests == []
    assert "内部网络" in errors(api)["https://oa.example/hook"]


def test_what_was_checked_is_what_is_connected_to(api: Api) -> None:
    hooked(api, "https://oa.example:8443/hook")
    receiver = Receiver(200)
    sender(api, receiver).deliver()
    (request,) = receiver.requests
    assert (request.url.host, request.url.port) == ("93.184.216.34", 8443)
    assert (request.headers["host"], request.extensions["sni_hostname"]) == ("oa.example:8443", "oa.example")


def test_one_bad_address_keeps_no_other_from_its_messages(api: Api) -> None:
    hooked(api, "http://a..b/", "https://good.example/", "http://[::1]/")
    receiver = Receiver(200)
    assert sender(api, receiver).deliver() == 3
    assert [request.headers["host"] for request in receiver.requests] == ["good.example"]
    assert {url for url, error in errors(api).items() if error} == {"http://a..b/", "http://[::1]/"}


def test_a_slow_receiver_keeps_nobody_waiting(api: Api) -> None:
    slow, over, others = threading.Event(), threading.Event(), []

    async def answer(request: httpx.Request) -> httpx.Response:
        if request.headers["host"] == "slow.example":
            slow.set()
            await asyncio.to_thread(over.wait, 60)
        else:
            others.append(request)
        return httpx.Response(200)

    hooked(api, "https://slow.example/", "https://quick.example/")
    sending = WebhookSender(api.db, transport=httpx.MockTransport(answer), resolve=somewhere)
    sending.part.start()
    try:
        assert slow.wait(60)
        with api.db.write() as session:
            webhooks.announce(session, "recording.audited", {"recording_id": 8})
        assert waited_for(lambda: len(others) == 2)
        assert sending.part.standing.state == "ok"
    finally:
        over.set()
        sending.stop()


def answered(server: socket.socket, said: bytes) -> None:
    connection, _ = server.accept()
    connection.settimeout(60)
    with connection:
        connection.recv(65536)
        connection.sendall(said)
        connection.recv(65536)  # until the other side has seen enough


@pytest.mark.parametrize(
    ("said", "error"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 999999999999\r\n\r\n", ""),
        (b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\nxyz", ""),
        (b"nonsense\r\n\r\n", "RemoteProtocolError"),
    ],
)
def test_the_body_of_an_answer_is_not_read(said: bytes, error: str) -> None:
    """On a real socket: an answer of any length, or that unpacks to any length, costs nothing."""

    async def sent(port: int) -> tuple[int, bytes]:
        async with httpx.AsyncClient(trust_env=False) as client:
            url, local = f"http://127.0.0.1:{port}/", [ip_network("127.0.0.0/8")]
            return await post(client, url, content=b"{}", headers={}, within=Reach(networks=local))

    with socket.create_server(("127.0.0.1", 0)) as server, ThreadPoolExecutor() as pool:
        server.settimeout(60)
        pool.submit(answered, server, said)
        port = server.getsockname()[1]
        if error:
            with pytest.raises(httpx.HTTPError):
                run_apart(sent(port))
        else:
            assert run_apart(sent(port)) == (200, b"")
