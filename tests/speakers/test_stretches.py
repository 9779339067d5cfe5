"""Voices of one service after another, on numbers made as voices are: what they share, what is theirs, and noise."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from speechaudit.model import Span
from speechaudit.speakers.cluster import find_voices
from speechaudit.speakers.stretches import PAUSE, VoiceReading, perhaps_apart, surely_apart, whole_reading

SHARED, NOISE = 0.8, 0.7  # likeness within 0.72 and between 0.27 to 0.35, as counters have it over the whole
PEOPLE = np.random.default_rng(5).standard_normal((6, 192))
COMMON = np.random.default_rng(6).standard_normal(192)
STAFF, TWIN = 0, 5  # TWIN sounds like the staff: nearer to them than to anybody
PEOPLE[TWIN] = 0.75 * PEOPLE[STAFF] + 0.66 * PEOPLE[TWIN]


class Day:
    """Windows of 1.5 s, one after the other within a service, and long pauses between."""

    def __init__(self, *services: Sequence[int]) -> None:
        chance = np.random.default_rng(1)
        self.people = [person for service in services for person in service]
        raw = SHARED * COMMON + PEOPLE[self.people] + NOISE * chance.standard_normal((len(self.people), 192))
        self.embeddings = (raw / np.linalg.norm(raw, axis=1, keepdims=True)).astype(np.float32)
        self.clear = [True] * len(self.people)
        self.windows: list[Span] = []
        now = 0.0
        for service in services:
            self.windows += [Span(start=now + 1.5 * i, end=now + 1.5 * (i + 1)) for i in range(len(service))]
            now = self.windows[-1].end + PAUSE

    def whole(self, centres: Any = None) -> VoiceReading:
        """The reading before any cut: of one voice, if nothing else is given."""
        return whole_reading(self.windows, self.embeddings[:1] if centres is None else centres)

    def heard(self, reading: VoiceReading) -> list[int]:
        """The voice of each window."""
        found: list[int] = []
        for stretch, own in zip(reading.stretches, reading.own, strict=True):
            likeness = self.embeddings[list(stretch)] @ reading.centres[list(own)].T
            found += [own[place] for place in likeness.argmax(axis=1)]
        return found

    def pairs(self, reading: VoiceReading) -> set[tuple[int, int]]:
        """Who was heard as which voice."""
        return set(zip(self.people, self.heard(reading), strict=True))


def test_four_people_of_whom_three_came_for_a_moment_are_four_voices() -> None:
    day = Day([0] * 10 + [1] * 6, [0] * 10 + [2] * 6, [0] * 10 + [3] * 6)
    reading = surely_apart(day.whole(), day.embeddings, day.clear)
    assert reading.cut == (0, 1, 2)
    assert len(day.pairs(reading)) == 4
    assert len({voice for _, voice in day.pairs(reading)}) == 4


def test_pauses_part_stretches() -> None:
    day = Day([0] * 3, [1] * 2, [0])
    assert day.whole().stretches == ((0, 1, 2), (3, 4), (5,))


def test_a_stretch_of_one_person_and_one_too_short_are_not_cut() -> None:
    day = Day([0] * 30, [0] * 4 + [1] * 4)
    reading = day.whole()
    assert surely_apart(reading, day.embeddings, day.clear).cut == ()
    assert perhaps_apart(reading, day.embeddings, day.clear) is reading


def test_unclear_windows_do_not_count() -> None:
    day = Day([0] * 10 + [1] * 6)
    assert surely_apart(day.whole(), day.embeddings, [i % 2 == 0 for i in range(16)]).cut == ()


def test_a_moment_in_which_nothing_is_clear_may_be_of_any_voice_that_was_found() -> None:
    day = Day([0] * 10 + [1] * 6, [1])
    day.clear[-1] = False
    reading = surely_apart(day.whole(), day.embeddings, day.clear)
    assert (reading.cut, reading.own, len(reading.centres)) == ((0,), ((0, 1), (0, 1)), 2)
    assert len(day.pairs(reading)) == 2


def test_a_stretch_of_two_known_voices_stays_as_it_was() -> None:
    day = Day([0] * 12 + [1] * 12, [0] * 12 + [1] * 12)
    reading = day.whole(find_voices(day.embeddings, 3))
    assert len(reading.centres) == 2
    assert surely_apart(reading, day.embeddings, day.clear).cut == ()


def test_a_half_that_is_known_from_another_stretch_has_its_number() -> None:
    day = Day([0] * 12 + [1] * 12, [0] * 12 + [2] * 8)
    reading = day.whole(np.stack([day.embeddings[:12].mean(axis=0), day.embeddings[12:24].mean(axis=0)]))
    reading = VoiceReading(reading.centres, reading.stretches, ((0, 1), (0,)))
    found = surely_apart(reading, day.embeddings, day.clear)
    assert found.cut == (1,)
    assert day.pairs(found) == {(0, 0), (1, 1), (2, 2)}


def test_who_sounds_like_the_staff_is_perhaps_another_and_known_voices_keep_their_number() -> None:
    day = Day([STAFF] * 12 + [1] * 12, [STAFF] * 12 + [TWIN] * 12)
    reading = day.whole(np.stack([day.embeddings[12:24].mean(axis=0), day.embeddings[:12].mean(axis=0)]))
    sure = surely_apart(reading, day.embeddings, day.clear)
    assert sure.cut == ()
    other = perhaps_apart(sure, day.embeddings, day.clear)
    assert other.cut == (1,)
    assert day.pairs(other) >= {(1, 0), (STAFF, 1), (TWIN, 2)}
    assert (other.centres.shape, len(day.pairs(other))) == ((3, 192), 3)


def test_what_surely_was_cut_is_not_doubtful_again() -> None:
    day = Day([0] * 40 + [1] * 6, [0] * 20)
    sure = surely_apart(day.whole(), day.embeddings, day.clear)
    assert sure.cut == (0,)
    assert perhaps_apart(sure, day.embeddings, day.clear) is sure
