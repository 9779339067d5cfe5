"""The lexicons that come with the program: examples, ledgers, profiles, and the openings that the documents print."""

import re
import shutil
from collections import Counter
from typing import get_args

import pytest

from speechaudit.errors import RulebookError
from speechaudit.model import Encounter
from speechaudit.rules import examples, ledger, plays, rulebook, schema
from speechaudit.rules.judge import judge
from speechaudit.rules.ringing import RingLimit

PROFILES = sorted(path.stem for path in (rulebook.default_folder() / "profiles").glob("*.yml"))
CLAUSES = {"fuwu-yaoqiu": 241, "liyi-peixun": 136, "liyi-yaodian": 137, "tongyong-2023": 94, "xingwei-guifan": 133}

DESCRIBED_BY_EXAMPLE = {"kind", "name", "anchor", "unit", "measure"}


@pytest.fixture(scope="module")
def book():
    return rulebook.load()


def verdicts(play, setting="phone", profile="default", ring_limit=None):
    parsed = plays.parse(play)
    measures = {"ring_seconds": float(parsed.header["ring_seconds"])} if "ring_seconds" in parsed.header else {}
    encounter = Encounter(start=0.0, end=parsed.transcript.duration, transcript=parsed.transcript, measures=measures)
    return {f.rule: f.verdict for f in judge(rulebook.load(profile=profile, ring_limit=ring_limit), setting, encounter)}


@pytest.mark.slow  # `rules check` asks the same, and is part of `make check`
def test_every_rule_does_what_its_examples_say(book):
    assert [str(complaint) for complaint in examples.check(book)] == []


def test_rules_and_ledgers_agree_both_ways(book):
    assert list(ledger.disagreements(book)) == []


def test_the_ledgers_hold_every_clause_once_and_leave_none_open(book):
    assert {name: len(ledger.clauses) for name, ledger in book.ledgers.items()} == CLAUSES
    ids = Counter(clause.id for ledger in book.ledgers.values() for clause in ledger.clauses)
    assert [name for name, times in ids.items() if times > 1] == []
    reasons = {clause.not_heard for ledger in book.ledgers.values() for clause in ledger.clauses if not clause.rules}
    assert [reason for reason in reasons if "待补" in reason or len(reason) < 6] == []


def test_every_rule_shows_enough_examples_of_both_sorts(book):
    shown = {r.id: (r.examples.match, r.examples.no_match) for r in book.rules}
    shown |= {r.id: (r.examples.no_match,) for r in book.rules if getattr(r, "catch_all", False)}  # no words prove it
    few = {rule for rule, sorts in shown.items() if min(map(len, sorts)) < 8}
    without_limits = {r.id for r in book.rules if r.kind == "measure" and (r.minimum, r.maximum) == (None, None)}
    assert few == without_limits == {"manner.speech-rate", "manner.volume"}


def test_no_rule_repeats_an_example(book):
    for rule in book.rules:
        parts = (getattr(rule.examples, part) for part in type(rule.examples).model_fields)
        assert [e for e, times in Counter(e for part in parts for e in part).items() if times > 1] == [], rule.id


@pytest.mark.parametrize("profile", PROFILES)
def test_every_profile_loads(profile):
    assert rulebook.load(profile=profile).profile == profile


def test_the_page_on_rules_names_every_profile_and_every_field_of_the_rules():
    page = (rulebook.default_folder().parent / "docs" / "rules.md").read_text(encoding="utf-8")
    kinds = [*get_args(schema.Rule), schema.Where, schema.Trigger, schema.Slot, schema.Examples]
    fields = {field.alias or name for kind in kinds for name, field in kind.model_fields.items()}
    assert {word for word in {*PROFILES, *fields} - DESCRIBED_BY_EXAMPLE if f"`{word}" not in page} == set()


PRINTED = [
    ("您好,这里是××窗口,请讲。", "tongyong-2023"),
    ("您好,这里是人事科,请讲。", "tongyong-2023"),
    ("早上好!这里是社保窗口,请讲。", "tongyong-2023"),
    ("中午好!这里是社保窗口,请讲。", "tongyong-2023"),
    ("您好,社保科,请问您要办什么事?", "fuwu-yaoqiu-three-rings"),
    ("您好,我是弘康天然植物开发有限公司,请讲", "fuwu-yaoqiu-three-rings"),
    ("您好,市人社所", "liyi-yaodian"),
    ("您好政務中心窗口", "liyi-yaodian"),
    ("您好,我是政務中心窗口。", "liyi-yaodian"),
    ("社保局办公室,工号1017,您好。", "fuwu-yaoqiu-four-rings"),
    ("这里是常州市行政服务中心税务窗口。请问您找谁。", "xingwei-guifan"),
    ("这里是行政服务中心税务窗口。请问您有什么事需要我帮助。", "xingwei-guifan"),
]


@pytest.mark.parametrize(("opening", "profile"), PRINTED)
def test_an_opening_that_a_document_prints_passes_under_its_profile(opening, profile):
    assert verdicts(f"staff: {opening}", profile=profile)["phone.opening"] == "pass"


@pytest.mark.parametrize("opening", [opening for opening, _ in PRINTED])
def test_no_opening_that_a_document_prints_is_forbidden(opening):
    assert [
        rule for rule, verdict in verdicts(f"staff: {opening}").items() if "forbidden" in rule and verdict != "pass"
    ] == []


@pytest.mark.parametrize(
    "opening", [o for o, profile in PRINTED if profile not in {"xingwei-guifan"} and "工号" not in o]
)
def test_by_default_every_printed_opening_that_greets_first_passes(opening):
    assert verdicts(f"staff: {opening}")["phone.opening"] == "pass"


@pytest.mark.parametrize(
    ("opening", "profile"),
    [
        ("您好,市人社所", "tongyong-2023"),
        ("您好,请讲。", "tongyong-2023"),
        ("社保窗口,您好,请讲。", "tongyong-2023"),
        ("您好,社保科。", "fuwu-yaoqiu-three-rings"),
        ("您好,社保窗口,请讲。", "fuwu-yaoqiu-four-rings"),
        ("请问您找谁?", "xingwei-guifan"),
        ("喂,哪位?", "default"),
        ("您好,请讲。", "default"),
        ("这里是社保窗口,请讲。", "default"),
        ("社保窗口,您好。", "default"),
    ],
)
def test_an_opening_that_lacks_a_part_or_turns_the_order_fails(opening, profile):
    assert verdicts(f"staff: {opening}", profile=profile)["phone.opening"] == "fail"


@pytest.mark.parametrize(
    ("profile", "seconds", "expected"),
    [
        ("default", 10, "pass"),
        ("default", 10.5, "fail"),
        ("fuwu-yaoqiu-four-rings", 16, "pass"),
        ("fuwu-yaoqiu-four-rings", 16.5, "fail"),
        ("hotline-gbt-33358", 15, "pass"),
        ("hotline-gbt-33358", 15.5, "fail"),
        ("liyi-yaodian", 60, None),
    ],
)
def test_the_ring_limit_follows_the_profile(profile, seconds, expected):
    assert verdicts(f"ring_seconds: {seconds}\nstaff: 您好", profile=profile).get("phone.ring-limit") == expected


LIMITS = [
    (RingLimit(seconds=20), "20秒内接听", 20),
    (RingLimit.of_rings(3), "3声（11秒）内接听", 11),
    (RingLimit.of_rings(4), "4声（16秒）内接听", 16),
    (RingLimit.of_rings(4, tone=2, pause=4), "4声（20秒）内接听", 20),
    (RingLimit.of_rings(1, tone=1.5), "1声（1.5秒）内接听", 1.5),
]


@pytest.mark.parametrize(("limit", "title", "seconds"), LIMITS)
@pytest.mark.parametrize("profile", ["default", "hotline-gbt-33358", "liyi-yaodian"])
def test_a_centres_own_limit_of_ringing_goes_over_that_of_any_profile(limit, title, seconds, profile):
    book = rulebook.load(profile=profile, ring_limit=limit)
    (rule,) = (rule for rule in book.rules if rule.id == "phone.ring-limit")
    assert isinstance(rule, schema.Measure)
    assert (rule.title, rule.maximum, f"{seconds:g}秒" in rule.message) == (title, seconds, True)
    others = {r.id: r for r in rulebook.load(profile=profile).rules if r.id != rule.id}
    assert {r.id: r for r in book.rules if r.id != rule.id} == others
    assert book.version != rulebook.load(profile=profile).version
    for heard, verdict in ((seconds, "pass"), (seconds + 0.5, "fail")):
        play = f"ring_seconds: {heard}\nstaff: 您好。"
        assert verdicts(play, profile=profile, ring_limit=limit)["phone.ring-limit"] == verdict


def test_a_limit_of_ringing_without_its_rule_is_refused(tmp_path):
    folder = shutil.copytree(rulebook.default_folder(), tmp_path / "own")
    (folder / "rules/phone/ring-limit.yml").unlink()
    with pytest.raises(RulebookError, match="接听时限用不上"):
        rulebook.load(folder, ring_limit=RingLimit(seconds=20))


@pytest.mark.parametrize(("profile", "expected"), [("default", "pass"), ("liyi-yaodian", "unclear")])
def test_whether_thanks_alone_close_a_call_follows_the_profile(profile, expected):
    assert verdicts("staff: 感谢您的来电。", profile=profile)["phone.closing"] == expected


@pytest.mark.parametrize(("profile", "expected"), [("default", "n/a"), ("liyi-peixun", "fail")])
def test_whether_papers_received_call_for_thanks_follows_the_profile(profile, expected):
    play = "citizen: 给您身份证。\nstaff: 嗯,签字。"
    assert verdicts(play, "counter", profile)["words.thanks"] == expected


COUNTER_GOOD = """
staff: 您好,请坐,请问您要办理什么业务?
citizen: 我想办个不动产过户。
staff: 好的,请出示一下您的身份证和房产证。
citizen: 给您。
staff: 谢谢。请稍等,我给您核对一下。
citizen: 这个要多久?
staff: 五个工作日。材料没有问题,请您在这里签个字。
citizen: 好了,谢谢啊。
staff: 不客气,请收好回执,您慢走,再见。
"""
COUNTER_BAD = """
staff: 办什么?
citizen: 我想补个社保卡。
staff: 身份证拿来。
citizen: 要等多久啊?
staff: 等着就是了。
citizen: 哦。
staff: 好了,拿走。
"""
PHONE_BAD = """
ring_seconds: 25
staff: 喂,谁啊?
citizen: 请问是税务窗口吗?
staff: 是,什么事?
citizen: 我想问发票怎么领?
staff: 来窗口领。
citizen: 哦。
staff: 挂了。
"""


def _failed(play, setting):
    own = ("sounds.", "words.", "phone.")
    return {rule for rule, v in verdicts(play, setting).items() if v == "fail" and rule.startswith(own)}


def test_good_service_stays_uncharged():
    assert _failed(COUNTER_GOOD, "counter") == set()


def test_curt_service_is_charged_for_what_is_missing_and_nothing_else():
    bad = {"sounds.greet", "sounds.farewell", "words.hello", "words.please", "words.goodbye"}
    assert _failed(COUNTER_BAD, "counter") == bad
    bad = {"phone.opening", "phone.ring-limit", "phone.closing", "sounds.farewell", "words.hello", "words.goodbye"}
    assert _failed(PHONE_BAD, "phone") == bad


def test_the_five_courtesy_words_are_never_all_demanded():
    quiet = "staff: 您好,这里是社保窗口。\ncitizen: 几点下班?\nstaff: 五点。\ncitizen: 好。\nstaff: 再见。"
    found = verdicts(quiet)
    assert [found[f"words.{word}"] for word in ("please", "thanks", "sorry")] == ["n/a"] * 3
    assert "fail" not in found.values()


def test_a_centre_sets_limits_for_rate_and_volume_in_a_profile(tmp_path):
    """The example on the page about rules, on a call that is spoken too fast."""
    folder = tmp_path / "lexicons"
    shutil.copytree(rulebook.default_folder(), folder)
    page = (rulebook.default_folder().parent / "docs" / "rules.md").read_text(encoding="utf-8")
    (example,) = (block for block in re.findall(r"```yaml\n(.*?)```", page, re.DOTALL) if "manner.volume" in block)
    (folder / "profiles" / "centre.yml").write_text(example, encoding="utf-8")
    call = plays.parse("staff @0-10: 您好,这里是社保窗口,请讲。").transcript
    figures = {"staff_characters_per_minute": 400.0, "staff_loudness": -25.0}
    encounter = Encounter(start=0.0, end=10.0, transcript=call, measures=figures)

    def of(profile):
        found = judge(rulebook.load(folder, profile=profile), "phone", encounter)
        return {f.rule: (f.verdict, f.status) for f in found if f.rule.startswith("manner.")}

    assert of("default") == {"manner.speech-rate": ("n/a", "trial"), "manner.volume": ("n/a", "trial")}
    assert of("centre") == {"manner.speech-rate": ("fail", "trial"), "manner.volume": ("pass", "trial")}


def test_no_rule_has_more_phrases_of_its_own_than_people_can_read(book):
    """What belongs together stands in a named list."""
    own = {rule.id: len(getattr(rule, "phrases", ())) for rule in book.rules}
    assert {name: count for name, count in own.items() if count > 25} == {}
