"""`python -m bench.kinds.sound`: the kinds that only sound has, on recordings that were judged rightly before.

Each call is judged as it is and in every way below, by the embedded model; what a rule charges there that it did not
charge in the call as it is, is unfair, for nobody said anything else. The voice menu, its ringing and the survey are
those of a sample; the music is made.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import soundfile

from bench.losses import in_pause
from bench.music import piano
from bench.nonspeech import Maker as MusicMaker
from bench.nonspeech import song
from bench.sides import Stereo, inverted, leaking, same
from speechaudit import pipeline
from speechaudit.asr.sound import RATE, decode
from speechaudit.model import Audit
from speechaudit.rules import rulebook

ROOT = Path(__file__).parents[2]
CALLS = (
    "samples/phone-stereo-rude-citizen-left.wav",
    "labelled/tuning/p01-good-property.opus",
    "labelled/tuning/call-in-03-fund-brushoff.opus",
)
MENU = ROOT / "samples" / "phone-stereo-menu-transfer-right.opus"
HOLD = 25.0  # seconds of music
LOST = 0.6  # share of a call behind which a recorder wrote zeros
Maker = Callable[[Stereo, int], Stereo]


def announced(start: float, end: float) -> Stereo:
    """A stretch of the sample with a menu, at the loudness of speech, on the staff's side alone (one column)."""
    with decode(MENU) as sound:
        return np.asarray(sound.read(1, start, end), np.float32)[:, np.newaxis]


def on_side(samples: Stereo, staff: int) -> Stereo:
    """One column as two, silent for the other party."""
    return np.hstack([samples, np.zeros_like(samples)][:: 1 if staff == 0 else -1])


def with_hold(make: MusicMaker) -> Maker:
    """Music in a pause in the middle, as loud as the staff's voice, on their side."""

    def made(samples: Stereo, staff: int) -> Stereo:
        at = in_pause(samples.sum(axis=1), 0.5)
        music = make(int(HOLD * RATE), np.random.default_rng(0))
        loud = np.percentile(np.abs(samples[:, staff]), 95)
        held = (music / np.abs(music).max() * loud).astype(np.float32)[:, np.newaxis]
        return np.vstack([samples[:at], on_side(held, staff), samples[at:]])

    return made


def without_its_end(samples: Stereo, _: int) -> Stereo:
    """The recorder wrote the header, then lost power."""
    found = samples.copy()
    found[int(LOST * len(found)) :] = 0
    return found


def behind_a_menu(samples: Stereo, staff: int) -> Stereo:
    """A voice menu and a ringing telephone come before the person."""
    return np.vstack([on_side(announced(*BEFORE), staff), samples])


def before_a_survey(samples: Stereo, staff: int) -> Stereo:
    """A satisfaction survey follows a second behind the last word."""
    pause = np.zeros((RATE, 1), np.float32)
    return np.vstack([samples, on_side(np.vstack([pause, announced(*AFTER)]), staff)])


BEFORE, AFTER = (0.0, 21.0), (69.5, 80.0)
KINDS: dict[str, Maker] = {
    "same sound in both, 9 dB louder": lambda samples, _: same(-9)(samples),
    "same sound in both, 12 ms later": lambda samples, _: same(0, 0.012)(samples),
    "same sound in both, inverted": lambda samples, _: inverted(samples),
    "12 dB of cross-talk": lambda samples, _: leaking(-12)(samples),
    "music box of 25 s on the staff's side": with_hold(song),
    "piano of 25 s on the staff's side": with_hold(piano),
    "zeros to the end": without_its_end,
    "a menu and ringing before": behind_a_menu,
    "a survey behind": before_a_survey,
}


def main() -> None:
    """Print what each layout of each call is charged with more, and what is credited that was not."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kinds", nargs="*", choices=KINDS, default=list(KINDS))
    parser.add_argument("--calls", nargs="*", default=CALLS)
    options = parser.parse_args()
    judge = _judge()
    print("| call | layout | charged anew | charged no more | credited anew | remarks |\n|---|---|---|---|---|---|")
    for name in options.calls:
        path = ROOT / name
        facts = json.loads(path.with_suffix(".json").read_text("utf-8"))
        with decode(path) as sound:
            samples = np.stack([sound.read(channel, 0, sound.duration) for channel in (0, 1)], axis=1)
        clean = judge(samples, facts)
        for kind in options.kinds:
            heard = judge(KINDS[kind](samples, facts["staff_channel"]), facts)
            print(f"| {path.stem} | {kind} | " + " | ".join(compared(clean, heard)) + " |", flush=True)


def _judge() -> Callable[[Stereo, dict[str, object]], Audit]:
    from speechaudit.asr import whisper

    book, transcriber = rulebook.load(), whisper.load(device="cpu")

    def judged(samples: Stereo, facts: dict[str, object]) -> Audit:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "a.flac"
            soundfile.write(path, np.clip(samples, -1, 1), RATE)
            path.with_suffix(".json").write_text(json.dumps(facts), "utf-8")
            return pipeline.audit_recording(path, book, transcriber)

    return judged


def compared(clean: Audit, heard: Audit) -> Iterator[str]:
    """Yield what is charged anew, no more, and credited anew, with the quotes, and the remarks of the hearing."""
    before, after = (dict(_verdicts(audit)) for audit in (clean, heard))
    yield "; ".join(f"{rule} {quote}" for (rule, verdict), quote in _more(before, after, "fail"))
    yield "; ".join(rule for (rule, _), _ in _more(after, before, "fail"))
    yield "; ".join(f"{rule} {quote}" for (rule, verdict), quote in _more(before, after, "pass"))
    yield "; ".join(reason.code for reason in heard.limits)


def _verdicts(audit: Audit) -> Iterator[tuple[tuple[str, str], str]]:
    for service in audit.encounters:
        for finding in service.findings:
            yield (finding.rule, finding.verdict), finding.evidence[0].quote if finding.evidence else ""


def _more(
    before: dict[tuple[str, str], str], after: dict[tuple[str, str], str], verdict: str
) -> Iterator[tuple[tuple[str, str], str]]:
    return ((key, quote) for key, quote in after.items() if key[1] == verdict and key not in before)


if __name__ == "__main__":
    main()
