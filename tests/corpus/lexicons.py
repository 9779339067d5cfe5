"""Rules, profiles, lists, ledgers and policies as people break them, each in a small folder that is whole otherwise.

The name of a case is the path of its file below that folder; `FOLDER` is what lies there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from tests.corpus.case import Case, refused, taken

RULE = """id: forbidden.a
title: 推诿
topics: [t]
level: major
status: active
sources: [{document: d, clause: c}]
kind: forbidden
setting: [phone, counter]
phrases: [不归我管]
message: 换一种说法
examples: {match: [不归我管], no_match: [您好]}
"""
SECOND = RULE.replace("forbidden.a", "forbidden.b").replace("不归我管", "找别人")
PROFILE = "title: 默认\nrules: {}\n"
FOLDER = {
    "policy.yml": "points: {minor: 2, major: 5, critical: 15}\n"
    "dimensions: [{group: forbidden, title: 忌语, full: {phone: 100, counter: 100}}]\n"
    "veto: {rules: [], cap: 59}\npass_mark: 80\nminimum_confidence: 0.35\nminimum_label: 0.8\nminimum_seconds: 5\n"
    "minimum_encounters: 10\nworst_moments: 10\n",
    "sources/d.yml": "document: d\ntitle: 规范\n"
    "clauses: [{id: c, section: 一, line: 1, topic: t, quote: 不得推诿, rules: [forbidden.a]}]\n",
    "rules/forbidden/a.yml": RULE,
    "profiles/default.yml": PROFILE,
    "lists/我.txt": "我\n我们\n",
}
_BOMB = "a: &a [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{chr(98 + n)}: &{chr(98 + n)} [{', '.join(['*' + chr(97 + n)] * 10)}]\n" for n in range(9)
)


def cases() -> Iterator[Case]:
    yield from _yaml()
    yield from _rules()
    yield from _phrases()
    yield from _profiles()
    yield from _others()


def rule(name: str, old: str, new: str, told: str) -> Case:
    """The rule with a piece of it replaced; its file is named so that each case is told apart."""
    assert old in RULE, name
    return refused(f"rules/forbidden/a.yml#{name}", RULE.replace(old, new, 1), told)


def _yaml() -> Iterator[Case]:
    place = "rules/forbidden/a.yml"
    yield taken(f"{place}#good", RULE)
    yield taken(f"{place}#mark", "\ufeff" + RULE)
    yield taken(f"{place}#windows", RULE.replace("\n", "\r\n"))
    yield taken(f"{place}#end-mark", RULE + "...\n")
    for name, text, told in (
        ("empty", "", "id 应与文件路径一致"),
        ("gbk", RULE.encode("gbk"), "UTF-8"),
        ("utf-16", RULE.encode("utf-16"), "UTF-8"),
        ("list", "[1, 2]", "id 应与文件路径一致"),
        ("two-documents", RULE + "---\n" + RULE, "不是正确的 YAML"),
        ("tab", RULE.replace("title:", "\ttitle:"), "不是正确的 YAML"),
        ("quote-open", RULE.replace("推诿", '"推诿'), "不是正确的 YAML"),
        ("colon-inside", RULE.replace("推诿", "推诿: 再: 三"), "不是正确的 YAML"),
        ("alias-unknown", RULE.replace("推诿", "*nowhere"), "不是正确的 YAML"),
        ("anchor-loop", RULE.replace("[t]", "&t [*t]"), ""),
        ("aliases-bomb", _BOMB, "嵌套太深,或引用"),
        ("deep", "a: " + "[" * 2_000 + "]" * 2_000, "nesting depth"),
        ("deep-objects", "{a: " * 500 + "1" + "}" * 500, "嵌套太深,或引用"),
        ("python-tag", RULE.replace("推诿", "!!python/object/apply:os.system [ls]"), "不是正确的 YAML"),
        ("unknown-tag", RULE.replace("推诿", "!shell ls"), "读不成它的类型"),
        ("binary-tag", RULE.replace("推诿", "!!binary 甲"), "读不成它的类型"),
        ("nul", RULE.replace("推诿", "推\0诿"), "不可见的控制字符"),
        ("escape", RULE.replace("推诿", "推\x1b[31m诿"), "不可见的控制字符"),
        ("surrogate", RULE.replace("推诿", "\ud800"), "UTF-8"),
        ("date", RULE.replace("推诿", "2024-13-45"), "读不成它的类型"),
        ("5000-digits", RULE.replace("推诿", "9" * 5000), "读不成它的类型"),
        ("merge-key", RULE + "<<: [1]\n", ""),
        ("key-list", RULE + "? [a]\n: b\n", ""),
        ("key-object", RULE + "? {a: b}\n: c\n", ""),
        ("json-of-1-mb", '{"a": "' + "x" * (1 << 20) + '"}', "id 应与文件路径一致"),
        ("sound", b"RIFF\xff\xff\xff\xffWAVE", "UTF-8"),
    ):
        yield refused(f"{place}#{name}", text, told or "第")


def _rules() -> Iterator[Case]:
    yield rule("key-twice", "level: major", "level: major\nlevel: minor", "“level”写了两次")
    yield rule("stranger", "level:", "lvl: 1\nlevel:", "“lvl”没有这一项")
    yield rule("id-other", "forbidden.a", "forbidden.z", "id 应与文件路径一致")
    yield rule("id-number", "id: forbidden.a", "id: 7", "id 应与文件路径一致")
    yield rule("kind-unknown", "kind: forbidden", "kind: regex", "kind 不是允许的规则类型")
    yield rule("kind-missing", "kind: forbidden\n", "", "缺少 kind")
    yield rule("level-unknown", "major", "deadly", "level")
    yield rule("status-yes", "active", "yes", "status")
    yield rule("setting-empty", "[phone, counter]", "[]", "setting")
    yield rule("setting-text", "[phone, counter]", "phone", "setting")
    yield rule("source-unknown", "clause: c", "clause: z", "不存在")
    yield rule("document-unknown", "document: d", "document: z", "不存在")
    yield rule("sources-loop", "[{document: d, clause: c}]", "&s [*s]", "第6行")
    yield rule("title-empty", "推诿", '""', "title")
    yield rule("title-number", "推诿", "1.5", "title")
    yield rule("examples-missing", "examples: {match: [不归我管], no_match: [您好]}", "", "examples")
    yield rule("where-negative", "message:", "where: {first_seconds: -1}\nmessage:", "first_seconds")
    yield rule("where-huge", "message:", "where: {first_turns: .inf}\nmessage:", "first_turns")
    yield rule("required-as-forbidden", "message:", "within: 3\nmessage:", "within")
    measure = RULE.replace("kind: forbidden", "kind: measure").replace("phrases: [不归我管]", "measure: x\nunit: s")
    yield refused("rules/forbidden/a.yml#measure-text", measure.replace("unit: s", "unit: s\nminimum: much"), "minimum")
    yield refused("rules/forbidden/b.yml", RULE, "id 应与文件路径一致")
    yield taken("rules/forbidden/b.yml#second", SECOND)


def _phrases() -> Iterator[Case]:
    def phrase(name: str, text: str, told: str) -> Case:
        return rule(f"phrase-{name}", "[不归我管]", f"['{text}']", told)

    yield phrase("open", "(不归我管", "缺少“)”")
    yield phrase("closed", "不归我管)", "多了“)”")
    yield phrase("crossed", "(不[归)我]管", "缺少“]”")
    yield phrase("no-list", "<他>不管", "词表“他”不存在")
    yield phrase("list-open", "<我不管", "不存在")
    yield phrase("deep", "(" * 5_000 + "甲" + ")" * 5_000, "括号套了 20 层以上")
    yield phrase("huge", "[我…]" * 2_000 + "管", "太大")
    yield rule("phrase-empty", "[不归我管]", "['']", "phrases")
    yield rule("phrases-empty", "[不归我管]", "[]", "phrases")
    yield rule("phrases-text", "[不归我管]", "不归我管", "phrases")
    yield rule("phrases-number", "[不归我管]", "[12345]", "phrases")
    yield rule("phrases-null", "[不归我管]", "[~]", "phrases")
    for name, text in (("backslash", r"\d+(?=a)"), ("star", "我*.+?{99999}"), ("caret", "^不归我管$"), ("hash", "#a")):
        yield taken(f"rules/forbidden/a.yml#phrase-{name}", RULE.replace("[不归我管]", f"['不归我管', '{text}']"))
    long = RULE.replace("[不归我管]", "[不归我管, " + ", ".join(f"甲乙丙{n}" for n in range(1_000)) + "]")
    yield taken("rules/forbidden/a.yml#phrases-1000", long)


def _profiles() -> Iterator[Case]:
    place = "profiles/default.yml"
    for name, text, told in (
        ("empty", "", "全文"),
        ("stranger", PROFILE + "rule: {}\n", "rule"),
        ("title-twice", PROFILE + "title: 乙\n", "“title”写了两次"),
        ("rules-list", "title: 甲\nrules: []\n", "rules"),
        ("rule-unknown", "title: 甲\nrules: {forbidden.z: {level: minor}}\n", "没有规则“forbidden.z”"),
        ("rule-outside", "title: 甲\nrules: {../../etc/passwd: {level: minor}}\n", "没有规则"),
        ("rule-nul", 'title: 甲\nrules: {"a.\\0": {level: minor}}\n', "没有规则"),
        ("rule-of-900", f"title: 甲\nrules: {{forbidden.{'a' * 900}: {{level: minor}}}}\n", "没有规则"),
        ("field-unknown", "title: 甲\nrules: {forbidden.a: {lvl: minor}}\n", "lvl"),
        ("level-unknown", "title: 甲\nrules: {forbidden.a: {level: deadly}}\n", "level"),
        ("slots-of-none", "title: 甲\nrules: {forbidden.a: {slots: {b: {phrases: [甲]}}}}\n", "slots"),
        ("kind-changed", "title: 甲\nrules: {forbidden.a: {kind: wait}}\n", "seconds"),
        ("id-changed", "title: 甲\nrules: {forbidden.a: {id: forbidden.b}}\n", "id 不能改"),
        ("phrase-broken", 'title: 甲\nrules: {forbidden.a: {phrases: ["(甲"]}}\n', "缺少“)”"),
        ("key-number", "title: 甲\nrules: {1: {level: minor}}\n", "rules"),
        ("field-number", "title: 甲\nrules: {forbidden.a: {1: minor}}\n", "rules"),
        ("aliases-bomb", _BOMB, "嵌套太深,或引用"),
    ):
        yield refused(f"{place}#{name}", text, told)
    yield taken(f"{place}#level", "title: 甲\nrules: {forbidden.a: {level: minor}}\n")


def _others() -> Iterator[Case]:
    using = RULE.replace("[不归我管]", "['不归<我>管']")
    yield taken("rules/forbidden/a.yml#with-list", using)
    yield refused("lists/我.txt", "我\n(我", "缺少“)”")
    yield refused("lists/我.txt#itself", "<我>", "词表“我”不存在")
    yield refused("lists/我.txt#gbk", "我们".encode("gbk"), "UTF-8")
    policy = FOLDER["policy.yml"]
    for name, old, new, told in (
        ("negative", "pass_mark: 80", "pass_mark: -1", "pass_mark"),
        ("nan", "pass_mark: 80", "pass_mark: .nan", "pass_mark"),
        ("infinite", "cap: 59", "cap: .inf", "cap"),
        ("no-dimensions", "[{group: forbidden, title: 忌语, full: {phone: 100, counter: 100}}]", "[]", "dimensions"),
        ("other-group", "group: forbidden", "group: words", "没有“forbidden”这一项"),
        ("level-unknown", "critical", "deadly", "points"),
        ("encounters-0", "minimum_encounters: 10", "minimum_encounters: 0", "minimum_encounters"),
    ):
        assert old in policy, name
        yield refused(f"policy.yml#{name}", policy.replace(old, new), told)
    source = FOLDER["sources/d.yml"]
    yield refused("sources/d.yml", source.replace("document: d", "document: e"), "document 应与文件名一致")
    yield refused(
        "sources/d.yml#part-of-nothing", re.sub(r"rules: \[.*?\]", "not_heard: 看不见, only: 一半", source), "only"
    )
    yield refused("sources/d.yml#both", source.replace("rules:", "not_heard: 看不见, rules:"), "not_heard")
    yield refused("sources/d.yml#empty", "document: d\ntitle: 规范\nclauses: []\n", "clauses")
    yield refused("guards.yml", "- {id: a}\n", "title")
    yield refused("guards.yml#text", "none\n", "全文")
    yield refused("listen.yml", "您好: 您好\n", "您好")
    yield refused("machine.yml", "machine: [您好]\n", "machine")
    yield refused(
        "calibration/m.yml", "model: m\ndata: d\ncommand: c\nthresholds: {您好: {pass: 0.1, doubt: 0.9}}\n", "doubt"
    )
