"""What a reader must know before trusting or comparing the figures, as Chinese sentences."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from itertools import chain
from typing import Final

from speechaudit.reports.figures import EncounterEntry, RecordingEntry, ScoreFigure

SMALL: Final = "whisper-base"
_FOR_A_PERSON: Final = "听错的字较多：没有人听过录音确认的判定，不得影响任何人的收入或考核。"


def cautions(
    recordings: Sequence[RecordingEntry], rows: Sequence[EncounterEntry], score: ScoreFigure
) -> tuple[str, ...]:
    """Return what limits the report of one person: the mixtures, and times or spread that are missing."""
    own = (_undated(recordings), _no_spread(rows) if score.told else "")
    return mixtures(recordings) + tuple(text for text in own if text)


def mixtures(*of_each: Sequence[RecordingEntry]) -> tuple[str, ...]:
    """Return warnings of mixtures: several rulebooks, models or profiles, files counted twice, and of a small model.

    `of_each` are the recordings of each person: who passes a call on shares it with whoever takes it over.
    """
    recordings = tuple(chain.from_iterable(of_each))
    found = (
        _mixture(
            recordings, lambda r: r.rulebook_version, "规则库版本", "不同版本的判定标准可能不同，分数不宜直接比较。"
        ),
        _mixture(recordings, lambda r: r.model, "识别模型", "不同模型听到的内容可能不同，分数不宜直接比较。"),
        _mixture(recordings, lambda r: r.profile, "规则方案", "各方案适用的规则不同，分数不宜直接比较。"),
        _repeated(of_each),
        _small_model(recordings),
    )
    return tuple(text for text in found if text)


def _mixture(
    recordings: Iterable[RecordingEntry], value: Callable[[RecordingEntry], str], name: str, advice: str
) -> str:
    counts = Counter(each for *_, each in {(r.file, r.started_at, value(r)) for r in recordings})
    if len(counts) < 2:
        return ""
    parts = "、".join(f"{text}（{n} 份录音）" for text, n in counts.most_common())
    return f"本报告混有 {len(counts)} 种{name}：{parts}。{advice}"


def _small_model(recordings: Iterable[RecordingEntry]) -> str:
    """Tell that nothing of what base wrote down may touch anybody's pay before a person has listened."""
    count = len({(r.file, r.started_at) for r in recordings if r.model == SMALL})
    return f"{count} 份录音由内置的小模型 {SMALL} 听写，{_FOR_A_PERSON}" if count else ""


def _repeated(of_each: Iterable[Sequence[RecordingEntry]]) -> str:
    names = (Counter(r.file for r in own if "*" not in r.file) for own in of_each)  # masked ones look alike
    repeated = dict.fromkeys(file for own in names for file, n in own.items() if n > 1)
    return f"有录音重复计入：{'、'.join(repeated)}。请删除重复的结果后重新生成。" if repeated else ""


def _undated(recordings: Sequence[RecordingEntry]) -> str:
    undated = sum(r.started_at is None for r in recordings)
    return f"{undated} 份录音没有登记开始时间，未列入按日走势。" if undated else ""


def _no_spread(rows: Iterable[EncounterEntry]) -> str:
    totals = [row.total for row in rows if row.total is not None]
    if len(totals) < 2 or len(set(totals)) > 1:
        return ""
    return "各次得分完全相同，均分的区间因此缩为一点；这不表示没有误差。"
