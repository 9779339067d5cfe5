"""The hearing room: audio in, words out."""

from speechaudit.asr.replay import ReplayTranscriber
from speechaudit.asr.transcriber import Hearing, Progress, Transcriber

__all__ = ["Hearing", "Progress", "ReplayTranscriber", "Transcriber"]
