"""Announcements told from people: by what is said, by where it lies, and by what is said around it.

The clauses of one side are a chain that is mostly a person and now and then a machine (a hidden Markov chain with two
states): a menu holds clauses that anybody might say, and one cue alone proves little in the middle of talk. What is
neither surely a machine nor surely a person is nobody's (`unknown`).
"""

from __future__ import annotations

import math
import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, groupby
from typing import Literal

from speechaudit.model import Leg, PlayedPrompt, Segment, Setting, Span, StrangeVoice, Transcript
from speechaudit.reasons import because
from speechaudit.speakers.clause_odds import CERTAIN, NO_CUE, FindTelltales, clause_odds, parting
from speechaudit.speakers.clauses import ClausePart, clauses_of, cut_by, piece_of
from speechaudit.speakers.repeats import said_again, said_twice
from speechaudit.speakers.turns import UNDECIDED
from speechaudit.text import letters

SpokenBy = Literal["machine", "doubt", "person"]

SURE, DOUBT = 0.9, 0.5  # probability from which on it is a machine, and from which on it is nobody's
FIRST = {"phone": 0.2, "counter": 0.01}  # how often a recording begins with an announcement
GREETING = re.compile("(您好|你好|喂|(早上|上午|中午|下午|晚上)好)")
# How a person begins behind an announcement, however curt.
BEGINNING = re.compile(f"{GREETING.pattern}|[哎诶唉嗯]?[您你]?请?(讲|说|什么事|有(什么|啥)事|哪位|哪里|哪个|找谁)")
AT_AN_END, BEHIND_ALL, PAUSE, LONG_PAUSE = 0.7, 1.0, 1.0, 4.0
GREETED, RECEIVED, OPENED, ANSWERED, AMID = 1.5, 2.0, 6.0, -1.5, -1.2
# A telephone rings so many seconds behind, or a key is pressed: log-odds that it was a machine, of what has a cue too.
RINGING, RUNG, KEYED, PRESSED = 40.0, 3.0, 4.0, 2.0
APART, BEFORE_ALL, LAST_OF_ALL = 2.5, 4.0, 3.0  # seconds, and log-odds of words that stand apart
LEFT_ALONE = 8.0  # seconds: whoever answers a telephone does not keep silent so long before the first answer
HELD = 2.0  # log-odds of what has a cue and is said while somebody waits: behind 请稍等, before 久等
BEHIND_A_MACHINE = 6.0  # log-odds of the last words, behind a machine's and with nobody in between: 已收到,再见
# Log-odds from which on words are those of a person who takes over, and those that no machine says: 我帮您.
PERSONAL, SURELY_PERSONAL = -2.0, -5.0
LIKELY = 3.0  # log-odds from which on a cue is more than people say at the end of a call: 感谢您的支持,再见
AT_A_WINDOW = 1.2  # log-odds of any cue at a counter: there people speak to who stands at a keypad, 请输入密码
# Probabilities that a machine follows on a person, and a person on a machine: within a segment, at once after another,
# after a pause or words of the other side, after long silence, and by the voices where they are known.
START, COMMA, SENTENCE, AT_ONCE = (0.0, 0.0), (0.003, 0.01), (0.01, 0.02), (0.03, 0.05)
AFTER_PAUSE, AFTER_LONG, SAME_VOICE, OTHER_VOICE = (0.08, 0.35), (0.15, 0.5), (0.01, 0.05), (0.2, 0.6)
# Share of a segment that lies in a leg of a menu or a queue, and the log-odds of that: clocks of switches differ.
IN_LEG, ON_LEG = 0.8, 5.5
REPEATED, STRANGE = 4.0, 4.0  # log-odds of what is said again unanswered; of a voice with which nobody talks
IN_PROMPT = 0.6  # share of a clause that lies in a prompt
# Log-odds of one cue that answers what the other side said, of somebody who has spoken as a person before.
REPLIES = -2.0
WAITS = re.compile("稍等|稍候|等一?下|别挂|[查看问找核]一?下")
BACK = re.compile("(不好意思|抱歉|对不起)?(让)?[您你]?(久等|等了|好了|查到)")
CALLING = re.compile("(喂|嗯|啊|哦|噢|哎|诶|唉|你好|您好|在吗|有人吗|[我要]*转?人工(服务|客服)?)*")  # into a menu


@dataclass(frozen=True, slots=True, kw_only=True)
class _Link:
    """A clause in the chain of its side: log-odds for a machine, and how easily the speaker changes before it.

    `change` holds the probabilities that a machine follows on a person, and a person on a machine. What `leads` lies
    before the other side spoke.
    """

    clause: ClausePart
    leads: bool
    odds: float
    change: tuple[float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """Where a segment lies: between which others of its side, and what the other side does.

    `silence` is seconds without anybody's words before it. `spoken` and `answered` say that the other side speaks since
    the one before, and before the one after, `parting` that either side had just taken leave or agreed. `rung` and
    `pressed` say that a telephone rings or a key is pressed behind it before the other side spoke, `keyed` that one is
    pressed during it or soon after.
    """

    before: Segment | None
    after: Segment | None
    leading: bool
    trailing: bool
    silence: float
    spoken: bool
    answered: bool
    parting: bool
    rung: bool
    pressed: bool
    keyed: bool


def mark_announcements(
    transcript: Transcript,
    find: FindTelltales,
    setting: Setting,
    legs: Sequence[Leg] = (),
    strange: Sequence[StrangeVoice] = (),
) -> Transcript:
    """Return the transcript with the role of what a machine says, and `unknown` where it is one or a person.

    `find` returns what speaks for either in a text. Segments are cut where an announcement ends within one. What is
    a machine's already stays so. The words of citizens become a machine's or stay theirs. `legs` are those of the call:
    what our side says in one of a menu or a queue is likely a machine's. So is what is `strange`: said in another voice
    than those that the other side talks with.
    """
    everybody = transcript.segments
    find = _at_a_window(find) if setting == "counter" else find
    machines = tuple(leg for leg in legs if leg.kind != "person")
    rung = bool(transcript.tones)
    cued = said_twice(everybody) or any(segment.role == "machine" or _cues(segment, find) for segment in everybody)
    if not (machines or rung or cued or strange or (setting == "phone" and _greeted_behind(everybody))):
        return transcript
    sides: dict[tuple[int, bool], list[Segment]] = {}
    for segment in everybody:
        sides.setdefault((segment.channel, segment.role == "citizen"), []).append(segment)
    told = (piece for own in sides.values() for piece in _told(own, transcript, find, setting, machines, strange))
    segments = tuple(sorted(told, key=lambda segment: (segment.start, segment.end)))
    return transcript if segments == everybody else replace(transcript, segments=segments)


def _at_a_window(find: FindTelltales) -> FindTelltales:
    """Return the search for telltales of which none alone shows a machine: keypads and evaluators stand at windows."""
    return lambda text: [replace(told, odds=min(told.odds, AT_A_WINDOW)) for told in find(text)]


def _greeted_behind(everybody: Sequence[Segment]) -> bool:
    """Return whether the first words are no greeting, and the same side begins behind them after silence."""
    if len(everybody) < 2 or GREETING.match(letters(everybody[0].text)):
        return False
    first, second = everybody[:2]
    same = (first.channel, first.role) == (second.channel, second.role)
    silence = second.start - first.end
    return same and (silence >= LEFT_ALONE or (silence >= APART and bool(BEGINNING.match(letters(second.text)))))


def with_prompts(transcript: Transcript, played: Sequence[PlayedPrompt]) -> Transcript:
    """Return the transcript in which what lies in the centre's own prompts is a machine's, cut where they end."""
    if not played:
        return transcript

    def told(clause: ClausePart) -> str:
        piece = piece_of([clause])
        best = max((own for own in played if own.channel == piece.channel), key=piece.overlap, default=None)
        return best.prompt if best and best.overlap(piece) >= IN_PROMPT * max(piece.duration, 0.01) else ""

    def made(segment: Segment, prompt: str) -> Segment:
        if not prompt:
            return segment
        reason = because("own-prompt", prompt=prompt)
        return replace(segment, role="machine", role_confidence=1.0, role_reasons=(reason,))

    clauses = [clause for segment in transcript.segments for clause in clauses_of(segment)]
    return replace(transcript, segments=tuple(cut_by(clauses, [told(clause) for clause in clauses], made)))


def _cues(segment: Segment, find: FindTelltales) -> tuple[str, ...]:
    """The words that speak for a machine, in order."""
    found = sorted((told.start, told.quote) for told in find(segment.text) if told.odds > 0)
    return tuple(dict.fromkeys(quote for _, quote in found))


def _told(
    own: Sequence[Segment],
    transcript: Transcript,
    find: FindTelltales,
    setting: Setting,
    machines: Sequence[Span],
    strange: Sequence[StrangeVoice],
) -> list[Segment]:
    links = _chain(own, transcript, find, machines, strange)
    probabilities = _posterior([link.odds for link in links], [link.change for link in links], FIRST[setting])
    kinds = _kinds(links, probabilities)

    def made(segment: Segment, kind: SpokenBy) -> Segment:
        return segment if kind == "person" else _as_told(segment, kind, _cues(segment, find))

    return cut_by([link.clause for link in links], kinds, made)


def _kinds(links: Sequence[_Link], probabilities: Sequence[float]) -> list[SpokenBy]:
    """Return what each clause is; behind the last cue a segment that says nothing of itself may be a person's again."""
    kinds: list[SpokenBy] = []
    after: SpokenBy = "person"
    for _, run in groupby(
        reversed(list(zip(links, probabilities, strict=True))), lambda pair: id(pair[0].clause.segment)
    ):
        pairs = list(run)
        told = [_kind(link.clause.segment, probability) for link, probability in pairs]
        plain = all(link.odds <= 0 for link, _ in pairs) and any(link.odds == NO_CUE for link, _ in pairs)
        if plain and after != "machine":
            told = ["doubt" if kind == "machine" else kind for kind in told]
        if pairs[0][0].leads:
            told = _begun_by_a_machine(told)
        kinds += told
        after = told[-1]
    return kinds[::-1]


def _begun_by_a_machine(told: Sequence[SpokenBy]) -> list[SpokenBy]:
    """Clauses of a segment, the last one first: what may be a machine's and runs on into what surely is, begins it."""
    sure: list[SpokenBy] = []
    for kind in told:
        sure.append("machine" if kind == "doubt" and sure[-1:] == ["machine"] else kind)
    return sure


def _kind(segment: Segment, probability: float) -> SpokenBy:
    if probability >= SURE:
        return "machine"
    return "doubt" if probability >= DOUBT and segment.role != "citizen" else "person"


def _as_told(segment: Segment, kind: SpokenBy, cues: tuple[str, ...]) -> Segment:
    if segment.role == "machine":
        return segment
    if kind == "doubt":
        doubt = because("announcement-or-person", words=cues) if cues else because("announcement-beside")
        return replace(segment, role="unknown", role_confidence=UNDECIDED, role_reasons=(doubt,))
    reason = because("announcement", words=cues) if cues else because("announcement-beside")
    return replace(segment, role="machine", role_confidence=SURE, role_reasons=(reason,))


def _chain(
    own: Sequence[Segment],
    transcript: Transcript,
    find: FindTelltales,
    machines: Sequence[Span],
    strange: Sequence[StrangeVoice],
) -> list[_Link]:
    """The clauses of one side with what speaks for a machine in each."""
    links: list[_Link] = []
    places = list(_places(own, transcript))
    again = said_again(own, [place.spoken for place in places])
    met = False
    for at, (segment, place) in enumerate(zip(own, places, strict=True)):
        clauses = clauses_of(segment)
        odds = clause_odds(segment, clauses, find)
        if segment.role != "machine" and any(value > 0 for value in odds):
            odds = _placed(odds, clauses, place, find, met)
        met = met or (min(odds) <= PERSONAL and max(odds) <= 0)
        before_all = place.rung or (place.pressed and not place.answered)
        odds[-1] += _apart(segment, odds, place, find) + (RUNG + odds.count(NO_CUE) if before_all else 0.0)
        on_leg = sum(map(segment.overlap, machines)) > IN_LEG * segment.duration
        if on_leg and segment.role != "citizen" and min(odds) > PERSONAL:
            odds[0] += ON_LEG
        if any(segment.overlap(voice) > 0 for voice in strange if voice.channel == segment.channel):
            odds[0] += STRANGE
        if at in again and min(odds) > PERSONAL:
            odds[0] += REPEATED
        inside = [SENTENCE if clause.ends_sentence else COMMA for clause in clauses[:-1]]
        changes = [_change_before(segment, place), *inside]
        parts = zip(clauses, odds, changes, strict=True)
        links += (_Link(clause=c, leads=place.leading, odds=o, change=p) for c, o, p in parts)
    return links


def _any_within(moments: Sequence[float], start: float, end: float) -> bool:
    return bisect_left(moments, start) < bisect_left(moments, end)


def _places(own: Sequence[Segment], transcript: Transcript) -> Iterator[_Place]:
    """Yield where each segment of one side lies. Of the other side a 喂 into a menu does not count as words."""
    mine = {id(segment) for segment in own}
    others = [s for s in transcript.segments if id(s) not in mine and not CALLING.fullmatch(letters(s.text))]
    starts, ends = [other.start for other in others], list(accumulate((other.end for other in others), max))
    rings = [tone.start for tone in transcript.tones if tone.kind == "ringing"]
    keys = [tone.start for tone in transcript.tones if tone.kind == "key"]
    last_end, earlier = -math.inf, 0
    for i, segment in enumerate(own):
        so_far = bisect_left(starts, segment.start)
        after = own[i + 1] if i + 1 < len(own) else None
        reply = starts[so_far] if so_far < len(starts) else math.inf
        yield _Place(
            before=own[i - 1] if i else None,
            after=after,
            leading=not so_far,
            trailing=not ends or ends[-1] <= segment.end,
            silence=segment.start - max(last_end, ends[so_far - 1] if so_far else -math.inf),
            spoken=so_far > earlier,
            answered=reply < (after.start if after else math.inf),
            parting=parting(own[i - 1] if i else None, others[so_far - 1] if so_far else None),
            rung=not so_far and _any_within(rings, segment.end, min(reply, segment.end + RINGING)),
            pressed=not so_far and _any_within(keys, segment.start, min(reply, segment.end + RINGING)),
            keyed=_any_within(keys, segment.start, segment.end + KEYED),
        )
        last_end, earlier = max(last_end, segment.end), so_far


def _placed(
    odds: Sequence[float], clauses: Sequence[ClausePart], place: _Place, find: FindTelltales, met: bool
) -> list[float]:
    """The log-odds with what the place says: the first and last clause with a cue carry it.

    `met` tells whether somebody of this side has surely spoken: who asks for a password behind an answer is that one.
    """
    placed = list(odds)
    cued = [i for i, value in enumerate(odds) if value > 0]
    first, last = cued[0], cued[-1]
    certain = max(odds) >= CERTAIN
    amid_talk = met and not certain and not place.parting
    if amid_talk and place.spoken:
        placed[first] += REPLIES
    elif place.leading or (place.trailing and not amid_talk and max(odds) >= LIKELY):
        placed[first] += AT_AN_END
    elif _while_waiting(place):
        placed[first] += HELD + (odds.count(NO_CUE) if max(odds) >= LIKELY else 0)
    elif place.silence < LONG_PAUSE and not certain and not place.trailing:
        placed[first] += AMID
    behind = place.trailing and not place.leading and not amid_talk
    if behind and place.silence >= PAUSE and max(odds) >= LIKELY:
        placed[first] += BEHIND_ALL
    if place.keyed:
        placed[first] += PRESSED
    if any(GREETING.match(letters(clause.text)) for clause in clauses[first + 1 :]):
        placed[first] += GREETED
    if not (place.answered and certain):
        placed[last] += _reception(place, find)
    return placed


def _apart(segment: Segment, odds: Sequence[float], place: _Place, find: FindTelltales) -> float:
    """Return log-odds of words without a sign of their own that stand apart from the talk, before it or behind it.

    Before it, no greeting is taken from anybody: only who did not greet, and is greeted behind after silence.
    """
    behind = place.trailing and not place.leading and not place.spoken and place.after is None
    plain = odds.count(NO_CUE)  # clauses that say nothing of themselves speak for a person, a little each
    before = place.before if behind and place.silence >= PAUSE and min(odds) > SURELY_PERSONAL else None
    if before and _surely_a_machines(before, find):
        return BEHIND_A_MACHINE + plain
    if min(odds) <= PERSONAL or max(odds) > 0:
        return 0.0
    if place.leading and not place.answered and place.after and not GREETING.match(letters(segment.text)):
        pause = place.after.start - segment.end
        told = pause >= LEFT_ALONE or (pause >= APART and _reception(place, find) > 0)
        return BEFORE_ALL + plain if told else 0.0
    return LAST_OF_ALL if behind and place.silence >= APART else 0.0


def _while_waiting(place: _Place) -> bool:
    """Return whether somebody was asked to wait right before, and is thanked for it behind a silence."""
    before, after = place.before, place.after
    if before is None or after is None or place.spoken or after.start - before.end < LEFT_ALONE:
        return False
    return bool(WAITS.search(letters(before.text)) and BACK.match(letters(after.text)))


def _surely_a_machines(segment: Segment, find: FindTelltales) -> bool:
    """Return whether a segment says what only announcements do, in one cue or several, and nothing that people say."""
    odds = [told.odds for told in find(segment.text)]
    certain = sum(own for own in odds if own > 0) >= CERTAIN and min(odds) > PERSONAL
    return segment.role == "machine" or certain


def _reception(place: _Place, find: FindTelltales) -> float:
    """Return log-odds: whoever takes over from a machine greets behind it, or the other side answers, as a person."""
    if place.answered:
        return ANSWERED
    if place.after is None or not BEGINNING.match(letters(place.after.text)):
        return 0.0
    return OPENED if any(told.odds <= PERSONAL for told in find(place.after.text)) else RECEIVED


def _change_before(segment: Segment, place: _Place) -> tuple[float, float]:
    """Return how easily a machine follows on a person, and a person on a machine, before a segment."""
    before = place.before
    if before is None:
        return START
    if before.speaker and segment.speaker:
        return SAME_VOICE if before.speaker == segment.speaker else OTHER_VOICE
    if place.silence >= LONG_PAUSE:
        return AFTER_LONG
    return AFTER_PAUSE if place.spoken or place.silence >= PAUSE else AT_ONCE


def _posterior(odds: Sequence[float], changes: Sequence[tuple[float, float]], first: float) -> list[float]:
    """Probability of the machine for each link: forward and backward over two states, in probabilities."""
    seen = [1 / (1 + math.exp(-max(-30.0, min(30.0, own)))) for own in odds]
    forward: list[float] = []
    for i, (own, (to_machine, to_person)) in enumerate(zip(seen, changes, strict=True)):
        prior = first if not i else forward[-1] * (1 - to_person) + (1 - forward[-1]) * to_machine
        forward.append(_updated(prior, own))
    smoothed = forward[-1:]
    for i in range(len(odds) - 2, -1, -1):
        to_machine, to_person = changes[i + 1]
        predicted = forward[i] * (1 - to_person) + (1 - forward[i]) * to_machine
        stayed = forward[i] * ((1 - to_person) * smoothed[0] / predicted)
        left = forward[i] * (to_person * (1 - smoothed[0]) / (1 - predicted))
        smoothed.insert(0, stayed + left)
    return smoothed


def _updated(prior: float, likelihood: float) -> float:
    return prior * likelihood / (prior * likelihood + (1 - prior) * (1 - likelihood))
