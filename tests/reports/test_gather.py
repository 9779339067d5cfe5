from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from speechaudit.model import Audit, Score
from speechaudit.reports import ReportSettings, StaffReport, build
from speechaudit.reports.overview import overview
from tests.sentences import legacy

from .made import audit, encounter, evidence, finding, scored


def report_of(audits: list[Audit], settings: ReportSettings, staff: str | None = "工号1017") -> StaffReport:
    return next(report for report in build(audits, settings) if report.staff == staff)


def test_one_report_each_and_unnamed_last(many: list[Audit], settings: ReportSettings) -> None:
    reports = build(many, settings)
    assert [report.staff for report in reports] == ["工号1017", "工号2001", None]
    assert [report.figures.encounters for report in reports] == [25, 3, 1]


@pytest.mark.parametrize("blank", ["", "  ", "\t"])
def test_blank_name_is_no_name(blank: str, settings: ReportSettings) -> None:
    assert [r.staff for r in build([audit("a.wav", blank, encounter())], settings)] == [None]


def test_mean_and_interval_of_25(many: list[Audit], settings: ReportSettings) -> None:
    # 15 times 100, nine times 90 (no greeting), once min(75, 59): sum 2369
    # squares about 94.76: 15 * 27.4576 + 9 * 22.6576 + 1278.7776 = 1894.56; s = sqrt(1894.56 / 24) = 8.8849
    # t(0.975, 24) = 2.063899; half = 2.063899 * 8.8849 / 5 = 3.6675
    score = report_of(many, settings).figures.score
    assert (score.n, score.standing) == (25, "above")
    assert score.mean == pytest.approx(94.76)
    assert score.interval is not None
    assert (score.interval.low, score.interval.high) == pytest.approx((91.0925, 98.4275), abs=1e-3)


def test_pass_rates_count_passed_against_failed_only(many: list[Audit], settings: ReportSettings) -> None:
    rules = {rule.rule: rule for rule in report_of(many, settings).figures.rules}
    greeting, farewell = rules["three-voices.greeting"], rules["three-voices.farewell"]
    assert (greeting.passed, greeting.failed, greeting.points) == (16, 9, 90.0)
    assert greeting.pass_rate.rate == 16 / 25
    assert greeting.pass_rate.interval is not None
    assert greeting.pass_rate.interval.low == pytest.approx(0.4452, abs=1e-4)
    assert greeting.pass_rate.interval.high == pytest.approx(0.7975, abs=1e-4)
    assert (farewell.passed, farewell.unclear, farewell.pass_rate.n, farewell.pass_rate.rate) == (21, 4, 21, 1.0)
    assert (rules["courtesy.thanks"].not_applicable, rules["courtesy.thanks"].pass_rate.rate) == (25, None)


def test_trial_rules_stand_apart_and_cost_nothing(many: list[Audit], settings: ReportSettings) -> None:
    report = report_of(many, settings)
    (pace,) = report.figures.trial_rules
    assert (pace.rule, pace.failed, pace.points) == ("measure.pace", 25, 0.0)
    assert "measure.pace" not in {rule.rule for rule in report.figures.rules}
    assert "measure.pace" not in {moment.rule for moment in report.moments}


def test_moments_veto_first_then_points(many: list[Audit], settings: ReportSettings) -> None:
    worst, *others = report_of(many, settings).moments
    assert (worst.rule, worst.veto, worst.points, worst.quote) == (
        "forbidden.brush-off",
        True,
        25.0,
        "这不归我管，你去问别人",
    )
    assert (worst.file, worst.encounter, worst.start, worst.end) == ("窗口3/20260304-07.wav", 1, 20.0, 22.0)
    assert worst.clauses[0].quote == "不得推诿，不得说「不归我管」。"
    assert [moment.points for moment in others] == [10.0] * 9


def test_moment_ids_are_unique_and_survive_another_run(many: list[Audit], settings: ReportSettings) -> None:
    first = [moment.id for moment in report_of(many, settings).moments]
    second = [moment.id for moment in report_of(list(reversed(many)), settings).moments]
    assert len(set(first)) == len(first) == 10
    assert sorted(first) == sorted(second)


def test_unclear_waits_for_a_person(many: list[Audit], settings: ReportSettings) -> None:
    unclear = report_of(many, settings).unclear
    assert [(moment.rule, moment.points) for moment in unclear] == [("three-voices.farewell", 0.0)] * 4


def test_finding_without_evidence_stands_on_its_encounter(settings: ReportSettings) -> None:
    bare = replace(finding("courtesy.thanks", "fail"), points=5.0)
    (report,) = build([audit("a.wav", "甲", encounter(bare, start=30.0))], settings)
    (moment,) = report.moments
    assert (moment.start, moment.end, moment.points, moment.match) == (30.0, 90.0, 5.0, None)


def test_few_encounters(many: list[Audit], settings: ReportSettings) -> None:
    figures = report_of(many, settings, "工号2001").figures
    assert (figures.encounters, figures.score.n, figures.score.standing) == (3, 2, "few")
    assert [(reason.text, reason.n) for reason in figures.not_judged] == [("没有听到可判定的话", 1)]


def test_nothing_judged(settings: ReportSettings) -> None:
    unscored = replace(encounter(), score=None)
    (report,) = build([audit("a.wav", "甲", unscored)], settings)
    assert report.figures.score.mean is None
    assert report.figures.score.standing == "none"
    assert report.figures.not_judged[0].text == "尚未评分"
    assert report.figures.passed.rate is None


@pytest.mark.parametrize(
    ("totals", "standing"),
    [((88.0, 89.0), "above"), ((60.0, 61.0), "below"), ((70.0, 90.0), "open"), ((85.0,), "few")],
)
def test_standing_against_the_pass_mark(totals: tuple[float, ...], standing: str, settings: ReportSettings) -> None:
    score = scored([])
    rows = [encounter(score=replace(score, total=total, passed=total >= 80)) for total in totals]
    (report,) = build([audit("a.wav", "甲", *rows)], replace(settings, minimum_encounters=1))
    assert report.figures.score.standing == standing


def test_dimensions(many: list[Audit], settings: ReportSettings) -> None:
    voices, courtesy, forbidden = report_of(many, settings).figures.dimensions
    assert (voices.title, voices.n, voices.full) == ("三声", 25, 30.0)
    assert voices.mean == pytest.approx(26.4)  # 30 - 90/25
    assert (courtesy.mean, courtesy.share) == (30.0, 1.0)
    assert forbidden.share == pytest.approx(39 / 40)


def test_credits_count_what_was_heard(settings: ReportSettings) -> None:
    greeted = finding("three-voices.greeting", "pass", evidence("您好", 1), evidence("您好", 5), evidence("早上好", 8))
    silent = finding("forbidden.brush-off", "pass", evidence("", 0, match="absence"))
    (report,) = build([audit("a.wav", "甲", encounter(greeted, silent), encounter(greeted, start=60))], settings)
    (credit,) = report.credits
    assert (credit.title, credit.encounters, credit.times) == ("迎声", 2, 6)
    assert [(quote.text, quote.n) for quote in credit.quotes] == [("您好", 4), ("早上好", 2)]


def test_trend_by_day_of_the_encounter(settings: ReportSettings) -> None:
    late = datetime(2026, 3, 2, 23, 59, 30)
    failed = finding("courtesy.thanks", "fail", evidence("", 0, 10.0, "absence"))
    recording = audit("a.wav", "甲", encounter(), encounter(failed, start=60.0), started_at=late)
    unknown = audit("b.wav", "甲", encounter())
    (report,) = build([recording, unknown], settings)
    assert [(day.day, day.n, day.mean) for day in report.trend] == [
        (date(2026, 3, 2), 1, 100.0),
        (date(2026, 3, 3), 1, 90.0),
    ]
    assert "1 份录音没有登记开始时间，未列入按日走势。" in report.cautions


def test_times_with_and_without_zone_sort_together(settings: ReportSettings) -> None:
    aware = audit("b.wav", "甲", encounter(), started_at=datetime(2026, 3, 2, 9, tzinfo=UTC))
    naive = audit("a.wav", "甲", encounter(), started_at=datetime(2026, 3, 3, 9))
    undated = audit("0.wav", "甲", encounter())
    (report,) = build([undated, naive, aware], settings)
    assert [row.file for row in report.recordings] == ["b.wav", "a.wav", "0.wav"]


def test_cautions_name_mixtures_and_repeats(settings: ReportSettings) -> None:
    first = audit("a.wav", "甲", encounter())
    other = replace(first, rulebook_version="rules-2", made_by=replace(first.made_by, model="large-v3"), profile="b")
    (report,) = build([first, other], replace(settings, minimum_encounters=2))
    text = "\n".join(report.cautions)
    for part in ("rules-1", "rules-2", "whisper-base", "large-v3", "2 种规则方案", "重复计入：a.wav", "缩为一点"):
        assert part in text


def test_who_shares_a_call_makes_it_no_repeat(settings: ReportSettings) -> None:
    """The call stands in the report of each who served in it, and once in the overview."""
    shared = audit("a.wav", "甲", encounter())
    mine = build([shared], settings)[0]
    theirs = replace(mine, staff="乙")
    assert not any("重复计入" in text for text in overview([mine, theirs], settings).cautions)
    twice = build([shared, shared], settings)[0]
    assert any("重复计入：a.wav" in text for text in overview([twice], settings).cautions)


def test_no_cautions_without_cause(settings: ReportSettings) -> None:
    begun = datetime(2026, 3, 2)
    failed = finding("courtesy.thanks", "fail", evidence("", 0, 10.0, "absence"))
    pair = [
        audit("a.wav", "甲", encounter(failed), started_at=begun),
        audit("b.wav", "甲", encounter(), started_at=begun),
    ]
    better = [replace(each, made_by=replace(each.made_by, model="belle-turbo")) for each in pair]
    assert build(better, settings)[0].cautions == ()


def test_what_base_heard_touches_no_pay_without_a_person(settings: ReportSettings) -> None:
    first = audit("a.wav", "甲", encounter())
    other = replace(audit("b.wav", "甲", encounter()), made_by=replace(first.made_by, model="belle-turbo"))
    (report,) = build([first, other], settings)
    for told in (report.cautions, overview([report], settings).cautions):
        (caution,) = [text for text in told if "收入" in text]
        assert caution.startswith("1 份录音由内置的小模型 whisper-base 听写")


def test_overview_cautions_leave_out_what_is_personal(settings: ReportSettings) -> None:
    first = audit("a.wav", "甲", encounter())
    other = replace(audit("b.wav", "乙", encounter()), rulebook_version="rules-2")
    caution, _of_base = overview(build([first, other], settings), settings).cautions
    assert "2 种规则库版本" in caution


def test_veto_is_shown_by_title(many: list[Audit], settings: ReportSettings) -> None:
    report = report_of(many, settings)
    (row,) = [row for row in report.encounters if row.vetoed_by]
    assert (row.vetoed_by, row.total, row.passed) == (("推诿",), 59.0, False)
    assert report.figures.vetoed == 1


def test_unknown_veto_keeps_its_id(settings: ReportSettings) -> None:
    score = Score(total=0.0, passed=False, vetoed_by=("gone.rule",))
    (report,) = build([audit("a.wav", "甲", encounter(score=score))], settings)
    assert report.encounters[0].vetoed_by == ("gone.rule",)


def test_a_service_behind_the_gate_counts_in_no_figure_and_waits_for_a_person(settings: ReportSettings) -> None:
    said = finding("forbidden.brush-off", "fail", evidence("问别人去", 5.0, why="把群众推给他人。"))
    noisy = encounter(said, score=Score(total=None, passed=None, reasons=legacy("录音太嘈杂")))
    report = report_of([audit("a.wav", "工号1017", noisy)], settings)
    assert (report.figures.rules, report.credits, report.moments, report.manner) == ((), (), (), ())
    (moment,) = report.unclear
    assert (moment.quote, moment.veto, moment.points) == ("问别人去", False, 0.0)
    assert moment.why == "把群众推给他人。"


def test_manner_is_the_median_and_range_of_the_scored_services(settings: ReportSettings) -> None:
    rates = [200.0, 260.0, 230.0]
    heard = [
        replace(encounter(), measures={"staff_characters_per_minute": rate, "staff_talk_share": 0.4}) for rate in rates
    ]
    unheard = replace(
        encounter(), measures={"staff_characters_per_minute": 900.0}, score=Score(total=None, passed=None)
    )
    report = report_of([audit("a.wav", "工号1017", *heard, unheard)], settings)
    assert [(f.title, f.unit, f.n, f.median, f.low, f.high) for f in report.manner] == [
        ("语速", "字/分钟", 3, 230.0, 200.0, 260.0),
        ("说话所占比例", "%", 3, 40.0, 40.0, 40.0),
    ]
