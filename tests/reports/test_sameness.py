"""The same person, busy and quiet, early and late: told only where chance cannot have made it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from speechaudit.reports.figures import EncounterEntry, VerdictCounts
from speechaudit.reports.sameness import Contrast, SeatedServices, by_hour, contrasts

MONDAY = datetime(2026, 3, 2)
DAYS = 10


def hour(day: int, at: int, n: int, passed: int, staff: str | None = "1017") -> Iterator[SeatedServices]:
    """`n` services of one hour at window A01, of which so many passed: the first alone, the others together."""
    begun = MONDAY + timedelta(days=day, hours=at)
    first = min(1, passed)
    yield SeatedServices(staff=staff, window="A01", at=begun, n=1, passed=first)
    yield SeatedServices(staff=staff, window="A01", at=begun + timedelta(minutes=9), n=n - 1, passed=passed - first)


def of(services: Iterator[SeatedServices], least: int = 10) -> dict[str, Contrast]:
    return {each.name: each for each in contrasts(services, least)["1017"]}


def test_who_is_impatient_when_it_is_busy_is_told() -> None:
    found = of(
        each
        for day in range(DAYS)
        for at, n, passed in ((9, 2, 2), (10, 6, 1), (11, 2, 2), (12, 2, 2))
        for each in hour(day, at, n, passed)
    )
    load = found["load"]
    assert (load.first.hits, load.first.n, load.second.hits, load.second.n) == (10, 60, 60, 60)
    assert load.outcome == "lower"
    early = found["early"]
    assert (early.first.hits, early.first.n, early.second.hits, early.second.n) == (20, 20, 30, 80)
    assert early.outcome == "higher"
    assert found["late"].first.n == 20


def test_what_chance_may_have_made_is_not_told() -> None:
    found = of(
        each for day in range(DAYS) for at in (9, 10, 11) for each in hour(day, at, 2 + (at == 10), 1 + (at == 10))
    )
    assert {each.outcome for each in found.values()} == {"open"}


def test_few_services_are_few_and_an_even_load_is_no_contrast() -> None:
    found = of(each for day in range(DAYS) for at in (9, 10, 11) for each in hour(day, at, 2, 1))
    assert (found["load"].first.n, found["load"].outcome) == (0, "few")
    found = of((each for at in (9, 10, 11) for each in hour(0, at, 3, 1)), 10)
    assert {each.outcome for each in found.values()} == {"few"}


def test_others_at_the_window_make_it_busy_and_nobody_is_no_person() -> None:
    services = [each for day in range(DAYS) for at in (9, 10, 11) for each in hour(day, at, 1, int(at != 10))]
    crowd = [each for day in range(DAYS) for each in hour(day, 10, 5, 5, None)]
    found = contrasts([*services, *crowd], 10)
    assert list(found) == ["1017"]
    (load,) = (each for each in found["1017"] if each.name == "load")
    assert (load.first.hits, load.first.n, load.second.hits, load.second.n) == (0, 10, 20, 20)
    assert load.outcome == "lower"


def test_a_day_of_two_hours_has_nothing_in_between() -> None:
    found = of(each for day in range(DAYS) for at in (9, 10) for each in hour(day, at, 2, 1))
    assert (found["early"].first.n, found["late"].second.n) == (0, 0)


def entries(at: int | None, n: int, passed: int | None) -> list[EncounterEntry]:
    """`n` services that began in an hour, of which so many passed; without `passed` none was judged."""
    return [
        EncounterEntry(
            file="a.wav",
            encounter=1,
            start=0.0,
            end=60.0,
            begun_at=None if at is None else MONDAY + timedelta(hours=at, minutes=number % 60),
            total=None if passed is None else 80.0,
            passed=None if passed is None else number < passed,
            dimensions=(),
            vetoed_by=(),
            not_judged="",
            verdicts=VerdictCounts(passed=0, failed=0, unclear=0, not_applicable=0),
        )
        for number in range(n)
    ]


def test_each_hour_is_compared_with_the_other_hours_of_the_same_person() -> None:
    rows = [*entries(9, 40, 38), *entries(11, 40, 12), *entries(14, 5, 5), *entries(15, 40, 38)]
    found = {each.hour: each for each in by_hour(rows, 10)}
    assert list(found) == [9, 11, 14, 15]
    assert (found[11].here.hits, found[11].here.n, found[11].elsewhere.hits, found[11].elsewhere.n) == (12, 40, 81, 85)
    assert {hour: each.outcome for hour, each in found.items()} == {9: "higher", 11: "lower", 14: "few", 15: "higher"}


def test_hours_that_nobody_knows_and_a_single_hour_tell_nothing() -> None:
    unknown = [*entries(None, 30, 3), *entries(10, 30, None)]
    assert by_hour([*unknown, *entries(9, 30, 20)], 10) == ()
    both = by_hour([*unknown, *entries(9, 30, 20), *entries(16, 30, 20)], 10)
    assert [(each.hour, each.here.n, each.elsewhere.n, each.outcome) for each in both] == [
        (9, 30, 30, "open"),
        (16, 30, 30, "open"),
    ]
