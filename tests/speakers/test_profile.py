import json
from dataclasses import replace

import pytest
from click.testing import CliRunner

from speechaudit.cli import main
from speechaudit.errors import InputError
from speechaudit.model import Recording
from speechaudit.speakers import Resemblance, VoiceProfile, Voices, assign_roles, compare, find_profile
from speechaudit.speakers import profile as profiles
from speechaudit.speakers.embed import MODEL, SIZE
from speechaudit.speakers.turns import SpeakerTurn

from .test_roles import GOOD, dialogue

COUNTER = Recording(file="a.wav", staff="1017")


def towards(*weights):
    """A unit vector of 192 numbers."""
    size = sum(weight**2 for weight in weights) ** 0.5
    return tuple(weight / size for weight in weights) + (0.0,) * (SIZE - len(weights))


MADE = VoiceProfile(
    staff="1017", print=towards(1.0), seconds=60.0, files=2, model=MODEL, made_at="2026-03-02T09:15:00+00:00"
)
OWN, STRANGE = towards(1.0, 0.3), towards(0.3, 1.0)


def heard(*prints, seconds=20.0):
    return Voices(embeddings=prints, seconds=(seconds,) * len(prints))


def judged(lines, resemblance, recording=COUNTER):
    return assign_roles(dialogue(*lines), recording, 1, resemblance).segments


def test_the_voice_of_the_profile_is_staff_whatever_is_said():
    told = judged((("S1", "今天天气不错。"), ("S2", "是的,有点冷。")), compare(MADE, heard(STRANGE, OWN)))
    assert [segment.role for segment in told] == ["citizen", "staff"]
    assert told[1].role_confidence > 0.9
    assert told[1].role_reason == "声纹与工号1017的档案相符"


def test_alone_in_a_recording_the_voice_of_the_profile_is_known():
    assert [s.role for s in judged([("S1", "今天天气不错。")], compare(MADE, heard(OWN)))] == ["staff"]


def test_without_the_voice_of_the_profile_nobody_is_guessed():
    told = judged(GOOD, compare(MADE, heard(STRANGE, STRANGE)))
    assert {(s.role, s.role_reason) for s in told} == {("unknown", "没有声音与工号1017的档案相符")}


def test_words_of_another_that_sound_like_staff_leave_the_roles_open():
    plain = Resemblance(staff="1017", odds={"S1": -4.6, "S2": 2.3})
    told = judged((*GOOD, ("S1", "请稍等,我帮您查一下。您的手续不齐,还需要补材料。慢走。")), plain)
    assert {s.role for s in told} == {"unknown"}


@pytest.mark.parametrize(("odds", "role"), [(2.5, "unknown"), (6.0, "staff")])
def test_a_second_voice_like_the_profile_is_never_the_citizen(odds, role):
    told = judged((*GOOD, ("S3", "嗯,打印好了。")), Resemblance(staff="1017", odds={"S1": 8.0, "S2": -8.0, "S3": odds}))
    assert [s.role for s in told] == ["staff", "citizen", "staff", role]


def test_among_many_voices_one_must_resemble_the_profile_the_more():
    few, many = ({"S1": 3.0} | {f"S{i}": -8.0 for i in range(2, count)} for count in (3, 60))
    assert [s.role for s in judged(GOOD, Resemblance(staff="1017", odds=few))] == ["staff", "citizen", "staff"]
    assert {s.role for s in judged(GOOD, Resemblance(staff="1017", odds=many))} == {"unknown"}


def test_voices_heard_too_little_are_not_compared_and_words_decide():
    short = compare(MADE, heard(STRANGE, OWN, seconds=1.0))
    assert short.odds == {}
    assert [s.role for s in judged(GOOD, short)] == ["staff", "citizen", "staff"]


def test_a_profile_is_kept_found_listed_and_deleted(tmp_path):
    path = profiles.save(MADE, tmp_path / "new")
    assert find_profile(tmp_path / "new", "1017") == find_profile(tmp_path / "new", "工号1017") == MADE
    assert profiles.listed(tmp_path / "new") == (MADE,)
    assert path.stat().st_mode & 0o077 == 0
    profiles.delete(tmp_path / "new", "1017")
    assert find_profile(tmp_path / "new", "1017") is None
    assert list((tmp_path / "new").iterdir()) == []
    with pytest.raises(InputError, match="没有这份档案"):
        profiles.delete(tmp_path / "new", "1017")


def test_a_profile_holds_numbers_and_no_sound(tmp_path):
    kept = json.loads(profiles.save(MADE, tmp_path).read_text(encoding="utf-8"))
    assert set(kept) == {"staff", "print", "seconds", "files", "model", "made_at"}
    assert len(kept["print"]) == SIZE


@pytest.mark.parametrize("staff", ["../1017", "a/b", "", ".x", "1\n7"])
def test_names_that_are_no_file_have_no_profile(staff, tmp_path):
    assert find_profile(tmp_path, staff) is None
    with pytest.raises(InputError, match="不能用作档案的名称"):
        profiles.save(replace(MADE, staff=staff), tmp_path)


@pytest.mark.parametrize("content", ["{", "[]", '{"staff": "1017"}'])
def test_a_damaged_profile_is_told(content, tmp_path):
    (tmp_path / f"1017{profiles.SUFFIX}").write_text(content, encoding="utf-8")
    with pytest.raises(InputError, match="不是可读的声纹档案"):
        find_profile(tmp_path, "1017")


def test_a_profile_of_another_network_is_refused(tmp_path):
    profiles.save(replace(MADE, model="another"), tmp_path)
    with pytest.raises(InputError, match="由另一个模型"):
        find_profile(tmp_path, "1017")


@pytest.fixture
def voices_of(monkeypatch):
    """What is heard in each sound, in place of the networks."""
    known: dict[str, Voices] = {}
    monkeypatch.setattr(profiles, "hear_voices", lambda sound: known[sound])
    return known


def test_enrolment_weighs_the_files_by_their_speech(voices_of, tmp_path):
    voices_of |= {tmp_path / "a": Voices(embeddings=(towards(1.0, 0.2),), seconds=(30.0,))}
    voices_of |= {tmp_path / "b": Voices(embeddings=(towards(1.0, -0.2),), seconds=(10.0,))}
    made = profiles.enrol("1017", {path: path for path in voices_of})
    assert (made.seconds, made.files, made.model) == (40.0, 2, MODEL)
    assert 0.05 < made.print[1] / made.print[0] < 0.15


@pytest.mark.parametrize(
    ("heard_in_file", "problem"),
    [
        (Voices(), "没有听到说话"),
        (heard(OWN, seconds=29.0), "能用的说话只有 29 秒"),
        (Voices(embeddings=(OWN, STRANGE), seconds=(50.0, 5.0)), "不止一个人"),
        (
            replace(heard(OWN, seconds=50.0), overlaps=(SpeakerTurn(start=1.0, end=2.5, voice=0, margin=1.0),)),
            "不止一个人",
        ),
    ],
)
def test_what_is_no_single_voice_is_refused(heard_in_file, problem, voices_of, tmp_path):
    voices_of[tmp_path / "a"] = heard_in_file
    with pytest.raises(InputError, match=problem):
        profiles.enrol("1017", {tmp_path / "a": tmp_path / "a"})


def test_files_of_different_people_are_refused(voices_of, tmp_path):
    voices_of |= {tmp_path / "a": heard(towards(1.0), seconds=50.0), tmp_path / "b": heard(STRANGE, seconds=20.0)}
    with pytest.raises(InputError, match="不像同一个人"):
        profiles.enrol("1017", {path: path for path in voices_of})


def test_the_commands_list_and_delete(tmp_path):
    profiles.save(MADE, tmp_path)
    run = CliRunner().invoke(main, ["voices", "list", "--profiles", str(tmp_path)])
    assert run.output.startswith("1017\t2026-03-02")
    assert CliRunner().invoke(main, ["voices", "delete", "1017", "--profiles", str(tmp_path)]).exit_code == 0
    assert CliRunner().invoke(main, ["voices", "delete", "1017", "--profiles", str(tmp_path)]).exit_code == 2
