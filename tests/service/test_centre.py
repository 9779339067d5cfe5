"""Windows, staff, extensions, rosters; users, sessions, keys; webhooks; workers."""

from __future__ import annotations

from datetime import timedelta

import pytest

from service.errors import ConflictError, NotFoundError, RequestError
from service.store import Database, accounts, centre, webhooks, workers
from service.store.base import now
from tests.service.service_kit import MORNING

HOUR = timedelta(hours=1)


def test_the_roster_names_everybody_who_sat_there(db: Database) -> None:
    noon = MORNING + timedelta(hours=4)
    with db.write() as session:
        window = centre.put_window(session, "A01", "综合窗口").id
        one, two = (centre.put_staff(session, number, number).id for number in ("1017", "1018"))
        centre.put_roster(session, window, one, MORNING, noon)
        centre.put_roster(session, window, two, noon, noon + timedelta(hours=4))
        centre.put_roster(session, window, one, noon + timedelta(hours=3), noon + timedelta(hours=5))

        def numbers(hours: float) -> list[str]:
            return [each.number for each in centre.all_on_duty(session, window, MORNING + timedelta(hours=hours))]

        assert [numbers(h) for h in (-1, 0, 3.9, 4, 6.9, 7.5, 8.5, 9)] == [
            [], ["1017"], ["1017"], ["1018"], ["1018"], ["1017", "1018"], ["1017"], [],
        ]  # fmt: skip
        assert len(centre.rosters(session, MORNING, noon)) == 1
        with pytest.raises(RequestError):
            centre.put_roster(session, window, one, noon, MORNING)


def test_windows_are_found_by_code_or_by_a_name_that_only_one_has(db: Database) -> None:
    with db.write() as session:
        for code, name in (("A01", "综合窗口"), ("A02", "综合窗口"), ("B01", "社保窗口")):
            centre.put_window(session, code, name)
        centre.put_window(session, "B01", "社保窗口", active=False)
        assert len(centre.windows(session)) == 3
        assert centre.window(session, "A02").code == "A02"
        assert not centre.window(session, "社保窗口").active
        with pytest.raises(ConflictError):
            centre.window(session, "综合窗口")
        with pytest.raises(NotFoundError):
            centre.window(session, "C01")
        centre.put_extension(session, "8001", centre.window(session, "A01").id)
        centre.put_extension(session, "8001", centre.window(session, "B01").id)
        assert centre.window_of_extension(session, "8001").code == "B01"
        centre.remove(session, centre.extensions(session)[0])
        with pytest.raises(NotFoundError):
            centre.window_of_extension(session, "8001")
        with pytest.raises(NotFoundError):
            centre.staff_member(session, "9999")


def test_users_and_their_sessions(db: Database) -> None:
    with db.write() as session:
        assert not accounts.any_admin(session)
        admin = accounts.add_user(session, "admin", "hash", "admin")
        assert accounts.any_admin(session)
        with pytest.raises(ConflictError):
            accounts.add_user(session, "admin", "hash", "staff")
        accounts.set_windows(session, admin, [centre.put_window(session, "A01", "综合窗口").id])
        with pytest.raises(NotFoundError):
            accounts.set_windows(session, admin, [99])
        token, row = accounts.sign_in(session, admin.id, hours=1)
        past, _ = accounts.sign_in(session, admin.id, hours=-1)
        assert token not in (row.token_hash, row.csrf)
    with db.write() as session:
        found = accounts.signed_in(session, token, HOUR)
        assert found
        assert [w.code for w in found.user.windows] == ["A01"]
        assert accounts.signed_in(session, past, HOUR) is None
        assert accounts.signed_in(session, row.token_hash, HOUR) is None
        found.user.active = False
        session.flush()
        assert accounts.signed_in(session, token, HOUR) is None
        found.user.active = True
        accounts.sign_out(session, token)
        assert accounts.signed_in(session, token, HOUR) is None


def test_api_keys_expire_and_are_revoked(db: Database) -> None:
    with db.write() as session:
        key, row = accounts.add_api_key(session, "话机", ["recordings:write"])
        old, _ = accounts.add_api_key(session, "旧", [], expires_at=now() - timedelta(seconds=1))
        assert accounts.api_key(session, key) is row
        assert row.scopes == ["recordings:write"]
        assert accounts.api_key(session, old) is None
        accounts.revoke(session, row.id)
        assert accounts.api_key(session, key) is None
        assert len(accounts.api_keys(session)) == 2


def test_events_are_delivered_to_those_who_want_them(db: Database) -> None:
    with db.write() as session:
        hook = webhooks.add_webhook(session, "https://example.org/hook", "whsec_x", ["recording.done"])
        assert webhooks.announce(session, "recording.failed", {}) == 0
        assert [webhooks.announce(session, "recording.done", {"id": n}) for n in range(3)] == [1, 1, 1]
    with db.write() as session:
        first, second, third = webhooks.due(session, 10)
        webhooks.settle(session, first, http_status=200, error="", next_at=None)
        webhooks.settle(session, second, http_status=500, error="500", next_at=now() + timedelta(hours=1))
        webhooks.settle(session, third, http_status=None, error="超时", next_at=None)
    with db.write() as session:
        assert webhooks.due(session, 10) == []
        log = webhooks.log(session, hook.id, limit=2)
        assert log.next
        assert {d.status for d in log.items} <= {"delivered", "pending", "failed"}
        webhooks.delete_webhook(session, hook.id)
    with db.read() as session, pytest.raises(NotFoundError):
        webhooks.log(session, hook.id)


def test_workers_that_fall_silent_or_stop_are_not_alive(db: Database) -> None:
    with db.write() as session:
        for name in ("a", "b"):
            workers.register(session, name, host="h", pid=1, version="1")
        workers.stop(session, "b")
        workers.count(session, "a", audio_seconds=60, busy_seconds=6)
        session.flush()
        assert [w.id for w in workers.alive(session, 30)] == ["a"]
        assert workers.alive(session, -1) == []
        workers.beat(session, "b")
        assert len(workers.alive(session, 30)) == 2
    with db.read() as session:
        assert [(w.recordings, w.audio_seconds) for w in workers.workers(session)] == [(1, 60.0), (0, 0.0)]
