"""How far what people hear lies from what the transcript says, in Chromium, for files as recorders leave them.

Tones begin at known seconds. The transcript's time is where the recogniser's own decoder has them; the time that is
heard is where Chromium's decoder has them in the listening copy, and where its player stands when they sound after a
jump to half a second before, as after a click on a word.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import soundfile
from playwright.sync_api import Browser, Page

from bench.seen.house import desk
from speechaudit.asr.clock import RATE
from speechaudit.asr.listening import make_copies
from speechaudit.asr.sound import decode
from speechaudit.model import Span
from tests.asr.sounds import Samples, save_aac, save_timed, tone

SECONDS: Final = 20.0
TONES: Final = (2.0, 9.0, 16.0)
GAPS: Final = (Span(start=4.0, end=7.5), Span(start=11.0, end=12.0))
_TRIES: Final = 3
_LOUD: Final = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    """The greatest distance from the transcript's time, in seconds: as decoded, and as the player tells."""

    title: str
    decoded: float
    played: float


def _tones(rate: int) -> Samples:
    samples = np.zeros(int(SECONDS * rate), np.float32)
    for at in TONES:
        burst = tone(700, 0.2, rate)
        samples[int(at * rate) : int(at * rate) + len(burst)] = burst
    return samples


def _plain(subtype: str) -> Callable[[Path], object]:
    return lambda path: soundfile.write(path, _tones(8000), 8000, subtype=subtype)


def _coded(codec: str, rate: int) -> Callable[[Path], object]:
    return lambda path: save_aac(path, _tones(rate), rate, codec)


def _timed(codec: str, offset: float, gaps: tuple[Span, ...] = GAPS) -> Callable[[Path], object]:
    return lambda path: save_timed(path, _tones(48000), codec, offset=offset, gaps=gaps)


KINDS: Final[tuple[tuple[str, str, Callable[[Path], object]], ...]] = (
    ("WAV，PCM", "a.wav", _plain("PCM_16")),
    ("WAV，A-law", "b.wav", _plain("ALAW")),
    ("WAV，µ-law", "c.wav", _plain("ULAW")),
    ("WAV，GSM 6.10", "d.wav", _plain("GSM610")),
    ("AMR-NB", "e.amr", _coded("libopencore_amrnb", 8000)),
    ("MP3", "f.mp3", _coded("libmp3lame", 16000)),
    ("M4A（AAC），从第 7 秒起，有两处空缺", "g.m4a", _timed("aac", 7.0)),
    ("WebM（Opus），有两处空缺", "h.webm", _timed("libopus", 0.0)),
    ("WebM（Opus），从第 7 秒起，有两处空缺", "i.webm", _timed("libopus", 7.0)),
    ("Ogg（Opus），从第 7 秒起，有两处空缺", "j.ogg", _timed("libopus", 7.0)),
    ("MKV（AAC），从第 7 秒起，有两处空缺", "k.mkv", _timed("aac", 7.0)),
    ("WMA，从第 7 秒起，有两处空缺", "l.wma", _timed("wmav2", 7.0)),
)


def measured(browser: Browser, folder: Path) -> Iterator[Drift]:
    """Measure each kind of file."""
    page = desk(browser)
    page.route("http://clock.test/", lambda route: route.fulfill(body="<!doctype html><audio id=audio></audio>"))
    page.goto("http://clock.test/")
    page.mouse.click(5, 5)  # before, no sound may begin
    for title, name, write in KINDS:
        source, copy = folder / name, folder / f"{name}.webm"
        write(source)
        make_copies(source, copy, folder / "masked", ())
        with decode(source) as sound:
            said = _begins(sound.read(0), RATE)
        yield _drift(page, title, said, copy.read_bytes())
    page.context.close()


def _begins(samples: Samples, rate: float) -> list[float]:
    loud = np.flatnonzero(np.abs(samples) > _LOUD) / rate
    return [float(at) for at in loud[np.diff(loud, prepend=-1) > 0.1]]


def _drift(page: Page, title: str, said: list[float], copy: bytes) -> Drift:
    if len(said) != len(TONES):
        raise ValueError(f"{title}: {said}")
    told: dict[str, Any] = page.evaluate(_LISTEN, {"sound": base64.b64encode(copy).decode(), "said": said})
    decoded = max(abs(heard - at) for heard, at in zip(told["decoded"], said, strict=True))
    return Drift(title=title, decoded=decoded, played=max(told["played"]))


# In the page: where its decoder has the tones, and how far its player is from each when it sounds. What is late because
# the machine was busy is late by chance: of three tries the best one counts.
_LISTEN: Final = """async ({ sound, said }) => {
  const bytes = Uint8Array.from(atob(sound), (each) => each.charCodeAt(0));
  const context = window.context ??= new AudioContext();
  await context.resume();
  const buffer = await context.decodeAudioData(bytes.slice().buffer);
  const samples = buffer.getChannelData(0);
  const decoded = [];
  let last = -1;
  for (let at = 0; at < samples.length; at += 1) if (Math.abs(samples[at]) > LOUD) {
    if (last < 0 || at - last > 0.1 * buffer.sampleRate) decoded.push(at / buffer.sampleRate);
    last = at;
  }
  const audio = document.getElementById("audio");
  audio.src = URL.createObjectURL(new Blob([bytes], { type: "audio/webm" }));
  const ear = context.createScriptProcessor(256, 1, 1);
  const source = window.source ??= context.createMediaElementSource(audio);
  source.disconnect(); source.connect(ear); ear.connect(context.destination);
  await new Promise((resolve) => { audio.oncanplay = resolve; audio.load(); });
  audio.oncanplay = null;
  const heard = async (at) => {
    audio.pause();
    audio.currentTime = at - 0.5;
    await new Promise((resolve) => { audio.onseeked = resolve; });
    const found = new Promise((resolve) => { ear.onaudioprocess = (event) => {
      const block = event.inputBuffer.getChannelData(0);
      if (!audio.paused && block.some((each) => Math.abs(each) > LOUD)) resolve(audio.currentTime);
    }; });
    await audio.play();
    const told = await Promise.race([found, new Promise((resolve) => setTimeout(() => resolve(NaN), 5000))]);
    ear.onaudioprocess = null;
    return Math.abs(told - at);
  };
  const played = [];
  for (const at of said) {
    const tries = [];
    for (let n = 0; n < TRIES; n += 1) tries.push(await heard(at));
    played.push(Math.min(...tries.filter((each) => !Number.isNaN(each))));
  }
  ear.disconnect();
  return { decoded, played };
}""".replace("LOUD", str(_LOUD)).replace("TRIES", str(_TRIES))
