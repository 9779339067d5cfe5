"""What stands between a mouth and a file: levels, the telephone line, the room and its noise."""

from __future__ import annotations

import io

import numpy as np
import soundfile
import soxr
from numpy.random import Generator
from numpy.typing import NDArray
from scipy import signal

Samples = NDArray[np.float32]

PHONE_RATE = 8_000
ROOM_RATE = 16_000
BAND = (300.0, 3_400.0)
LINE_NOISE_DB = -62.0
SNR_DB = 18.0
REVERB_SECONDS = 0.25
REVERB_DB = -10.0
CEILING = 0.9


def gain(decibels: float) -> float:
    """Factor of an amplitude for a level in dB."""
    return float(10 ** (decibels / 20))


def loudness(audio: Samples) -> float:
    """Root mean square of the parts that are not silent, in full scale (0.0 to 1.0)."""
    heard = audio[np.abs(audio) > 1e-3]
    return float(np.sqrt(np.mean(heard**2))) if heard.size else 0.0


def level(audio: Samples, decibels: float) -> Samples:
    """The same sound at a loudness in dB full scale."""
    return (audio * (gain(decibels) / loudness(audio))).astype(np.float32)


def telephone(audio: Samples, rate: int, chance: Generator, snr: float | None = None) -> Samples:
    """The sound after a telephone line: 8 kHz, 300 to 3,400 Hz, noise `snr` dB below the voices (or faint)."""
    band = signal.butter(4, BAND, "bandpass", fs=PHONE_RATE, output="sos")
    slow = soxr.resample(audio, rate, PHONE_RATE)
    noise_db = LINE_NOISE_DB if snr is None else 20 * np.log10(loudness(slow)) - snr
    noise = gain(noise_db) * chance.standard_normal(slow.size)
    return _safe(signal.sosfilt(band, slow + noise))


def alaw(audio: Samples) -> Samples:
    """The same sound with the steps that eight bits of A-law leave (ITU-T G.711), for a file of another kind."""
    line = io.BytesIO()
    soundfile.write(line, audio, PHONE_RATE, "ALAW", format="WAV")
    line.seek(0)
    heard: Samples = soundfile.read(line, dtype="float32")[0]
    return heard


def room(audio: Samples, rate: int, chance: Generator, snr: float | None = None) -> Samples:
    """The sound at a microphone on the counter: 16 kHz, light reverberation, hum of the hall and distant voices.

    Hum and voices together are `snr` dB below the speech, `SNR_DB` if nothing is said.
    """
    slow = soxr.resample(audio, rate, ROOM_RATE)
    heard = signal.fftconvolve(slow, _response(chance))[: slow.size]
    background = level(_pink(slow.size, chance), -20.0) + level(_babble(slow, chance), -22.0)
    noise_db = 20 * np.log10(loudness(slow)) - (SNR_DB if snr is None else snr)
    return _safe(heard + level(background.astype(np.float32), noise_db))


def ringing(count: int, rate: int) -> Samples:
    """What a caller hears while a telephone rings in China: 450 Hz, one second on and four off (GB/T 3380)."""
    at = np.arange(int((5 * count - 4) * rate)) / rate
    return (0.2 * np.sin(2 * np.pi * 450 * at) * (at % 5 < 1)).astype(np.float32)


def key(sign: str, rate: int) -> Samples:
    """The tone of a key that is pressed for a fifth of a second (DTMF, ITU-T Q.23)."""
    place = "123456789*0#".index(sign)
    at = np.arange(int(0.2 * rate)) / rate
    pair = (697, 770, 852, 941)[place // 3], (1209, 1336, 1477)[place % 3]
    return sum((0.15 * np.sin(2 * np.pi * pitch * at) for pitch in pair), np.zeros(at.size)).astype(np.float32)


def _response(chance: Generator) -> NDArray[np.float64]:
    """Impulse response: the direct sound and a tail that falls by 60 dB in `REVERB_SECONDS`."""
    time = np.arange(int(REVERB_SECONDS * ROOM_RATE)) / ROOM_RATE
    tail = chance.standard_normal(time.size) * np.exp(-6.9 * time / REVERB_SECONDS)
    tail *= gain(REVERB_DB) / np.sqrt(np.sum(tail**2))
    tail[0] = 1.0
    return tail


def _pink(size: int, chance: Generator) -> Samples:
    """Noise whose power falls with frequency, as ventilation sounds."""
    spectrum = np.fft.rfft(chance.standard_normal(size))
    return np.fft.irfft(spectrum / np.sqrt(np.arange(1, spectrum.size + 1)), size).astype(np.float32)


def _babble(audio: Samples, chance: Generator) -> Samples:
    """Distant voices without words: the dialogue backwards, dull, slowed down and laid over itself."""
    lowpass = signal.butter(2, 1_500, fs=ROOM_RATE, output="sos")
    slowed = soxr.resample(audio[::-1], 1.0, 1.12)[: audio.size]
    layers = [np.roll(slowed, int(shift)) for shift in chance.integers(0, audio.size, 8)]
    return signal.sosfilt(lowpass, np.sum(layers, axis=0)).astype(np.float32)


def _safe(audio: NDArray[np.float64]) -> Samples:
    peak = float(np.max(np.abs(audio)))
    return (audio * min(1.0, CEILING / peak)).astype(np.float32)
