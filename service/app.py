"""The web application with its database, audio storage and queue, and the delivery of webhooks."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from fastapi.concurrency import run_in_threadpool

from service.api.application import build
from service.api.hiding import hide_queries
from service.audio import AudioStore
from service.intake.watcher import Watching
from service.jobs.queue import JobQueue
from service.reminders import Reminders
from service.robots import MailServer, Outgoing
from service.services import Services
from service.settings import Settings
from service.store import Database, accounts
from service.summing import Summing
from service.web import application as web
from service.webhooks import WebhookSender

log = logging.getLogger(__name__)
_TRIAL_SECONDS = 5.0  # that the step of a trial may still take at the end


def create_app(settings: Settings) -> FastAPI:
    """Return the application, which brings its database up to date before the first request."""
    database = Database(settings.database)
    database.refuse_newer()  # here it ends the command with its reason, in the lifespan with a stack
    jobs = JobQueue(settings)
    outgoing = Outgoing(mail=_mail(settings), site=settings.site_url or "")
    services = Services(settings=settings, database=database, audio=AudioStore(settings), jobs=jobs)
    sender = WebhookSender(database, settings.webhook_networks, outgoing=outgoing)
    services.parts.add(sender.part, Reminders(settings, database).part, Summing(database).part, Watching(services).part)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        hide_queries()
        await run_in_threadpool(database.migrate)
        await run_in_threadpool(_advise, services)
        services.parts.start()
        yield
        await run_in_threadpool(services.parts.stop)
        await run_in_threadpool(services.laboratory.stop, _TRIAL_SECONDS)
        await run_in_threadpool(sender.stop)
        jobs.close()
        database.close()

    return web.install(build(services, lifespan))


def _mail(settings: Settings) -> MailServer | None:
    """Return where e-mail is handed in, if the settings name a server."""
    if settings.smtp_host is None:
        return None
    return MailServer(
        host=settings.smtp_host,
        port=settings.smtp_port,
        security=settings.smtp_security,
        sender=settings.smtp_from,
        user=settings.smtp_user,
        password=settings.smtp_password.get_secret_value(),
    )


def _advise(services: Services) -> None:
    with services.database.read() as session:
        if not accounts.any_admin(session):
            log.warning("还没有管理员。请打开网页,用设置码 %s 建立第一位管理员", services.first_code)
