"""Lists: every filter alone and together, pages without gaps, and search down to one character."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from service.errors import RequestError
from service.store import Database, Filters, centre, lists, pages, recordings, search
from service.store.base import is_sqlite
from service.store.lists import walks
from speechaudit.text import search_form
from tests.service.service_kit import MORNING, audit_of, audited, finding, new_recording

SAID = ("您好,请问办什么业务?", "这不归我管。", "100%好了", "ABC 龘", "请稍等")


@pytest.fixture(scope="module")
def five(shared_db: Database) -> Database:
    """Five recordings with audits, numbered by age, and one that waits."""
    with shared_db.write() as session:
        for code in "AB":
            centre.put_window(session, code, f"窗口{code}")
            centre.put_staff(session, f"工号{code}", code)
        for n, text in enumerate(SAID):
            bad = (
                finding("forbidden.brush-off", "fail", text) if n in {1, 3} else finding("courtesy.hello", "pass", text)
            )
            place = {"staff_id": 1 + n % 2, "window_id": 1 + n // 3}
            audited(session, n, audit_of(text, total=60.0 + 10 * n, findings=(bad,)), **place)
        recordings.add(session, new_recording(9))
    return shared_db


WAYS: dict[str, dict[str, float]] = {
    "newest": {},
    "looked up and sorted": {"PROBE": 1, "COMMON": 2},
    "looked up and walked": {"PROBE": 1, "COMMON": 2, "SORTED": 0},
    "asked one by one": {"PROBE": 1, "COMMON": 0, "PIECE": 1},
}


@pytest.fixture(params=list(WAYS.values()), ids=list(WAYS))
def filled(five: Database, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Database:
    """Every filter is answered in every way."""
    for name, value in request.param.items():
        monkeypatch.setattr(walks, name, value)
    return five


def listed(database: Database, **filters: Any) -> list[str]:
    with database.read() as session:
        found = lists.recordings(session, Filters(**filters))
    return [row.file_name.removesuffix(".wav").removeprefix("call-") for row in found.items]


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({}, "943210"),
        ({"staff_ids": (1,)}, "420"),
        ({"staff_ids": (1, 2)}, "43210"),
        ({"staff_ids": ()}, ""),
        ({"window_ids": (2,)}, "43"),
        ({"since": MORNING + timedelta(minutes=3)}, "943"),
        ({"until": MORNING + timedelta(minutes=3)}, "210"),
        ({"rule": "forbidden.brush-off"}, "31"),
        ({"verdict": "pass"}, "420"),
        ({"rule": "forbidden.brush-off", "verdict": "pass"}, ""),
        ({"level": "critical"}, ""),
        ({"reason": "said-forbidden"}, "31"),
        ({"reason": "said", "staff_ids": (1,)}, "420"),
        ({"reason": "said-forbidden", "rule": "forbidden.brush-off", "level": "minor"}, ""),
        ({"reason": "said-forbidden", "verdict": "pass"}, ""),
        ({"score_from": 70.0, "score_to": 80.0}, "21"),
        ({"status": "queued"}, "9"),
        ({"text": "请"}, "40"),
        ({"text": "龘"}, "3"),
        ({"text": "不归"}, "1"),
        ({"text": "您好请问办"}, "0"),
        ({"text": "您请"}, ""),
        ({"text": "abc"}, "3"),
        ({"text": "ABC"}, "3"),
        ({"text": "100%"}, "2"),
        ({"text": "请等"}, ""),
        ({"text": "好", "staff_ids": (1,), "rule": "courtesy.hello", "score_to": 60.0}, "0"),
        ({"rule": "forbidden.brush-off", "text": "龘"}, "3"),
        ({"rule": "forbidden.brush-off", "text": "不归"}, "1"),
        ({"rule": "courtesy.hello", "text": "龘"}, ""),
        ({"verdict": "fail", "text": "请"}, ""),
    ],
    ids=str,
)
def test_filters(filled: Database, filters: dict[str, Any], expected: str) -> None:
    assert "".join(listed(filled, **filters)) == expected


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({}, 5),
        ({"verdict": "fail"}, 2),
        ({"verdict": "fail", "staff_ids": (2,)}, 2),
        ({"window_ids": (1,), "rule": "courtesy.hello"}, 2),
        ({"text": "龘"}, 1),
    ],
    ids=str,
)
def test_filters_of_findings(filled: Database, filters: dict[str, Any], expected: int) -> None:
    with filled.read() as session:
        found = lists.findings(session, Filters(**filters)).items
    assert len(found) == expected
    assert all(row.recording.file_name for row in found)


@pytest.mark.parametrize(
    "filters",
    [
        {"verdict": "fail"},
        {"text": "请"},
        {"text": "您好请问办"},
        {"text": "好", "staff_ids": (1, 2), "rule": "courtesy.hello", "score_to": 80.0, "status": "done"},
    ],
    ids=str,
)
def test_a_selection_is_the_same_as_its_list(five: Database, filters: dict[str, Any]) -> None:
    with five.read() as session:
        chosen = list(session.scalars(lists.recording_ids(session, Filters(**filters))))
        listed = [row.id for row in lists.recordings(session, Filters(**filters)).items]
    assert chosen
    assert chosen == sorted(listed)


def test_scores_are_found_whether_few_have_them_or_many(five: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    assert listed(five, score_from=70.0, score_to=80.0) == ["2", "1"]
    assert not listed(five, score_from=10.0, score_to=20.0)
    monkeypatch.setattr(lists.rows, "_few", lambda *_asked, **_how: None)
    assert listed(five, score_from=70.0, score_to=80.0) == ["2", "1"]
    assert not listed(five, score_from=10.0, score_to=20.0)


def test_what_the_first_rows_let_expect_too_often_is_not_looked_up(five: Database) -> None:
    asked: list[int] = []
    with five.read() as session:
        (condition,) = lists.rows._costly(Filters(rule="forbidden.brush-off"))

        def noted(_session: object, _known: object) -> None:
            asked.append(1)

        known = replace(condition, lookup=noted, most=10)
        assert walks._known(session, [(known, 0.05)], 201) == (None, [])
        assert not asked
        assert walks._known(session, [(known, 0.05)], 200) == (None, [])
        assert asked


def test_postgresql_tells_how_many_transcripts_to_expect_before_any_is_read(five: Database) -> None:
    with five.write() as session:
        if not is_sqlite(session):
            session.execute(text("ANALYZE transcripts"))
        expected = [search.expected(session, search.sought(what)) for what in ("请", "火星")]
        assert expected == ([0, 0] if is_sqlite(session) else [2, 1])


def test_a_page_that_costs_too_much_is_short_and_says_where_to_go_on(
    five: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {"PROBE": 1, "COMMON": 0, "PIECE": 1, "EFFORT": 1}.items():
        monkeypatch.setattr(walks, name, value)
    pages_seen, cursor = [], None
    while True:
        with five.read() as session:
            page = lists.recordings(session, Filters(text="龘"), cursor=cursor)
        pages_seen.append([row.file_name for row in page.items])
        if (cursor := page.next) is None:
            break
    assert pages_seen == [[], ["call-3.wav"], []]


def test_pages_have_neither_gaps_nor_repeats_even_at_the_same_moment(db: Database) -> None:
    with db.write() as session:
        for n in range(7):
            recordings.add(session, new_recording(n, started_at=MORNING + timedelta(minutes=n // 3)))
    seen, cursor = [], None
    while True:
        with db.read() as session:
            page = lists.recordings(session, Filters(), cursor=cursor, limit=2)
        seen += [row.id for row in page.items]
        if (cursor := page.next) is None:
            break
    assert seen == sorted(seen, reverse=True)
    assert len(seen) == 7


@pytest.mark.parametrize("cursor", ["", "x", "bnVsbA==", "WzEsMl0=", "W10=", "中", "WyIyMDI2IiwgImEiXQ=="])
def test_foreign_cursors_are_refused(cursor: str) -> None:
    with pytest.raises(RequestError):
        pages.decode(cursor)


@pytest.mark.parametrize("limit", [0, 201])
def test_wrong_limits_are_refused(db: Database, limit: int) -> None:
    with pytest.raises(RequestError), db.read() as session:
        lists.recordings(session, Filters(), limit=limit)


@pytest.mark.parametrize("text", [" ", "%", "_", ",。"])
def test_a_search_for_no_letter_is_refused(text: str) -> None:
    with pytest.raises(RequestError):
        search.sought(text)


@given(st.text(max_size=40), st.text(min_size=1, max_size=4))
def test_whatever_stands_in_a_text_is_among_its_grams(text: str, part: str) -> None:
    folded = search_form(text)
    kept = set(search.grams(folded).split(" "))
    for start in range(len(folded)):
        for length in (1, 2):
            assert folded[start : start + length] in kept
    assert search_form(search_form(part)) == search_form(part)
