"""推送: where events are pushed, how each push went, a push to try it out, and how a receiver checks the signature."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Annotated, Any, Final

from fastapi import Query, Response
from fastapi.responses import RedirectResponse

from service.api import webhooks
from service.api.schemas import Number
from service.api.webhooks import DeliveryOut, SecretIn, TrialOut, WebhookChange, WebhookIn, WebhookOut
from service.auth.permissions import Permission
from service.errors import NotFoundError, ServiceError
from service.outbound import DEADLINE
from service.store.base import now
from service.store.webhooks import DeliveryStatus
from service.web import messages
from service.web.forms import REFUSED, Form, Sent, read_told
from service.web.guard import Pages
from service.web.rendering import page
from service.web.standing import Stands
from service.web.visit import Visit, Visiting
from service.wording import TITLES

pages = Pages()
_OF_RECORDINGS: Final = {"recording.audited": "录音稽核完成", "recording.failed": "录音处理失败"}
_EVENTS: Final = _OF_RECORDINGS | {str(event): title for event, title in TITLES.items()}
_STATES: Final[dict[DeliveryStatus, Stands]] = {
    "pending": Stands(text="待推送", kind="wait"),
    "delivered": Stands(text="已送达", kind="pass"),
    "failed": Stands(text="已放弃", kind="fail"),
}


@pages.get("/settings/webhooks", Permission.WEBHOOKS)
def show_hooks(visit: Visiting) -> Response:
    """List all webhooks with how the last push of each went, and offer to add one."""
    return _list(visit)


@pages.post("/settings/webhooks", Permission.WEBHOOKS)
def add_hook(visit: Visiting, form: Sent) -> Response:
    """Add a webhook; its secret stands in the page that answers, and nowhere else."""
    try:
        made = webhooks.add_webhook(visit.services, read_told(WebhookIn, _told(form)))
    except REFUSED as problem:
        return _list(visit, form, problem)
    return _list(visit, made=made)


@pages.get("/settings/webhooks/{webhook_id}", Permission.WEBHOOKS)
def show_hook(
    visit: Visiting, webhook_id: Number, cursor: Annotated[str | None, Query(max_length=500)] = None
) -> Response:
    """Show a webhook with its pushes, newest first."""
    return _one(visit, webhook_id, cursor=cursor)


@pages.post("/settings/webhooks/{webhook_id}", Permission.WEBHOOKS)
def change_hook(visit: Visiting, webhook_id: Number, form: Sent) -> Response:
    """Push other events, or elsewhere; the secret stays."""
    try:
        webhooks.change_webhook(visit.services, webhook_id, read_told(WebhookChange, _told(form)))
    except REFUSED as problem:
        return _one(visit, webhook_id, form, problem)
    return _on(f"/settings/webhooks/{webhook_id}", "hook-changed")


@pages.post("/settings/webhooks/{webhook_id}/active", Permission.WEBHOOKS)
def switch_hook(visit: Visiting, webhook_id: Number, form: Sent) -> Response:
    """Push nothing for a while, or again."""
    active = form["active"] == "yes"
    webhooks.change_webhook(visit.services, webhook_id, WebhookChange(active=active))
    return _on(f"/settings/webhooks/{webhook_id}", "hook-resumed" if active else "hook-paused")


@pages.post("/settings/webhooks/{webhook_id}/test", Permission.WEBHOOKS)
def try_hook(visit: Visiting, webhook_id: Number) -> Response:
    """Push once to try it out; the page that answers says what came back."""
    return _one(visit, webhook_id, trial=webhooks.try_webhook(visit.services, webhook_id))


@pages.post("/settings/webhooks/{webhook_id}/secret", Permission.WEBHOOKS)
def replace_secret(visit: Visiting, webhook_id: Number, form: Sent) -> Response:
    """Sign with another secret from now on; it stands in the page that answers, and nowhere else."""
    try:
        given = read_told(SecretIn, {"keep_hours": form["keep_hours"] or 0})
        made = webhooks.replace_secret(visit.services, webhook_id, given)
    except REFUSED as problem:
        return _one(visit, webhook_id, problem=problem)
    return _list(visit, made=made)


@pages.post("/settings/webhooks/{webhook_id}/secret/old", Permission.WEBHOOKS)
def end_old_secret(visit: Visiting, webhook_id: Number) -> Response:
    """Sign with the newest secret alone."""
    webhooks.end_old_secret(visit.services, webhook_id)
    return _on(f"/settings/webhooks/{webhook_id}", "hook-changed")


@pages.post("/settings/webhooks/{webhook_id}/delete", Permission.WEBHOOKS)
def delete_hook(visit: Visiting, webhook_id: Number) -> Response:
    """Push nothing there any more, and forget its pushes."""
    webhooks.delete_webhook(visit.services, webhook_id)
    return _on("/settings/webhooks", "hook-deleted")


def stands(visit: Visit) -> Stands:
    """Return how the webhooks stand altogether."""
    found = webhooks.list_webhooks(visit.services)
    failing = sum(_hook_stands(visit, each)[0].kind == "fail" for each in found)
    paused = sum(not each.active for each in found)
    if not found:
        return Stands(text="没有推送")
    more = (f"，{failing} 个最近没有送达" if failing else "") + (f"，{paused} 个暂停" if paused else "")
    return Stands(text=f"{len(found)} 个地址{more}", kind="fail" if failing else "wait" if paused else "soft")


def _hook_stands(visit: Visit, hook: WebhookOut) -> tuple[Stands, DeliveryOut | None]:
    """Return how a webhook stands by its last push, and that."""
    last = next(iter(webhooks.list_deliveries(visit.services, hook.id, limit=1).items), None)
    if not hook.active:
        return Stands(text="已暂停", kind="wait"), last
    if last is None:
        return Stands(text="还没有推送过"), None
    if last.status == "pending" and last.attempts:
        return Stands(text="没有送达，会再试", kind="fail"), last
    return _STATES[last.status], last


def _told(form: Form) -> dict[str, Any]:
    """Return what was filled in; `target` is a name that outlives a session, unlike that of robots' addresses."""
    return {"url": form["target"], "events": list(form.all("events"))}


def _on(way: str, message: messages.Message) -> Response:
    response = RedirectResponse(way, 303)
    messages.say(response, message)
    return response


def _list(
    visit: Visit,
    form: Form | None = None,
    problem: ServiceError | None = None,
    *,
    made: webhooks.NewWebhookOut | None = None,
) -> Response:
    hooks = [(each, *_hook_stands(visit, each)) for each in webhooks.list_webhooks(visit.services)]
    typed = {"target": form["target"] if form else "", "events": form.all("events") if form else ()}
    return _page(visit, "webhooks.html", problem, hooks=hooks, made=made, typed=typed)


def _one(
    visit: Visit,
    webhook_id: int,
    form: Form | None = None,
    problem: ServiceError | None = None,
    *,
    trial: TrialOut | None = None,
    cursor: str | None = None,
) -> Response:
    hook = next((each for each in webhooks.list_webhooks(visit.services) if each.id == webhook_id), None)
    if hook is None:
        raise NotFoundError(f"推送地址 {webhook_id}", "不存在", "请从推送列表进入")
    pushes = webhooks.list_deliveries(visit.services, webhook_id, cursor=cursor, limit=50)
    typed = {"target": form["target"] if form else hook.url, "events": form.all("events") if form else hook.events}
    known = {"hook": hook, "pushes": pushes, "typed": typed, "trial": trial, "first": cursor is not None}
    return _page(visit, "webhook.html", problem, **known)


def _page(visit: Visit, template: str, problem: ServiceError | None, **known: Any) -> Response:
    known |= {
        "titles": _EVENTS,
        "moment": now(),
        "states": _STATES,
        "example": _example(),
        "networks": visit.services.settings.webhook_networks,
        "deadline": round(DEADLINE),
    }
    return page(visit.request, template, status=422 if problem else 200, problem=problem, **known)


@cache
def _example() -> str:
    """Return what a receiver may copy; a test checks real signatures with it."""
    return files("service.web").joinpath("checking.py").read_text(encoding="utf-8")
