import numpy as np
import pytest

from speechaudit.speakers.cluster import find_voices, link_voices, two_similar_voices

ALIKE, NOISE = 0.6, 0.9  # what voices share, and what changes from moment to moment: likeness as measured on calls


def embeddings(counts, seed=0, alike=ALIKE):
    """Unit vectors of shape (sum(counts), 192): `counts[i]` moments of voice i, mixed in time."""
    random = np.random.default_rng(seed)
    common = random.standard_normal(192)
    voices = alike * common + random.standard_normal((len(counts), 192))
    owner = random.permutation(np.repeat(np.arange(len(counts)), counts))
    raw = voices[owner] + NOISE * random.standard_normal((len(owner), 192))
    return (raw / np.linalg.norm(raw, axis=1, keepdims=True)).astype(np.float32), owner


@pytest.mark.parametrize("counts", [[1], [3], [200], [6, 4], [400, 30], [50, 40, 30], [3000, 2000]])
def test_every_voice_is_found_once(counts):
    heard, owner = embeddings(counts)
    centres = find_voices(heard, most=3)
    assert len(centres) == len(counts)
    assert np.allclose(np.linalg.norm(centres, axis=1), 1.0, atol=1e-5)
    assert centres is not None
    found = (heard @ centres.T).argmax(axis=1)
    assert len(set(zip(found.tolist(), owner.tolist(), strict=True))) == len(counts)


def test_the_voice_heard_most_is_first():
    heard, owner = embeddings([20, 80])
    centres = find_voices(heard, most=3)
    assert ((heard[owner == 1] @ centres.T).argmax(axis=1) == 0).all()


def test_more_voices_than_asked_for_are_joined():
    heard, _ = embeddings([40, 40, 40, 40, 40])
    assert len(find_voices(heard, most=3)) == 3


def test_a_stray_sound_is_no_voice():
    heard, owner = embeddings([100, 60, 1])
    centres = find_voices(heard, most=3)
    assert len(centres) == 2
    assert set((heard[owner == 0] @ centres.T).argmax(axis=1)) == {0}


def test_two_that_sound_much_alike_are_one_and_perhaps_two():
    heard, owner = embeddings([30, 20], alike=2.3)
    assert len(find_voices(heard, most=3)) == 1
    centres = two_similar_voices(heard)
    assert centres is not None
    found = (heard @ centres.T).argmax(axis=1)
    assert np.mean(found == owner) in {0.0, 1.0}


def test_one_voice_of_pure_chance_is_not_even_perhaps_two():
    heard, _ = embeddings([200])
    assert two_similar_voices(heard) is None


@pytest.mark.parametrize("count", [1, 2, 3])
def test_too_few_prints_are_not_parted(count):
    heard, _ = embeddings([count])
    assert two_similar_voices(heard) is None


def units(*rows):
    raw = np.array(rows, dtype=np.float32)
    return raw / np.linalg.norm(raw, axis=1, keepdims=True)


def test_a_voice_has_one_number_in_all_pieces_and_the_longest_is_first():
    morning = (units([1, 0, 0], [0, 1, 0]), [50.0, 10.0])
    noon = (units([0.1, 0, 1], [0, 1, 0.2]), [40.0, 60.0])
    linked = link_voices([morning, noon])
    assert linked.numbers == [[1, 0], [2, 0]]
    assert linked.seconds == [70.0, 50.0, 40.0]
    assert np.allclose(np.linalg.norm(linked.embeddings, axis=1), 1.0)


def test_two_voices_of_one_piece_are_never_one():
    alike = units([1, 0.1, 0], [1, 0, 0.1])
    assert link_voices([(alike, [10.0, 5.0])]).numbers == [[0, 1]]
    assert sorted(link_voices([(alike, [10.0, 5.0]), (alike, [10.0, 5.0])]).numbers[1]) == [0, 1]


def test_no_pieces_hold_no_voices():
    assert link_voices([]).numbers == []
    assert link_voices([]).seconds == []
