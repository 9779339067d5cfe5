"""Delivers events to webhooks: signed (Standard Webhooks), tried again for three days, at least once each."""

from __future__ import annotations

import json
import logging
import threading
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import httpx
from standardwebhooks import Webhook

from service.errors import UnavailableError
from service.store import Database, webhooks
from service.store.base import now
from service.store.webhooks import Delivery

log = logging.getLogger(__name__)
# After how many seconds it is tried again, as Standard Webhooks advises.
WAITS: Final = (5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400)
_AT_ONCE: Final = 20
_TIMEOUT_SECONDS: Final = 15.0
# Longer than one round can take: a process that dies on the way leaves its messages to the others.
_LEASE: Final = timedelta(seconds=_AT_ONCE * _TIMEOUT_SECONDS * 2)
_LOOK_SECONDS: Final = 2.0
GONE: Final = 410


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What is sent, and where."""

    delivery_id: int
    url: str
    headers: dict[str, str]
    body: str


class WebhookSender:
    """Delivers what is due, from `start` to `stop`, in a thread of its own."""

    def __init__(self, database: Database, client: httpx.Client | None = None) -> None:
        self._database = database
        self._client = client or httpx.Client(timeout=_TIMEOUT_SECONDS, follow_redirects=False)
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="webhooks", daemon=True)

    def start(self) -> None:
        """Begin to deliver."""
        self._thread.start()

    def stop(self) -> None:
        """End after the message that is on its way."""
        self._over.set()
        self._thread.join()
        self._client.close()

    def _run(self) -> None:
        while not self._over.is_set():
            try:
                if self.deliver():
                    continue
            except UnavailableError as problem:
                log.warning("webhooks wait: %s", problem)
            self._over.wait(_LOOK_SECONDS)

    def deliver(self) -> int:
        """Try what is due, once, and give how many there were. No transaction waits for the network."""
        with self._database.write() as session:
            due = webhooks.due(session, _AT_ONCE)
            messages = [message_of(delivery, now()) for delivery in due]
            for delivery in due:
                delivery.next_at = now() + _LEASE
        for message in messages:
            if self._over.is_set():
                break
            self._settle(message.delivery_id, *self._sent(message))
        return len(messages)

    def _sent(self, message: Message) -> tuple[int | None, str]:
        """The status of the answer, and in Chinese what went wrong, if anything."""
        try:
            answer = self._client.post(message.url, content=message.body.encode(), headers=message.headers)
        except (httpx.HTTPError, httpx.InvalidURL) as problem:
            return None, f"没有应答({type(problem).__name__})"
        return answer.status_code, "" if answer.is_success else f"应答为 {answer.status_code}"

    def _settle(self, delivery_id: int, status: int | None, error: str) -> None:
        with self._database.write() as session:
            if (delivery := session.get(Delivery, delivery_id)) is None:
                return
            left = delivery.attempts < len(WAITS) and status != GONE
            again = now() + timedelta(seconds=WAITS[delivery.attempts]) if left else None
            webhooks.settle(session, delivery, http_status=status, error=error, next_at=again)
            if status == GONE:
                delivery.webhook.active = False


def message_of(delivery: Delivery, at: datetime) -> Message:
    """A delivery, whose webhook is loaded, as it is sent: signed over id, time and body."""
    event = {"type": delivery.event, "timestamp": delivery.created_at.isoformat(), "data": delivery.payload}
    body = json.dumps(event, ensure_ascii=False)
    signature = Webhook(delivery.webhook.secret).sign(delivery.message_id, at, body)
    headers = {
        "Content-Type": "application/json",
        "webhook-id": delivery.message_id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": signature,
    }
    return Message(delivery_id=delivery.id, url=delivery.webhook.url, headers=headers, body=body)
