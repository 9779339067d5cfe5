"""A recording of staff 1017 that people review and contest, with what it takes to ask about it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from httpx2 import Response

from service.store import accounts
from speechaudit import scoring
from speechaudit.model import Audit, Evidence, Finding
from speechaudit.policy import Policy
from speechaudit.reasons import because
from tests.service.api_kit import HASH, Api
from tests.service.service_kit import POLICY, audit_of, audited, finding

FORBIDDEN = finding("forbidden.dont-know", "fail", "不知道", level="critical", message="请说明到哪里办")
DOUBTFUL = finding(
    "forbidden.hurry",
    "unclear",
    level="minor",
    evidence=(
        Evidence(
            start=3,
            end=4,
            role="staff",
            quote="快点",
            reasons=(because("tone-to-be-heard", quote="快点", title="催促"),),
            match="label",
            heard=0.8,
        ),
    ),
)
GREETED = finding("words.hello", "pass", "您好", kind="required")
SILENT = finding("forbidden.mock", "pass", level="major")


def judged(*findings: Finding, texts: tuple[str, ...] = ("不知道", "快点", "您好"), policy: Policy = POLICY) -> Audit:
    """As the pipeline leaves it: charged and scored."""
    charged = scoring.charge(findings, policy, "phone")
    audit = audit_of(*texts, findings=charged)
    (encounter,) = audit.encounters
    return replace(audit, encounters=(replace(encounter, score=scoring.score(charged, policy, "phone")),))


def fill(api: Api, *, people: bool = True) -> Api:
    """Recording 1: a forbidden phrase (85 points), a doubtful one, a greeting, a rule that found nothing."""
    if people:
        api.people()
    with api.db.write() as session:
        accounts.add_user(session, "second", HASH, "inspector")
        audited(session, 1, judged(FORBIDDEN, DOUBTFUL, GREETED, SILENT), staff_id=1, window_id=1)
    return api


def number(api: Api, rule: str = "forbidden.dont-know") -> int:
    return int(next(f["id"] for f in api.get("/recordings/1/findings") if f["rule"] == rule))


def ask(api: Api, method: str, path: str, who: Any, status: int = 200, **body: Any) -> Response:
    answer = api.ask(method, path, who, **({"json": body} if method in {"POST", "PUT"} else {}))
    assert answer.status_code == status, answer.text
    return answer
