"""From verdict through review and appeal to what is final, and what the score and the reports make of it."""

from __future__ import annotations

from datetime import timedelta
from threading import Barrier, Thread
from time import sleep
from typing import Any

import pytest
from httpx2 import Response
from sqlalchemy import update

from service.errors import ConflictError
from service.store import accounts, audits
from service.store.audits import AuditRow, FindingRow
from service.store.base import now
from service.store.reviews import cases, queues
from speechaudit.reviews import Statement
from tests.service.api_kit import HASH, Api
from tests.service.court import DOUBTFUL, FORBIDDEN, GREETED, judged
from tests.service.service_kit import POLICY, audited, finding, keep_proposal


@pytest.fixture
def court(both: Api) -> Api:
    """Recording 1 of staff 1017: a forbidden phrase (85 points), a doubtful one, a greeting; two inspectors."""
    both.people()
    with both.db.write() as session:
        accounts.add_user(session, "second", HASH, "inspector")
        audited(session, 1, judged(FORBIDDEN, DOUBTFUL, GREETED), staff_id=1, window_id=1)
    assert both.get("/recordings/1")["total"] == 85
    return both


def number(api: Api, rule: str = "forbidden.dont-know") -> int:
    return int(next(f["id"] for f in api.get("/recordings/1/findings") if f["rule"] == rule))


def post(api: Api, path: str, who: Any, status: int = 200, **body: Any) -> Response:
    answer = api.ask("POST", f"/findings/{number(api)}/{path}", who, json=body)
    assert answer.status_code == status, answer.text
    return answer


def test_a_verdict_is_contested_decided_by_a_second_person_and_final(court: Api) -> None:
    before = court.get("/reports/staff/1017", "staff")
    assert (before["figures"]["score"]["mean"], len(before["moments"])) == (85, 1)

    assert post(court, "review", "inspector", verdict="fail").json()["state"] == "reviewed"
    assert court.get("/recordings/1")["total"] == 85
    post(court, "decision", "second", 409, verdict="pass", reason="没有申诉")
    assert post(court, "appeal", "staff", reason="是转述群众的话").json()["state"] == "appealed"
    assert [f["id"] for f in court.get("/appeals", "staff")] == [number(court)]
    post(court, "appeal", "staff", 409, reason="再说一遍")
    post(court, "review", "second", 409, verdict="pass", reason="请走裁定")
    post(court, "decision", "inspector", 403, verdict="pass", reason="复核过的人")
    post(court, "decision", "second", 422, verdict="pass")
    decided = post(court, "decision", "second", verdict="pass", reason="听了前后文,是转述").json()

    assert (decided["state"], decided["machine"], decided["verdict"]) == ("decided", "fail", "pass")
    assert [(e["action"], e["by"], e["verdict"]) for e in decided["events"]] == [
        ("review", "inspector", "fail"),
        ("appeal", "staff", None),
        ("decide", "second", "pass"),
    ]
    assert decided["finding"]["points"] == 0
    assert court.get("/recordings/1")["total"] == 100
    assert court.get("/appeals") == []
    assert court.get("/findings?verdict=fail")["items"] == []
    audit = court.get("/recordings/1/audit", "staff")["encounters"][0]
    shown = next(f for f in audit["findings"] if f["rule"] == "forbidden.dont-know")
    assert (shown["verdict"], shown["review"]["machine"], shown["review"]["final"]) == ("pass", "fail", True)
    after = court.get("/reports/staff/1017", "staff")
    assert (after["figures"]["score"]["mean"], after["moments"]) == (100, [])
    assert [credit["rule"] for credit in after["credits"]] == ["words.hello"]
    assert (after["figures"]["reviewed"]["hits"], after["figures"]["reviewed"]["n"]) == (1, 2)
    post(court, "appeal", "staff", 409, reason="已裁定")
    post(court, "review", "inspector", 409, verdict="fail")
    assert court.get(f"/findings/{number(court)}/case", "staff")["state"] == "decided"


def test_a_doubtful_finding_can_become_a_charge_and_leaves_the_queue(court: Api) -> None:
    assert [f["rule"] for f in court.get("/reviews?limit=1", "inspector")] == ["forbidden.hurry"]
    path = f"/findings/{number(court, 'forbidden.hurry')}/review"
    assert court.ask("POST", path, "inspector", json={"verdict": "fail", "reason": "听得清"}).status_code == 200
    assert court.get("/recordings/1")["total"] == 83
    assert court.get("/reviews", "inspector") == []
    assert court.ask("POST", path, "second", json={"verdict": "n/a", "reason": "语气听不出"}).status_code == 200
    assert court.get("/recordings/1")["total"] == 85


@pytest.mark.slow  # a hundred audits, and on both databases
def test_the_queue_goes_by_severity_and_doubt_and_draws_a_sample(both: Api) -> None:
    both.people()
    with both.db.write() as session:
        for n in range(1, 101):
            audited(session, n, judged(finding("a.b", "fail", f"第{n}句")))
        critical = finding("c.d", "unclear", "x", level="critical")
        audited(session, 101, judged(DOUBTFUL, critical))
    drawn = both.get("/reviews?limit=200", "inspector")
    assert [f["rule"] for f in drawn[:2]] == ["c.d", "forbidden.hurry"]
    assert 1 <= len(drawn[2:]) <= 15, "one in twenty of a hundred clear findings"
    assert both.get("/reviews?limit=200", "inspector") == drawn
    assert both.get("/reviews?rule=c.d", "inspector") == drawn[:1]


def test_of_two_who_decide_at_once_one_is_told_that_it_is_over(court: Api) -> None:
    """Both look before either has decided: on PostgreSQL nothing but the lock keeps them apart."""
    post(court, "appeal", "staff", reason="不是我说的")
    with court.db.write() as session:
        judges = [accounts.add_user(session, name, HASH, "inspector").id for name in ("third", "fourth")]
    together, ends = Barrier(2), list[str]()

    def decide(judge: int) -> None:
        with court.db.read() as session:
            row = audits.finding(session, number_found)
            assert cases.case_of(session, row).state == "appealed"
        together.wait(60)
        try:
            with court.db.write() as session:
                word = Statement(user_id=judge, reason="听过了", verdict="pass")
                cases.decide(session, audits.finding(session, number_found), word)
                sleep(0.2)
            ends.append("decided")
        except ConflictError:
            ends.append("over")

    number_found = number(court)
    threads = [Thread(daemon=True, target=decide, args=(judge,)) for judge in judges]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(ends) == ["decided", "over"]


def test_decisions_outlive_a_reaudit_that_finds_the_same_and_no_other(court: Api) -> None:
    post(court, "review", "inspector", verdict="pass", reason="是转述")
    with court.db.write() as session:
        audits.save(session, 1, judged(FORBIDDEN, GREETED), run="again", policy=POLICY)
    assert court.get("/recordings/1")["total"] == 100
    assert [f["review"] for f in court.get("/recordings/1/findings") if f["verdict"] == "pass"] == ["reviewed", ""]
    elsewhere = finding("forbidden.dont-know", "fail", "我不知道", level="critical")
    with court.db.write() as session:
        audits.save(session, 1, judged(elsewhere, GREETED), run="third", policy=POLICY)
    assert court.get("/recordings/1")["total"] == 85
    with court.db.read() as session:
        old = session.get(FindingRow, 1)
        assert old is not None
    answer = court.ask("POST", "/findings/1/review", "inspector", json={"verdict": "fail"})
    assert (answer.status_code, "以前的稽核" in answer.json()["detail"]) == (409, True)


def test_an_appeal_has_a_term_that_begins_anew_with_a_review(court: Api) -> None:
    with court.db.write() as session:
        session.execute(update(AuditRow).values(made_at=now() - timedelta(days=16)))
    assert "期限" in post(court, "appeal", "staff", 409, reason="晚了").json()["detail"]
    post(court, "review", "inspector", verdict="fail")
    post(court, "appeal", "staff", reason="复核之后")


def test_an_appeal_can_be_taken_back_by_its_author_alone(court: Api) -> None:
    post(court, "appeal", "staff", reason="不是我说的")
    path = f"/findings/{number(court)}/appeal"
    with court.db.write() as session:
        accounts.add_user(session, "namesake", HASH, "staff", staff_id=1)
    assert court.ask("DELETE", path, "namesake").status_code == 403
    assert court.ask("DELETE", path, "staff").json()["state"] == "withdrawn"
    assert court.ask("DELETE", path, "staff").status_code == 409
    assert court.get(f"/findings/{number(court)}")["review"] == "withdrawn"
    post(court, "appeal", "staff", reason="想好了")


def test_nobody_judges_their_own_finding_nor_contests_what_costs_nothing(court: Api) -> None:
    with court.db.write() as session:
        accounts.add_user(session, "both", HASH, "inspector", staff_id=1)
    post(court, "review", "both", 403, verdict="pass", reason="自己")
    answer = court.ask("POST", f"/findings/{number(court, 'words.hello')}/appeal", "staff", json={"reason": "x"})
    assert (answer.status_code, "没有扣分" in answer.json()["detail"]) == (409, True)
    assert court.ask("GET", f"/findings/{number(court)}/case").status_code == 404
    post(court, "appeal", "staff", 422, reason="  ")


def test_rates_tell_how_often_the_program_was_overruled(court: Api) -> None:
    post(court, "review", "inspector", verdict="pass", reason="是转述")
    path = f"/findings/{number(court, 'words.hello')}/review"
    assert court.ask("POST", path, "inspector", json={"verdict": "pass"}).status_code == 200
    rates = court.get("/reviews/rates", "inspector")
    assert [(r["rule"], r["machine"], r["overruled"]["hits"], r["overruled"]["n"]) for r in rates] == [
        ("forbidden.dont-know", "fail", 1, 1),
        ("words.hello", "pass", 0, 1),
    ]


def test_a_reaudit_shows_the_score_that_will_count(court: Api) -> None:
    from service.store import reaudits

    post(court, "review", "inspector", verdict="pass", reason="是转述")
    made = court.ask("POST", "/reaudits", "inspector", json={"selection": {}}).json()["id"]
    with court.db.write() as session:
        keep_proposal(session, made, 1, judged(FORBIDDEN))
        reaudits.ready(session, made)
    (told,) = court.get(f"/reaudits/{made}/differences", "inspector")
    assert (told["old_total"], told["new_total"]) == (100.0, 100.0)
    assert "forbidden.dont-know" not in {each["rule"] for each in told["findings"]}


def test_a_reaudit_waits_for_appeals_that_it_would_leave_without_their_finding(court: Api) -> None:
    from service.store import reaudits

    post(court, "appeal", "staff", reason="不是我说的")
    made = court.ask("POST", "/reaudits", "inspector", json={"selection": {}}).json()["id"]
    with court.db.write() as session:
        keep_proposal(session, made, 1, judged(GREETED))
        reaudits.ready(session, made)
    assert court.get(f"/reaudits/{made}", "inspector")["contested"] == [1]
    refused = court.ask("POST", f"/reaudits/{made}/apply", "inspector")
    assert (refused.status_code, "先裁定申诉" in refused.json()["cure"]) == (409, True)
    assert [f["rule"] for f in court.get("/appeals", "inspector")] == ["forbidden.dont-know"]
    post(court, "decision", "inspector", verdict="pass", reason="是转述")
    assert court.get(f"/reaudits/{made}", "inspector")["contested"] == []
    assert court.ask("POST", f"/reaudits/{made}/apply", "inspector").json()["status"] == "applied"


def test_an_appeal_that_comes_while_a_reaudit_is_applied_keeps_its_finding(court: Api) -> None:
    from service.jobs import applying
    from service.store import reaudits

    made = court.ask("POST", "/reaudits", "inspector", json={"selection": {}}).json()["id"]
    with court.db.write() as session:
        keep_proposal(session, made, 1, judged(GREETED))
        reaudits.ready(session, made)
        reaudits.decide(session, made)
    post(court, "appeal", "staff", reason="不是我说的")
    applying.apply_rest(court.db, 60)
    (left,) = court.get(f"/reaudits/{made}/differences", "inspector")
    assert (left["status"], "没有采用" in left["failure"]) == ("failed", True)
    assert [f["rule"] for f in court.get("/appeals", "inspector")] == ["forbidden.dont-know"]
    assert court.get(f"/reaudits/{made}", "inspector")["applied_at"] is not None


def test_findings_of_an_earlier_version_must_be_audited_again_first(court: Api) -> None:
    with court.db.write() as session:
        session.execute(update(FindingRow).values(key=""))
    assert "复评" in post(court, "review", "inspector", 409, verdict="fail").json()["cure"]
    with court.db.read() as session:
        assert queues.by_rule(session) == ()
