"""Character errors, counted by hand."""

from __future__ import annotations

import pytest

from speechaudit.evaluation.characters import Errors, errors, errors_of, rate, rate_interval
from speechaudit.model import Role, Segment, Transcript
from speechaudit.text import error_rate_form


def transcript(*said: tuple[Role, int, str]) -> Transcript:
    segments = tuple(
        Segment(start=float(at), end=at + 1.0, text=text, role=role, channel=channel)
        for at, (role, channel, text) in enumerate(said)
    )
    return Transcript(segments=segments, duration=float(len(said)))


@pytest.mark.parametrize(
    ("written", "compared"),
    [
        ("您好,請問辦理什麼業務?", "您好请问办理什么业务"),
        ("３号 窗口。", "三号窗口"),
        ("WiFi、ＡＢ", "wifiab"),
        ("电话是1380,幺二〇。", "电话是一三八零一二零"),
        ("……!", ""),
    ],
)
def test_what_is_compared(written: str, compared: str) -> None:
    assert error_rate_form(written) == compared


@pytest.mark.parametrize(
    ("said", "heard", "substituted", "deleted", "inserted"),
    [
        ("您好，请讲。", "您好请讲", 0, 0, 0),
        ("请讲", "新疆", 2, 0, 0),
        ("您好请讲", "请讲", 0, 2, 0),
        ("再见", "谢谢观看再见", 0, 0, 4),
        ("三号窗口", "3号窗口", 0, 0, 0),
        ("二十分钟", "20分钟", 1, 0, 0),
        ("您好", "", 0, 2, 0),
    ],
)
def test_errors_by_hand(said: str, heard: str, substituted: int, deleted: int, inserted: int) -> None:
    found = errors(said, heard)
    assert (found.substitutions, found.deletions, found.insertions) == (substituted, deleted, inserted)
    assert found.edits == substituted + deleted + inserted
    assert found.characters == len(error_rate_form(said))


def test_one_channel_is_read_in_order_of_time() -> None:
    said = transcript(("staff", 0, "您好"), ("citizen", 0, "我办证"))
    assert errors_of(said, transcript(("unknown", 0, "您好我办证"))).edits == 0


def test_two_channels_are_compared_with_the_side_that_fits() -> None:
    """Who began first where both speak is no error of hearing, nor is it which channel is the staff's."""
    said = transcript(("staff", 0, "您好"), ("citizen", 0, "我办证"))
    assert errors_of(said, transcript(("unknown", 0, "我办证"), ("unknown", 1, "您好"))).edits == 0
    assert errors_of(said, transcript(("unknown", 1, "我办证"), ("unknown", 0, "您"))).edits == 1


def test_nothing_heard_is_all_deleted() -> None:
    assert errors_of(transcript(("staff", 0, "您好")), transcript()).deletions == 2


def piece(characters: int, edits: int) -> Errors:
    return Errors(characters=characters, substitutions=edits, deletions=0, insertions=0)


def test_long_recordings_weigh_more() -> None:
    assert rate([piece(90, 0), piece(10, 5)]) == 0.05
    assert rate([]) is None


def test_the_interval_holds_the_rate_and_is_the_same_each_time() -> None:
    pieces = [piece(20, n % 5) for n in range(40)]
    interval, again = rate_interval(pieces), rate_interval(pieces)
    assert interval == again
    assert interval is not None
    # Standard error of the mean of 0, .05, .1, .15, .2 over 40: 0.0707 / sqrt(40) = 0.0112; 1.96 of it on each side
    assert (interval.low, interval.high) == pytest.approx((0.078, 0.122), abs=0.002)
    assert rate_interval(pieces[:1]) is None


def test_announcements_lie_on_the_side_of_the_staff() -> None:
    said = transcript(("machine", 0, "请按1"), ("staff", 0, "您好"), ("citizen", 0, "我办证"))
    assert errors_of(said, transcript(("machine", 0, "请按一您好"), ("unknown", 1, "我办证"))).edits == 0
