"""A re-audit shows what it finds otherwise, with points or without."""

from __future__ import annotations

from pathlib import Path

from service.store import Database, reaudits
from speechaudit.model import Finding
from tests.service.api_kit import Api
from tests.service.court import DOUBTFUL, FORBIDDEN, GREETED, SILENT, fill, judged
from tests.service.service_kit import finding, keep_proposal

TRIED = finding("words.slowly", "fail", "不知道", status="trial", kind="required")


def proposed(api: Api, *findings: Finding) -> int:
    """A re-audit of recording 1 that is ready with these findings."""
    made = api.ask("POST", "/reaudits", "inspector", json={"selection": {}})
    number = int(made.json()["id"])
    with api.db.write() as session:
        keep_proposal(session, number, 1, judged(*findings))
        reaudits.ready(session, number)
    return number


def test_a_finding_without_points_is_a_difference(db: Database, tmp_path: Path) -> None:
    api = fill(Api(db, tmp_path))
    number = proposed(api, FORBIDDEN, DOUBTFUL, GREETED, SILENT, TRIED)
    (told,) = api.get(f"/reaudits/{number}/differences", "inspector")
    assert (told["old_total"], told["new_total"]) == (85.0, 85.0)
    assert [(f["rule"], f["before"], f["after"], f["start"]) for f in told["findings"]] == [
        ("words.slowly", None, "fail", 1.0)
    ]
    assert api.get(f"/reaudits/{number}", "inspector")["standing"] | {"total": 1} == {
        "total": 1,
        "done": 1,
        "failed": 0,
        "raised": 0,
        "lowered": 0,
        "differing": 1,
    }


def test_what_vanishes_or_is_judged_otherwise_is_one_too(db: Database, tmp_path: Path) -> None:
    api = fill(Api(db, tmp_path))
    doubted = finding("forbidden.dont-know", "unclear", "不知道", level="critical")
    number = proposed(api, doubted, GREETED, SILENT)
    (told,) = api.get(f"/reaudits/{number}/differences", "inspector")
    assert {(f["rule"], f["before"], f["after"]) for f in told["findings"]} == {
        ("forbidden.dont-know", "fail", "unclear"),
        ("forbidden.hurry", "unclear", None),
    }
    assert api.ask("POST", f"/reaudits/{number}/apply").status_code == 200
    assert api.get(f"/reaudits/{number}", "inspector")["standing"]["differing"] == 0


def test_the_same_again_is_no_difference(db: Database, tmp_path: Path) -> None:
    api = fill(Api(db, tmp_path))
    number = proposed(api, FORBIDDEN, DOUBTFUL, GREETED, SILENT)
    assert api.get(f"/reaudits/{number}/differences", "inspector") == []
