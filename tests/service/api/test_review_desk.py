"""The queue of reviewers: nobody works on the same, what is skipped waits, what is decided can be taken back."""

from __future__ import annotations

from datetime import timedelta
from threading import Barrier, Thread
from typing import Any

import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from service.api import review_items, reviews
from service.api.review_items import ReviewItemOut
from service.store import accounts, audits
from service.store.base import now
from service.store.reviews import desk
from service.store.reviews.tables import Claim, ReviewCase
from speechaudit.model import Recording, Segment, Transcript
from speechaudit.pipeline import judge_transcript
from speechaudit.rules import rulebook
from tests.service.api_kit import HASH, Api
from tests.service.court import DOUBTFUL, FORBIDDEN, GREETED, SILENT, ask, fill, judged, number
from tests.service.service_kit import POLICY, audited


@pytest.fixture
def court(both: Api) -> Api:
    return fill(both)


def taken(api: Api, who: str) -> dict[str, Any]:
    return dict(ask(api, "POST", "/reviews/next", who).json())


def test_a_case_shows_who_where_why_clause_and_what_is_at_stake(court: Api) -> None:
    case = taken(court, "inspector")["item"]
    assert (case["rule"], case["staff"]["number"], case["window"]["code"]) == ("forbidden.hurry", "1017", "A01")
    assert case["evidence"][0]["why"] == "说了“快点”,是否属于“催促”要听语气"
    assert [line["text"] for line in case["around"]] == ["不知道", "快点", "您好"]
    assert (case["if_fail"], case["if_not"], case["claimed_by"], case["second"]) == (83, 85, None, False)
    charged = court.get(f"/findings/{number(court)}/item", "staff")
    assert (charged["if_fail"], charged["if_not"], charged["message"]) == (85, 100, "请说明到哪里办")


def test_what_may_be_forbidden_in_a_service_without_score_is_on_the_desk_and_costs_nothing(both: Api) -> None:
    both.people()
    spoken = [(0, "S1", "我想办社保卡。"), (4, "S2", "这不归我管,你去问别人。"), (8, "S1", "那我问谁去,再见。")]
    said = tuple(
        Segment(start=at, end=at + 3, text=text, role="unknown", speaker=who, confidence=0.9)
        for at, who, text in spoken
    )
    heard = Transcript(segments=said, duration=11.0)
    book = rulebook.load()
    audit = judge_transcript(book, Recording(file="call.wav", setting="phone"), heard)
    with both.db.write() as session:
        audited(session, 1, audit, staff_id=1, window_id=1)
    case = taken(both, "inspector")["item"]
    assert (case["rule"], case["verdict"], case["level"]) == ("forbidden.ask-others", "unclear", "critical")
    (place,) = case["evidence"]
    assert (place["role"], place["quote"], place["start"]) == (
        "unknown",
        "这不归我管,你去问别人",
        pytest.approx(4, abs=1),
    )
    assert place["why"].endswith(",不能确定这句话是谁说的")
    assert (case["if_fail"], case["if_not"]) == (None, None)
    ask(both, "POST", f"/findings/{case['id']}/review", "inspector", verdict="fail", reason="听得出是工作人员")
    assert both.get("/recordings/1/audit")["encounters"][0]["score"]["total"] is None


def test_nobody_who_writes_waits_while_an_item_is_put_together(court: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    writing: list[bool] = []
    put_together = review_items.item

    def noted(session: Session, *given: Any, **known: Any) -> ReviewItemOut:
        writing.append(bool(session.connection().get_execution_options().get("speechaudit_writes")))
        return put_together(session, *given, **known)

    monkeypatch.setattr(reviews, "item", noted)
    case = taken(court, "inspector")["item"]
    assert ask(court, "POST", f"/findings/{case['id']}/claim", "inspector").json() == case
    assert writing == [False, False]


def test_what_one_has_on_the_desk_nobody_else_gets_until_it_is_left_for_long(court: Api) -> None:
    first = taken(court, "inspector")
    assert (first["left"]["waiting"], first["item"]["id"]) == (1, number(court, "forbidden.hurry"))
    second = taken(court, "second")
    assert (second["item"], second["left"]) == (None, {"waiting": 0, "seconds": 0, "skipped": 0, "claimed": 1})
    path = f"/findings/{first['item']['id']}"
    assert "inspector 正在复核" in ask(court, "POST", f"{path}/claim", "second", 409).json()["detail"]
    assert (
        ask(court, "POST", f"{path}/review", "second", 409, verdict="n/a", reason="抢先").json()["type"] == "conflict"
    )
    assert court.get(f"{path}/item", "second")["claimed_by"] == "inspector"
    with court.db.write() as session:
        session.execute(update(Claim).values(until=now() - timedelta(seconds=1)))
    assert taken(court, "second")["item"]["id"] == first["item"]["id"]
    ask(court, "DELETE", f"{path}/claim", "inspector", 204)
    assert court.get(f"{path}/item", "inspector")["claimed_by"] == "second"
    ask(court, "DELETE", f"{path}/claim", "second", 204)
    ask(court, "POST", f"{path}/review", "inspector", verdict="n/a", reason="听不出语气")
    assert taken(court, "second")["left"]["waiting"] == 0


def test_of_two_who_ask_at_once_each_gets_another_case(both: Api) -> None:
    both.people()
    with both.db.write() as session:
        accounts.add_user(session, "second", HASH, "inspector")
        for n in (1, 2):
            audited(session, n, judged(DOUBTFUL))
    together, got = Barrier(2), list[int]()
    headers = {who: both.headers(who) for who in ("inspector", "second")}

    def work(who: str) -> None:
        together.wait(60)
        answer = both.client.post("/api/v1/reviews/next", json={}, headers=headers[who])
        got.append(answer.json()["item"]["id"])

    threads = [Thread(daemon=True, target=work, args=(who,)) for who in headers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(set(got)) == 2


def test_of_two_who_reach_for_the_same_one_gets_it(court: Api) -> None:
    """Without the queue between them: the insert itself decides."""
    together, ends = Barrier(2), list[bool]()

    def reach(user_id: int) -> None:
        with court.db.read() as session:
            row = audits.finding(session, 1)
        together.wait(60)
        with court.db.write() as session:
            ends.append(desk.take(session, row, user_id))

    threads = [Thread(daemon=True, target=reach, args=(user,)) for user in (2, 5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(ends) == [False, True]


def test_what_is_skipped_comes_when_it_is_taken_up_again(court: Api) -> None:
    case = taken(court, "inspector")["item"]
    ask(court, "POST", f"/findings/{case['id']}/skip", "inspector", 204)
    after = taken(court, "inspector")
    assert (after["item"], after["left"]["skipped"], after["left"]["waiting"]) == (None, 1, 0)
    assert taken(court, "second")["item"]["id"] == case["id"]
    ask(court, "DELETE", f"/findings/{case['id']}/claim", "second", 204)
    ask(court, "DELETE", "/reviews/skipped", "inspector", 204)
    assert taken(court, "inspector")["item"]["id"] == case["id"]


def test_a_review_can_be_taken_back_by_its_author_before_anything_else_happens(court: Api) -> None:
    path = f"/findings/{number(court)}"
    before = court.get(path)
    ask(court, "DELETE", f"{path}/review", "inspector", 409)
    ask(court, "POST", f"{path}/review", "inspector", verdict="pass", reason="是转述")
    assert court.get("/recordings/1")["total"] == 100
    ask(court, "DELETE", f"{path}/review", "second", 403)
    undone = ask(court, "DELETE", f"{path}/review", "inspector").json()
    assert (undone["state"], undone["verdict"], undone["events"][-1]["action"]) == ("withdrawn", None, "undo")
    assert (court.get("/recordings/1")["total"], court.get(path)) == (85, before | {"review": "withdrawn"})
    ask(court, "POST", f"{path}/review", "second", verdict="fail")
    ask(court, "POST", f"{path}/review", "inspector", verdict="n/a", reason="听不清")
    back = ask(court, "DELETE", f"{path}/review", "inspector").json()
    assert (back["state"], back["verdict"], court.get("/recordings/1")["total"]) == ("reviewed", "fail", 85)
    ask(court, "POST", f"{path}/appeal", "staff", reason="是转述")
    ask(court, "DELETE", f"{path}/review", "second", 409)


def test_a_doubtful_finding_that_is_taken_back_waits_again_at_its_place(court: Api) -> None:
    case = taken(court, "inspector")["item"]
    ask(court, "POST", f"/findings/{case['id']}/review", "inspector", verdict="fail", reason="听得清")
    assert court.get("/reviews/left", "inspector")["waiting"] == 0
    ask(court, "DELETE", f"/findings/{case['id']}/review", "inspector")
    assert taken(court, "inspector")["item"]["id"] == case["id"]


def test_a_second_person_looks_without_knowing_the_first_and_changes_nothing(court: Api) -> None:
    path = f"/findings/{number(court)}"
    ask(court, "POST", f"{path}/second", "second", 409, verdict="fail")
    ask(court, "POST", f"{path}/review", "inspector", verdict="pass", reason="是转述")
    assert court.get("/reviews/agreement", "inspector")["n"] == 0
    with court.db.write() as session:
        session.execute(update(ReviewCase).values(lot=0.05))
    assert court.get("/reviews/left", "inspector")["seconds"] == 0
    blind = taken(court, "second")
    assert (blind["left"]["seconds"], blind["item"]["second"], blind["item"]["review"]) == (1, True, "")
    assert (blind["item"]["verdict"], blind["item"]["points"]) == ("fail", 15)
    ask(court, "POST", f"{path}/second", "inspector", 403, verdict="fail")
    told = ask(court, "POST", f"{path}/second", "second", verdict="fail").json()
    assert (told["verdict"], told["state"], court.get("/recordings/1")["total"]) == ("pass", "reviewed", 100)
    ask(court, "POST", f"{path}/second", "second", 409, verdict="fail")
    found = court.get("/reviews/agreement", "inspector")
    assert (found["n"], found["agreed"], found["kappa"]) == (1, 0, 0.0)
    ask(court, "POST", f"{path}/appeal", "staff", 409, reason="已是 pass")


def test_a_missed_sentence_becomes_a_finding_that_counts_and_can_be_contested(court: Api) -> None:
    said = {"start": 0.1, "end": 0.9, "rule": "forbidden.mock", "reason": "语气是嘲讽"}
    marked = ask(court, "POST", "/recordings/1/marks", "inspector", 201, **said).json()
    assert (marked["quote"], marked["verdict"], marked["machine"], marked["review"]) == (
        "不知道",
        "fail",
        "pass",
        "reviewed",
    )
    shown = court.get(f"/findings/{marked['id']}/item")
    assert (shown["evidence"][0]["why"], shown["evidence"][0]["match"]) == ("程序没有发现,由督查听后标记", "person")
    assert court.get("/findings?rule=forbidden.mock")["items"][0]["id"] == marked["id"]
    ask(court, "POST", "/recordings/1/marks", "second", 409, **said)
    ask(court, "POST", "/recordings/1/marks", "inspector", 409, **said | {"rule": "forbidden.hurry"})
    ask(court, "POST", "/recordings/1/marks", "inspector", 422, **said | {"rule": "no.such"})
    ask(court, "POST", "/recordings/1/marks", "inspector", 422, **said | {"start": 90, "end": 91})
    assert [r["rule"] for r in court.get("/reviews/rates", "inspector")] == []
    with court.db.write() as session:
        audits.save(session, 1, judged(FORBIDDEN, DOUBTFUL, GREETED, SILENT), run="again", policy=POLICY)
    (kept,) = court.get("/findings?rule=forbidden.mock")["items"]
    assert (kept["verdict"], kept["review"], kept["id"] != marked["id"]) == ("fail", "reviewed", True)
    ask(court, "POST", f"/findings/{kept['id']}/appeal", "staff", reason="没有嘲讽")
    ask(court, "POST", f"/findings/{kept['id']}/decision", "inspector", 403, verdict="pass", reason="x")
    ask(court, "POST", f"/findings/{kept['id']}/decision", "second", verdict="pass", reason="语气平常")
    assert court.get("/recordings/1")["total"] == 85


def test_a_mark_charges_what_its_rule_costs_and_vanishes_when_taken_back(both: Api) -> None:
    both.people()
    with both.db.write() as session:
        audited(session, 1, judged(GREETED, SILENT), staff_id=1, window_id=1)
    said = {"start": 0.0, "end": 1.0, "rule": "forbidden.mock", "reason": "语气是嘲讽"}
    marked = ask(both, "POST", "/recordings/1/marks", "inspector", 201, **said).json()
    assert (marked["points"], both.get("/recordings/1")["total"]) == (5, 95)
    report = both.get("/reports/staff/1017", "staff")
    assert [(m["rule"], m["match"]) for m in report["moments"]] == [("forbidden.mock", "person")]
    ask(both, "DELETE", f"/findings/{marked['id']}/review", "inspector")
    assert (both.get("/recordings/1")["total"], both.get("/findings?rule=forbidden.mock")["items"]) == (100, [])
    again = ask(both, "POST", "/recordings/1/marks", "inspector", 201, **said).json()
    assert (again["points"], both.get("/recordings/1")["total"]) == (5, 95)


def test_findings_are_found_by_the_code_that_reports_print(court: Api) -> None:
    (moment,) = court.get("/reports/staff/1017", "staff")["moments"]
    assert [f["id"] for f in court.get(f"/findings/codes/{moment['id']}", "staff")] == [number(court)]
    assert [f["id"] for f in court.get(f"/findings/codes/{moment['id'].lower()}", "inspector")] == [number(court)]
    ask(court, "GET", "/findings/codes/00000000", "inspector", 404)
    with court.db.write() as session:
        accounts.add_user(session, "other", HASH, "staff", staff_id=2)
    ask(court, "GET", f"/findings/codes/{moment['id']}", "other", 404)


def test_the_lead_of_the_window_comments_and_everybody_reads_it(court: Api) -> None:
    path = f"/findings/{number(court)}"
    ask(court, "POST", f"{path}/comments", "lead", 409, text="还没有人复核")
    ask(court, "POST", f"{path}/appeal", "staff", reason="系统停机")
    told = ask(court, "POST", f"{path}/comments", "lead", text="当天系统确实停机").json()
    assert (told["state"], [e["action"] for e in told["events"]]) == ("appealed", ["appeal", "comment"])
    (case,) = court.get("/cases", "staff")
    assert (case["events"][-1]["by"], case["events"][-1]["role"]) == ("lead", "窗口负责人")
    with court.db.write() as session:
        outsider = accounts.add_user(session, "elsewhere", HASH, "lead")
        accounts.set_windows(session, outsider, [2])
    ask(court, "POST", f"{path}/comments", "elsewhere", 404, text="不是我的窗口")
    ask(court, "POST", f"{path}/decision", "inspector", verdict="pass", reason="停机")
    ask(court, "POST", f"{path}/comments", "lead", 409, text="晚了")


def test_what_can_be_contested_is_listed_with_its_last_day(court: Api) -> None:
    (term,) = court.get("/appeals/terms", "staff")
    made = court.get("/recordings/1/audits")[0]["made_at"]
    assert (term["finding"]["rule"], term["until"] > made) == ("forbidden.dont-know", True)
    with court.db.write() as session:
        session.execute(update(audits.AuditRow).values(made_at=now() - timedelta(days=16)))
    assert court.get("/appeals/terms", "staff") == []
    ask(court, "POST", f"/findings/{number(court)}/review", "inspector", verdict="fail")
    assert len(court.get("/appeals/terms", "staff")) == 1
    ask(court, "POST", f"/findings/{number(court)}/appeal", "staff", reason="x")
    assert court.get("/appeals/terms", "staff") == []
