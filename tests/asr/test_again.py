"""How much of what was written down comes again."""

from __future__ import annotations

import pytest

from speechaudit.asr.again import agreement


@pytest.mark.parametrize(
    ("before", "text", "again", "share"),
    [
        ("", "谢谢再见", "谢谢,再见。", 1.0),
        ("", "谢谢再见", "謝謝再件", 1.0),  # as the model writes it, and as it sounds
        ("", "谢谢再见", "谢谢。", 0.5),
        ("", "谢谢再见", "", 0.0),
        ("不客气", "再见", "不客气再来", 0.5),
        ("再见再见", "你问谁", "再见再见", 0.0),  # what led up to them says nothing of the words
        ("这里是", "社保枪口", "您好,这里是社保窗口", 0.75),
        ("", "3号窗口", "三号窗口", 1.0),
    ],
)
def test_the_share_that_sounds_the_same_in_its_place(before: str, text: str, again: str, share: float) -> None:
    assert agreement(before, text, again) == share
