"""What is said of figures that miss a goal, meet it by luck, or stand on too little."""

from __future__ import annotations

from datetime import date

from speechaudit.evaluation.compare import ComparedEncounter, Row
from speechaudit.evaluation.goals import shortfalls
from speechaudit.evaluation.run import Evaluation, JudgedItems, Provenance

from .made import row

SOURCE = Provenance(folder="f", fingerprint="0", changed=date(2026, 1, 1), measured=date(2026, 1, 1))


def said(*rows: Row) -> str:
    compared = (ComparedEncounter(stem="a", encounter=1, rows=rows, innocent=None),)
    judged = JudgedItems(name="gate", title="", compared=compared, divisions=())
    return "\n".join(shortfalls(Evaluation(source=SOURCE, audio=(judged,)), ["words.hello"]))


def test_many_right_verdicts_fall_short_of_nothing() -> None:
    assert said(*[row("fail", "fail")] * 200) == ""


def test_missed_goals() -> None:
    found = said(*[row("fail", "fail")] * 80, *[row("fail", "unclear")] * 20, *[row("pass", "fail")] * 20)
    assert "录音:“违反”的精确率 80%,没有达到 95% 的目标。" in found
    assert "录音:“违反”的召回率 80%,没有达到 85% 的目标。" in found
    assert "录音:存疑 17%,没有低于 10% 的目标。" in found


def test_a_goal_met_on_few_examples_is_not_proven() -> None:
    found = said(*[row("fail", "fail")] * 9)
    # Wilson: 9 of 9 is 70 to 100 %
    assert "录音:“违反”的精确率 100%,达到 95% 的目标,但只有 9 例,区间下限 70% 低于目标:还不能断定。" in found
    assert "1 条规则中,0 条没有“违反”的样本,1 条少于 10 个" in found


def test_nothing_found_is_no_precision() -> None:
    found = said(row("pass", "pass"))
    assert "精确率" not in found
    assert "1 条没有“违反”的样本" in found
