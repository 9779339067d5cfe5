import wave

import numpy as np
import pytest

from speechaudit.errors import AudioError
from speechaudit.model import Span
from speechaudit.speakers.diarize import sliding_windows
from speechaudit.speakers.embed import fbank
from speechaudit.speakers.wav import WavFile


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


def test_reading_a_span_gives_its_samples_and_no_more_than_there_are(tmp_path):
    samples = np.arange(-16000, 16000, dtype="<i2")
    with WavFile(write(tmp_path / "a.wav", samples)) as wav:
        assert wav.duration == 2.0
        assert (wav.read(Span(start=0.5, end=1.0)) * 32768).tolist() == samples[8000:16000].tolist()
        assert len(wav.read(Span(start=-1.0, end=0.5))) == 8000
        assert len(wav.read(Span(start=1.5, end=9.0))) == 8000
        assert len(wav.read(Span(start=5.0, end=9.0))) == 0


@pytest.mark.parametrize(("rate", "channels", "width"), [(8000, 1, 2), (16000, 2, 2), (16000, 1, 1)])
def test_other_formats_are_refused(tmp_path, rate, channels, width):
    path = write(tmp_path / "a.wav", np.zeros(800, dtype="<i2"), rate, channels, width)
    with pytest.raises(AudioError, match=f"{rate} Hz、{channels} 声道、{8 * width} 位"):
        WavFile(path)


@pytest.mark.parametrize("content", [b"", b"not a wav", b"RIFF\x00\x00\x00\x00WAVE"])
def test_what_is_no_wav_is_refused(tmp_path, content):
    (tmp_path / "a.wav").write_bytes(content)
    with pytest.raises(AudioError, match="不是可读的 wav"):
        WavFile(tmp_path / "a.wav")


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(AudioError):
        WavFile(tmp_path / "none.wav")


@pytest.mark.parametrize(("length", "windows"), [(0.3, 1), (1.5, 1), (1.6, 2), (2.25, 2), (3.0, 3), (10.0, 12)])
def test_windows_cover_a_region_evenly(length, windows):
    tiles = sliding_windows(Span(start=5.0, end=5.0 + length))
    assert len(tiles) == windows
    assert (tiles[0].start, tiles[-1].end) == (5.0, pytest.approx(5.0 + length))
    assert {round(piece.duration, 6) for piece in tiles} == {min(length, 1.5)}
