"""A call of 1017 in which 1018 took over and was charged: who finds, sees, reads and contests what."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from service.api.schemas import FindingOut
from service.store import accounts, audits, telling
from service.web.spoken import services_of
from speechaudit import scoring
from speechaudit.model import Audit, Finding, Part, Score, Span
from speechaudit.reasons import because
from tests.service.api_kit import HASH, Api
from tests.service.court import FORBIDDEN, GREETED, SILENT, ask, fill, number
from tests.service.service_kit import POLICY, audit_of, audited, transcript_of

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
    for staff in ("1017", "1018"):
        assert [item["id"] for item in filled.get(f"/recordings?staff={staff}", "inspector")["items"]] == [1]
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


def test_the_page_leads_from_each_finding_to_its_own_row(both: Api) -> None:
    both.people()
    audit = passed_on()
    (encounter,) = audit.encounters
    both_greeted = replace(encounter, findings=(*encounter.findings, replace(GREETED, part=1)))
    with both.db.write() as session:
        audited(session, 1, replace(audit, encounters=(both_greeted,)), staff_id=1, window_id=1)
        rows = audits.findings_of(session, audits.current(session, 1).id)
        known = {(row.part, row.rule): row.id for row in rows}
        (service,) = services_of(
            audits.content(audits.current(session, 1)), [FindingOut.model_validate(r) for r in rows]
        )
    assert {(each.finding.part, each.finding.rule): each.id for each in service.said} == known
    assert len(known) == 3


def test_history_shows_each_part_and_to_the_first_nothing_of_the_colleague(filled: Api) -> None:
    with filled.db.write() as session:
        audits.save(session, 1, audit_of("您好", "不知道", findings=(FORBIDDEN,)), run="again", policy=POLICY)

    def changed(who: Any) -> list[tuple[str, str, int]]:
        newest, _ = filled.get("/recordings/1/changes", who)
        return [(c["change"], c["finding"]["rule"], c["finding"]["part"]) for c in newest["changes"]]

    everything = [
        ("added", "forbidden.dont-know", 0),
        ("removed", "forbidden.dont-know", 1),
        ("removed", "words.hello", 0),
    ]
    assert sorted(changed("inspector")) == everything
    assert sorted(changed("staff")) == [everything[0], everything[2]]


def test_a_veto_is_told_to_whom_it_is_about(both: Api) -> None:
    both.people()
    audit = passed_on()
    (encounter,) = audit.encounters
    assert encounter.parts[1].score is not None
    score = replace(encounter.parts[1].score, vetoed_by=("forbidden.dont-know",))
    parts = (encounter.parts[0], replace(encounter.parts[1], score=score))
    also = replace(FORBIDDEN, verdict="unclear", part=0)  # the same rule, and no veto
    findings = (*encounter.findings, also)
    with both.db.write() as session:
        accounts.add_user(session, COLLEAGUE, HASH, "staff", staff_id=2)
        vetoed = replace(encounter, parts=parts, findings=findings)
        audited(session, 1, replace(audit, encounters=(vetoed,)), staff_id=1, window_id=1)
        telling.vetoed(session, 1)
    told = {who: [each["event"] for each in both.get("/notices", who)["items"]] for who in ("staff", COLLEAGUE, "lead")}
    assert told == {"staff": [], COLLEAGUE: ["finding.veto"], "lead": ["finding.veto"]}


def test_a_reviewer_is_shown_whose_part_it_is(filled: Api) -> None:
    (charge,) = filled.get("/findings", COLLEAGUE)["items"]
    assert filled.get(f"/findings/{charge['id']}/item", "inspector")["staff"]["number"] == "1018"


def test_what_was_missed_is_marked_on_who_said_it(both: Api) -> None:
    both.people()
    audit = passed_on()
    (encounter,) = audit.encounters
    silent = (SILENT, replace(SILENT, part=1))
    with both.db.write() as session:
        accounts.add_user(session, COLLEAGUE, HASH, "inspector", staff_id=2)
        whole = replace(
            encounter, end=9, findings=(*encounter.findings, *silent), transcript=transcript_of(*["话"] * 9)
        )
        audited(session, 1, replace(audit, encounters=(whole,)), staff_id=1, window_id=1)
    said = {"start": 4.0, "end": 5.0, "rule": "forbidden.mock", "reason": "嘲讽"}
    ask(both, "POST", "/recordings/1/marks", COLLEAGUE, 403, **said)
    marked = ask(both, "POST", "/recordings/1/marks", "inspector", 201, **said).json()
    with both.db.read() as session:
        row = audits.finding(session, marked["id"])
        assert (row.part, row.staff_id, row.verdict) == (1, 2, "fail")
    ask(both, "POST", "/recordings/1/marks", COLLEAGUE, 201, **said | {"start": 0.0, "end": 1.0})


@pytest.mark.parametrize("verdict", ["n/a", "pass"])
def test_what_was_reviewed_is_judged_already(both: Api, verdict: str) -> None:
    fill(both)
    ask(both, "POST", f"/findings/{number(both)}/review", "inspector", verdict=verdict, reason="不适用")
    said = {"start": 0.0, "end": 1.0, "rule": "forbidden.dont-know", "reason": "推诿"}
    refused = ask(both, "POST", "/recordings/1/marks", "second", 409, **said)
    assert "请直接复核那个判定" in refused.text


def test_the_colleague_reads_why(filled: Api) -> None:
    (charge,) = filled.get("/findings", COLLEAGUE)["items"]
    item = filled.get(f"/findings/{charge['id']}/item", COLLEAGUE)
    assert (item["message"], item["evidence"][0]["quote"]) == ("请说明到哪里办", "不知道")
    assert filled.ask("GET", f"/findings/{charge['id']}/item", "staff").status_code == 404


def test_each_gets_the_report_of_their_own_part_and_nobody_elses(filled: Api) -> None:
    for who, mine, other, mean in (("staff", "1017", "1018", 100.0), (COLLEAGUE, "1018", "1017", 85.0)):
        assert filled.get(f"/reports/staff/{mine}", who)["figures"]["score"]["mean"] == mean
        assert filled.ask("GET", f"/reports/staff/{other}", who).status_code == 404


def test_reports_say_who_served_when_and_where_a_machine_spoke_but_not_a_word_of_it(both: Api) -> None:
    both.people()
    audit = passed_on()
    (encounter,) = audit.encounters
    spoken = replace(transcript_of("满意请按一").segments[0], role="machine", start=7.0, end=9.0)
    words = replace(encounter.transcript, segments=(*encounter.transcript.segments, spoken))
    with both.db.write() as session:
        whole = replace(audit, encounters=(replace(encounter, transcript=words),))
        audited(session, 1, whole, staff_id=1, window_id=1)
    page = both.ask("GET", "/reports/staff/1017?format=html", "staff").text
    (row,) = both.get("/reports/staff/1017", "staff")["encounters"]
    assert row["happened"] == "00:07 自动播报 2 秒"
    assert [(part["who"], part["known_by"]) for part in row["parts"]] == [
        ("1017", ["录音登记"]),
        ("1018", ["线路记录"]),
    ]
    assert ("自动播报 2 秒" in page, "1018" in page, "满意请按一" in page) == (True, True, False)


def test_whom_the_legs_name_first_stays_when_the_recording_is_put_down_to_another(both: Api) -> None:
    both.people()
    audit = passed_on(staff=None)
    (encounter,) = audit.encounters
    first = replace(encounter.parts[0], reasons=(TAKEN_OVER,), staff="1018")
    named = replace(encounter, parts=(first, encounter.parts[1]))
    with both.db.write() as session:
        audited(session, 1, replace(audit, encounters=(named,)), staff_id=1, window_id=1)
        audits.set_place(session, 1, staff_id=None, window_id=1)
        rows = audits.findings_of(session, audits.current(session, 1).id)
        assert {row.rule: row.staff_id for row in rows} == {"words.hello": 2, "forbidden.dont-know": None}
