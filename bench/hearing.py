"""Our hearing beside the libraries it stands on: the same weights and sound, in one process, in turn.

`python -m bench.hearing FOLDER... [--most 12] [--hours] [--out FILE]` takes labelled folders (recordings with plays) or
folders of single clips with their texts (`manifest.json`; `python -m bench.lines` makes such for telephone lines). It
tells for each kind of sound and each way of hearing the character error rate with its three kinds of errors, the
processor and wall seconds for one second of sound, and by how many MB memory rose at most; then which stages of a whole
audit take the time. All are warmed up on the first recording. With `--hours` two more recordings are made of all
counter recordings (`bench/hours.py`): an hour and two hours, of which 15 % is speech. openai-whisper is heard where it
is installed (`bench/original.py`), without a prompt: with one it leaves out most of what is said.
"""

from __future__ import annotations

import argparse
import ctypes
import os
import platform
import re
import tempfile
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from faster_whisper import BatchedInferencePipeline, WhisperModel

from bench import hours, original
from speechaudit import pipeline, terms
from speechaudit.asr import models, whisper
from speechaudit.asr.cleaning import PROMPT
from speechaudit.asr.sound import decode
from speechaudit.evaluation import characters, clips, labels
from speechaudit.evaluation.characters import NO_ERRORS, Errors
from speechaudit.model import Audit, Segment, Transcript
from speechaudit.rules import plays, rulebook

Hear = Callable[[Path], Transcript]
BATCH = 8
LISTEN = 0.02  # seconds between two looks at the memory
ASKED = {"language": "zh", "beam_size": 5, "initial_prompt": PROMPT}
PACKAGES = ("faster-whisper", "ctranslate2")
AUDIT, PLAIN, BATCHES = "speechaudit, whole audit", "faster-whisper with VAD", f"the same, batches of {BATCH}"
SHARE = 0.15  # of the hours is speech
HOURS = {3600.0: (AUDIT, PLAIN, BATCHES), 7200.0: (AUDIT,)}  # the ways in which so many seconds are heard


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """A recording, what is said in it, the kind of sound it is counted in, and which ways hear it (none: all)."""

    path: Path
    said: Transcript
    kind: str
    seconds: float
    ways: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What it took: seconds of all cores and by the clock, and the rise of memory in bytes."""

    processor: float
    wall: float
    memory: int


def items(folder: Path) -> list[Item]:
    """Return the recordings of the folder that have a text."""
    return list(_clips(folder) if (folder / clips.MANIFEST).is_file() else _labelled(folder))


def some(found: Iterable[Item], most: int) -> list[Item]:
    """Return at most so many of each kind of sound, evenly chosen."""
    kinds: dict[str, list[Item]] = defaultdict(list)
    for item in found:
        kinds[item.kind].append(item)
    return [item for own in kinds.values() for item in own[:: max(1, len(own) // most)][:most]]


def _labelled(folder: Path) -> Iterator[Item]:
    for item in labels.read(folder, rulebook.load()).items:
        if item.play and item.recording:
            play = plays.parse(item.play.read_text("utf-8"), item.stem)
            with decode(item.recording) as sound:
                kind = f"{folder.name} {play.setting}, {sound.channels} channel{'s' * (sound.channels > 1)}"
                yield Item(path=item.recording, said=play.transcript, kind=kind, seconds=sound.duration)


def long_ones(found: Sequence[Item], folder: Path) -> Iterator[Item]:
    """Yield the hours of which 15 % is speech, made in `folder` of the counter recordings that were found."""
    counters = [item for item in found if "counter" in item.kind]
    for seconds, only in HOURS.items() if counters else ():
        order = hours.repeated([item.seconds for item in counters], SHARE * seconds)
        path = folder / f"hours-{seconds:.0f}.flac"
        hours.lay([item.path for item in counters], order, seconds, path)
        share = sum(counters[place].seconds for place in order) / seconds
        laid = f"{len(set(order))} counter recordings laid {len(order)} times, {share:.0%} of the time"
        said = hours.said_in([item.said for item in counters], order, seconds)
        yield Item(path=path, said=said, kind=f"{seconds / 3600:.0f} h made of {laid}", seconds=seconds, ways=only)


def _clips(folder: Path) -> Iterator[Item]:
    for clip in clips.read(folder):
        with decode(clip.path) as sound:
            yield Item(path=clip.path, said=_transcript({0: clip.text}), kind=clip.group, seconds=sound.duration)


def _transcript(texts: Mapping[int, str]) -> Transcript:
    said = (Segment(start=0.0, end=1.0, text=text, channel=channel) for channel, text in texts.items())
    return Transcript(segments=tuple(said), duration=1.0)


def by_channel(write: Callable[..., tuple[object, object]], **settings: object) -> Hear:
    """Return the way of hearing in which `write` (of faster-whisper) gets each channel for itself."""

    def hear(path: Path) -> Transcript:
        with decode(path) as sound:
            texts = {}
            for channel in range(sound.channels):
                segments, _ = write(sound.read(channel), **ASKED, **settings)
                texts[channel] = "".join(segment.text for segment in segments)  # type: ignore[attr-defined]
        return _transcript(texts)

    return hear


def published(loaded: models.LoadedModel) -> WhisperModel:
    """Return the model as it was published, with all languages' tokens, as faster-whisper alone would load it."""
    return WhisperModel(str(loaded.folder), loaded.device, compute_type=loaded.compute_type, cpu_threads=loaded.threads)


def ways(
    model: WhisperModel, folder: Path, ours: whisper.WhisperTranscriber, stages: Counter[str]
) -> Mapping[str, Hear]:
    """Return the ways of hearing by name; a whole audit adds the seconds of its `stages`."""
    book = rulebook.load()
    batched = BatchedInferencePipeline(model)
    first = _first_whisper(folder)

    def audited(path: Path) -> Transcript:
        audit = pipeline.audit_recording(path, book, ours)
        stages.update(audit.made_by.timings)
        return _written(audit)

    return {
        "speechaudit, words only": lambda path: ours.transcribe(path).transcript,
        AUDIT: audited,
        PLAIN: by_channel(model.transcribe, vad_filter=True),
        "the same, not conditioned": by_channel(model.transcribe, vad_filter=True, condition_on_previous_text=False),
        BATCHES: by_channel(batched.transcribe, batch_size=BATCH),
        **first,
    }


def _first_whisper(folder: Path) -> Mapping[str, Hear]:
    """openai-whisper with the same weights, where it is installed."""
    if not original.available():
        return {}
    return {"openai-whisper, float32, no prompt": by_channel(original.writing(original.loaded(folder)))}


def _written(audit: Audit) -> Transcript:
    """What the audit holds of what was said, talk that is no service included."""
    parts = [each.transcript for each in audit.encounters] + [each.transcript for each in audit.asides]
    said = sorted((segment for part in parts for segment in part.segments), key=lambda segment: segment.start)
    return Transcript(segments=tuple(said), duration=audit.duration)


def _resident() -> int:
    """The memory of this process, in bytes."""
    return int(Path("/proc/self/statm").read_text("ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")


def costing(hear: Hear, path: Path) -> tuple[Transcript, Cost]:
    """Hear once, and return what was heard and what it took."""
    ended = threading.Event()
    ctypes.CDLL(None).malloc_trim(0)  # what the last hearing freed would hide what this one takes
    before = highest = _resident()

    def watch() -> None:
        nonlocal highest
        while not ended.wait(LISTEN):
            highest = max(highest, _resident())

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    processor, wall = time.process_time(), time.perf_counter()
    heard = hear(path)
    cost = Cost(processor=time.process_time() - processor, wall=time.perf_counter() - wall, memory=highest - before)
    ended.set()
    watcher.join()
    return heard, cost


def table(kind: str, chosen: Sequence[Item], found: Mapping[str, Sequence[tuple[Errors, Cost]]]) -> Iterator[str]:
    """Yield the lines of the table of one kind of sound."""
    seconds = sum(item.seconds for item in chosen)
    yield f"\n## {kind}: {len(chosen)} recordings, {seconds:.0f} s\n"
    yield "| | CER | substituted, deleted, inserted | processor s/s | wall s/s | memory MB |\n|---|---|---|---|---|---|"
    for name, heard in found.items():
        errors = sum((each for each, _ in heard), NO_ERRORS)
        costs = [cost for _, cost in heard]
        kinds = f"{errors.substitutions}, {errors.deletions}, {errors.insertions} of {errors.characters}"
        times = f"{sum(c.processor for c in costs) / seconds:.3f} | {sum(c.wall for c in costs) / seconds:.3f}"
        share = errors.edits / max(1, errors.characters)
        yield f"| {name} | {share:.3f} | {kinds} | {times} | {max(c.memory for c in costs) / 1e6:.0f} |"


def shares(stages: Mapping[str, float], seconds: float) -> Iterator[str]:
    """Yield the lines of the table of the stages of a whole audit, over all kinds of sound."""
    total = sum(stages.values())
    yield f"\n## Where the time of a whole audit goes: {total / seconds:.3f} wall seconds for a second of sound\n"
    yield "| stage | wall s/s | share |\n|---|---|---|"
    for stage in terms.STAGES:
        yield f"| `{stage}` | {stages[stage] / seconds:.4f} | {stages[stage] / total:.0%} |"


def machine(made: whisper.WhisperTranscriber) -> str:
    """Return what the figures were taken with."""
    by = made.made_by
    versions = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    threads = os.environ.get("OMP_NUM_THREADS", "as many as the library takes")
    load = os.getloadavg()[0]
    return (
        f"Model {by.model} ({by.compute_type}) on {by.device}; {versions}; Python {platform.python_version()}; "
        f"{processor()}; {os.cpu_count()} cores, threads: {threads}; load of the machine: {load:.1f}."
    )


def processor(cpuinfo: Path = Path("/proc/cpuinfo")) -> str:
    """Return the processor with the instructions that CTranslate2 takes of it, forced or found."""
    told = re.search(r"^model name\s*: (.+)", cpuinfo.read_text("ascii"), re.M)
    return f"{told[1] if told else platform.machine()}, {models.instruction_set()}"


def page(made: whisper.WhisperTranscriber, tables: Iterable[str]) -> str:
    """Return the page with all figures."""
    told = f"""# What hearing costs, and how well it hears

Written by `make bench-hearing`, no figure by hand: the same weights and sound for all ways, in one process, in turn
(ours leaves out the tokens that Chinese does not need, `decisions/asr-trimming.md`);
the same prompt too, but for openai-whisper, which with it leaves out most of what is said. CER is the character error
rate; processor and wall seconds are for one second of sound (a call has two channels); memory is by how much that of
the process rose at most. Hours are counter recordings with the noise of their rooms in between, so that 15 % of the
time is speech: they show what pauses cost, and whether memory grows. What each choice brought and what was tried in
vain: `decisions/asr-decoding.md`. How much of it hangs on the processor: `processors.md`.

{made.made_by.program}. {machine(made)}"""
    return "\n".join((told, *tables)) + "\n"


def main() -> None:
    """Print what was measured."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", type=Path, nargs="+")
    parser.add_argument("--most", type=int, default=12, help="recordings of each kind of sound")
    parser.add_argument("--hours", action="store_true", help="an hour and two hours made of the counters, too")
    parser.add_argument("--out", type=Path, help="where the page is written; without it, it is printed")
    options = parser.parse_args()
    found = [item for folder in options.folders for item in items(folder)]
    chosen = some(found, options.most)
    with tempfile.TemporaryDirectory() as folder:
        told = measured(chosen, list(long_ones(found, Path(folder))) if options.hours else [])
    if options.out:
        options.out.write_text(told, encoding="utf-8")
    else:
        print(told)


def measured(chosen: Sequence[Item], long: Sequence[Item]) -> str:
    """Hear all recordings in all ways, in turn, and return the page; stages are those of `chosen` alone."""
    loaded = models.load_model("base", "cpu")
    ours = whisper.WhisperTranscriber(loaded)
    stages: Counter[str] = Counter()
    hearing = ways(published(loaded), loaded.folder, ours, stages)
    for hear in hearing.values():
        hear(chosen[0].path)
    stages.clear()
    tables = tables_of(chosen, hearing)
    spent = list(shares(stages, sum(item.seconds for item in chosen)))
    return page(ours, (*tables, *tables_of(long, hearing), *spent))


def tables_of(chosen: Sequence[Item], hearing: Mapping[str, Hear]) -> list[str]:
    """Hear the recordings in the ways that each is meant for, and return the tables by kind."""
    found: dict[str, dict[str, list[tuple[Errors, Cost]]]] = defaultdict(lambda: defaultdict(list))
    for item in chosen:
        for name in item.ways or hearing:
            heard, cost = costing(hearing[name], item.path)
            found[item.kind][name].append((characters.errors_of(item.said, heard), cost))
    return [line for kind, by in found.items() for line in table(kind, [i for i in chosen if i.kind == kind], by)]


if __name__ == "__main__":
    main()
