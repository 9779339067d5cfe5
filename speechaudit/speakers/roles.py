"""Who of the voices is staff: by channel, direction, voice profile, words and presence. In doubt: `unknown`."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from types import MappingProxyType

from speechaudit.errors import SidecarError
from speechaudit.model import Recording, Role, Segment, Setting, Transcript
from speechaudit.reasons import Reason, because
from speechaudit.speakers.turns import UNDECIDED, Resemblance
from speechaudit.speakers.wording import WordEvidence, weigh_wording

MIN_CONFIDENCE = 0.85  # under this confidence the role stays unknown
# What the words of a party must weigh for it to be staff: a call has two parties, a counter may have bystanders.
MIN_STAFF_ODDS: Mapping[Setting, float] = {"phone": -1.0, "counter": 0.5}
# In one channel a party is only a voice, and one person is now and then heard as two: words or facts must say more.
MIN_STAFF_ODDS_BY_VOICE: Mapping[Setting, float] = {"phone": 1.0, "counter": 0.5}
# By so much the other voice of a call must be more of a citizen's for the least of channels to do.
ELIMINATION_LEAD: Mapping[Setting, float] = {"phone": 8.0, "counter": math.inf}
MIN_CITIZEN_ODDS = 0.5  # what the words of one of several voices must weigh for it to be a citizen
MIN_SEPARATION = 0.95  # how surely words must tell voices apart that sound like one
NO_PRIOR: Mapping[str, float] = MappingProxyType({})
# Log-odds from which on a voice is taken for that of a profile (nine of ten), and a second one too (99 of 100); and
# what a profile weighs at most against words.
PROFILE_MATCH, PROFILE_SURE, PROFILE_MAX_ODDS = 2.2, 4.6, 4.6
MAX_CONFIDENCE = 0.98  # words alone never make certain
DIRECTION_PROBABILITY = 0.9  # how far the side of the line says who is who: true of FreeSWITCH, not of every recorder
BY_DIRECTION = because("by-direction")
ANSWERED_ODDS = 1.5  # log-odds of the voice that is heard first after the ringing; never enough by itself
BY_ANSWERING = because("answered-first")
PRESENT, ABSENT = 0.8, 0.6  # share of the recording between the first and last word of a voice
MOSTLY_ABSENT = 0.7  # share of the stretches in which a voice speaks: two of three citizens may be heard as one
NOBODYS_SHARE = 0.2  # share of a stretch from which on what has no voice may be the citizen
STRETCH_PAUSE = 8.0  # seconds in which nobody speaks, between two stretches
# Log-odds under which 4 of 100 sentences of staff lie, but at least one of the citizen in 92 of 100 services.
CITIZEN_SENTENCE = -1.5
# Log-odds of being the only one that is there throughout: of three voices or more, of MANY that come and go.
PRESENCE_WEIGHT, ALL_DAY_WEIGHT, MANY_VOICES = 1.5, 3.0, 6
MIN_SPEECH = 1.5  # seconds of speech under which a voice says too little about itself
MAX_OVERLAP = 0.5  # share of a segment in which two speak, above which nobody's words are surely theirs
SHORT_SEGMENT, SHORT_GAP = (
    0.5,
    0.3,
)  # shorter (s), and so close (s) to another voice, a segment may have been cut wrongly

PartyKey = Callable[[Segment], str | None]


@dataclass(frozen=True, slots=True)
class RoleVerdict:
    """The role of one voice or channel, how sure it is, and why."""

    role: Role
    confidence: float
    reasons: tuple[Reason, ...]


def _undecided(reason: Reason) -> RoleVerdict:
    return RoleVerdict("unknown", UNDECIDED, (reason,))


def assign_roles(
    transcript: Transcript, recording: Recording, channels: int, resemblance: Resemblance | None = None
) -> Transcript:
    """Return the transcript with the role of each segment, how sure it is, and the reasons.

    `channels` counts different ones: two identical channels are one. With two or more each channel is a party:
    `recording.staff_channel` is certain, the direction of the call likely, else the words decide. With one the words
    decide for each voice (`Segment.speaker`), and how much the voices resemble the profile of the staff, if there is
    one. Raises SidecarError if `recording.staff_channel` is not one of them.
    """
    least = MIN_STAFF_ODDS[recording.setting]
    if channels < 2:
        least = MIN_STAFF_ODDS_BY_VOICE[recording.setting]
        judged = _apply(transcript, _roles_by_voice(transcript, recording, least, resemblance), _speaker)
        return replace(judged, segments=_with_lonely_staff_undecided(_with_unreliable_undecided(judged.segments)))
    if recording.staff_channel is None:
        line = _direction_odds(recording, channels)
        return _apply(transcript, decide_parties(transcript, _channel, least, line, BY_DIRECTION), _channel)
    if not 0 <= recording.staff_channel < channels:
        problem = f"staff_channel 是 {recording.staff_channel},但录音只有 {channels} 个声道"
        raise SidecarError(recording.file, problem, "声道从 0 数起,请改正或删去 staff_channel")
    return _roles_by_channel(transcript, recording.staff_channel)


def _channel(segment: Segment) -> str | None:
    return str(segment.channel)


def _speaker(segment: Segment) -> str | None:
    return segment.speaker


def _roles_by_voice(
    transcript: Transcript, recording: Recording, least: float, resemblance: Resemblance | None
) -> dict[str, RoleVerdict]:
    """Return roles by words, and by the profile where there is one: without its voice nobody is guessed.

    Of many voices some resemble the profile by chance, so each must do so the more, the more there are.
    """
    if resemblance is None or not resemblance.odds:
        answered, lead = _answering_odds(transcript, recording), ELIMINATION_LEAD[recording.setting]
        return decide_parties(transcript, _speaker, least, answered, BY_ANSWERING, lead)
    owner = resemblance.staff.removeprefix("工号")
    chance = math.log(max(1, len(resemblance.odds) - 1))
    alike = {name: odds - chance for name, odds in resemblance.odds.items() if odds - chance >= PROFILE_MATCH}
    names = {segment.speaker for segment in transcript.people if segment.speaker}
    if not alike:
        return dict.fromkeys(names, _undecided(because("voice-not-there", staff=owner)))
    best = max(alike, key=alike.__getitem__)
    same = {best} | {name for name, odds in alike.items() if odds >= PROFILE_SURE}
    known = {best: min(alike[best], PROFILE_MAX_ODDS)}
    found = decide_parties(transcript, _merged_voices(same, best), least, known, because("voice-alike", staff=owner))
    if any(verdict.role == "staff" and name != best for name, verdict in found.items()):
        return dict.fromkeys(names, _undecided(because("voice-against-words", staff=owner)))
    like_it = dict.fromkeys(alike, _undecided(because("voice-alike-too", staff=owner)))
    return found | like_it | {name: found[best] for name in same if best in found}


def _answering_odds(transcript: Transcript, recording: Recording) -> Mapping[str, float]:
    """Log-odds of the voice that is first in a call that came in: whoever answers says so. Of two or more voices."""
    voices = [segment.speaker for segment in transcript.people if segment.speaker]
    if not was_answered(recording) or len(set(voices)) < 2:
        return {}
    return {voices[0]: ANSWERED_ODDS}


def was_answered(recording: Recording) -> bool:
    """Return whether a call came in, so that staff answered it: by its direction, or because ringing was measured."""
    came_in = recording.direction == "in" or (recording.direction is None and recording.ring_seconds is not None)
    return recording.setting == "phone" and came_in


def _merged_voices(names: set[str], one: str) -> PartyKey:
    """Parties by voice, where several voices are one person's."""
    return lambda segment: one if segment.speaker in names else segment.speaker


def _roles_by_channel(transcript: Transcript, staff_channel: int) -> Transcript:
    parties = {str(segment.channel) for segment in transcript.segments}
    given = (because("channel-given"),)
    staff, citizen = RoleVerdict("staff", 1.0, given), RoleVerdict("citizen", 1.0, given)
    return _apply(transcript, {name: staff if name == str(staff_channel) else citizen for name in parties}, _channel)


def _direction_odds(recording: Recording, channels: int) -> Mapping[str, float]:
    """Log-odds per channel. FreeSWITCH puts the caller left, so staff sit right on inbound calls and left on outbound.

    Source: FreeSWITCH's channel variable RECORD_STEREO (mod_dptools, record_session).
    """
    if recording.direction is None or channels != 2:
        return {}
    weight = math.log(DIRECTION_PROBABILITY / (1 - DIRECTION_PROBABILITY)) / 2
    return {"0": -weight, "1": weight} if recording.direction == "in" else {"0": weight, "1": -weight}


def decide_parties(
    transcript: Transcript,
    key: PartyKey,
    least: float,
    known: Mapping[str, float] = NO_PRIOR,
    why: Reason | None = None,
    eliminates: float = math.inf,
) -> dict[str, RoleVerdict]:
    """Return one verdict for each party that `key` names; `known` holds log-odds from elsewhere, `why` says from where.

    The staff is the party whose words weigh most; how sure that is depends on the lead over the next (logistic).
    Nobody is staff for the other's sake alone: where the best has less than `least` for itself, all stay unknown,
    unless it leads by what `eliminates`.
    """
    spoken = _segments_by_party(transcript, key)
    if len(spoken) < 2 and not known:
        return dict.fromkeys(spoken, _undecided(because("one-voice")))
    words = {name: weigh_wording(segments) for name, segments in spoken.items()}
    present = _presence_odds(spoken)
    score = {name: words[name].odds + present.get(name, 0.0) + known.get(name, 0.0) for name in spoken}
    staff, *rest = sorted(score, key=lambda name: -score[name])
    lead = score[staff] - score[rest[0]] if rest else score[staff]
    sure = _logistic(lead)
    answered = known.get(staff, 0.0) if why is BY_ANSWERING else 0.0  # somebody answers in any case
    enough = min(least, MIN_STAFF_ODDS["phone"]) if rest and lead - answered >= eliminates else least
    nobody_like = score[staff] - answered < enough
    if sure < MIN_CONFIDENCE or nobody_like:
        return dict.fromkeys(spoken, _undecided(_doubt(nobody_like, words.values())))
    told = {name: why if name in known else None for name in spoken}
    found = dict.fromkeys(spoken, _undecided(because("no-citizen-words")))
    found[staff] = RoleVerdict("staff", sure, _reasons(words[staff], 1, staff in present, told[staff]))
    for name in _citizens(set(spoken) - {staff}, score, came_and_went=staff in present):
        reasons = (*_reasons(words[name], -1, False, told[name]), because("other-is-staff"))
        found[name] = RoleVerdict("citizen", _logistic(score[staff] - score[name]), reasons)
    return {name: _if_reliable(verdict, spoken[name]) for name, verdict in found.items()}


def words_separate_voices(transcript: Transcript) -> bool:
    """Return whether the words of two voices are surely those of staff and of a citizen, so that they are two people.

    `transcript` has labels and `Segment.speaker`. For voices that sound too much alike to be told apart by that.
    """
    odds = sorted(weigh_wording(segments).odds for segments in _segments_by_party(transcript, _speaker).values())
    return (
        len(odds) == 2
        and odds[0] <= -MIN_CITIZEN_ODDS
        and odds[1] >= MIN_CITIZEN_ODDS
        and _logistic(odds[1] - odds[0]) >= MIN_SEPARATION
    )


def _citizens(others: set[str], score: Mapping[str, float], *, came_and_went: bool) -> set[str]:
    """Of several other voices only those that sound like citizens: one may be a colleague, or the staff's own.

    Who comes and goes while the staff stays need not sound like one, only not much like staff.
    """
    most = PRESENCE_WEIGHT - MIN_CITIZEN_ODDS if came_and_went else -MIN_CITIZEN_ODDS
    return others if len(others) == 1 else {name for name in others if score[name] <= most}


def _segments_by_party(transcript: Transcript, key: PartyKey) -> dict[str, list[Segment]]:
    spoken: dict[str, list[Segment]] = {}
    for segment in transcript.people:
        name = key(segment)
        if name is not None:
            spoken.setdefault(name, []).append(segment)
    return spoken


def _presence_odds(spoken: Mapping[str, list[Segment]]) -> dict[str, float]:
    """Of more than two voices, the only one that is there throughout is likely the staff's."""
    if len(spoken) < 3:
        return {}
    alone = _only_one(_shares_of_time(spoken), ABSENT) or _only_one(_shares_of_stretches(spoken), MOSTLY_ABSENT)
    weight = ALL_DAY_WEIGHT if len(spoken) >= MANY_VOICES else PRESENCE_WEIGHT
    return {alone: weight} if alone else {}


def _only_one(share: Mapping[str, float], absent: float) -> str | None:
    """Return who is there throughout, if all others come and go."""
    present = [name for name in share if share[name] >= PRESENT]
    alone = len(present) == 1 and all(share[name] <= absent for name in share if name not in present)
    return present[0] if alone else None


def _shares_of_time(spoken: Mapping[str, list[Segment]]) -> dict[str, float]:
    """Return the share of the recording between the first and last word of each."""
    first = min(segments[0].start for segments in spoken.values())
    last = max(segments[-1].end for segments in spoken.values())
    return {name: (segments[-1].end - segments[0].start) / (last - first) for name, segments in spoken.items()}


def _shares_of_stretches(spoken: Mapping[str, list[Segment]]) -> dict[str, float]:
    """Return in which share of the stretches between pauses each speaks: two citizens may have been heard as one."""
    name_of = {id(segment): name for name, own in spoken.items() for segment in own}
    everyone = sorted((segment for own in spoken.values() for segment in own), key=lambda segment: segment.start)
    stretches = [{name_of[id(segment)] for segment in stretch} for stretch in _stretches(everyone)]
    return {name: sum(name in own for own in stretches) / len(stretches) for name in spoken}


def _logistic(odds: float) -> float:
    return min(MAX_CONFIDENCE, 1.0 / (1.0 + math.exp(-odds)))


def _reasons(words: WordEvidence, side: int, present: bool, known: Reason | None) -> tuple[Reason, ...]:
    found = known, because("always-present") if present else None, words.strongest_reason(side)
    return tuple(reason for reason in found if reason) or (because("by-comparison"),)


def _doubt(nobody: bool, words: Iterable[WordEvidence]) -> Reason:
    if not any(own.cues or own.learned for own in words):
        return because("no-cues")
    return because("nobody-like-staff" if nobody else "too-few-cues")


def _if_reliable(verdict: RoleVerdict, segments: list[Segment]) -> RoleVerdict:
    if sum(segment.duration for segment in segments) < MIN_SPEECH:
        return _undecided(because("spoke-too-little"))
    return verdict if verdict.confidence >= MIN_CONFIDENCE else _undecided(because("too-close-to-staff"))


def _apply(transcript: Transcript, verdicts: Mapping[str, RoleVerdict], key: PartyKey) -> Transcript:
    """The transcript with each party's verdict on its segments."""
    nobody = RoleVerdict("unknown", 0.0, (because("voice-unassigned"),))

    def judged(segment: Segment) -> Segment:
        if segment.role == "machine":
            return segment
        verdict = verdicts.get(key(segment) or "", nobody)
        return replace(segment, role=verdict.role, role_confidence=verdict.confidence, role_reasons=verdict.reasons)

    return replace(transcript, segments=tuple(judged(segment) for segment in transcript.segments))


def _with_unreliable_undecided(segments: tuple[Segment, ...]) -> tuple[Segment, ...]:
    """Very short segments beside another voice may hold that voice's words, and overlapped ones both: unknown."""
    doubts = {
        i: because("two-at-once") for i, segment in enumerate(segments) if (segment.overlapped or 0.0) > MAX_OVERLAP
    }
    for i, (one, two) in enumerate(pairwise(segments)):
        if one.speaker == two.speaker or two.start - one.end >= SHORT_GAP:
            continue
        unsure = (k for k, segment in ((i, one), (i + 1, two)) if _is_unreliable(segment, one.overlap(two)))
        doubts |= {k: because("too-short-beside-another") for k in unsure if k not in doubts}
    return tuple(
        _undecided_segment(segment, doubts[i]) if i in doubts and segment.role != "machine" else segment
        for i, segment in enumerate(segments)
    )


def _with_lonely_staff_undecided(segments: tuple[Segment, ...]) -> tuple[Segment, ...]:
    """Undecide the staff's words of a stretch in which no other voice is heard and some are said as citizens say.

    Two people who sound alike may be one voice there: each sentence must tell for itself whose it is.
    """
    people = [segment for segment in segments if segment.role != "machine"]
    doubtful: set[int] = set()
    for stretch in _stretches(people):
        if not _speaks_alone(stretch):
            continue
        odds = {id(segment): weigh_wording([segment]).odds for segment in stretch}
        if min(odds.values()) <= CITIZEN_SENTENCE:
            doubtful |= {name for name, own in odds.items() if _logistic(own) < MIN_CONFIDENCE}
    reason = because("too-few-cues")
    return tuple(
        _undecided_segment(segment, reason) if id(segment) in doubtful and segment.role == "staff" else segment
        for segment in segments
    )


def _speaks_alone(stretch: Sequence[Segment]) -> bool:
    """Return whether only the staff's voice is heard, and hardly anything that is nobody's."""
    seconds: dict[str | None, float] = {}
    for segment in stretch:
        seconds[segment.speaker] = seconds.get(segment.speaker, 0.0) + segment.duration
    nobodys = seconds.pop(None, 0.0)
    staff = {segment.speaker for segment in stretch if segment.role == "staff"}
    return len(seconds) == 1 and set(seconds) == staff and nobodys < NOBODYS_SHARE * (nobodys + sum(seconds.values()))


def _stretches(segments: Iterable[Segment]) -> list[list[Segment]]:
    """Return the segments between pauses; `segments` are ordered."""
    found: list[list[Segment]] = []
    last = -math.inf
    for segment in segments:
        if segment.start - last >= STRETCH_PAUSE:
            found.append([])
        found[-1].append(segment)
        last = max(last, segment.end)
    return found


def _is_unreliable(segment: Segment, overlapped: float) -> bool:
    return segment.duration < SHORT_SEGMENT or overlapped > segment.duration * MAX_OVERLAP


def _undecided_segment(segment: Segment, reason: Reason) -> Segment:
    confidence = min(segment.role_confidence or 0.0, UNDECIDED)
    return replace(segment, role="unknown", role_confidence=confidence, role_reasons=(reason,))
