"""Samples in frames and windows: what is filled up, and what a spectrum tells."""

from __future__ import annotations

import numpy as np

from speechaudit.asr.sound import RATE
from speechaudit.asr.windows import in_frames, spectra, windows


def test_the_last_frame_is_filled_up() -> None:
    samples = np.array([1, 2, 3, 4, 5], np.float32)
    assert in_frames(samples, 2).tolist() == [[1, 2], [3, 4], [5, 0]]
    assert in_frames(samples, 3, "edge").tolist() == [[1, 2, 3], [4, 5, 5]]
    assert in_frames(samples[:4], 2).tolist() == [[1, 2], [3, 4]]


def test_every_channel_has_frames_of_its_own() -> None:
    block = np.arange(6, dtype=np.int16).reshape(2, 3)
    assert in_frames(block, 2).tolist() == [[[0, 1], [2, 0]], [[3, 4], [5, 0]]]


def test_windows_overlap_and_a_short_sound_has_one() -> None:
    samples = np.arange(5, dtype=np.float32)
    assert windows(samples, 3, 2).tolist() == [[0, 1, 2], [2, 3, 4]]
    assert windows(samples[:2], 3, 2).tolist() == [[0, 1, 0]]


def test_a_tone_lies_at_its_frequency() -> None:
    tone = np.sin(2 * np.pi * 1000 * np.arange(2048) / RATE).astype(np.float32)
    found = spectra(windows(tone, 1024, 512))
    assert (found.shape, str(found.dtype)) == ((3, 513), "complex64")
    assert set(np.abs(found).argmax(axis=1).tolist()) == {1000 * 1024 // RATE}
