"""A transcriber that repeats what was heard before: for tests, and for judging old transcripts by new rules."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from speechaudit.asr.prompts import Prompt
from speechaudit.asr.rescoring import Same
from speechaudit.asr.transcriber import Progress, Recognition
from speechaudit.checkpoint import NO_CHECKPOINT, Checkpoint
from speechaudit.model import ListenRequest, MadeBy, PlayedPrompt, Probe, Span, Transcript
from speechaudit.reasons import Reason


@dataclass(frozen=True, slots=True)
class ReplayTranscriber:
    """Gives the same transcript for every path, and reads no sound."""

    transcript: Transcript
    made_by: MadeBy
    limits: tuple[Reason, ...] = ()

    @contextmanager
    def open(self, path: Path, progress: Progress = lambda _: None) -> Iterator[ReplaySession]:  # noqa: ARG002
        """Open nothing."""
        yield ReplaySession(self.transcript, self.limits)


@dataclass(frozen=True, slots=True)
class ReplaySession:
    """Repeats one transcript."""

    transcript: Transcript
    limits: tuple[Reason, ...]

    def transcribe(
        self,
        *,
        progress: Progress,
        checkpoint: Checkpoint = NO_CHECKPOINT,  # noqa: ARG002 - the protocol's signature
    ) -> Recognition:
        """Return the saved transcript; its segments stand for the speech activity."""
        progress(1.0)
        channels = 1 + max((segment.channel for segment in self.transcript.segments), default=0)
        return Recognition(
            transcript=self.transcript,
            channels=channels,
            duration=self.transcript.duration,
            limits=self.limits,
            speech=tuple(self._speech(channel) for channel in range(channels)),
        )

    def mono(self, recognition: Recognition) -> None:
        """Return None: there is no sound."""

    def sides(self, recognition: Recognition) -> tuple[()]:  # noqa: ARG002
        """Return nothing: there is no sound."""
        return ()

    def played_prompts(self, prompts: Sequence[Prompt]) -> tuple[PlayedPrompt, ...]:  # noqa: ARG002
        """Return nothing: there is no sound."""
        return ()

    def rescored(self, said: Transcript, same: Same) -> Transcript:  # noqa: ARG002
        """Return it as it is: what was heard then is repeated."""
        return said

    def listen(
        self,
        requests: tuple[ListenRequest, ...],  # noqa: ARG002
        recognition: Recognition,  # noqa: ARG002
    ) -> tuple[Probe, ...]:
        """Return nothing: what was found then is in the transcript."""
        return ()

    def _speech(self, channel: int) -> tuple[Span, ...]:
        mine = (segment for segment in self.transcript.segments if segment.channel == channel)
        return tuple(Span(start=segment.start, end=segment.end) for segment in mine)
