"""Windows and people side by side: adjusted for the setting where enough is known, and no place given by chance."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from service.api import comparison
from service.store import Database
from service.store.today import ScoreSum
from speechaudit.model import Setting
from tests.service.api_kit import Api
from tests.service.service_kit import audit_of, audited

SPAN = "?since=2026-03-01&until=2026-03-31"


@pytest.fixture
def hall(db: Database, tmp_path: Path) -> Api:
    """1017 serves mostly by telephone, where everybody does badly; 1018 mostly at the counter, where all do well."""
    api = Api(db, tmp_path)
    api.people()
    served: tuple[tuple[int, Setting, int, float], ...] = (
        (1, "phone", 8, 60.0),
        (1, "counter", 6, 95.0),
        (2, "phone", 6, 60.0),
        (2, "counter", 8, 95.0),
    )
    number = 0
    with db.write() as session:
        for staff, setting, times, score in served:
            for n in range(times):
                number += 1
                audit = audit_of("您好", total=score + n % 2)
                audited(session, number, audit, setting=setting, staff_id=staff, window_id=staff)
    return api


def people(seen: dict[str, Any]) -> dict[str, Any]:
    return {each["code"]: each for each in seen["staff"]}


def test_who_serves_the_harder_setting_is_not_put_below(hall: Api) -> None:
    seen = hall.get(f"/comparison{SPAN}", "inspector")
    first, second = people(seen)["1017"], people(seen)["1018"]
    assert first["score"]["mean"] < second["score"]["mean"]
    assert (first["score"]["n"], second["score"]["n"], seen["whole"]["n"]) == (14, 14, 28)
    assert {first["place"], second["place"]} == {"open"}
    assert [each["code"] for each in seen["windows"]] == ["A01", "A02"]
    assert sum(each["score"]["n"] for each in seen["hours"]) == 28
    assert {(each["weekday"], each["hour"]) for each in seen["hours"]} == {(0, 9)}
    assert [each["code"] for each in seen["alike"]] == ["1017", "1018"]
    told = {each["name"]: each for each in seen["alike"][0]["contrasts"]}
    assert (told["load"]["first"]["n"], told["load"]["second"]["n"], told["load"]["outcome"]) == (0, 14, "few")


def test_means_are_adjusted_where_there_is_enough_of_each_setting() -> None:
    def sums(*scores: float) -> ScoreSum:
        return ScoreSum(n=len(scores), total=sum(scores), squares=sum(s * s for s in scores))

    whole = {"phone": sums(*[60.0] * 10), "counter": sums(*[90.0] * 30)}
    mine = {"phone": sums(58.0, 62.0, 60.0, 60.0), "counter": sums(88.0, 92.0)}
    found = comparison.adjusted(mine, whole, 2)
    assert found is not None
    assert found.mean == pytest.approx(0.25 * 60 + 0.75 * 90)
    variance = 0.25**2 * (8 / 3) / 4 + 0.75**2 * 8 / 2
    assert found.interval.high - found.mean == pytest.approx(1.959964 * variance**0.5, rel=1e-6)
    assert comparison.adjusted(mine, whole, 3) is None
    assert comparison.adjusted({"phone": mine["phone"]}, whole, 2) is None


def test_a_lead_compares_the_own_windows_only(hall: Api) -> None:
    seen = hall.get(f"/comparison{SPAN}", "lead")
    assert ([each["code"] for each in seen["windows"]], list(people(seen))) == (["A01"], ["1017"])
    assert seen["whole"]["n"] == 14
    assert hall.ask("GET", "/comparison", "staff").status_code == 403
    long_ago = hall.get("/comparison?since=2020-01-01&until=2020-01-31", "inspector")
    assert (long_ago["windows"], long_ago["staff"], long_ago["hours"], long_ago["whole"]["n"]) == ([], [], [], 0)
