import wave

import numpy as np
import pytest

from speechaudit.model import Span
from speechaudit.speakers.diarize import sliding_windows
from speechaudit.speakers.embed import BATCH, batches, fbank


def write(path, samples, rate=16000, channels=1, width=2):
    with wave.open(str(path), "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(width)
        file.setframerate(rate)
        file.writeframes(samples.tobytes())
    return path


def test_filterbank_is_kaldis():
    from transformers.audio_utils import mel_filter_bank, spectrogram, window_function

    samples = (0.05 * np.random.default_rng(0).standard_normal(24000)).astype(np.float32)
    filters = mel_filter_bank(257, 80, 20, 8000, 16000, norm=None, mel_scale="kaldi", triangularize_in_mel_space=True)
    theirs = spectrogram(
        samples * 32768,
        window_function(400, "povey", periodic=False),
        400,
        160,
        fft_length=512,
        power=2.0,
        center=False,
        preemphasis=0.97,
        mel_filters=filters,
        log_mel="log",
        mel_floor=1.192e-7,
        remove_dc_offset=True,
    ).T
    assert fbank(samples) == pytest.approx(theirs - theirs.mean(axis=0), abs=1e-4)


def test_a_click_still_has_a_frame():
    assert fbank(np.zeros(10, dtype=np.float32)).shape == (1, 80)


def test_only_windows_of_one_length_go_through_the_network_together():
    assert list(batches([148, 90, 148, 148, 90])) == [[0, 2, 3], [1, 4]]
    assert [len(own) for own in batches([148] * (BATCH + 1))] == [BATCH, 1]
    assert list(batches([])) == []


@pytest.mark.parametrize(("length", "windows"), [(0.3, 1), (1.5, 1), (1.6, 2), (2.25, 2), (3.0, 3), (10.0, 12)])
def test_windows_cover_a_region_evenly(length, windows):
    tiles = sliding_windows(Span(start=5.0, end=5.0 + length))
    assert len(tiles) == windows
    assert (tiles[0].start, tiles[-1].end) == pytest.approx((5.0, 5.0 + length))
    assert {round(piece.duration, 6) for piece in tiles} == {min(length, 1.5)}
