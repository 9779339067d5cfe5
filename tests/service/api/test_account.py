"""Signing in: passwords, cookies, CSRF, throttling; keys that expire and are revoked."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from unittest.mock import patch

import pytest
from argon2 import PasswordHasher, extract_parameters
from fastapi.testclient import TestClient
from sqlalchemy import func, select

from service.api.account import DEVICE
from service.auth import login, passwords, users
from service.auth.identity import COOKIE, CSRF_HEADER
from service.auth.login import Addresses
from service.errors import SignInError, ThrottledError
from service.store import accounts
from service.store.accounts import Device
from service.store.base import now
from tests.service.api_kit import Api

PASSWORD = "correct-horse-battery"


@pytest.fixture
def known(api: Api) -> Api:
    with api.db.write() as session:
        users.add(session, users.NewUser(name="admin", password_hash=passwords.hashed(PASSWORD), role="admin"))
    return api


def sign_in(api: Api, password: str = PASSWORD, client: TestClient | None = None) -> dict[str, str]:
    answer = (client or api.client).post("/api/v1/session", json={"name": "admin", "password": password})
    assert answer.status_code == 201, answer.text
    return {CSRF_HEADER: answer.json()["csrf"]}


def status(api: Api, password: str, name: str = "admin") -> int:
    return api.client.post("/api/v1/session", json={"name": name, "password": password}).status_code


def test_a_session_begins_and_ends(known: Api) -> None:
    csrf = sign_in(known)
    me = known.client.get("/api/v1/session").json()
    assert (me["name"], me["role"]) == ("admin", "admin")
    assert known.client.delete("/api/v1/session", headers=csrf).status_code == 204
    assert known.client.get("/api/v1/session").status_code == 401


def test_the_cookie_is_out_of_reach_for_scripts_and_other_sites(known: Api) -> None:
    def cookie(base: str) -> set[str]:
        client = TestClient(known.app, base_url=base)
        answer = client.post("/api/v1/session", json={"name": "admin", "password": PASSWORD})
        return {part.strip().lower() for part in answer.headers["set-cookie"].split(";")[1:]}

    assert {"httponly", "samesite=lax", "path=/"} <= cookie("http://centre")
    assert "secure" not in cookie("http://centre")
    assert "secure" in cookie("https://centre")


def test_a_write_with_a_cookie_needs_the_token(known: Api) -> None:
    sign_in(known)
    for token in ({}, {CSRF_HEADER: "guess"}, {CSRF_HEADER: ""}):
        answer = known.client.post("/api/v1/recordings/1/retry", headers=token)
        assert (answer.status_code, answer.json()["type"]) == (403, "forbidden")
    assert known.client.get("/api/v1/recordings").status_code == 200


def test_passwords_are_not_kept_and_tokens_neither(known: Api) -> None:
    sign_in(known)
    token = known.client.cookies[COOKIE]
    with known.db.read() as session:
        row = accounts.user_named(session, "admin")
        opened = accounts.signed_in(session, token, timedelta(hours=1))
    assert row is not None
    assert opened is not None
    assert row.password_hash.startswith("$argon2id$")
    assert token not in (opened.token_hash, opened.csrf)


def test_guessing_is_slowed_down_and_nobody_learns_which_names_exist(known: Api) -> None:
    assert [status(known, "wrong") for _ in range(login.FREE_FAILURES)] == [401] * login.FREE_FAILURES
    locked = known.client.post("/api/v1/session", json={"name": "admin", "password": PASSWORD})
    unknown = known.client.post("/api/v1/session", json={"name": "nobody", "password": PASSWORD})
    assert (locked.status_code, locked.content) == (unknown.status_code, unknown.content)
    with known.db.write() as session:
        row = accounts.user_named(session, "admin")
        assert row is not None
        assert row.locked_until is not None
        row.locked_until = now()
    assert status(known, PASSWORD) == 201


def test_many_guesses_at_once_count_as_many(known: Api) -> None:
    with ThreadPoolExecutor(30) as pool, patch.object(passwords, "matches", return_value=False) as looked:
        answers = list(pool.map(lambda _: refused(known), range(30)))
    assert answers == [True] * 30
    with known.db.read() as session:
        row = accounts.user_named(session, "admin")
        assert row is not None
        assert (row.failures, row.locked_until is not None) == (login.FREE_FAILURES, True)
    assert looked.call_count == 30  # the time it takes tells nobody whether a guess counted


def refused(known: Api) -> bool:
    try:
        login.sign_in(known.db, "admin", "a-wrong-guess")
    except SignInError:
        return True
    return False


def test_strangers_lock_no_owner_out(known: Api) -> None:
    """The owner's browser is known by its cookie, and has guesses of its own."""
    sign_in(known)
    stranger = TestClient(known.app)
    guess = {"name": "admin", "password": "a-wrong-guess"}
    for _ in range(login.FREE_FAILURES + 3):
        assert stranger.post("/api/v1/session", json=guess).status_code == 401
    assert stranger.post("/api/v1/session", json=guess | {"password": PASSWORD}).status_code == 401
    assert status(known, PASSWORD) == 201
    for _ in range(login.FREE_FAILURES):
        assert status(known, "a-wrong-guess") == 401
    assert status(known, PASSWORD) == 401


def test_a_device_is_known_for_its_user_only(known: Api) -> None:
    sign_in(known)
    with known.db.write() as session:
        new = users.NewUser(name="other", password_hash=passwords.hashed(PASSWORD), role="admin")
        other = users.add(session, new)
        assert accounts.device(session, other.id, known.client.cookies[DEVICE]) is None
        for _ in range(25):
            accounts.add_device(session, other.id)
        kept = session.scalar(select(func.count()).select_from(Device).where(Device.user_id == other.id))
    assert kept == 20


def test_guesses_of_the_old_password_are_counted(known: Api) -> None:
    csrf = sign_in(known)
    change = {"old": "a-wrong-guess", "new": "another-long-password"}
    answers = [known.client.put("/api/v1/session/password", json=change, headers=csrf).status_code for _ in range(7)]
    assert answers == [403] * login.FREE_FAILURES + [429, 429]


def test_one_address_cannot_try_many_names(known: Api) -> None:
    for _ in range(30):
        known.services.addresses.failed("testclient")
    answer = known.client.post("/api/v1/session", json={"name": "admin", "password": PASSWORD})
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "300")


def test_whoever_has_one_address_of_a_network_has_all_2_64_of_them() -> None:
    addresses = Addresses(most=1)
    addresses.failed("2001:db8:0:1::1")
    with pytest.raises(ThrottledError):
        addresses.check("2001:db8:0:1:ffff::2")
    for other in ("2001:db8:0:2::1", "fe80::1%eth0", "testclient"):
        addresses.check(other)


def test_many_tries_at_once_count_before_it_is_known_how_they_end() -> None:
    """Sixty at a time were answered where thirty may fail: all had been let in before the first had failed."""
    addresses = Addresses(most=2)
    with addresses.attempt("a"), addresses.attempt("a"):
        with pytest.raises(ThrottledError), addresses.attempt("a"):
            pytest.fail("two are under way")
        addresses.check("b")
    addresses.check("a")
    for _ in range(2):
        with pytest.raises(SignInError), addresses.attempt("a"):
            raise SignInError("登录", "不对", "请再试")
    with pytest.raises(ThrottledError):
        addresses.check("a")


def test_failures_are_forgotten_in_time() -> None:
    addresses = Addresses(most=1, seconds=0.0)
    addresses.failed("a")
    addresses.check("a")
    strict = Addresses(most=1, seconds=60.0)
    strict.failed("a")
    with pytest.raises(ThrottledError):
        strict.check("a")
    strict.check("b")


def test_a_new_password_ends_all_sessions(known: Api) -> None:
    elsewhere = TestClient(known.app)
    sign_in(known, client=elsewhere)
    csrf = sign_in(known)
    change = {"old": "wrong-one", "new": "another-long-password"}
    assert known.client.put("/api/v1/session/password", json=change, headers=csrf).status_code == 403
    change["old"] = PASSWORD
    short = known.client.put("/api/v1/session/password", json=change | {"new": "short"}, headers=csrf)
    assert (short.status_code, "10" in short.json()["detail"]) == (422, True)
    assert known.client.put("/api/v1/session/password", json=change, headers=csrf).status_code == 204
    assert elsewhere.get("/api/v1/session").status_code == 401
    assert status(known, "another-long-password") == 201


def test_a_session_is_over_after_its_time(known: Api) -> None:
    sign_in(known)
    with known.db.write() as session:
        row = accounts.signed_in(session, known.client.cookies[COOKIE], timedelta(hours=1))
        assert row is not None
        row.expires_at = now()
    assert known.client.get("/api/v1/session").status_code == 401


def test_a_session_that_nobody_uses_is_over_and_asking_for_progress_is_no_use(known: Api) -> None:
    sign_in(known)
    recording = known.audited(1, "您好")

    def seen(minutes: float) -> None:
        with known.db.write() as session:
            row = accounts.signed_in(session, known.client.cookies[COOKIE], timedelta(days=1))
            assert row is not None
            row.seen_at = now() - timedelta(minutes=minutes)

    def ask(path: str) -> int:
        return known.client.get(f"/api/v1{path}").status_code

    seen(29)
    assert ask(f"/recordings/{recording}/progress") == 200
    with known.db.read() as session:
        watching = accounts.signed_in(session, known.client.cookies[COOKIE], timedelta(minutes=20))
    assert watching is None
    assert ask("/session") == 200
    with known.db.read() as session:
        assert accounts.signed_in(session, known.client.cookies[COOKIE], timedelta(minutes=1))
    seen(31)
    assert ask("/session") == 401


def test_a_password_that_somebody_else_chose_is_changed_before_anything_else(known: Api) -> None:
    boss = sign_in(known)
    new = {"name": "new", "password": PASSWORD, "role": "inspector"}
    assert known.client.post("/api/v1/users", json=new, headers=boss).status_code == 201
    client = TestClient(known.app)
    opened = client.post("/api/v1/session", json={"name": "new", "password": PASSWORD})
    assert opened.json()["due"] is True
    refused = client.get("/api/v1/recordings")
    assert (refused.status_code, "请先换成自己的密码" in refused.json()["cure"]) == (403, True)
    change = {"old": PASSWORD, "new": "another-long-password"}
    token = {CSRF_HEADER: opened.json()["csrf"]}
    assert client.put("/api/v1/session/password", json=change, headers=token).status_code == 204
    again = client.post("/api/v1/session", json={"name": "new", "password": "another-long-password"})
    assert (again.json()["due"], client.get("/api/v1/recordings").status_code) == (False, 200)


def test_a_user_who_left_is_out_at_once(known: Api) -> None:
    sign_in(known)
    with known.db.write() as session:
        row = accounts.user_named(session, "admin")
        assert row is not None
        row.active = False
    assert known.client.get("/api/v1/session").status_code == 401
    assert status(known, PASSWORD) == 401


def test_keys_expire_and_are_revoked(api: Api) -> None:
    with api.db.write() as session:
        old, _ = users.add_key(session, "old", ["rules:read"], expires_at=now() - timedelta(seconds=1))
        good, row = users.add_key(session, "good", ["recordings:read"], expires_at=now() + timedelta(days=1))
    ask = {name: {"Authorization": f"Bearer {key}"} for name, key in (("old", old), ("good", good))}
    assert api.client.get("/api/v1/session", headers=ask["old"]).status_code == 401
    assert api.client.get("/api/v1/session", headers=ask["good"]).json()["permissions"] == ["recordings:read"]
    with api.db.write() as session:
        assert accounts.api_keys(session)[0].used_at is not None
        assert good not in (row.key_hash, row.prefix)
        accounts.revoke(session, row.id)
    answer = api.client.get("/api/v1/session", headers=ask["good"])
    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")


@pytest.mark.parametrize("header", ["Bearer", "Bearer sa_nothing", "Basic YTpi", "x"])
def test_a_wrong_key_is_refused(api: Api, header: str) -> None:
    assert api.client.get("/api/v1/session", headers={"Authorization": header}).status_code == 401


def test_a_password_costs_whoever_guesses_what_rfc_9106_asks_for(
    hasher_of_the_service: PasswordHasher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(passwords, "_HASHER", hasher_of_the_service)
    made, nobody = passwords.hashed(PASSWORD), passwords.of_nobody()
    assert made.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    # The same for a name that nobody has: Argon2 reads the costs, and the lengths of salt and digest, in the hash.
    assert extract_parameters(nobody) == extract_parameters(made)
    assert not passwords.matches(PASSWORD, nobody)
    assert passwords.of_nobody() != nobody


def test_generated_passwords_are_long_and_differ() -> None:
    made = {passwords.generated() for _ in range(20)}
    assert len(made) == 20
    assert min(map(len, made)) >= passwords.SHORTEST
