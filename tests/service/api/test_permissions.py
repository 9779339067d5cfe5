"""Every route has a declared permission, and every role is let in exactly where the table says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from api_kit import ROLES, Api
from fastapi import FastAPI
from starlette.routing import BaseRoute

from service.api import page
from service.api.access import ROUTES, Open, router
from service.api.application import served
from service.auth.permissions import MEANINGS, OF_ROLE, SCOPES, Permission
from service.store.accounts import UserRole

ROOT = Path(__file__).parents[3]
HIDDEN = "GET /api/v1/openapi.json"


@pytest.fixture
def peopled(api: Api) -> Api:
    api.people()
    return api


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


def test_the_table_and_the_application_name_the_same_routes(api: Api) -> None:
    assert leaves(api.app) == set(ROUTES)
    assert {f"{method} {route.path}" for route in served() for method in route.methods} == set(ROUTES) - {HIDDEN}


def test_a_route_without_a_declared_permission_cannot_be_made() -> None:
    with pytest.raises(KeyError, match="undeclared"):
        router("x").get("/undeclared")(lambda: None)


def test_nobody_gets_in_without_signing_in(api: Api) -> None:
    let_in = {route for route in ROUTES if ask(api, route, {}) != 401 or route == "POST /api/v1/session"}
    assert let_in == {route for route, need in ROUTES.items() if need == Open.PUBLIC}


@pytest.mark.parametrize("role", ROLES)
def test_a_role_gets_in_where_the_table_says(peopled: Api, role: UserRole) -> None:
    refused = {route for route in ROUTES if ask(peopled, route, peopled.headers(role)) == 403}
    allowed = OF_ROLE[role]
    assert refused == {r for r, need in ROUTES.items() if isinstance(need, Permission) and need not in allowed}


@pytest.mark.parametrize("scope", sorted(SCOPES))
def test_a_key_gets_in_where_its_scope_says(api: Api, scope: Permission) -> None:
    let_in = {route for route in ROUTES if ask(api, route, api.headers(None, scope)) != 403}
    assert {r for r, need in ROUTES.items() if need == scope} <= let_in
    assert let_in <= {r for r, need in ROUTES.items() if need == scope or isinstance(need, Open)}


def test_every_permission_guards_something_and_is_explained() -> None:
    within_routes = {Permission.PERSONAL_READ}  # decides what a route shows, not whether it answers
    guarding = {need for need in ROUTES.values() if isinstance(need, Permission)}
    assert guarding | within_routes == set(Permission) == set(MEANINGS)


def test_the_page_is_up_to_date() -> None:
    assert (ROOT / "docs/api.md").read_text() == page.page(), "run: python -m service.api.page"
