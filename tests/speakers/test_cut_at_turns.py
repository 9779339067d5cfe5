from speechaudit.model import Segment, Span, Transcript, Word
from speechaudit.speakers import assign_speakers
from speechaudit.speakers.turns import SpeakerTurn, Voices


def words(*timed):
    return tuple(Word(start=start, end=end, text=text, confidence=0.8) for start, end, text in timed)


def turn(start, end, voice, margin=0.4):
    return SpeakerTurn(start=start, end=end, voice=voice, margin=margin)


def cut_at_turns(transcript, turns, *overlaps):
    return assign_speakers(transcript, Voices(turns=tuple(turns), overlaps=overlaps))


def heard(segment, *turns):
    cut = cut_at_turns(Transcript(segments=(segment,), duration=60.0), turns)
    return [(piece.speaker, piece.text) for piece in cut.segments]


BOTH = Segment(
    start=0.0,
    end=4.0,
    text="您好请讲。我想办证。",
    words=words((0.0, 0.5, "您好"), (0.5, 1.1, "请讲。"), (1.2, 1.6, "我想"), (1.6, 2.0, "办证。")),
    confidence=0.8,
)


def test_words_of_two_voices_become_two_segments():
    cut = cut_at_turns(Transcript(segments=(BOTH,), duration=60.0), [turn(0.0, 1.15, 0), turn(1.15, 2.1, 1)])
    one, two = cut.segments
    assert (one.speaker, one.text, one.start, one.end) == ("S1", "您好请讲。", 0.0, 1.1)
    assert (two.speaker, two.text, two.start, two.end) == ("S2", "我想办证。", 1.2, 2.0)
    assert one.words + two.words == BOTH.words
    assert round(one.confidence, 3) == 0.8


def test_a_segment_of_one_voice_stays_as_it_is():
    assert heard(BOTH, turn(0.0, 5.0, 1)) == [("S2", BOTH.text)]


def test_a_cut_moves_to_the_end_of_the_sentence_close_by():
    assert heard(BOTH, turn(0.0, 1.5, 0), turn(1.5, 2.1, 1)) == [("S1", "您好请讲。"), ("S2", "我想办证。")]


def test_a_cut_does_not_move_over_a_long_word():
    slow = Segment(
        start=0.0, end=3.0, text="好。嗯我", words=words((0.0, 0.5, "好。"), (0.5, 1.8, "嗯"), (1.8, 2.4, "我"))
    )
    assert heard(slow, turn(0.0, 1.7, 0), turn(1.7, 3.0, 1)) == [("S1", "好。嗯"), ("S2", "我")]


def test_a_turn_that_sounds_like_two_voices_belongs_to_nobody():
    assert heard(BOTH, turn(0.0, 5.0, 0, margin=0.01)) == [(None, BOTH.text)]


def test_a_word_beside_a_turn_belongs_to_it_and_one_far_from_all_to_nobody():
    late = Segment(start=0.0, end=3.2, text="好嗯", words=words((1.1, 1.3, "好"), (3.0, 3.2, "嗯")))
    assert heard(late, turn(0.0, 1.0, 0)) == [("S1", "好"), (None, "嗯")]


def test_without_word_times_a_segment_needs_one_clear_voice():
    whole = Segment(start=0.0, end=4.0, text="您好请讲我想办证")
    assert heard(whole, turn(0.0, 3.8, 0), turn(3.8, 4.0, 1)) == [("S1", whole.text)]
    assert heard(whole, turn(0.0, 2.4, 0), turn(2.4, 4.0, 1)) == [(None, whole.text)]


def test_silence_has_no_voice():
    assert heard(BOTH) == [(None, BOTH.text)]


def test_words_under_two_voices_are_nobodys_and_say_so():
    cut = cut_at_turns(Transcript(segments=(BOTH,), duration=60.0), [turn(0.0, 5.0, 0)], Span(start=1.15, end=1.7))
    assert [(piece.speaker, piece.text) for piece in cut.segments] == [
        ("S1", "您好请讲。"),
        (None, "我想"),
        ("S1", "办证。"),
    ]
    assert [piece.overlapped for piece in cut.segments] == [0.0, 1.0, 0.25]


def test_a_short_overlap_cuts_nothing_but_is_told():
    cut = cut_at_turns(Transcript(segments=(BOTH,), duration=60.0), [turn(0.0, 5.0, 0)], Span(start=1.2, end=1.6))
    assert [(piece.speaker, piece.text, piece.overlapped) for piece in cut.segments] == [("S1", BOTH.text, 0.1)]


def test_turns_far_away_do_not_matter():
    many = [turn(i, i + 1.0, i % 2) for i in range(5000)]
    late = Segment(start=4000.0, end=4001.0, text="好", words=words((4000.2, 4000.6, "好")))
    assert heard(late, *many) == [("S1", "好")]
