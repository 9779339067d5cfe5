"""Saved audits: of older versions, changed by hand, by other programs, and by chance."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from tests.corpus.case import Case, refused, taken

OLDER = Path(__file__).parents[1] / "older"
BAD = (OLDER / "counter-bad.audit.json").read_text(encoding="utf-8")
Change = Callable[[dict[str, Any]], object]


def changed(change: Change) -> str:
    """The audit after `change` did something to what its JSON means."""
    whole = json.loads(BAD)
    change(whole)
    return json.dumps(whole)


def cases() -> Iterator[Case]:
    yield taken("older.audit.json", BAD)
    yield taken("older-dual-mono.audit.json", (OLDER / "phone-dual-mono-good.audit.json").read_bytes())
    yield taken("mark.audit.json", "\ufeff" + BAD)
    yield taken("of-a-later-version.audit.json", changed(lambda whole: whole.update(checked_by="me")))
    for name, content, told in (
        ("empty", "", "JSON"),
        ("cut", BAD[: len(BAD) // 2], "JSON"),
        ("cut-by-one", BAD.rstrip()[:-1], "JSON"),
        ("twice", BAD + BAD, "JSON"),
        ("page", "<html></html>", "JSON"),
        ("deep", '{"recording":' * 50_000, "JSON"),
        ("list", f"[{BAD}]", "全文"),
        ("null", "null", "全文"),
        ("gbk", BAD.encode("gbk", "replace"), "UTF-8"),
        ("utf-16", BAD.encode("utf-16"), "UTF-8"),
        ("zeros", bytes(4096), "JSON"),
    ):
        yield refused(f"{name}.audit.json", content, told)
    for name, change, told in _changes():
        yield refused(f"{name}.audit.json", changed(change), told)


def _changes() -> Iterator[tuple[str, Change, str]]:
    def first(whole: dict[str, Any]) -> dict[str, Any]:
        found: dict[str, Any] = whole["encounters"][0]
        return found

    yield "version-9", lambda w: w.update(schema_version=9), "schema_version"
    yield "version-text", lambda w: w.update(schema_version="two"), "schema_version"
    yield "recording-missing", lambda w: w.pop("recording"), "recording"
    yield "recording-null", lambda w: w.update(recording=None), "recording"
    yield "file-number", lambda w: w["recording"].update(file=7), "recording.file"
    yield "setting", lambda w: w["recording"].update(setting="mail"), "recording.setting"
    yield "channel-9", lambda w: w["recording"].update(staff_channel=9), "recording.staff_channel"
    yield "started", lambda w: w["recording"].update(started_at="yesterday"), "recording.started_at"
    yield "duration-text", lambda w: w.update(duration="long"), "duration"
    yield "duration-nan", lambda w: w.update(duration=float("nan")), "不是数字"
    yield "duration-infinite", lambda w: w.update(duration=float("inf")), "不是数字"
    yield "encounters-object", lambda w: w.update(encounters={}), "encounters"
    yield "encounter-null", lambda w: w.update(encounters=[None]), "encounters.0"
    yield "encounter-start", lambda w: first(w).pop("start"), "encounters.0.start"
    yield "measure-text", lambda w: first(w)["measures"].update(a="b"), "measures"
    yield "measure-nan", lambda w: first(w)["measures"].update(a=float("nan")), "不是数字"
    yield "verdict", lambda w: first(w)["findings"][0].update(verdict="guilty"), "verdict"
    yield "level", lambda w: first(w)["findings"][0].update(level="deadly"), "level"
    yield "points-text", lambda w: first(w)["findings"][0].update(points="many"), "points"
    yield "points-infinite", lambda w: first(w)["findings"][0].update(points=float("inf")), "不是数字"
    yield "clauses-text", lambda w: first(w)["findings"][0].update(clauses="all"), "clauses"
    yield "evidence-number", lambda w: first(w)["findings"][0].update(evidence=[3]), "evidence"
    yield "total-nan", lambda w: first(w)["score"].update(total=float("nan")), "不是数字"
    yield "score-list", lambda w: first(w).update(score=[]), "score"
    yield "role", lambda w: first(w)["transcript"]["segments"][0].update(role="boss"), "role"
    yield "role-reason", lambda w: first(w)["transcript"]["segments"][0].update(role_reason=7), "role_reason"
    yield "made-by", lambda w: w.update(made_by="a machine"), "made_by"
    yield "remark-number", lambda w: w.update(remarks=[7]), "limits.0"
    yield "asides-null", lambda w: w.update(asides=None), "asides"
