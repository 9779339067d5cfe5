"""Voices and roles in a recording."""

from speechaudit.speakers.assign import assign_speakers, hear_voices
from speechaudit.speakers.colleagues import tell_colleagues
from speechaudit.speakers.context import roles_by_voice, settle_turns
from speechaudit.speakers.machines import mark_announcements, with_prompts
from speechaudit.speakers.perhaps import settle_voices
from speechaudit.speakers.profile import VoiceProfile, compare, enrol, find_profile, likeness
from speechaudit.speakers.roles import assign_roles, words_separate_voices
from speechaudit.speakers.strangers import tell_strangers
from speechaudit.speakers.swapped import swapped_at, with_voices_followed
from speechaudit.speakers.turns import Resemblance, Voices

__all__ = [
    "Resemblance",
    "VoiceProfile",
    "Voices",
    "assign_roles",
    "assign_speakers",
    "compare",
    "enrol",
    "find_profile",
    "hear_voices",
    "likeness",
    "mark_announcements",
    "roles_by_voice",
    "settle_turns",
    "settle_voices",
    "swapped_at",
    "tell_colleagues",
    "tell_strangers",
    "with_prompts",
    "with_voices_followed",
    "words_separate_voices",
]
