"""What a lead and a member of staff may see, on every route that shows recordings, findings or what is made of them."""

from __future__ import annotations

import pytest

from service.api.access import ROUTES
from service.auth.permissions import OF_ROLE, Permission
from service.store import accounts, centre
from service.store.accounts import UserRole
from tests.service.api_kit import Api

ITEMS = sorted(
    route.split(" ")[1].removeprefix("/api/v1")
    for route, need in ROUTES.items()
    if need == Permission.RECORDINGS_READ and "_id}" in route  # printed codes: tests/service/api/test_review_desk.py
)
LISTS = ("/recordings", "/findings", "/search?text=您好")


def fill(api: Api) -> Api:
    """Recording 1: staff 1017 at A01 · 2: 1017 at A02 · 3: 1018 at A01 · 4: nobody nowhere."""
    api.people()
    with api.db.read() as session:
        here, there = (window.id for window in centre.windows(session))
        own, other = (person.id for person in centre.staff(session))
    for number, (staff, window) in enumerate([(own, here), (own, there), (other, here), (None, None)], 1):
        assert api.audited(number, "您好", staff=staff, window=window) == number
    return api


@pytest.fixture
def filled(both: Api) -> Api:
    return fill(both)


SEEN: dict[UserRole, set[int]] = {"admin": {1, 2, 3, 4}, "inspector": {1, 2, 3, 4}, "lead": {1, 3}, "staff": {1, 2}}


@pytest.mark.parametrize("role", SEEN)
def test_lists_show_only_what_may_be_seen(filled: Api, role: UserRole) -> None:
    assert {item["id"] for item in filled.get("/recordings", role)["items"]} == SEEN[role]
    assert {item["recording_id"] for item in filled.get("/findings", role)["items"]} == SEEN[role]
    assert [each["count"] for each in filled.get("/findings/reasons", role)] == [len(SEEN[role])]
    assert {item["recording"]["id"] for item in filled.get("/search?text=您好", role)["items"]} == SEEN[role]


@pytest.mark.parametrize("role", SEEN)
def test_filters_cannot_widen_the_view(filled: Api, role: UserRole) -> None:
    by_staff = filled.get("/recordings?staff=1018&staff=1017", role)["items"]
    by_window = filled.get("/recordings?window=A01&window=A02", role)["items"]
    assert {item["id"] for item in by_staff} == SEEN[role] - {4}
    assert {item["id"] for item in by_window} == SEEN[role] - {4}
    assert {item["id"] for item in filled.get("/recordings?window=A02", role)["items"]} == SEEN[role] & {2}


@pytest.mark.parametrize("path", ITEMS)
@pytest.mark.parametrize("role", ["lead", "staff"])
def test_what_may_not_be_seen_is_not_there(api: Api, role: UserRole, path: str) -> None:
    """Findings have the numbers of their recordings here: one each."""
    filled = fill(api)
    hidden = {1, 2, 3, 4} - SEEN[role]
    for number in hidden:
        seen = path.replace("{recording_id}", str(number)).replace("{finding_id}", str(number))
        missing = path.replace("{recording_id}", "99").replace("{finding_id}", "99")
        answer, nothing = filled.ask("GET", seen, role), filled.ask("GET", missing, role)
        assert (answer.status_code, answer.json()["title"]) == (404, "找不到")
        assert answer.text.replace(str(number), "99") == nothing.text.replace(str(number), "99")


def test_a_member_of_staff_without_an_entry_sees_nothing(api: Api) -> None:
    api.people()
    api.audited(1, "您好")
    with api.db.write() as session:
        user = accounts.user_named(session, "staff")
        assert user is not None
        user.staff_id = None
    assert api.get("/recordings", "staff")["items"] == []
    assert api.ask("GET", "/recordings/1", "staff").status_code == 404


def test_the_roles_that_are_narrowed_can_change_nothing() -> None:
    """Reading, appeals and comments are narrowed: another permission must not come to them without its own filter."""
    narrowed = {Permission.RECORDINGS_READ, Permission.REPORTS_STAFF, Permission.REPORTS_WINDOWS}
    narrowed |= {Permission.APPEALS, Permission.COMMENTS}
    assert OF_ROLE["lead"] | OF_ROLE["staff"] <= narrowed | {Permission.RULES_READ, Permission.CENTRE_READ}


def test_nobody_contests_what_they_may_not_see(api: Api) -> None:
    filled = fill(api)
    for number in {1, 2, 3, 4} - SEEN["staff"]:
        answer = filled.ask("POST", f"/findings/{number}/appeal", "staff", json={"reason": "不是我"})
        assert (answer.status_code, answer.json()["title"]) == (404, "找不到")
        assert filled.ask("DELETE", f"/findings/{number}/appeal", "staff").status_code == 404


@pytest.mark.parametrize("path", ["/recordings", "/findings"])
@pytest.mark.parametrize("chosen", ["staff=9999", "window=Z99"])
def test_a_filter_tells_nobody_who_exists(filled: Api, path: str, chosen: str) -> None:
    """Others and unknown ones look the same to who may not read the lists of the centre; who may is told."""
    for role, unknown in (("staff", 200), ("lead", 422), ("admin", 422)):
        known = "staff=1018" if chosen.startswith("staff") else "window=A02"
        answers = [filled.client.get(f"/api/v1{path}?{each}", headers=filled.headers(role)) for each in (known, chosen)]
        assert [answer.status_code for answer in answers] == [200, unknown]
        if role == "staff" and chosen.startswith("staff"):
            assert answers[0].json() == answers[1].json()
