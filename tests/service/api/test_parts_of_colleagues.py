"""A call of 1017 in which 1018 took over and was charged: who finds, sees, reads and contests what."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from api_kit import HASH, Api
from court import FORBIDDEN, GREETED, POLICY
from service_kit import audit_of, audited

from service.store import accounts, audits
from speechaudit import scoring
from speechaudit.model import Audit, Finding, Part, Score, Span
from speechaudit.reasons import because

TAKEN_OVER = because("leg-tells", who="8018")
COLLEAGUE: Any = "colleague"


def scored(*findings: Finding) -> Score:
    return scoring.score(scoring.charge(findings, POLICY, "phone"), POLICY, "phone")


def passed_on(staff: str | None = "1018") -> Audit:
    """1017 greeted, and was passed on to a colleague, who was rude."""
    (charged,) = scoring.charge((FORBIDDEN,), POLICY, "phone")
    parts = (
        Part(start=0, end=2, kind="first", stretches=(Span(start=0, end=2),), reasons=(), score=scored(GREETED)),
        Part(
            start=2,
            end=9,
            kind="put-through",
            stretches=(Span(start=2, end=9),),
            reasons=(TAKEN_OVER,),
            staff=staff,
            score=scored(FORBIDDEN),
        ),
    )
    audit = audit_of("您好", "不知道", findings=(GREETED, replace(charged, part=1)))
    (encounter,) = audit.encounters
    return replace(audit, encounters=(replace(encounter, parts=parts, score=parts[0].score),))


@pytest.fixture
def filled(both: Api) -> Api:
    both.people()
    with both.db.write() as session:
        accounts.add_user(session, COLLEAGUE, HASH, "staff", staff_id=2)
        audited(session, 1, passed_on(), staff_id=1, window_id=1)
    return both


def rules(api: Api, path: str, who: Any) -> list[str]:
    found = api.get(path, who)
    return [item["rule"] for item in (found["items"] if isinstance(found, dict) else found)]


def test_each_sees_the_findings_about_their_own_part(filled: Api) -> None:
    assert rules(filled, "/findings", "staff") == ["words.hello"]
    assert rules(filled, "/findings", COLLEAGUE) == ["forbidden.dont-know"]
    assert rules(filled, "/recordings/1/findings", "staff") == ["words.hello"]
    assert sorted(rules(filled, "/recordings/1/findings", "inspector")) == ["forbidden.dont-know", "words.hello"]


def test_a_recording_is_found_by_whoever_served_in_a_part_of_it(filled: Api) -> None:
    for number in ("1017", "1018"):
        assert [item["id"] for item in filled.get(f"/recordings?staff={number}", "inspector")["items"]] == [1]
    assert filled.get("/recordings", COLLEAGUE)["items"] == []


def test_the_audit_shows_the_first_nothing_of_what_was_found_about_the_colleague(filled: Api) -> None:
    (own,) = filled.get("/recordings/1/audit", "staff")["encounters"]
    assert [finding["rule"] for finding in own["findings"]] == ["words.hello"]
    assert [part["score"] and part["score"]["total"] for part in own["parts"]] == [100.0, None]
    (whole,) = filled.get("/recordings/1/audit", "inspector")["encounters"]
    assert [part["score"]["total"] for part in whole["parts"]] == [100.0, 85.0]
    assert filled.get("/recordings/1", "staff")["total"] == 100.0


def test_reports_count_the_parts(filled: Api) -> None:
    means = {n: filled.get(f"/reports/staff/{n}", "inspector")["figures"]["score"]["mean"] for n in ("1017", "1018")}
    assert means == {"1017": 100.0, "1018": 85.0}


def test_the_colleague_contests_and_a_decision_counts_for_their_part(filled: Api) -> None:
    (charge,) = filled.get("/findings", COLLEAGUE)["items"]
    asked = filled.ask("POST", f"/findings/{charge['id']}/appeal", COLLEAGUE, json={"reason": "我不知道那个窗口"})
    assert asked.status_code in (200, 201), asked.text
    assert filled.ask("POST", f"/findings/{charge['id']}/appeal", "staff", json={"reason": "x"}).status_code == 404


def test_whom_nobody_registered_is_nobody(both: Api) -> None:
    both.people()
    with both.db.write() as session:
        audited(session, 1, passed_on(staff="9999"), staff_id=1, window_id=1)
        rows = audits.findings_of(session, audits.current(session, 1).id)
        assert {row.rule: row.staff_id for row in rows} == {"words.hello": 1, "forbidden.dont-know": None}
        audits.set_place(session, 1, staff_id=2, window_id=1)
        assert {row.rule: row.staff_id for row in rows} == {"words.hello": 2, "forbidden.dont-know": None}
