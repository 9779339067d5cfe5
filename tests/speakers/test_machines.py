"""Announcements told from people by their words and their place; a person who sounds like one stays a person."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest

from bench import machine
from speechaudit.model import Leg, Recording, Segment, Setting, Tone, Transcript, Word
from speechaudit.pipeline import judge_transcript
from speechaudit.rules import plays, rulebook
from speechaudit.speakers import assign_roles, mark_announcements

BOOK = rulebook.load()
OPENED = """
staff @20-24: 您好,这里是社保窗口,请讲。
citizen @25-29: 社保卡丢了怎么补办?
staff @30-33: 请您带身份证来补办。"""
ENDED = "\ncitizen @34-35: 好,谢谢,再见。\nstaff @35.5-36: 嗯。"


def roles(play: str, setting: Setting = "phone") -> list[tuple[str, str]]:
    found = mark_announcements(plays.parse(play).transcript, BOOK.announcements, setting)
    return [(segment.role, segment.text) for segment in found.segments]


@pytest.mark.parametrize(
    "announcement",
    [
        "您好,欢迎致电政务服务热线,为保证服务质量,您的通话将被录音,正在为您转接人工坐席,请稍候。",
        "社保查询请按1,医保业务请按2,人工服务请按0。",
        "您前面还有3位用户在等待,请耐心等待。",
        "工号1023为您服务。",
        "坐席全忙,请不要挂机。",
        "请输入您的身份证号码,以井号键结束。",
    ],
)
def test_what_stands_before_the_opening_is_a_machine(announcement: str) -> None:
    told = roles(f"staff @1-8: {announcement}" + OPENED)
    assert told[0] == ("machine", announcement)
    assert [role for role, _ in told[1:]] == ["staff", "citizen", "staff"]


@pytest.mark.parametrize(
    "survey",
    [
        "请对本次服务进行评价,满意请按1,不满意请按2。感谢您的来电,再见。",
        "请您对本次通话的满意度进行评价,非常满意请按1,满意请按2,感谢您的评价,再见。",
    ],
)
def test_a_survey_is_not_the_farewell_of_whoever_said_only_yes(survey: str) -> None:
    play = OPENED.strip() + ENDED + f"\nstaff @39-50: {survey}"
    assert roles(play)[-1] == ("machine", survey)
    call = Recording(file="a.play", setting="phone", direction="in")
    (encounter,) = judge_transcript(BOOK, call, plays.parse(play).transcript).encounters
    verdicts = {finding.rule: finding.verdict for finding in encounter.findings}
    assert (verdicts["phone.opening"], verdicts["phone.closing"]) == ("pass", "fail")


@pytest.mark.parametrize(
    "said",
    [
        "不客气,请您稍后对我的服务作出评价,再见。",
        "请稍等,我帮您转接到不动产窗口,请不要挂机。",
        "挂机后会有一个评价,麻烦您给我按个1,再见。",
        "您拨12333,先按1再按0就是人工。",
        "请在这儿按一下手印,按完就好了。",
        "刚才坐席都在忙,让您久等了。",
        "正在为您查询,请您稍等。",
        "好的,感谢您的来电,再见。",
    ],
)
def test_a_person_who_sounds_like_one_stays_a_person(said: str) -> None:
    play = OPENED.strip() + f"\ncitizen @34-35: 好,谢谢。\nstaff @35.5-39: {said}"
    assert roles(play)[-1] == ("staff", said)


@pytest.mark.parametrize("said", ["您好,12345热线,工号027为您服务,请讲。", "您好,欢迎致电社保中心,请问有什么可以帮您?"])
def test_an_opening_with_a_number_stays_a_person(said: str) -> None:
    assert roles(f"staff: {said}\ncitizen: 我问下社保卡。\nstaff: 您说。")[0] == ("staff", said)


def test_what_may_be_either_is_nobodys() -> None:
    play = "staff @0.5-2.5: 8号话务员为您服务。\nstaff @3-4: 你好。\ncitizen @5-7: 我问下低保。\nstaff @8-9: 找社区去。"
    assert roles(play)[0] == ("unknown", "8号话务员为您服务。")


def test_a_line_is_cut_where_the_announcement_ends() -> None:
    line = "staff @0-12: 社保业务请按1,人工服务请按0。您好,这里是社保窗口,请讲。"
    found = mark_announcements(plays.parse(line).transcript, BOOK.announcements, "phone").segments
    assert [(s.role, s.text) for s in found] == [
        ("machine", "社保业务请按1,人工服务请按0。"),
        ("staff", "您好,这里是社保窗口,请讲。"),
    ]
    assert found[0].end == found[1].start == pytest.approx(12 * 16 / 30)


def test_a_heard_line_is_cut_between_its_words() -> None:
    words = ("社保", "业务请按1,", "人工服务", "请按0。", "您好,", "这里是社保窗口,", "请讲。")
    times = tuple(Word(text=text, start=float(i), end=i + 0.9, confidence=0.9) for i, text in enumerate(words))
    segment = Segment(start=0.0, end=6.9, text="".join(words), words=times, confidence=0.9)
    machine, person = mark_announcements(
        Transcript(segments=(segment,), duration=9.0), BOOK.announcements, "phone"
    ).segments
    assert (machine.role, machine.end, len(machine.words)) == ("machine", 3.9, 4)
    assert (person.role, person.start, person.text) == ("unknown", 4.0, "您好,这里是社保窗口,请讲。")


def test_what_is_told_stays_told() -> None:
    once = mark_announcements(
        plays.parse("staff @1-8: 人工服务请按0。" + OPENED).transcript, BOOK.announcements, "phone"
    )
    assert mark_announcements(once, BOOK.announcements, "phone") == once


def test_a_menu_does_not_make_its_voice_the_staff() -> None:
    """In one channel the words of a party are weighed; those of a machine are nobody's."""
    said = [("S1", 0, "您好,欢迎致电社保热线,社保业务请按1,人工服务请按0。"), ("S2", 20, "您好,这里是社保窗口,请讲。")]
    said += [
        ("S3", 25, "我想问一下社保卡丢了怎么补办。"),
        ("S2", 30, "请您带身份证到银行网点补办。"),
        ("S3", 36, "那我明天去,谢谢。"),
    ]
    segments = tuple(Segment(start=float(at), end=at + 4.0, text=text, speaker=voice) for voice, at, text in said)
    told = mark_announcements(Transcript(segments=segments, duration=40.0), BOOK.announcements, "phone")
    found = assign_roles(told, Recording(file="a.wav", setting="phone", direction="in"), 1)
    assert [s.role for s in found.segments] == ["machine", "staff", "citizen", "staff", "citizen"]


# What people say, and announcements too.
SAID_BY_BOTH = """
后续工作人员会联系您,再见。
稍后会有工作人员给您回电,请保持电话畅通,再见。
工单已经登记,工作人员将在三个工作日内回复您,再见。
本中心周六也上班,您周六来也行,再见。
请您保持手机畅通,谢谢您的来电,再见。
感谢您的耐心等待,再见。
您的诉求已经受理,感谢您对政务服务的支持,再见。
请留意短信通知,祝您生活愉快,再见。
您可以关注公众号查询进度,再见。
请您对本次服务进行评价,再见。
请您稍后对服务做个评价,谢谢,再见。
好的,感谢您的理解与支持,再见。
请不要挂机,后面有个满意度评价,再见。
您的问题解决了,祝您工作顺利,再见。
详情请关注公众号,再见。
系统正在升级,给您带来不便请谅解,再见。
现在是午休时间,下午两点以后再打,再见。
请于工作日上午来办理,再见。
周末不在工作时间,请您下周一来,再见。
那边正在通话中,请稍后再拨,再见。
对方正在通话中,请您稍后再打。
对方正在办理,请您等通知,再见。
办税可以登录电子税务局,很方便,再见。
请留下您的电话,工作人员会联系您。
请您留下姓名和联系方式。
本局下午不上班。
来电较多,让您久等了,请讲。
线路繁忙,让您久等了。
前面还有三位市民在排队,请您耐心等待。
工作人员马上过来,请您稍等。
为了保护您的权益,通话有录音,请讲。
本系统暂时查不到您的记录。
按先后顺序办理,请您耐心等待。
您的材料已提交,请留意短信。
"""


@pytest.mark.parametrize(
    ("before", "at"),
    [("citizen @34-35: 好的,谢谢。", "36.2-40"), ("staff @34-35: 三天可以办好。", "38.3-42")],
    ids=["behind thanks", "after a pause"],
)
def test_what_a_person_says_last_stays_theirs_though_announcements_say_it(before: str, at: str) -> None:
    told = [roles(f"{OPENED.strip()}\n{before}\nstaff @{at}: {line}") for line in SAID_BY_BOTH.split()]
    assert [call for call in told if {role for role, _ in call} != {"staff", "citizen"}] == []


# What is said to somebody who stands at a keypad, an evaluator or a screen.
SAID_AT_A_WINDOW = """
请输入您的密码。
请您在键盘上输入密码。
请输入六位密码,按确认键结束。
密码不对,请重新输入。
请按键评价。
请按满意度评价器。
请选择满意或者不满意。
满意请按评价器上面的绿键。
请您为本次服务打分。
请到自助机上选择社保业务,按一号键。
"""


@pytest.mark.parametrize("at", ["34-37", "37.5-40", "45-48"], ids=["at once", "after a pause", "after long"])
def test_who_speaks_of_a_keypad_at_a_window_is_staff(at: str) -> None:
    calls = [f"{OPENED.strip()}\nstaff @{at}: {line}" for line in SAID_AT_A_WINDOW.split()]
    assert [call for call in calls if {role for role, _ in roles(call, "counter")} != {"staff", "citizen"}] == []


@pytest.mark.parametrize(
    "heard",
    [
        "您的通话正在保持重请不要刮击",
        "当前华务量较大您前面还有五位来电城再等待",
        "很不满意请安散感谢您的来点再见",
        "人工服务请安宁返回请按心号见",
        "您说拨打的号玛是空号请和对后再拨",
    ],
)
def test_a_sentence_that_was_written_wrongly_is_told_by_its_sound(heard: str) -> None:
    assert max(told.odds for told in BOOK.announcements(heard)) >= 3


def test_who_speaks_before_a_key_is_pressed_is_a_machine() -> None:
    """Nobody answered, and nobody presses a key for a person: 请输入 was written as something else."""
    menu = "staff @1-4: 为了您的信息安全,秦书如正见后六位。"
    transcript = plays.parse(menu + OPENED).transcript
    keyed = replace(transcript, tones=(Tone(start=8.0, end=8.2, kind="key", channel=1),))
    assert [s.role for s in mark_announcements(keyed, BOOK.announcements, "phone").segments] == [
        *("machine", "staff", "citizen", "staff"),
    ]
    amid = replace(transcript, tones=(Tone(start=31.0, end=31.2, kind="key", channel=1),))
    assert mark_announcements(amid, BOOK.announcements, "phone").segments[3].role == "staff"


def test_who_asks_a_menu_for_a_person_did_not_answer_it() -> None:
    play = "staff @1-5: 我是您的语音助手,您可以这样问我。\ncitizen @6-7: 人工,人工。\n"
    transcript = plays.parse(play + "staff @8-12: 正在,转人工当前没有空线的作息。" + OPENED).transcript
    rung = replace(transcript, tones=(Tone(start=14.0, end=15.0, kind="ringing", channel=0),))
    told = [s.role for s in mark_announcements(rung, BOOK.announcements, "phone").segments]
    assert (told[0], told[2], told[3]) == ("machine", "machine", "staff")


def test_what_is_said_twice_without_an_answer_is_no_persons() -> None:
    wait = OPENED.strip() + "\nstaff @34-36: 您别挂,我去看一下。"
    queue = "\nstaff @{}: 对方正在受理您的业务,情报{}通话。"
    back = "\nstaff @60-63: 不好意思久等了,已经办好了。\ncitizen @64-65: 好。"
    twice = wait + queue.format("41-45", "迟") + queue.format("51-55", "其") + back
    assert [role for role, _ in roles(twice)][4:6] == ["machine", "machine"]
    assert roles(wait + queue.format("41-45", "迟") + back)[4][0] != "machine"
    answered = wait + queue.format("41-45", "迟") + "\ncitizen @46-48: 还要多久?" + queue.format("51-55", "其") + back
    assert roles(answered)[4][0] != "machine"


def test_nothing_of_people_is_taken_where_no_cue_is_said() -> None:
    transcript = plays.parse(OPENED.strip() + ENDED).transcript
    assert mark_announcements(transcript, BOOK.announcements, "phone") is transcript
    alone = replace(BOOK.announcements)
    assert mark_announcements(transcript, alone, "counter") is transcript


def test_who_speaks_before_a_telephone_rings_is_a_machine() -> None:
    """No words tell it: the recogniser wrote 按 as 安, or the wording is a centre's own."""
    transcript = plays.parse("staff @1-4: 这里是幸福市民之家。" + OPENED).transcript
    untold = mark_announcements(transcript, BOOK.announcements, "phone")
    assert [segment.role for segment in untold.segments] == ["unknown", "staff", "citizen", "staff"]
    rung = replace(transcript, tones=(Tone(start=6.0, end=7.0, kind="ringing", channel=0),))
    assert mark_announcements(rung, BOOK.announcements, "phone").segments[0].role != "staff"


def test_a_person_who_passes_a_call_on_stays_a_person() -> None:
    """Ringing behind words of the other side is a transfer, not an answer."""
    transcript = plays.parse(
        OPENED.strip() + "\nstaff @34-37: 我帮您转接,请稍等。\nstaff @50-53: 您好,请讲。"
    ).transcript
    rung = replace(transcript, tones=(Tone(start=40.0, end=41.0, kind="ringing", channel=0),))
    assert [s.role for s in mark_announcements(rung, BOOK.announcements, "phone").segments][3:] == ["staff", "staff"]


def test_what_is_said_on_the_leg_of_a_menu_is_no_persons() -> None:
    transcript = plays.parse("staff @1-4: 这里是幸福市民之家。" + OPENED).transcript
    legs = (Leg(kind="machine", start=0.0, end=9.0), Leg(kind="person", start=19.0, end=40.0, who="1017"))
    told = mark_announcements(transcript, BOOK.announcements, "phone", legs).segments
    assert [s.role for s in told] == ["machine", "staff", "citizen", "staff"]
    on_queue = (Leg(kind="queue", start=15.0, end=24.5),)
    surely_a_person = mark_announcements(transcript, BOOK.announcements, "phone", on_queue).segments[1]
    assert surely_a_person.role == "staff"


@pytest.mark.parametrize("half", ["tuning", "test"])
def test_nearly_all_announcements_of_the_made_calls_are_told_and_nothing_of_people(half: str) -> None:
    calls = [machine.tell(BOOK, *call, "phone") for call in machine.made_calls(half)]
    counts = sum((call.counts for call in calls), Counter[tuple[str, str]]())
    assert {(true, told) for true, told in counts if true != "machine"} == {("staff", "staff"), ("citizen", "citizen")}
    assert counts["machine", "machine"] >= 0.97 * sum(n for (true, _), n in counts.items() if true == "machine")


def test_words_that_stand_apart_beside_a_menu_are_no_persons() -> None:
    """No sign of their own: before the person they follow on a menu, behind all they stand alone."""
    menu = "staff @1-5: 社保业务请按1,人工服务请按0。\nstaff @9-10: 转人工中。" + OPENED
    assert [role for role, _ in roles(menu)] == ["machine", "machine", "staff", "citizen", "staff"]
    survey = menu + ENDED + "\nstaff @40-44: 满意请按1,不满意请按2。\nstaff @48-50: 感谢您的来电,再见。"
    assert roles(survey)[-1][0] != "staff"


def test_a_farewell_after_a_pause_stays_a_persons_where_nothing_was_announced() -> None:
    play = OPENED.strip() + "\nstaff @40-42: 感谢您的来电,再见。"
    assert roles(play)[-1][0] == "staff"


def test_all_of_people_is_counted_whatever_it_was_told_as() -> None:
    counts = Counter(
        {("staff", "unknown"): 3, ("citizen", "unknown"): 4, ("staff", "staff"): 5, ("machine", "staff"): 9}
    )
    told = machine.summary("heard", [machine.Told(title="", counts=counts, wrong=())])
    assert told == "heard: 1 calls; 0/9 told, 0 nobody's, of people's 12 characters 0 taken, 7 doubted"


ASKED_FOR = "\nstaff @34-36: 请报一下卡号。\ncitizen @37-40: 尾号四四七一。"


@pytest.mark.parametrize(
    "play",
    [
        ASKED_FOR + "\nstaff @40.5-43: 请输入您的密码。",
        ASKED_FOR + "\nstaff @43-46: 请输入您的密码。",
        ASKED_FOR + "\nstaff @40.5-43: 请输入您的密码。\ncitizen @48-49: 输好了。\nstaff @49.5-51: 好的,再见。",
        ASKED_FOR + "\nstaff @40.5-43: 请输入您的密码。\nstaff @48-51: 好了,余额两千,再见。",
        "\nstaff @34-36: 请重新输入密码。\ncitizen @37-38: 又错了。\nstaff @40-43: 请输入您的密码。",
    ],
)
def test_who_asks_for_a_password_behind_an_answer_is_the_person(play: str) -> None:
    told = roles(OPENED.strip() + play)
    assert {role for role, _ in told} == {"staff", "citizen"}


def test_a_keypad_behind_a_farewell_is_a_machines() -> None:
    assert roles(OPENED.strip() + ENDED + "\nstaff @39-42: 请输入您的密码。")[-1][0] == "machine"
    assert roles(OPENED.strip() + "\nstaff @36-39: 请输入您的密码。")[-1][0] == "unknown"


@pytest.mark.parametrize(
    "announcement",
    [
        "请用一句话说出您的来意,例如,我要换驾照。",
        "录音信箱已满,请挂机后再试。",
        "您好,现在无人值守,请简要说明来意。",
        "本次来电的服务工号,零三九。",
    ],
)
def test_further_wordings_before_anybody_answers_are_a_machines(announcement: str) -> None:
    assert roles(f"staff @1-8: {announcement}" + OPENED)[0] == ("machine", announcement)


@pytest.mark.parametrize("asked", ["您是要换驾照吗?是请按1,不是请按2。", "您的疑问解开了吗?解决请按1,没有解决请按2。"])
def test_a_question_before_a_key_is_asked_by_the_machine(asked: str) -> None:
    assert roles(OPENED.strip() + ENDED + f"\nstaff @38-44: {asked}")[-1] == ("machine", asked)
    person = OPENED.strip() + "\ncitizen @34-35: 怎么转人工?\nstaff @36-40: 听得清吗?您先按1再按0。"
    assert roles(person)[-1][0] == "staff"
