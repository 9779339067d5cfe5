"""The only place where the stages meet: recording or transcript in, audit out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from speechaudit import __version__, encounters, formats, gate, scoring
from speechaudit.encounters import Division, PersonalShare
from speechaudit.errors import InputError
from speechaudit.measures import measure
from speechaudit.model import Audit, Encounter, ListenRequest, MadeBy, Recording, Setting, Span, Transcript
from speechaudit.reasons import Reason, because
from speechaudit.rules import plays
from speechaudit.rules.judge import judge, listen_requests
from speechaudit.rules.place import Opening, PlaceInService
from speechaudit.rules.rulebook import Rulebook
from speechaudit.rules.wording import Wording
from speechaudit.served import rejoined
from speechaudit.stopwatch import Stopwatch

if TYPE_CHECKING:
    from speechaudit.asr.prompts import Prompt
    from speechaudit.asr.transcriber import Recognition, Session, Transcriber
    from speechaudit.checkpoint import Checkpoint
    from speechaudit.speakers import Voices

Progress = Callable[[float], None]
# What soundfile and PyAV read; in a folder only these are taken for recordings.
AUDIO = "wav mp3 flac ogg opus oga m4a mp4 aac wma amr webm aiff aif au gsm 3gp caf"
TRANSCRIPTS = "play audit.json"  # any other JSON in a folder may be metadata or a report
_HEARD = 0.9  # how far an audit is when all is heard, and a hearing when only the second listen is missing
_WRITTEN = 0.6  # how far a hearing is when the words are written: in one channel voices are told apart after that
BY_HAND = MadeBy(
    program=f"speechaudit {__version__}",
    transcriber="transcript",
    model="",
    model_sha256="",
    device="",
    compute_type="",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Libraries:
    """Folders of a centre: voice `profiles`, its `prompts` as sound files, models of `labels` that it learned."""

    profiles: Path | None = None
    prompts: Path | None = None
    labels: Path | None = None


NO_LIBRARIES = Libraries()


@dataclass(frozen=True, slots=True, kw_only=True)
class Overrides:
    """What the command line says of all recordings; it wins over the metadata beside them."""

    setting: Setting | None = None
    staff_channel: int | None = None
    libraries: Libraries = NO_LIBRARIES


NO_OVERRIDES = Overrides()


def files_in(path: Path, kinds: str) -> tuple[Path, ...]:
    """Return `path`, or the files of these kinds in the folder and below, sorted. Raises InputError without any.

    `kinds` are suffixes, `AUDIO` or `TRANSCRIPTS`.
    """
    try:
        path.stat()
        inside = list(path.iterdir()) if path.is_dir() else None
    except FileNotFoundError as problem:
        raise InputError(path, "没有这个文件或文件夹", "请检查路径") from problem
    except OSError as problem:
        raise InputError(path, f"无法读取({problem.strerror})", "请检查路径和读取权限") from problem
    if inside is None:
        return (path,)
    suffixes = tuple(f".{kind}" for kind in kinds.split())
    # A link that leads nowhere stays in the list, so that it is told and not passed over.
    found = tuple(sorted(p for p in path.rglob("*") if p.name.lower().endswith(suffixes) and not p.is_dir()))
    if not found:
        raise InputError(path, "文件夹里没有可用的文件", f"支持的格式:{kinds}")
    return found


def audit_recording(
    path: Path,
    book: Rulebook,
    transcriber: Transcriber,
    overrides: Overrides = NO_OVERRIDES,
    progress: Progress = lambda _: None,
) -> Audit:
    """Hear, tell who spoke, label, judge and score one recording, with the metadata beside it (`NAME.json`).

    `progress` gets the fraction done, 0.0 to 1.0. Raises InputError if the recording or its metadata cannot be used.
    """
    metadata = formats.read_sidecar(formats.sidecar_of(path))
    recording = formats.recording_of(path.name, metadata, overrides.setting, overrides.staff_channel)
    recognition = hear(path, recording, transcriber, book, lambda done: progress(_HEARD * done), overrides.libraries)
    limits = (*recognition.limits, *_assumed(metadata, overrides))
    made_by = heard_by(transcriber, recognition, overrides.libraries)
    audit = judge_heard(book, recording, recognition.transcript, made_by, limits, overrides.libraries)
    progress(1.0)
    return audit


def hear(
    path: Path,
    recording: Recording,
    transcriber: Transcriber,
    book: Rulebook,
    progress: Progress,
    libraries: Libraries = NO_LIBRARIES,
) -> Recognition:
    """Return the recognition with roles and labels: all that judging needs.

    What the rules miss or would charge is listened for a second time, when roles and services are known. After a crash
    what was finished is not heard again. Raises AudioError if the sound cannot be used, InputError if something in the
    libraries cannot be read.
    """
    from speechaudit.asr.prompts import read_prompts
    from speechaudit.checkpoint import open_checkpoint

    def writing(done: float) -> None:
        progress(_WRITTEN * done)

    watch = Stopwatch()
    prompts = read_prompts(libraries.prompts) if libraries.prompts else ()
    with open_checkpoint(path, transcriber.made_by) as checkpoint, transcriber.open(path, writing) as session:
        recognition = session.transcribe(progress=writing, checkpoint=checkpoint)
        recognition = _with_prompts(session, recognition, prompts)
        with watch.stage("voices"):
            rest = _HEARD - _WRITTEN
            voices = _voices(session, recognition, lambda done: progress(_WRITTEN + rest * done), checkpoint)
            recognition = _with_exchange(session, recognition)
        with watch.stage("roles"):
            said = _with_people(book, recording, session, recognition, voices, libraries)
        with watch.stage("second_listen"):
            said = _heard_twice(book, recording, session, replace(recognition, transcript=said), transcriber)
    progress(1.0)
    limits = (*recognition.limits, *_uncalibrated(book, transcriber.made_by))
    return replace(recognition, transcript=said, limits=limits, timings={**recognition.timings, **watch.seconds})


def _with_people(
    book: Rulebook,
    recording: Recording,
    session: Session,
    recognition: Recognition,
    voices: Voices | None,
    libraries: Libraries,
) -> Transcript:
    """The transcript with roles, colleagues, the words that are meant, how each sentence sounds, and labels."""
    from speechaudit.asr.acoustics import with_acoustics
    from speechaudit.classifiers import label

    roles = _with_roles(book, recording, recognition, voices, libraries.profiles)
    meant = session.rescored(_with_colleagues(book, recording, session, recognition, roles), Wording(book).same)
    return label(with_acoustics(meant, recognition.levels), libraries.labels)


def _heard_twice(
    book: Rulebook, recording: Recording, session: Session, recognition: Recognition, transcriber: Transcriber
) -> Transcript:
    """The transcript with what a second listen finds of what the rules miss or would charge."""
    said = recognition.transcript
    wanted = _listen_requests(book, recording, said, transcriber.made_by.model)
    return replace(said, probes=(*said.probes, *session.listen(wanted, recognition))) if wanted else said


def heard_by(transcriber: Transcriber, recognition: Recognition, libraries: Libraries = NO_LIBRARIES) -> MadeBy:
    """Return by what a recording was heard and labelled, with the seconds that each stage of its hearing took."""
    from speechaudit.classifiers import labelled_by

    return replace(labelled_by(transcriber.made_by, libraries.labels), timings=recognition.timings)


def _with_colleagues(
    book: Rulebook, recording: Recording, session: Session, recognition: Recognition, spoken: Transcript
) -> Transcript:
    """Voices on the staff's side where each channel is a party: who is a machine, and who goes on after passing on."""
    from speechaudit.speakers import tell_colleagues, tell_strangers

    sides = session.sides(recognition) if recognition.channels > 1 else ()
    if sides and recording.setting == "phone":
        spoken = tell_strangers(spoken, sides, book.announcements, recording.legs)
    return tell_colleagues(spoken, sides) if sides and encounters.speaks_of_passing_on(spoken.segments) else spoken


def _with_prompts(session: Session, recognition: Recognition, prompts: Sequence[Prompt]) -> Recognition:
    """Return the recognition where the centre's prompts are a machine's words, whatever was written down."""
    from speechaudit.speakers import with_prompts

    played = session.played_prompts(prompts) if prompts else ()
    return replace(recognition, transcript=with_prompts(recognition.transcript, played)) if played else recognition


def _with_exchange(session: Session, recognition: Recognition) -> Recognition:
    """Follow the voices where the recorder exchanged the sides half way; no channel says who speaks there."""
    if recognition.channels < 2 or not recognition.transcript.segments:
        return recognition
    from speechaudit.speakers import swapped_at, with_voices_followed

    if not (exchange := swapped_at(session.sides(recognition))):
        return recognition
    limits = (*recognition.limits, because("sides-exchanged", at=exchange.end), because("not-by-channel"))
    followed = with_voices_followed(recognition.transcript, exchange)
    return replace(recognition, transcript=followed, channels=1, limits=limits)


def _uncalibrated(book: Rulebook, made_by: MadeBy) -> tuple[Reason, ...]:
    """Return that a recogniser has no thresholds; nothing if it has them, or if nobody listened."""
    known = not made_by.model_sha256 or book.thresholds(made_by.model)
    return () if known else (because("not-calibrated", model=made_by.model),)


def _listen_requests(
    book: Rulebook, recording: Recording, transcript: Transcript, model: str
) -> tuple[ListenRequest, ...]:
    """Return the requests of a second listen, over all services of a recording."""
    division = _divided(transcript, recording)
    spoken = sorted((*division.encounters, *division.asides), key=lambda stretch: stretch.start)
    around = zip(spoken, encounters.surrounding_spans(spoken, transcript.duration), strict=True)
    return tuple(
        request
        for service, span in around
        if isinstance(service, Encounter)
        for share in encounters.shares_of(service)
        for request in listen_requests(
            book, recording.setting, share.encounter, _around(share, span), model, _place(share, service, recording)
        )
    )


def _divided(transcript: Transcript, recording: Recording) -> Division:
    """The services of a recording, with who served in each."""
    found = encounters.split(transcript, recording)
    return replace(found, encounters=tuple(encounters.with_parts(each, recording) for each in found.encounters))


def _around(share: PersonalShare, around: Span) -> Span:
    """Return the span in which words of this share may lie that were missed, within `around` of the whole service."""
    own = share.encounter
    return Span(start=own.start if share.part else around.start, end=around.end if share.closes else own.end)


def _place(share: PersonalShare, service: Encounter, recording: Recording) -> PlaceInService:
    """Return a share's place in its service: who is put through opens anew, elsewhere; who joins does not."""
    opening: Opening = "own"
    if share.part:
        part = service.parts[share.part]
        told = {reason.code for reason in part.reasons} & {"leg-tells", "leg-of-another", "other-voice"}
        opening = "none" if part.kind == "joined" else "own" if told else "doubtful"
    window = "" if share.part else recording.window or ""
    return PlaceInService(opening=opening, closes=share.closes, others=share.others, window_name=window)


def _voices(session: Session, recognition: Recognition, progress: Progress, checkpoint: Checkpoint) -> Voices | None:
    """Return who spoke when in one channel; None where channels are parties, nobody spoke, or there is no sound."""
    if recognition.channels > 1 or not recognition.transcript.segments:
        return None
    from speechaudit.speakers import hear_voices

    sound = session.mono(recognition)
    return hear_voices(sound, progress=progress, checkpoint=checkpoint) if sound else None


def _with_roles(
    book: Rulebook,
    recording: Recording,
    recognition: Recognition,
    voices: Voices | None,
    profiles: Path | None,
) -> Transcript:
    """Announcements are told before the parties, whose words they would weigh for, and again when sides are known."""
    from speechaudit.classifiers import label_sides
    from speechaudit.speakers import assign_roles, likeness, mark_announcements, roles_by_voice

    def told(transcript: Transcript) -> Transcript:
        return mark_announcements(transcript, book.announcements, recording.setting, recording.legs)

    def sided(transcript: Transcript) -> Transcript:
        return label_sides(told(transcript))

    if voices is None:
        return told(assign_roles(sided(recognition.transcript), recording, recognition.channels))
    alike = likeness(recording, profiles, voices)
    return told(roles_by_voice(recognition.transcript, voices, recording, sided, alike))


def audit_transcript(path: Path, book: Rulebook, overrides: Overrides = NO_OVERRIDES) -> Audit:
    """Judge and score a play, a saved transcript or the transcripts inside a saved audit; no recogniser is loaded.

    What no label model has read before, the one in force reads now. Raises TranscriptError if the file cannot be read,
    and ModelError if the file of the label model is missing or damaged.
    """
    from speechaudit.classifiers import label, labelled_by

    metadata, transcript, made_by = _saved(path) if path.suffix.lower() == ".json" else _played(path)
    file = metadata.file if isinstance(metadata, formats.SavedTranscript) else None
    recording = formats.recording_of(file or path.name, metadata, overrides.setting, overrides.staff_channel)
    if made_by == BY_HAND:
        folder = overrides.libraries.labels
        transcript, made_by = label(transcript, folder), labelled_by(made_by, folder)
    return judge_transcript(book, recording, transcript, made_by, _assumed(metadata, overrides))


def _assumed(metadata: formats.Metadata, overrides: Overrides) -> tuple[Reason, ...]:
    """Say that a recording was judged as a counter because nobody said its setting; nothing if somebody did."""
    return () if metadata.setting or overrides.setting else (because("setting-assumed"),)


def _saved(path: Path) -> tuple[formats.Metadata, Transcript, MadeBy]:
    saved = formats.read_transcript(path)
    return saved, formats.transcript_of(saved), saved.made_by or BY_HAND


def _played(path: Path) -> tuple[formats.Metadata, Transcript, MadeBy]:
    play = plays.parse(formats.read_text(path), str(path))
    return formats.metadata_of_header(play.header, path), play.transcript, BY_HAND


def judge_transcript(
    book: Rulebook,
    recording: Recording,
    transcript: Transcript,
    made_by: MadeBy = BY_HAND,
    limits: tuple[Reason, ...] = (),
) -> Audit:
    """Cut a transcript with roles into encounters, and judge and score each; other talk is listed.

    What is told as people's words but is an announcement, or may be one, becomes so first.
    `made_by` and `limits` go into the audit as they are. No model is loaded.
    """
    from speechaudit.speakers import mark_announcements

    marked = mark_announcements(transcript, book.announcements, recording.setting, recording.legs)
    division = _divided(marked, recording)
    return Audit(
        recording=recording,
        duration=transcript.duration,
        encounters=tuple(judge_service(book, recording, e, made_by.model) for e in division.encounters),
        made_by=made_by,
        rulebook_version=book.version,
        profile=book.profile,
        limits=limits,
        asides=division.asides,
    )


def judge_heard(
    book: Rulebook,
    recording: Recording,
    transcript: Transcript,
    made_by: MadeBy,
    limits: tuple[Reason, ...],
    libraries: Libraries = NO_LIBRARIES,
) -> Audit:
    """Do as `judge_transcript`, by labels of the model in force; note the seconds beside those of the hearing."""
    from speechaudit.classifiers import relabelled

    watch = Stopwatch()
    with watch.stage("rules"):
        transcript, made_by = relabelled(transcript, made_by, libraries.labels)
        audit = judge_transcript(book, recording, transcript, made_by, limits)
    timings = {**made_by.timings, **watch.seconds} if made_by.timings else made_by.timings
    return replace(audit, made_by=replace(made_by, timings=timings))


def judge_service(book: Rulebook, recording: Recording, service: Encounter, model: str) -> Encounter:
    """Return a service judged for each person who served; the score and the figures of it are those of the first.

    It is one as `judge_transcript` cuts it, judged before or not; `model` is the recogniser that heard it.
    """
    shares = encounters.shares_of(service)
    judged = {share.part: _judged_share(book, recording, service, share, model) for share in shares}
    return rejoined(service, judged)


def _judged_share(
    book: Rulebook, recording: Recording, service: Encounter, share: PersonalShare, model: str
) -> Encounter:
    policy, encounter = book.policy, share.encounter
    if share.part:  # what rang before was the telephone of the first
        recording = replace(recording, ring_seconds=service.parts[share.part].ring_seconds)
    figures = measure(encounter.transcript, recording, policy.minimum_confidence)
    measured = replace(encounter, measures=figures, findings=(), score=None)
    if reason := gate.nothing_to_judge(measured):
        return replace(measured, score=scoring.unjudged(reason))
    findings = judge(book, recording.setting, measured, model, _place(share, service, recording))
    if reason := gate.not_to_be_scored(measured, policy):
        return replace(measured, findings=gate.undecided(findings, reason), score=scoring.unjudged(reason))
    charged = scoring.charge(findings, policy, recording.setting)
    return replace(measured, findings=charged, score=scoring.score(charged, policy, recording.setting))
