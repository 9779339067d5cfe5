"""The centre's own prompts: found by their sound through codecs, cut where a caller breaks them off, and learned."""

from __future__ import annotations

import io
from functools import cache
from pathlib import Path
from typing import NoReturn

import numpy as np
import pytest
import soundfile
from click.testing import CliRunner

from speechaudit import pipeline
from speechaudit.asr import prompts
from speechaudit.asr.landmarks import landmarks
from speechaudit.asr.replay import ReplayTranscriber
from speechaudit.asr.sound import RATE, decode
from speechaudit.asr.transcriber import Progress
from speechaudit.cli import main
from speechaudit.errors import AudioError, InputError
from speechaudit.model import PlayedPrompt, Recording, Segment, Transcript, Word
from speechaudit.rules import rulebook
from speechaudit.speakers import with_prompts

SAMPLES = Path(__file__).parents[2] / "samples"
OTHERS = ("phone-mono-bad.wav", "phone-stereo-hold-right.wav", "phone-stereo-outgoing-right.wav", "phone-mono-good.wav")


class NobodyListens(ReplayTranscriber):
    """No recording may be opened."""

    def open(self, path: Path, progress: Progress = lambda _: None) -> NoReturn:
        """Fail."""
        pytest.fail("opened")


@cache
def heard(name: str, channel: int, start: float, end: float) -> np.ndarray:
    with decode(SAMPLES / name) as sound:
        return sound.read(channel, start, end)


def menu() -> np.ndarray:
    return heard("phone-stereo-menu-transfer-right.opus", 1, 0.7, 14.6)


def call(path: Path, other: str, before: float, played: float = 14.0, codec: str = "ALAW") -> Path:
    """A call that begins with the menu, `before` seconds late and broken off after `played`, and another behind it."""
    said = heard(other, 0, 0.0, 30.0)
    noise = 10 ** (-50 / 20) * np.random.default_rng(len(other)).standard_normal(int((before + 46) * RATE))
    noise[int(before * RATE) :][: int(played * RATE)][: menu().size] += 0.6 * menu()[: int(played * RATE)]
    noise[int((before + 16) * RATE) :][: said.size] += said
    coded = io.BytesIO()
    soundfile.write(coded, noise[::2], RATE // 2, codec, format="WAV")
    path.write_bytes(coded.getvalue())
    return path


@pytest.fixture
def library(tmp_path: Path) -> Path:
    soundfile.write(tmp_path / "menu.wav", menu(), RATE)
    prompts.add(tmp_path / "prompts", [tmp_path / "menu.wav"])
    return tmp_path / "prompts"


@pytest.mark.parametrize("codec", ["ALAW", "ULAW", "GSM610", "IMA_ADPCM"])
def test_a_prompt_is_found_through_a_codec(tmp_path: Path, library: Path, codec: str) -> None:
    with decode(call(tmp_path / "a.wav", OTHERS[0], 1.37, codec=codec)) as sound:
        (found,) = prompts.played_prompts(sound, 0, prompts.read_prompts(library), 0)
    assert (found.start, found.end) == pytest.approx((1.37, 15.27), abs=0.1)
    assert found.prompt == "menu"


def test_a_prompt_that_is_broken_off_ends_there(tmp_path: Path, library: Path) -> None:
    with decode(call(tmp_path / "a.wav", OTHERS[0], 2.0, played=5.0)) as sound:
        (found,) = prompts.played_prompts(sound, 0, prompts.read_prompts(library), 0)
    assert (found.start, found.end) == pytest.approx((2.0, 7.0), abs=0.6)


@pytest.mark.parametrize("before", [50.0, 58.9, 105.0])
def test_a_prompt_over_the_border_of_two_pieces_plays_once(tmp_path: Path, library: Path, before: float) -> None:
    with decode(call(tmp_path / "a.wav", OTHERS[0], before)) as sound:
        (found,) = prompts.played_prompts(sound, 0, prompts.read_prompts(library), 0)
    assert (found.start, found.end) == pytest.approx((before, before + 13.9), abs=0.1)


def test_nothing_repeats_in_a_channel_without_sound() -> None:
    assert landmarks([np.zeros(60 * RATE, np.float32)]).keys.size == 0


@pytest.mark.parametrize("name", OTHERS)
def test_no_prompt_is_found_where_people_speak(library: Path, name: str) -> None:
    with decode(SAMPLES / name) as sound:
        assert list(prompts.played_prompts(sound, 0, prompts.read_prompts(library), 0)) == []


def test_what_repeats_is_learned_once(tmp_path: Path) -> None:
    calls = [call(tmp_path / f"{i}.wav", other, 0.4 + i / 7) for i, other in enumerate(OTHERS)]
    learned = prompts.learn(tmp_path / "prompts", calls)
    with decode(tmp_path / "0.wav") as sound:
        found = list(prompts.played_prompts(sound, 0, prompts.read_prompts(tmp_path / "prompts"), 0))
    assert learned
    assert 9.0 <= sum(own.duration for own in found) <= 15.0
    assert all(0.0 <= own.start < own.end <= 15.5 for own in found)
    assert prompts.learn(tmp_path / "prompts", calls) == ()


def test_a_call_that_is_there_three_times_teaches_nothing(tmp_path: Path) -> None:
    copies = [call(tmp_path / f"{i}.wav", OTHERS[0], 0.4) for i in range(3)]
    assert prompts.learn(tmp_path / "prompts", copies) == ()


def test_two_calls_are_not_enough(tmp_path: Path) -> None:
    calls = [call(tmp_path / f"{i}.wav", other, 0.4) for i, other in enumerate(OTHERS[:2])]
    assert prompts.learn(tmp_path / "prompts", calls) == ()


def test_words_in_a_prompt_are_a_machines() -> None:
    words = ("社保请按一,", "您好,", "请讲。")
    times = tuple(Word(text=text, start=2.0 * i, end=2.0 * i + 1.9, confidence=0.9) for i, text in enumerate(words))
    segment = Segment(start=0.0, end=5.9, text="".join(words), words=times, confidence=0.9, channel=1)
    played = (PlayedPrompt(start=0.0, end=2.0, channel=1, prompt="menu"),)
    machine, person = with_prompts(Transcript(segments=(segment,), duration=6.0), played).segments
    assert (machine.role, machine.text, machine.role_reason) == ("machine", "社保请按一,", "与本中心的提示音“menu”一致")
    assert (person.role, person.text) == ("unknown", "您好,请讲。")
    elsewhere = (PlayedPrompt(start=0.0, end=2.0, channel=0, prompt="menu"),)
    assert with_prompts(Transcript(segments=(segment,), duration=6.0), elsewhere).segments == (segment,)


def test_a_prompt_that_plays_twice_is_a_machines_both_times() -> None:
    said = tuple(Segment(start=at, end=at + 2.0, text="您好,请稍候。") for at in (0.0, 30.0, 60.0))
    played = tuple(PlayedPrompt(start=at, end=at + 2.0, channel=0, prompt="wait") for at in (0.0, 60.0))
    told = with_prompts(Transcript(segments=said, duration=62.0), played)
    assert [segment.role for segment in told.segments] == ["machine", "unknown", "machine"]


def test_a_prompt_has_a_length(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "short.wav", menu()[:4000], RATE)
    with pytest.raises(AudioError, match="提示音应为 1 到 300 秒"):
        prompts.add(tmp_path / "prompts", [tmp_path / "short.wav"])


def test_two_prompts_of_one_name_are_refused_and_nothing_is_written(tmp_path: Path, library: Path) -> None:
    for name in ("x/g.wav", "y/G.wav", "x/menu.wav"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        soundfile.write(tmp_path / name, menu(), RATE)
    with pytest.raises(InputError, match=r"y/G\.wav:与 .*x/g\.wav 同名"):
        prompts.add(library, [tmp_path / "x/g.wav", tmp_path / "y/G.wav"])
    with pytest.raises(InputError, match=r"x/menu\.wav:与 .*prompts/menu\.flac 同名"):
        prompts.add(library, [tmp_path / "x/g.wav", tmp_path / "x/menu.wav"])
    assert [path.name for path in prompts.files_of(library)] == ["menu.flac"]


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "prompts").write_bytes(b"a file")
    for called in (prompts.add, prompts.learn):
        with pytest.raises(InputError, match="prompts:无法写入"):
            called(tmp_path / "prompts", [SAMPLES / OTHERS[0]])


def test_a_prompt_that_cannot_be_read_is_no_fault_of_a_recording_and_costs_no_hearing(library: Path) -> None:
    (library / "damaged.wav").write_bytes(b"no sound")
    with pytest.raises(InputError, match=r"damaged\.wav") as told:
        pipeline.hear(
            SAMPLES / OTHERS[0],
            Recording(file=OTHERS[0], setting="phone"),
            NobodyListens(Transcript(segments=(), duration=0.0), pipeline.BY_HAND),
            rulebook.load(),
            lambda _: None,
            pipeline.Libraries(prompts=library),
        )
    assert not isinstance(told.value, AudioError)


def test_recordings_that_cannot_be_used_are_left_out_of_what_is_learned(tmp_path: Path) -> None:
    calls = [call(tmp_path / f"{i}.wav", other, 0.4 + i / 7) for i, other in enumerate(OTHERS[:3])]
    soundfile.write(tmp_path / "silent.wav", np.zeros(3 * RATE), RATE)
    soundfile.write(tmp_path / "short.wav", menu()[:4000], RATE)
    told: list[str] = []
    unusable = [tmp_path / "silent.wav", tmp_path / "short.wav"]
    assert prompts.learn(tmp_path / "prompts", [*calls, *unusable], lambda problem: told.append(problem.code))
    assert told == ["audio-silent", "audio-too-short"]
    with pytest.raises(AudioError, match=r"short\.wav"):
        prompts.learn(tmp_path / "prompts", unusable)


def test_a_side_without_sound_is_not_compared(tmp_path: Path) -> None:
    heard = [call(tmp_path / f"{i}.wav", other, 0.4 + i / 7) for i, other in enumerate(OTHERS[:3])]
    for path in heard:
        samples, rate = soundfile.read(path)
        soundfile.write(path, np.stack([samples, np.zeros_like(samples)], axis=1), rate)
    learned = prompts.learn(tmp_path / "prompts", heard)
    assert learned
    assert all(np.abs(soundfile.read(path)[0]).max() > 0.1 for path in learned)


def test_a_missing_folder_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="没有这个提示音文件夹"):
        prompts.read_prompts(tmp_path / "nowhere")


def test_the_commands_add_list_and_learn(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "menu.wav", menu(), RATE)
    folder = ["--prompts", str(tmp_path / "prompts")]
    added = CliRunner().invoke(main, ["prompts", "add", str(tmp_path / "menu.wav"), *folder])
    assert (added.exit_code, added.output) == (0, f"已加入 {tmp_path / 'prompts' / 'menu.flac'}\n")
    assert CliRunner().invoke(main, ["prompts", "list", *folder]).output == "menu\t13.9 秒\n"
    calls = [str(call(tmp_path / f"call{i}.wav", other, 0.5)) for i, other in enumerate(OTHERS[:3])]
    (tmp_path / "none.wav").write_bytes(b"no sound")
    learned = CliRunner().invoke(main, ["prompts", "learn", *calls, str(tmp_path / "none.wav"), *folder])
    assert learned.stderr.startswith("未用 ")
    assert learned.output.endswith("学到 0 段。请逐段听一听,不是提示音的请删掉\n")
