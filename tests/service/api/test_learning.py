"""What administrators take out of the reviews for the label model: masked lines, noted in the log, and nobody else."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from service import learning
from service.store import centre
from speechaudit.errors import InputError
from speechaudit.learning import SUFFIX
from speechaudit.model import Evidence
from speechaudit.reasons import because
from tests.service.api_kit import Api
from tests.service.court import judged
from tests.service.service_kit import audited, finding

WORDS = "赵铁柱让我告诉您,电话13812345678没人接,不知道"
SAID = Evidence(
    start=0.0,
    end=1.0,
    role="staff",
    quote="不知道",
    reasons=(because("said-forbidden", quote="不知道", title="推诿", rule="r"),),
    match="exact",
)


@pytest.fixture
def reviewed(both: Api) -> Api:
    """Recording 1, in which an inspector confirmed what the program charged, and marked what it missed."""
    both.people()
    found = finding("forbidden.dont-know", "fail", level="critical", evidence=(SAID,))
    silent = finding("forbidden.scold", "pass")
    with both.db.write() as session:
        centre.put_staff(session, "1019", "赵铁柱")
        audited(session, 1, judged(found, silent, texts=(WORDS, "吼啥子吼", "您好")), staff_id=1, window_id=1)
    (number,) = (each["id"] for each in both.get("/recordings/1/findings"))
    assert both.ask("POST", f"/findings/{number}/review", "inspector", json={"verdict": "fail"}).status_code == 200
    mark = {"start": 1.0, "end": 2.0, "rule": "forbidden.scold", "reason": "大声训斥"}
    assert both.ask("POST", "/recordings/1/marks", "inspector", json=mark).status_code == 201
    return both


def test_an_administrator_takes_masked_lines_and_the_log_says_so(reviewed: Api) -> None:
    answer = reviewed.ask("GET", "/reviews/lines", "admin")
    lines = [json.loads(line) for line in answer.text.splitlines()]
    assert [(own["text"], own["labels"]) for own in lines] == [
        ("***让我告诉您,电话***********没人接,不知道", ["forbid-dont-know"]),
        ("吼啥子吼", ["forbid-scold"]),
    ]
    assert len({own["family"] for own in lines}) == 1
    assert SUFFIX in answer.headers["content-disposition"]
    assert reviewed.ask("GET", "/reviews/lines", "inspector").status_code == 403
    noted = [entry["action"] for entry in reviewed.get("/log", "admin")]
    assert noted[:2] == ["refused 403 GET /api/v1/reviews/lines", "GET /api/v1/reviews/lines"]


def test_what_was_taken_back_is_not_learned_from(reviewed: Api) -> None:
    (mark,) = (each["id"] for each in reviewed.get("/recordings/1/findings") if each["rule"] == "forbidden.scold")
    assert reviewed.ask("DELETE", f"/findings/{mark}/review", "inspector").status_code == 200
    assert len(reviewed.ask("GET", "/reviews/lines", "admin").text.splitlines()) == 1


def test_the_machine_of_the_service_learns_from_its_database(
    reviewed: Api, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("SPEECHAUDIT_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("SPEECHAUDIT_DATABASE_URL", reviewed.db.engine.url.render_as_string(hide_password=False))
    offer = learning.supply()
    assert [sorted(line.labels) for line in offer.lines()] == [["forbid-dont-know"], ["forbid-scold"]]
    assert offer.folder == tmp_path / "data" / "labels"
    offer.noted("refused")
    noted = [(row["action"], row["what"]) for row in reviewed.get("/log", "admin")]
    assert {("speechaudit learn", "out of the reviews"), ("speechaudit learn", "refused")} < set(noted)


def test_without_a_service_nothing_can_be_learned(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SPEECHAUDIT_DATA", str(tmp_path))
    with pytest.raises(InputError, match="还没有安装好的服务"):
        learning.supply().lines()
