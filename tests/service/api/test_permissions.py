"""Every route has a declared permission, and every role is let in exactly where the table says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from starlette.routing import BaseRoute

from service.api import page
from service.api.access import ROUTES, Open, router
from service.api.application import served
from service.auth.permissions import MEANINGS, Permission
from service.store import accounts
from service.store.accounts import UserRole
from tests.service.api_kit import HASH, ROLES, Api

ROOT = Path(__file__).parents[3]
HIDDEN = "GET /api/v1/openapi.json"
# Who gets in, written down by hand: (a)dministrator, (i)nspector, (l)ead, (s)taff, or everybody without signing in;
# and the scope that lets a key in: * any, - none, for what only people do.
EXPECTED = """
GET    /healthz                                     everybody
GET    /readyz                                      everybody
GET    /metrics                                     a---      metrics:read
GET    /api/v1/openapi.json                         everybody
POST   /api/v1/session                              everybody
GET    /api/v1/session                              ails      *
DELETE /api/v1/session                              ails      *
PUT    /api/v1/session/password                     ails      *
GET    /api/v1/session/voice                        ---s      -
DELETE /api/v1/session/voice                        ---s      -
POST   /api/v1/imports/{kind}/preview               a---      centre:write
POST   /api/v1/webhooks/{webhook_id}/secret         a---      webhooks
DELETE /api/v1/webhooks/{webhook_id}/secret/old     a---      webhooks
GET    /api/v1/overview                             ail-      reports:windows
GET    /api/v1/comparison                           ail-      reports:windows
POST   /api/v1/recordings                           ai--      recordings:write
GET    /api/v1/recordings                           ails      recordings:read
GET    /api/v1/recordings/{recording_id}            ails      recordings:read
PATCH  /api/v1/recordings/{recording_id}            ai--      recordings:manage
DELETE /api/v1/recordings/{recording_id}            a---      recordings:delete
POST   /api/v1/recordings/{recording_id}/retry      ai--      recordings:manage
GET    /api/v1/recordings/{recording_id}/progress   ails      recordings:read
GET    /api/v1/recordings/{recording_id}/events     ails      recordings:read
GET    /api/v1/recordings/{recording_id}/audit      ails      recordings:read
GET    /api/v1/recordings/{recording_id}/audits     ails      recordings:read
GET    /api/v1/recordings/{recording_id}/findings   ails      recordings:read
GET    /api/v1/recordings/{recording_id}/transcript ails      recordings:read
GET    /api/v1/recordings/{recording_id}/audio      ails      recordings:read
GET    /api/v1/recordings/{recording_id}/listening  ails      recordings:read
GET    /api/v1/recordings/{recording_id}/peaks      ails      recordings:read
GET    /api/v1/recordings/{recording_id}/changes    ails      recordings:read
POST   /api/v1/intake/push/{source}                 ai--      recordings:write
GET    /api/v1/intake/pending                       ai--      recordings:manage
GET    /api/v1/intake/pending/{pending_id}          ai--      recordings:manage
GET    /api/v1/intake/pending/{pending_id}/audio    ai--      recordings:manage
POST   /api/v1/intake/pending/{pending_id}/complete ai--      recordings:manage
POST   /api/v1/intake/pending/{pending_id}/discard  ai--      recordings:manage
GET    /api/v1/recordings/{recording_id}/clip       ails      recordings:read
GET    /api/v1/findings                             ails      recordings:read
GET    /api/v1/findings/reasons                     ails      recordings:read
GET    /api/v1/findings/{finding_id}                ails      recordings:read
GET    /api/v1/findings/{finding_id}/clip           ails      recordings:read
GET    /api/v1/findings/{finding_id}/case           ails      recordings:read
POST   /api/v1/findings/{finding_id}/review         ai--      -
DELETE /api/v1/findings/{finding_id}/review         ai--      -
POST   /api/v1/findings/{finding_id}/second         ai--      -
POST   /api/v1/findings/{finding_id}/claim          ai--      -
DELETE /api/v1/findings/{finding_id}/claim          ai--      -
POST   /api/v1/findings/{finding_id}/skip           ai--      -
POST   /api/v1/findings/{finding_id}/comments       ails      -
GET    /api/v1/findings/{finding_id}/item           ails      recordings:read
GET    /api/v1/findings/codes/{code}                ails      recordings:read
POST   /api/v1/recordings/{recording_id}/marks      ai--      -
GET    /api/v1/cases                                ails      recordings:read
GET    /api/v1/appeals/terms                        ails      recordings:read
POST   /api/v1/reviews/next                         ai--      -
GET    /api/v1/reviews/left                         ai--      -
DELETE /api/v1/reviews/skipped                      ai--      -
GET    /api/v1/reviews/agreement                    ai--      -
POST   /api/v1/findings/{finding_id}/appeal         ---s      -
DELETE /api/v1/findings/{finding_id}/appeal         ---s      -
POST   /api/v1/findings/{finding_id}/decision       ai--      -
GET    /api/v1/reviews                              ai--      -
GET    /api/v1/reviews/rates                        ai--      -
GET    /api/v1/reviews/lines                        a---      learning:read
GET    /api/v1/appeals                              ails      recordings:read
GET    /api/v1/search                               ails      recordings:read
GET    /api/v1/reports/staff/{number}               ails      reports:staff
GET    /api/v1/reports/windows/{code}               ail-      reports:windows
GET    /api/v1/reports/centre                       ai--      reports:centre
GET    /api/v1/reports/issued                       ails      reports:staff
POST   /api/v1/reports/issued                       ai--      reports:centre
GET    /api/v1/reports/issued/{issued_id}           ails      reports:staff
GET    /api/v1/reports/issued/{issued_id}/difference ails      reports:staff
GET    /api/v1/staff                                ail-      centre:read
PUT    /api/v1/staff/{number}                       a---      centre:write
GET    /api/v1/windows                              ail-      centre:read
PUT    /api/v1/windows/{code}                       a---      centre:write
GET    /api/v1/extensions                           ail-      centre:read
PUT    /api/v1/extensions/{number}                  a---      centre:write
DELETE /api/v1/extensions/{number}                  a---      centre:write
GET    /api/v1/rosters                              ail-      centre:read
POST   /api/v1/rosters                              a---      centre:write
DELETE /api/v1/rosters/{roster_id}                  a---      centre:write
POST   /api/v1/imports/{kind}                       a---      centre:write
GET    /api/v1/imports/{kind}/example               a---      centre:write
GET    /api/v1/rules                                ails      rules:read
GET    /api/v1/rules/{rule_id}                      ails      rules:read
GET    /api/v1/profiles                             ails      rules:read
GET    /api/v1/profiles/{name}                      ails      rules:read
PUT    /api/v1/profiles/{name}                      a---      rules:write
GET    /api/v1/profiles/{name}/changes              a---      rules:write
POST   /api/v1/profiles/{name}/back                 a---      rules:write
PUT    /api/v1/rules/{rule_id}/status               a---      rules:write
POST   /api/v1/rules/try                            ails      rules:read
POST   /api/v1/rules/check                          a---      rules:write
PUT    /api/v1/rules/{rule_id}                      a---      rules:write
GET    /api/v1/rules/{rule_id}/changes              a---      rules:write
POST   /api/v1/rules/trials                         a---      rules:write
GET    /api/v1/rules/trials/{trial_id}              a---      rules:write
POST   /api/v1/rules/trials/{trial_id}/cancel       a---      rules:write
GET    /api/v1/reaudits                             ai--      reaudits
POST   /api/v1/reaudits                             ai--      reaudits
GET    /api/v1/reaudits/{batch_id}                  ai--      reaudits
GET    /api/v1/reaudits/{batch_id}/differences      ai--      reaudits
POST   /api/v1/reaudits/{batch_id}/apply            ai--      reaudits
POST   /api/v1/reaudits/{batch_id}/discard          ai--      reaudits
GET    /api/v1/webhooks                             a---      webhooks
POST   /api/v1/webhooks                             a---      webhooks
PATCH  /api/v1/webhooks/{webhook_id}                a---      webhooks
POST   /api/v1/webhooks/{webhook_id}/test           a---      webhooks
DELETE /api/v1/webhooks/{webhook_id}                a---      webhooks
GET    /api/v1/webhooks/{webhook_id}/deliveries     a---      webhooks
GET    /api/v1/recorders                            a---      -
PUT    /api/v1/recorders/{name}                     a---      -
DELETE /api/v1/recorders/{name}                     a---      -
GET    /api/v1/notices                              ails      *
POST   /api/v1/notices/read                         ails      *
GET    /api/v1/notices/channels                     ails      *
POST   /api/v1/notices/channels                     ails      *
DELETE /api/v1/notices/channels/{channel_id}        ails      *
GET    /api/v1/log                                  ai--      log:read
GET    /api/v1/log/export                           ai--      log:read
POST   /api/v1/log/proof                            ai--      log:read
GET    /api/v1/retention                            ai--      log:read
GET    /api/v1/voices                               ai--      personal:read
PUT    /api/v1/voices/{number}/consent              a---      centre:write
DELETE /api/v1/voices/{number}                      a---      centre:write
GET    /api/v1/users                                a---      -
POST   /api/v1/users                                a---      -
PATCH  /api/v1/users/{user_id}                      a---      -
GET    /api/v1/keys                                 a---      -
POST   /api/v1/keys                                 a---      -
DELETE /api/v1/keys/{key_id}                        a---      -
"""
LETTERS: dict[UserRole, str] = {"admin": "a", "inspector": "i", "lead": "l", "staff": "s"}


def expected() -> dict[str, tuple[str, str]]:
    """Who gets in, and with which scope, by route."""
    lines = (line.split() for line in EXPECTED.strip().splitlines())
    return {f"{method} {path}": (who, "".join(scope)) for method, path, who, *scope in lines}


def addressed(route: str) -> tuple[str, str]:
    method, path = route.split(" ")
    return method, "/".join("1" if part.startswith("{") else part for part in path.split("/"))


def ask(api: Api, route: str, headers: dict[str, str]) -> int:
    method, path = addressed(route)
    return api.client.request(method, path, headers=headers).status_code


def leaves(app: FastAPI) -> set[str]:
    """Every method and path that the running application answers, however its routers are nested."""

    def walk(routes: list[BaseRoute]) -> Any:
        for route in routes:
            inner = getattr(route, "original_router", None) or getattr(route, "router", None)
            if inner is not None:
                yield from walk(inner.routes)
            else:
                yield from (f"{method} {route.path}" for method in getattr(route, "methods", ()))  # type: ignore[attr-defined]

    return set(walk(app.router.routes))


def test_the_table_and_the_application_name_the_same_routes(shared_api: Api) -> None:
    assert leaves(shared_api.app) == set(ROUTES)
    assert {f"{method} {route.path}" for route in served() for method in route.methods or ()} == set(ROUTES) - {HIDDEN}


def test_a_route_without_a_declared_permission_cannot_be_made() -> None:
    with pytest.raises(KeyError, match="undeclared"):
        router("x").get("/undeclared")(lambda: None)


def test_the_expected_table_names_every_route(shared_api: Api) -> None:
    assert set(expected()) == leaves(shared_api.app)


@pytest.mark.slow  # these two ask every route, the second as everybody
def test_nobody_gets_in_without_signing_in(shared_api: Api) -> None:
    let_in = {route for route in expected() if ask(shared_api, route, {}) != 401 or route == "POST /api/v1/session"}
    assert let_in == {route for route, (who, _) in expected().items() if who == "everybody"}


@pytest.mark.slow
@pytest.mark.parametrize("role", ROLES)
def test_a_role_gets_in_where_it_should(shared_api: Api, role: UserRole) -> None:
    refused = {route for route in expected() if ask(shared_api, route, shared_api.headers(role)) == 403}
    mine = {route for route, (who, _) in expected().items() if who == "everybody" or LETTERS[role] in who}
    assert refused == set(expected()) - mine


SCOPES = {scope for _, scope in expected().values()} - {"", "*", "-"} | {"personal:read"}


@pytest.mark.parametrize("scope", sorted(SCOPES))
def test_a_key_gets_in_with_the_scope_of_the_route_and_with_no_other(shared_api: Api, scope: str) -> None:
    """One with this scope alone gets in at all its routes; one with all others at none of them."""
    mine = [route for route, (_, which) in expected().items() if which == scope]
    alone, others = shared_api.headers(None, scope), shared_api.headers(None, *sorted(SCOPES - {scope}))
    assert {route for route in mine if ask(shared_api, route, alone) in (401, 403)} == set()
    assert {route for route in mine if ask(shared_api, route, others) != 403} == set()


def test_a_key_with_every_scope_gets_in_nowhere_that_only_people_do(shared_api: Api) -> None:
    headers = shared_api.headers(None, *sorted(SCOPES))
    peoples = {route for route, (who, which) in expected().items() if who != "everybody" and which == "-"}
    assert {route for route in peoples if ask(shared_api, route, headers) != 403} == set()


def test_every_permission_guards_something_and_is_explained() -> None:
    within_routes = {Permission.PERSONAL_READ}  # decides what a route shows, not whether it answers
    guarding = {need for need in ROUTES.values() if isinstance(need, Permission)}
    assert guarding | within_routes == set(Permission) == set(MEANINGS)


def test_the_page_is_up_to_date() -> None:
    assert (ROOT / "docs/api.md").read_text() == page.page(), "run: python -m service.api.page"


def test_whose_password_is_due_gets_no_further_than_to_change_it(api: Api) -> None:
    """What was told to somebody is theirs, and so is where it is told: whoever set the password is not them."""
    with api.db.write() as session:
        accounts.add_user(session, "new", HASH, "admin").must_change = True
    headers = api.headers("new")
    closed = [route for route, need in ROUTES.items() if need not in {Open.PUBLIC, Open.HALF}]
    assert {route: status for route in closed if (status := ask(api, route, headers)) != 403} == {}
    assert ask(api, "GET /api/v1/session", headers) == 200
