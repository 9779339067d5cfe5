"""Delivers events to webhooks: signed (Standard Webhooks), tried again for three days, at least once each."""

from __future__ import annotations

import asyncio
import json
import logging
import threading
import uuid
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import Final

import httpx
from aiosmtplib import SMTPException
from sqlalchemy.orm import Session
from standardwebhooks import Webhook

from service import robots
from service.background import Duty, Loop
from service.outbound import DEADLINE, AddressRefused, Network, Reach, Resolve, post
from service.robots import Outgoing
from service.store import Database, webhooks
from service.store.base import now
from service.store.webhooks import Delivery
from service.store.webhooks import Webhook as Row

log = logging.getLogger(__name__)
# After how many seconds it is tried again, as Standard Webhooks advises.
WAITS: Final = (5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400)
_AT_ONCE: Final = 20
_RECEIVERS: Final = 16  # that are sent to at the same time; each gets its messages one after the other
# Longer than one round can take: a process that dies on the way leaves its messages to the others.
_LEASE: Final = timedelta(seconds=_AT_ONCE * DEADLINE * 2)
_LOOK_SECONDS: Final = 2.0
_NOWHERE: Final = Outgoing()
_FORESEEN: Final = (AddressRefused, httpx.HTTPError, TimeoutError, OSError, SMTPException)
GONE: Final = 410
TEST: Final = "webhook.test"  # the event by which a webhook is tried out
_MOST_SHOWN: Final = 500  # bytes of the answer to it


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What is sent, and where; `kind` is how: as a webhook, by e-mail, to a robot."""

    delivery_id: int
    webhook_id: int
    kind: str
    url: str
    headers: dict[str, str]
    body: str


class WebhookSender:
    """Delivers what is due while its `part` runs, in threads of its own: a slow receiver keeps nobody else waiting.

    `networks` are the internal ones that may be sent to.
    """

    def __init__(
        self,
        database: Database,
        networks: Sequence[Network] = (),
        transport: httpx.AsyncBaseTransport | None = None,
        resolve: Resolve | None = None,
        outgoing: Outgoing = _NOWHERE,
    ) -> None:
        self._database = database
        self._outgoing = outgoing
        self._within, self._transport = Reach(networks=networks, resolve=resolve), transport
        self._over = threading.Event()
        self._busy: set[int] = set()
        self._pool = ThreadPoolExecutor(_RECEIVERS, thread_name_prefix="webhook")
        self.part = Loop(Duty("webhooks", self._handed_out), _LOOK_SECONDS)

    def stop(self) -> None:
        """End after the messages that are on their way."""
        self._over.set()
        self.part.stop()
        self._pool.shutdown()

    def deliver(self) -> int:
        """Try what is due, once, and give how many there were, when all are settled."""
        sent = self._handed_out()
        wait(sent)
        return sum(each.result() for each in sent)

    def _handed_out(self) -> list[Future[int]]:
        """Take what is due; each receiver has one thread. No transaction waits for the network."""
        with self._database.write() as session:
            due = webhooks.due(session, _AT_ONCE, frozenset(self._busy))
            for delivery in due:
                delivery.next_at = now() + _LEASE
            messages = [message for delivery in due if (message := self._prepared(session, delivery))]
        messages.sort(key=lambda message: message.webhook_id)
        rounds = [tuple(group) for _, group in groupby(messages, key=lambda message: message.webhook_id)]
        self._busy.update(each[0].webhook_id for each in rounds)
        return [self._pool.submit(self._send, each) for each in rounds]

    def _prepared(self, session: Session, delivery: Delivery) -> Message | None:
        """Return a delivery as it is sent; give up, with None, what cannot be written: trying again would not help."""
        try:
            return message_of(delivery, now(), self._outgoing.site)
        except (ValueError, KeyError) as problem:
            log.exception("delivery %d cannot be written", delivery.id)
            error = f"无法写成消息({type(problem).__name__})"
            webhooks.settle(session, delivery, http_status=None, error=error, next_at=None)
            return None

    def _send(self, messages: Sequence[Message]) -> int:
        """Send these messages of one receiver, in turn, and give how many there were."""
        try:
            for message in messages:
                if not self._over.is_set():
                    self._settle(message.delivery_id, *asyncio.run(self._sent(message)))
        finally:
            self._busy.discard(messages[0].webhook_id)
        return len(messages)

    async def _sent(self, message: Message) -> tuple[int | None, str]:
        """Send a message; return the status of the answer, and in Chinese what went wrong, if anything."""
        most = 0 if message.kind == "webhook" else robots.LONGEST_ANSWER  # only a robot's says whether it took it
        try:
            if message.kind == "email":
                return await self._mailed(message)
            status, answer = await _posted(message, self._within, most, self._transport)
        except _FORESEEN as problem:
            return None, _failure(problem)
        except Exception as problem:  # libraries raise what they do not name; the message has to be settled
            log.exception("delivery %d could not be sent", message.delivery_id)
            return None, f"无法发送({type(problem).__name__})"
        if wrong := _refusal(status):
            return status, wrong
        return status, "" if message.kind == "webhook" else robots.complaint(answer)

    async def _mailed(self, message: Message) -> tuple[int | None, str]:
        if self._outgoing.mail is None:
            return None, "没有设置邮件服务器(smtp_host)"
        await robots.mail(self._outgoing.mail, message.url.removeprefix(robots.MAIL), message.body)
        return 250, ""

    def _settle(self, delivery_id: int, status: int | None, error: str) -> None:
        with self._database.write() as session:
            if (delivery := session.get(Delivery, delivery_id)) is None:
                return
            left = delivery.attempts < len(WAITS) and status != GONE
            again = now() + timedelta(seconds=WAITS[delivery.attempts]) if left else None
            webhooks.settle(session, delivery, http_status=status, error=error, next_at=again)
            if status == GONE:
                delivery.webhook.active = False


async def _posted(
    message: Message, within: Reach, most_answer: int, transport: httpx.AsyncBaseTransport | None = None
) -> tuple[int, bytes]:
    """Post it; return the status and the beginning of the answer."""
    async with httpx.AsyncClient(timeout=DEADLINE, transport=transport, trust_env=False) as client:
        return await post(
            client,
            message.url,
            content=message.body.encode(),
            headers=message.headers,
            within=within,
            most_answer=most_answer,
        )


def _refusal(status: int) -> str:
    """Return in Chinese what is wrong with the status of an answer; empty where nothing is."""
    return "" if 200 <= status < 300 else f"应答为 {status}"


def _failure(problem: Exception) -> str:
    """Return in Chinese why nothing was sent or nothing came back."""
    return str(problem) if isinstance(problem, AddressRefused) else f"没有应答({type(problem).__name__})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """What came back for a message that was sent to try a webhook out: `error` is empty where it was taken."""

    message_id: str
    http_status: int | None
    error: str
    answer: str


def try_out(hook: Row, networks: Sequence[Network] = ()) -> Trial:
    """Send one signed message and return what came back within `DEADLINE`; it is not noted and never sent again."""
    sample = Delivery(id=0, message_id=f"msg_test_{uuid.uuid4().hex}", event=TEST, payload={}, created_at=now())
    sample.webhook, sample.webhook_id = hook, hook.id
    message = _of_webhook(sample, now())
    try:
        status, answer = asyncio.run(_posted(message, Reach(networks=networks), _MOST_SHOWN))
    except _FORESEEN as problem:
        return Trial(message_id=sample.message_id, http_status=None, error=_failure(problem), answer="")
    shown = answer.decode("utf-8", "replace")
    return Trial(message_id=sample.message_id, http_status=status, error=_refusal(status), answer=shown)


def message_of(delivery: Delivery, at: datetime, site: str = "") -> Message:
    """Return a delivery, whose webhook is loaded, as it is sent. Raises KeyError for an event without a sentence."""
    hook = delivery.webhook
    if hook.kind == "webhook":
        return _of_webhook(delivery, at)
    text = robots.text_of(delivery.event, delivery.payload, site)
    url = robots.signed(hook.url, hook.secret, at) if hook.kind == "dingtalk" and hook.secret else hook.url
    return Message(
        delivery_id=delivery.id,
        webhook_id=hook.id,
        kind=hook.kind,
        url=url,
        headers={"Content-Type": "application/json"},
        body=text if hook.kind == "email" else robots.body(text),
    )


def _of_webhook(delivery: Delivery, at: datetime) -> Message:
    """Return a message signed over id, time and body, by each secret that is good now."""
    event = {"type": delivery.event, "timestamp": delivery.created_at.isoformat(), "data": delivery.payload}
    body = json.dumps(event, ensure_ascii=False)
    good = delivery.webhook.secrets(at)
    signature = " ".join(Webhook(each).sign(delivery.message_id, at, body) for each in good)
    headers = {
        "Content-Type": "application/json",
        "webhook-id": delivery.message_id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": signature,
    }
    return Message(
        delivery_id=delivery.id,
        webhook_id=delivery.webhook_id,
        kind="webhook",
        url=delivery.webhook.url,
        headers=headers,
        body=body,
    )
