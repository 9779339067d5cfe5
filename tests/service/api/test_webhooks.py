"""Events are delivered signed, tried again, and every attempt is in the log."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx
import pytest
from api_kit import Api
from sqlalchemy import select
from standardwebhooks import Webhook

from service.store import webhooks
from service.store.base import now
from service.store.webhooks import Delivery
from service.webhooks import GONE, WAITS, WebhookSender

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
    return WebhookSender(api.db, httpx.Client(transport=httpx.MockTransport(receiver)))


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
    sending.start()
    sending.stop()
    assert len(receiver.requests) <= 1


@pytest.mark.parametrize("wrong", [{"url": "ftp://x"}, {"url": "x"}, {"events": []}, {"events": ["other"]}])
def test_webhooks_that_cannot_work_are_refused(api: Api, wrong: dict[str, Any]) -> None:
    assert api.ask("POST", "/webhooks", json=ASKED | wrong).status_code == 422


def test_a_webhook_is_deleted_with_its_log(api: Api) -> None:
    hook = announced(api)
    assert api.ask("DELETE", f"/webhooks/{hook['id']}").status_code == 204
    assert api.ask("GET", f"/webhooks/{hook['id']}/deliveries").status_code == 404
