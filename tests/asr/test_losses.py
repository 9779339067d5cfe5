"""What a recorder lost is seen in the sound, and what only looks like it is not."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.losses import KINDS, Samples, found_in, in_voice, told
from speechaudit.asr.sound import RATE, decode
from speechaudit.reasons import in_chinese

CALL = Path(__file__).parents[2] / "samples" / "phone-mono-good.wav"


@pytest.fixture(scope="module")
def call() -> Samples:
    with decode(CALL) as sound:
        return sound.read(0, 0, 20)


@pytest.mark.parametrize("name", KINDS)
def test_losses_are_told_and_nothing_else(call: Samples, name: str) -> None:
    assert told(found_in(call, KINDS[name])) == KINDS[name].wanted


def test_the_end_is_told_where_it_is(call: Samples) -> None:
    at = in_voice(call, 0.6) / RATE
    found = found_in(call, KINDS["zeros from within a word"])
    (gap,) = found.gaps
    assert (gap.start, gap.end) == pytest.approx((at, 20), abs=0.06)
    assert in_chinese(found.limits[:1]) == f"录音不完整:00:{int(at):02} 之后没有任何信号,结尾没有录到"


def test_a_drop_out_is_told_where_it_is(call: Samples) -> None:
    at = in_voice(call, 0.4) / RATE
    found = found_in(call, KINDS["drop-out of 400 ms"])
    (gap,) = found.gaps
    assert (gap.start, gap.end) == pytest.approx((at, at + 0.4), abs=0.06)
    assert not found.cut_off
    assert in_chinese(found.limits) == "录音有 1 处丢失声音(共 0.4 秒),丢失处的话听不到"
