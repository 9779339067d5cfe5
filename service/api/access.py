"""The one place that says what each route needs; a route that is not here cannot be served."""

from __future__ import annotations

import base64
from collections.abc import Callable, Coroutine, Mapping
from enum import StrEnum
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.routing import APIRoute

from service.api.noting import note, note_refusal
from service.api.problems import responses
from service.api.services import Services, Wired
from service.auth import identity
from service.auth.identity import Identity
from service.auth.permissions import Permission
from service.errors import ServiceError, SignInError


class Open(StrEnum):
    """Needs beside permissions: nothing at all, or only to be somebody; `HALF` is open while a password is due, too."""

    PUBLIC = "public"
    HALF = "half-signed-in"
    SIGNED_IN = "signed-in"


Need = Permission | Open
Handler = Callable[[Request], Coroutine[Any, Any, Response]]
V1: Final = "/api/v1"
PUSH: Final = f"{V1}/intake/push/"
SECURITY: Final[list[dict[str, list[str]]]] = [{"key": []}, {"session": []}]
ROUTES: Final[Mapping[str, Need]] = {
    "GET /healthz": Open.PUBLIC,
    "GET /readyz": Open.PUBLIC,
    "GET /metrics": Permission.METRICS,
    "GET /api/v1/openapi.json": Open.PUBLIC,
    "POST /api/v1/session": Open.PUBLIC,
    "GET /api/v1/session": Open.HALF,
    "DELETE /api/v1/session": Open.HALF,
    "PUT /api/v1/session/password": Open.HALF,
    "GET /api/v1/session/voice": Open.SIGNED_IN,
    "DELETE /api/v1/session/voice": Open.SIGNED_IN,
    "GET /api/v1/overview": Permission.REPORTS_WINDOWS,
    "GET /api/v1/comparison": Permission.REPORTS_WINDOWS,
    "POST /api/v1/recordings": Permission.RECORDINGS_WRITE,
    "GET /api/v1/recordings": Permission.RECORDINGS_READ,
    "GET /api/v1/recordings/{recording_id}": Permission.RECORDINGS_READ,
    "PATCH /api/v1/recordings/{recording_id}": Permission.RECORDINGS_MANAGE,
    "DELETE /api/v1/recordings/{recording_id}": Permission.RECORDINGS_DELETE,
    "POST /api/v1/recordings/{recording_id}/retry": Permission.RECORDINGS_MANAGE,
    "GET /api/v1/recordings/{recording_id}/progress": Permission.RECORDINGS_READ,
    "GET /api/v1/recordings/{recording_id}/events": Permission.RECORDINGS_READ,
    "GET /api/v1/recordings/{recording_id}/audit": Permission.RECORDINGS_READ,
    "GET /api/v1/recordings/{recording_id}/audits": Permission.RECORDINGS_READ,
    "GET /api/v1/recordings/{recording_id}/findings": Permission.RECORDINGS_READ,
    "GET /api/v1/recordings/{recording_id}/transcript": Permission.RECORDINGS_READ,
    "GET /api/v1/recordings/{recording_id}/audio": Permission.RECORDINGS_READ,
    "GET /api/v1/recordings/{recording_id}/listening": Permission.RECORDINGS_READ,
    "GET /api/v1/recordings/{recording_id}/peaks": Permission.RECORDINGS_READ,
    "GET /api/v1/recordings/{recording_id}/changes": Permission.RECORDINGS_READ,
    "POST /api/v1/intake/push/{source}": Permission.RECORDINGS_WRITE,
    "GET /api/v1/intake/pending": Permission.RECORDINGS_MANAGE,
    "GET /api/v1/intake/pending/{pending_id}": Permission.RECORDINGS_MANAGE,
    "GET /api/v1/intake/pending/{pending_id}/audio": Permission.RECORDINGS_MANAGE,
    "POST /api/v1/intake/pending/{pending_id}/complete": Permission.RECORDINGS_MANAGE,
    "POST /api/v1/intake/pending/{pending_id}/discard": Permission.RECORDINGS_MANAGE,
    "GET /api/v1/recordings/{recording_id}/clip": Permission.RECORDINGS_READ,
    "GET /api/v1/findings": Permission.RECORDINGS_READ,
    "GET /api/v1/findings/reasons": Permission.RECORDINGS_READ,
    "GET /api/v1/findings/{finding_id}": Permission.RECORDINGS_READ,
    "GET /api/v1/findings/{finding_id}/clip": Permission.RECORDINGS_READ,
    "GET /api/v1/findings/{finding_id}/case": Permission.RECORDINGS_READ,
    "POST /api/v1/findings/{finding_id}/review": Permission.REVIEWS,
    "POST /api/v1/findings/{finding_id}/appeal": Permission.APPEALS,
    "DELETE /api/v1/findings/{finding_id}/appeal": Permission.APPEALS,
    "POST /api/v1/findings/{finding_id}/decision": Permission.REVIEWS,
    "DELETE /api/v1/findings/{finding_id}/review": Permission.REVIEWS,
    "POST /api/v1/findings/{finding_id}/second": Permission.REVIEWS,
    "POST /api/v1/findings/{finding_id}/claim": Permission.REVIEWS,
    "DELETE /api/v1/findings/{finding_id}/claim": Permission.REVIEWS,
    "POST /api/v1/findings/{finding_id}/skip": Permission.REVIEWS,
    "POST /api/v1/findings/{finding_id}/comments": Permission.COMMENTS,
    "GET /api/v1/findings/{finding_id}/item": Permission.RECORDINGS_READ,
    "GET /api/v1/findings/codes/{code}": Permission.RECORDINGS_READ,
    "POST /api/v1/recordings/{recording_id}/marks": Permission.REVIEWS,
    "GET /api/v1/cases": Permission.RECORDINGS_READ,
    "GET /api/v1/appeals/terms": Permission.RECORDINGS_READ,
    "POST /api/v1/reviews/next": Permission.REVIEWS,
    "GET /api/v1/reviews/left": Permission.REVIEWS,
    "DELETE /api/v1/reviews/skipped": Permission.REVIEWS,
    "GET /api/v1/reviews/agreement": Permission.REVIEWS,
    "GET /api/v1/reviews": Permission.REVIEWS,
    "GET /api/v1/reviews/rates": Permission.REVIEWS,
    "GET /api/v1/reviews/lines": Permission.LEARNING,
    "GET /api/v1/appeals": Permission.RECORDINGS_READ,
    "GET /api/v1/search": Permission.RECORDINGS_READ,
    "GET /api/v1/reports/staff/{number}": Permission.REPORTS_STAFF,
    "GET /api/v1/reports/windows/{code}": Permission.REPORTS_WINDOWS,
    "GET /api/v1/reports/centre": Permission.REPORTS_CENTRE,
    "GET /api/v1/reports/issued": Permission.REPORTS_STAFF,
    "POST /api/v1/reports/issued": Permission.REPORTS_CENTRE,
    "GET /api/v1/reports/issued/{issued_id}": Permission.REPORTS_STAFF,
    "GET /api/v1/reports/issued/{issued_id}/difference": Permission.REPORTS_STAFF,
    "GET /api/v1/staff": Permission.CENTRE_READ,
    "PUT /api/v1/staff/{number}": Permission.CENTRE_WRITE,
    "GET /api/v1/windows": Permission.CENTRE_READ,
    "PUT /api/v1/windows/{code}": Permission.CENTRE_WRITE,
    "GET /api/v1/extensions": Permission.CENTRE_READ,
    "PUT /api/v1/extensions/{number}": Permission.CENTRE_WRITE,
    "DELETE /api/v1/extensions/{number}": Permission.CENTRE_WRITE,
    "GET /api/v1/rosters": Permission.CENTRE_READ,
    "POST /api/v1/rosters": Permission.CENTRE_WRITE,
    "DELETE /api/v1/rosters/{roster_id}": Permission.CENTRE_WRITE,
    "POST /api/v1/imports/{kind}": Permission.CENTRE_WRITE,
    "POST /api/v1/imports/{kind}/preview": Permission.CENTRE_WRITE,
    "GET /api/v1/imports/{kind}/example": Permission.CENTRE_WRITE,
    "GET /api/v1/rules": Permission.RULES_READ,
    "GET /api/v1/rules/{rule_id}": Permission.RULES_READ,
    "GET /api/v1/profiles": Permission.RULES_READ,
    "GET /api/v1/profiles/{name}": Permission.RULES_READ,
    "PUT /api/v1/profiles/{name}": Permission.RULES_WRITE,
    "GET /api/v1/profiles/{name}/changes": Permission.RULES_WRITE,
    "POST /api/v1/profiles/{name}/back": Permission.RULES_WRITE,
    "POST /api/v1/rules/try": Permission.RULES_READ,
    "POST /api/v1/rules/check": Permission.RULES_WRITE,
    "PUT /api/v1/rules/{rule_id}": Permission.RULES_WRITE,
    "PUT /api/v1/rules/{rule_id}/status": Permission.RULES_WRITE,
    "GET /api/v1/rules/{rule_id}/changes": Permission.RULES_WRITE,
    "POST /api/v1/rules/trials": Permission.RULES_WRITE,
    "GET /api/v1/rules/trials/{trial_id}": Permission.RULES_WRITE,
    "POST /api/v1/rules/trials/{trial_id}/cancel": Permission.RULES_WRITE,
    "GET /api/v1/reaudits": Permission.REAUDITS,
    "POST /api/v1/reaudits": Permission.REAUDITS,
    "GET /api/v1/reaudits/{batch_id}": Permission.REAUDITS,
    "GET /api/v1/reaudits/{batch_id}/differences": Permission.REAUDITS,
    "POST /api/v1/reaudits/{batch_id}/apply": Permission.REAUDITS,
    "POST /api/v1/reaudits/{batch_id}/discard": Permission.REAUDITS,
    "GET /api/v1/webhooks": Permission.WEBHOOKS,
    "POST /api/v1/webhooks": Permission.WEBHOOKS,
    "PATCH /api/v1/webhooks/{webhook_id}": Permission.WEBHOOKS,
    "POST /api/v1/webhooks/{webhook_id}/secret": Permission.WEBHOOKS,
    "DELETE /api/v1/webhooks/{webhook_id}/secret/old": Permission.WEBHOOKS,
    "POST /api/v1/webhooks/{webhook_id}/test": Permission.WEBHOOKS,
    "DELETE /api/v1/webhooks/{webhook_id}": Permission.WEBHOOKS,
    "GET /api/v1/webhooks/{webhook_id}/deliveries": Permission.WEBHOOKS,
    "GET /api/v1/recorders": Permission.RECORDERS,
    "PUT /api/v1/recorders/{name}": Permission.RECORDERS,
    "DELETE /api/v1/recorders/{name}": Permission.RECORDERS,
    "GET /api/v1/notices": Open.SIGNED_IN,
    "POST /api/v1/notices/read": Open.SIGNED_IN,
    "GET /api/v1/notices/channels": Open.SIGNED_IN,
    "POST /api/v1/notices/channels": Open.SIGNED_IN,
    "DELETE /api/v1/notices/channels/{channel_id}": Open.SIGNED_IN,
    "GET /api/v1/log": Permission.LOG_READ,
    "GET /api/v1/log/export": Permission.LOG_READ,
    "POST /api/v1/log/proof": Permission.LOG_READ,
    "GET /api/v1/retention": Permission.LOG_READ,
    "GET /api/v1/voices": Permission.PERSONAL_READ,
    "PUT /api/v1/voices/{number}/consent": Permission.CENTRE_WRITE,
    "DELETE /api/v1/voices/{number}": Permission.CENTRE_WRITE,
    "GET /api/v1/users": Permission.USERS,
    "POST /api/v1/users": Permission.USERS,
    "PATCH /api/v1/users/{user_id}": Permission.USERS,
    "GET /api/v1/keys": Permission.KEYS,
    "POST /api/v1/keys": Permission.KEYS,
    "DELETE /api/v1/keys/{key_id}": Permission.KEYS,
}


def _authorization(request: Request) -> str | None:
    """Return the key. Recorders that know no such header may push with it in the address, or as Basic's password."""
    stated = request.headers.get("authorization", "")
    if request.url.path.startswith(PUSH):
        if stated[:6].casefold() == "basic ":
            return f"Bearer {_password(stated[6:])}"
        if not stated and (key := request.query_params.get("key")):
            return f"Bearer {key}"
    return stated or None


def _password(encoded: str) -> str:
    try:
        return base64.b64decode(encoded, validate=True).decode().partition(":")[2]
    except ValueError:
        return ""


# How each route is called in the documentation, for the log.
SUMMARIES: Final[dict[str, str]] = {}
# What a page asks for by itself keeps no session alive.
_WATCHED: Final = ("/progress", "/events")
# Nothing of anybody is shown here, or it is asked for every second.
UNNOTED: Final = frozenset({
    "GET /api/v1/session",
    "GET /api/v1/recordings/{recording_id}/progress",
    "GET /api/v1/recordings/{recording_id}/events",
    "GET /api/v1/notices",
    "GET /api/v1/rules",
    "GET /api/v1/rules/{rule_id}",
    "GET /api/v1/profiles",
    "GET /api/v1/profiles/{name}",
    "GET /metrics",
})  # fmt: skip


def who(request: Request, services: Wired) -> Identity:
    """Return who asks, by key or by cookie; keep it in the request too, for the log.

    Raises SignInError, and ForbiddenError for a write of a browser without its CSRF token.
    """
    if authorization := _authorization(request):
        found = identity.of_key(services.database, authorization)
    else:
        found = of_browser(request, services)
        if request.method not in identity.SAFE_METHODS:
            found.check_csrf(request.headers.get(identity.CSRF_HEADER))
    request.state.who = found
    return found


def of_browser(request: Request, services: Services) -> Identity:
    """Return the identity whose cookie it is; writes need the CSRF token besides. Raises SignInError."""
    if not (token := request.cookies.get(identity.COOKIE)):
        raise SignInError("登录", "尚未登录", "请先登录,或附上 Authorization: Bearer 密钥")
    active = not request.url.path.endswith(_WATCHED)
    return identity.of_cookie(services.database, token, services.settings.session_idle, active=active)


Who = Annotated[Identity, Depends(who)]


def admit(need: Need, asking: Callable[..., Identity | Coroutine[Any, Any, Identity]]) -> Callable[[Identity], None]:
    """Return a dependency that lets only those through who may do this; `asking` is the one that tells who asks."""

    known = Depends(asking)

    def check(found: Identity = known) -> None:
        if isinstance(need, Permission):
            found.require(need)
        elif need == Open.SIGNED_IN:
            found.require_own_password()

    return check


class NotedRoute(APIRoute):
    """A route whose acts and refusals are entered into the log before anything is answered.

    `action` is its name there and `need` what it asks for; `noted` is false where nothing of anybody is shown.
    """

    action: str
    need: Need
    noted: bool

    def get_route_handler(self) -> Handler:
        """Return FastAPI's handler with the entry into the log around it."""
        handle = super().get_route_handler()

        async def noted(request: Request) -> Response:
            try:
                response = await handle(request)
            except ServiceError as problem:
                await run_in_threadpool(note_refusal, request, self.action, problem)
                raise
            if self.noted and hasattr(request.state, "who"):
                await run_in_threadpool(note, request, self.action)
            return response

        return noted


class GuardedRoute(NotedRoute):
    """A route that asks for what `ROUTES` says before it does anything else. Raises KeyError where that is nothing."""

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        (method,) = options["methods"]
        self.action = f"{method} {path}"
        self.need = ROUTES[self.action]
        self.noted = self.action not in UNNOTED
        SUMMARIES[self.action] = options.get("summary") or ""
        options["openapi_extra"] = {**(options.get("openapi_extra") or {}), "x-permission": self.need.value}
        if self.need != Open.PUBLIC:
            guard = Depends(admit(self.need, who))
            options["dependencies"] = [guard, *(options.get("dependencies") or ())]
            options["openapi_extra"]["security"] = SECURITY
        known = responses(*(400, 422, 503) if self.need == Open.PUBLIC else (400, 401, 403, 422, 503))
        options["responses"] = known | (options.get("responses") or {})
        super().__init__(path, endpoint, **options)


def router(tag: str, prefix: str = V1) -> APIRouter:
    """Return a router whose routes are guarded. `tag` is its heading in the documentation."""
    return APIRouter(prefix=prefix, tags=[tag], route_class=GuardedRoute)
