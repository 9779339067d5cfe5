"""What the model reads of a segment: bare characters, in windows short enough for it."""

from __future__ import annotations

import re

WINDOW = 44
"""Characters of a window: about two spoken sentences, so that a refusal is read together with its excuse."""
_SENTENCE_END = re.compile(r"(?<=[。!?!?;;…\n])")
_PAUSE = re.compile(r"(?<=[,,、::])")
_NOISE = re.compile(r"[^0-9a-z一-鿿]+")


def bare(text: str) -> str:
    """`text` in lower case without punctuation, spaces and anything that is neither a letter, a digit nor Chinese."""
    return _NOISE.sub("", text.lower())


def windows(text: str) -> tuple[str, ...]:
    """Bare windows of at most `WINDOW` characters that overlap by about half; () if nothing can be read.

    Cuts fall at sentence ends, then at pauses, then anywhere.
    """
    whole = bare(text)
    if len(whole) <= WINDOW:
        return (whole,) if whole else ()
    return _overlapping(_short_pieces(text))


def _short_pieces(text: str) -> list[str]:
    """Bare pieces of at most half a window, so that two neighbours always fit into one."""
    half = WINDOW // 2
    pieces: list[str] = []
    for sentence in _SENTENCE_END.split(text):
        parts = [sentence] if len(bare(sentence)) <= half else _PAUSE.split(sentence)
        for part in map(bare, parts):
            pieces.extend(part[i : i + half] for i in range(0, len(part), half))
    return pieces


def _overlapping(pieces: list[str]) -> tuple[str, ...]:
    found: list[str] = []
    for start in range(len(pieces)):
        window = ""
        for piece in pieces[start:]:
            if len(window) + len(piece) > WINDOW:
                break
            window += piece
        if not (found and found[-1].endswith(window)):
            found.append(window)
    return tuple(found)
