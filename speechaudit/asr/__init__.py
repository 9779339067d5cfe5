"""The hearing room: audio in, words out."""

from speechaudit.asr.replay import ReplayTranscriber
from speechaudit.asr.transcriber import Progress, Recognition, Session, Transcriber

__all__ = ["Progress", "Recognition", "ReplayTranscriber", "Session", "Transcriber"]
