"""Errors are problems with title, detail and cure in Chinese, whatever went wrong."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from service.api.application import described
from service.store.pages import encode
from tests.service.api_kit import Api


@pytest.mark.parametrize(
    ("method", "path", "more", "status"),
    [
        ("GET", "/nowhere", {}, 404),
        ("PUT", "/recordings", {}, 405),
        ("GET", "/recordings/0", {}, 422),
        ("GET", "/recordings/99999999999999999999", {}, 422),
        ("GET", "/recordings/7", {}, 404),
        ("PATCH", "/recordings/7", {"content": b"{"}, 422),
        ("PATCH", "/recordings/7", {"json": {"staff": "a\x00b", "window": None}}, 422),
        (
            "PATCH",
            "/recordings/7",
            {"content": b"x" * 17_000_000, "headers": {"Content-Type": "application/json"}},
            413,
        ),
    ],
)
def test_problems_say_what_to_do(api: Api, method: str, path: str, more: dict[str, Any], status: int) -> None:
    answer = api.ask(method, path, **more)
    told = answer.json()
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
    assert told["status"] == status
    assert all(any("\u4e00" <= c <= "\u9fff" for c in told[key]) for key in ("title", "detail", "cure"))


@pytest.mark.parametrize(
    ("path", "size", "status"),
    [("/session", 9_000, 413), ("/rules/try", 300_000, 413), ("/session", 7_000, 422), ("/rules/try", 200_000, 422)],
)
def test_a_stranger_may_send_little_and_hears_little(api: Api, path: str, size: int, status: int) -> None:
    """Each unknown key becomes an error of its own: 800,000 of them took a gigabyte."""
    keys = ",".join(f'"k{number:06}":0' for number in range(size // 12))
    answer = api.ask("POST", path, content=f"{{{keys}}}".encode(), headers={"Content-Type": "application/json"})
    assert answer.status_code == status
    assert len(answer.json()["errors"]) <= 50
    assert len(answer.content) < 10_000


@pytest.mark.parametrize(
    ("method", "path", "more", "status"),
    [
        ("POST", "/session", {"content": rb'{"name": "\ud800", "password": "x"}'}, 422),
        ("POST", "/rules/try", {"content": rb'{"texts": ["\ud800"], "setting": "phone"}'}, 422),
        ("PUT", "/staff/9", {"content": rb'{"name": "\udfff"}'}, 422),
        ("GET", f"/recordings?cursor={encode(datetime(2026, 1, 1, tzinfo=UTC), 2**63)}", {}, 422),
        ("GET", "/log/", {"headers": {"Host": "evil.example"}}, 404),
        ("POST", "/recordings", {"headers": {"Content-Type": f"multipart/form-data; boundary={'b' * 60_000}"}}, 422),
    ],
)
def test_no_hostile_request_makes_the_service_fail(
    api: Api, method: str, path: str, more: dict[str, Any], status: int
) -> None:
    headers = {"Content-Type": "application/json"} | more.get("headers", {})
    answer = api.ask(method, path, **(more | {"headers": headers}))
    assert answer.status_code == status, answer.text


def test_a_long_name_of_an_unknown_key_is_cut(api: Api) -> None:
    answer = api.ask("POST", "/session", json={"名" * 2000: 1})
    assert (answer.status_code, len(answer.content) < 2_000) == (422, True)


def test_a_surprise_is_a_problem_and_tells_nothing_of_the_inside(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("secret")

    monkeypatch.setattr(api.services.audio, "size", broken)
    answer = api.ask("GET", f"/recordings/{api.upload().json()['id']}/audio")
    assert (answer.status_code, answer.json()["type"], "secret" in answer.text) == (500, "internal", False)


def test_the_description_names_all_problems_and_permissions(api: Api) -> None:
    whole = described(api.app)
    assert {"Problem", "RecordingOut", "Audit"} <= set(whole["components"]["schemas"])
    assert "HTTPValidationError" not in str(whole["paths"])
    for path, methods in whole["paths"].items():
        for operation in methods.values():
            assert operation["summary"], path
            assert "x-permission" in operation, path
            assert ("security" in operation) == (operation["x-permission"] != "public"), path
            assert "application/problem+json" in operation["responses"]["422"]["content"], path


def test_answers_carry_the_headers_browsers_need(api: Api) -> None:
    headers = api.client.get("/healthz").headers
    assert (headers["x-content-type-options"], headers["cache-control"]) == ("nosniff", "private, no-store")
