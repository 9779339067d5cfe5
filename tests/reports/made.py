"""Audits as the pipeline would deliver them: several staff, all verdicts, vetoes, missing facts, hostile texts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from speechaudit.model import (
    Audit,
    Clause,
    Deduction,
    DimensionScore,
    Encounter,
    Evidence,
    Finding,
    Level,
    MadeBy,
    Match,
    Recording,
    Score,
    Transcript,
    Verdict,
)
from speechaudit.reports import ReportSettings
from tests.sentences import legacy

FULL = {"three_voices": 30.0, "courtesy": 30.0, "forbidden": 40.0}
TITLES = {"three_voices": "三声", "courtesy": "文明用语", "forbidden": "服务忌语"}
RULES: dict[str, tuple[str, str, Level]] = {
    "three-voices.greeting": ("迎声", "three_voices", "major"),
    "three-voices.farewell": ("送声", "three_voices", "minor"),
    "courtesy.thanks": ("谢谢", "courtesy", "minor"),
    "forbidden.brush-off": ("推诿", "forbidden", "critical"),
    "measure.pace": ("语速", "courtesy", "minor"),
}
CLAUSE = Clause(
    document="example-2023",
    title="政务服务窗口文明用语规范",
    clause="3",
    section="二（四）",
    quote="不得推诿，不得说「不归我管」。",
)
SETTINGS = ReportSettings(pass_mark=80.0, minimum_encounters=10, worst=5)
MADE_BY = MadeBy(
    program="speechaudit 0.1.0",
    transcriber="faster-whisper 1.2.1",
    model="whisper-base",
    model_sha256="905e5bf8336bcc62" * 4,
    device="cpu",
    compute_type="int8",
    timings={"decode": 0.25, "words": 4.05},
)


def evidence(quote: str, at: float, points: float = 0.0, match: Match = "exact", why: str = "") -> Evidence:
    return Evidence(start=at, end=at + 2, role="staff", quote=quote, reasons=legacy(why), match=match, points=points)


def finding(rule: str, verdict: Verdict, *proofs: Evidence, status: str = "active") -> Finding:
    title, dimension, level = RULES[rule]
    return Finding(
        rule=rule,
        title=title,
        topics=("topic",),
        kind="required",
        dimension=dimension,
        level=level,
        status=status,
        verdict=verdict,
        message=f"关于{title}的建议。",
        clauses=(CLAUSE,),
        evidence=proofs,
        points=sum(proof.points for proof in proofs),
    )


def scored(findings: Sequence[Finding], veto: str | None = None) -> Score:
    """A plain policy: points off their dimension, a veto caps the total at 59."""
    off = {name: sum(f.points for f in findings if f.dimension == name) for name in FULL}
    parts = tuple(
        DimensionScore(
            name=name,
            title=TITLES[name],
            full=full,
            deducted=min(full, off[name]),
            score=full - min(full, off[name]),
        )
        for name, full in FULL.items()
    )
    total = sum(part.score for part in parts)
    total = min(total, 59.0) if veto else total
    lines = tuple(
        Deduction(rule=f.rule, title=f.title, dimension=f.dimension, points=f.points) for f in findings if f.points
    )
    return Score(
        total=total, passed=total >= 80, by_dimension=parts, deductions=lines, vetoed_by=(veto,) if veto else ()
    )


def encounter(*findings: Finding, start: float = 0.0, veto: str | None = None, score: Score | None = None) -> Encounter:
    return Encounter(
        start=start,
        end=start + 60,
        transcript=Transcript(segments=(), duration=60.0),
        findings=findings,
        score=score or scored(findings, veto),
    )


def audit(file: str, staff: str | None, *encounters: Encounter, started_at: datetime | None = None) -> Audit:
    return Audit(
        recording=Recording(file=file, staff=staff, window="3号窗口", started_at=started_at),
        duration=60.0 * max(1, len(encounters)),
        encounters=encounters,
        made_by=MADE_BY,
        rulebook_version="rules-1",
        profile="default",
    )


def service(index: int) -> Encounter:
    """One of twenty-five; 15 are flawless, 6 lack the greeting, 3 a farewell as well, 1 is a brush-off with veto."""
    greeted, left = index % 3 != 0, index % 8 != 0
    brushed_off = index == 7
    findings = [
        finding("three-voices.greeting", "pass", evidence("您好", 1.0))
        if greeted
        else finding("three-voices.greeting", "fail", evidence("", 0.0, 10.0, "absence", "开头 15 秒内没有听到问候。")),
        finding("three-voices.farewell", "pass", evidence("请慢走", 50.0, match="sounds-like"))
        if left
        else finding("three-voices.farewell", "unclear", evidence("", 45.0, match="absence", why="结尾听不清。")),
        finding("courtesy.thanks", "n/a"),
        finding("forbidden.brush-off", "fail", evidence("这不归我管，你去问别人", 20.0, 25.0, why="把群众推给他人。"))
        if brushed_off
        else finding("forbidden.brush-off", "pass"),
        finding("measure.pace", "fail", evidence("", 0.0, match="measured"), status="trial"),
    ]
    return encounter(*findings, veto="forbidden.brush-off" if brushed_off else None)


def busy_audits() -> list[Audit]:
    """Twenty-five encounters of 工号1017 on nine days."""
    begin = datetime(2026, 3, 2, 9, 0)
    return [
        audit(
            f"窗口3/2026030{2 + index // 3}-{index:02d}.wav",
            "工号1017",
            service(index),
            started_at=begin + timedelta(days=index // 3, minutes=20 * index),
        )
        for index in range(25)
    ]
