"""The Chinese words of the reports, and how figures are printed in them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Final

from speechaudit import terms
from speechaudit.model import Evidence, Finding, Match, Review, Verdict
from speechaudit.reasons import because, in_chinese
from speechaudit.reports.figures import EncounterEntry, Moment, ReportSettings, ScoreFigure, StaffFigures, Standing
from speechaudit.reports.intervals import Interval

MATCHES: Final[dict[Match, str]] = {
    "exact": "字面相符",
    "sounds-like": "读音相符（识别出的字可能不同）",
    "second-listen": "再听一遍听出（首次识别时漏掉）",
    "absence": "检查范围内没有听到",
    "metadata": "依据录音登记信息",
    "measured": "由声音量得",
    "label": "意思相近",
    "person": "人工听后标记",
}
FEW: Final = "样本不足"
TRIAL: Final = "试行，不计分"
METHOD: Final = (
    "均分的 95% 区间用学生 t 分布计算（均分 ± t·s/√n，截于 0 至 100 分），每次服务视为互相独立；"
    "通过率的 95% 区间用 Wilson 法计算。区间越宽，数据越少，越不宜下结论。"
)


_NOT_RECOGNISED: Final[frozenset[Match]] = frozenset({"absence", "metadata", "measured", "person"})


def sureness(match: Match | None, heard: float) -> float | None:
    """Return how surely the words of a piece of evidence were heard, 0 to 1; None where no words were recognised."""
    return None if match is None or match in _NOT_RECOGNISED else heard


def how(match: Match | None, heard: float) -> str:
    """Return how a piece of evidence was heard, and how surely; empty if the finding gave none."""
    if match is None:
        return ""
    sure = sureness(match, heard)
    if sure is not None:
        return f"{MATCHES[match]}，听清把握 {percent(sure)}"
    closest = match == "absence" and heard > 0
    return MATCHES[match] + (f"，最接近处的吻合度 {heard:.2f}" if closest else "")


_BEFORE: Final[Mapping[Verdict, str]] = {"fail": "维持程序的判定", "unclear": "由“待复核”改为“违反”"}


def review_outcome(review: Review) -> str:
    """Return what a person decided, when and why."""
    kind = "申诉裁定" if review.final else "复核"
    before = _BEFORE.get(review.machine, "由人工标记")
    return f"{review.at:%Y-%m-%d}{kind}:{before}" + (f"。理由:{review.reason}" if review.reason else "")


def number(value: float) -> str:
    """Return the number with at most two decimals, none that are zero."""
    return f"{value:.2f}".rstrip("0").rstrip(".")


def one_decimal(value: float) -> str:
    """Return the number with one decimal, none from a hundred on, and none that is zero."""
    return f"{value:.0f}" if abs(value) >= 100 else number(round(value, 1))


def score(value: float | None) -> str:
    """Return points with one decimal, or a dash."""
    return "—" if value is None else f"{value:.1f}"


def percent(share: float | None) -> str:
    """Return a share as a whole percentage, or a dash; one decimal where rounding would hide the last fault or hit."""
    if share is None:
        return "—"
    hidden = 0 < share < 0.005 or 0.995 <= share < 1
    return f"{share * 100:.1f}%" if hidden else f"{share * 100:.0f}%"


def score_range(interval: Interval | None) -> str:
    """Return an interval of points, or a dash."""
    return "—" if interval is None else f"{interval.low:.1f}–{interval.high:.1f}"


def percent_range(interval: Interval | None) -> str:
    """Return an interval of shares, or a dash."""
    return "—" if interval is None else f"{interval.low * 100:.0f}–{interval.high * 100:.0f}%"


def when(moment: datetime | None) -> str:
    """Return date and time to the minute by the clock of the recording, or 时间未登记."""
    return "时间未登记" if moment is None else moment.strftime("%Y-%m-%d %H:%M")


def why(evidence: Evidence, findings: Iterable[Finding]) -> str:
    """Return the reasons of a piece of evidence, and which finding beside it was charged in its place."""
    if evidence.covered_by is None:
        return evidence.why
    title = next((f.title for f in findings if f.rule == evidence.covered_by), evidence.covered_by)
    return in_chinese((*evidence.reasons, because("covered-by", title=title, rule=evidence.covered_by)))


def sources(moment: Moment) -> tuple[str, ...]:
    """Return the clauses that a moment stands on, each with title, section and verbatim quote, none twice."""
    texts = (f"《{c.title.strip('《》')}》{c.section}：「{c.quote}」" for c in moment.clauses)
    return tuple(dict.fromkeys(texts))


def when_exactly(moment: datetime | None) -> str:
    """Return date and time to the second with the zone if it is known, or 未登记."""
    return "未登记" if moment is None else moment.isoformat(sep=" ", timespec="seconds")


def spent(timings: Mapping[str, float]) -> str:
    """Return how long all stages took, and each; nothing where nothing was measured."""
    if not timings:
        return ""
    each = "、".join(f"{terms.STAGES.get(stage, stage)} {seconds:.1f}" for stage, seconds in timings.items())
    return f"用时 {sum(timings.values()):.1f} 秒:{each}"


def outcome(row: EncounterEntry) -> str:
    """Return 合格, 不合格, or 未评 for an encounter that was not judged."""
    return "未评" if row.passed is None else "合格" if row.passed else "不合格"


def sample(report: StaffFigures) -> str:
    """Return whether the mean may be put beside others: 足够, 样本不足, or 不排序 for recordings that name nobody."""
    if report.figures.score.standing in ("none", "few"):
        return FEW
    return "足够" if report.staff is not None else "不排序"


def standing(figure: ScoreFigure, settings: ReportSettings) -> str:
    """Return the sentence beside the mean."""
    mark, least = number(settings.pass_mark), max(2, settings.minimum_encounters)
    sentences: dict[Standing, str] = {
        "none": "没有可以评分的服务，因此没有均分。",
        "few": f"{FEW}：已评 {figure.n} 次，少于 {least} 次。均分仅供参考，不参与排序。",
        "above": f"95% 区间整体不低于合格线（{mark} 分）。",
        "below": f"95% 区间整体低于合格线（{mark} 分）。",
        "open": f"95% 区间跨越合格线（{mark} 分），现有数据还不能断定在线上还是线下。",
    }
    return sentences[figure.standing]
