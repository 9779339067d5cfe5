"""The phrase language: spoken phrases as templates that people who know the service rules can write.

    [x]      may be missing                 (a|b)    either
    x?       the same for one group         <list>   any line of lists/<list>.txt
    …        up to eight characters of the same sentence
    ,。!     here the speaker may end a sentence; elsewhere a phrase never crosses the end of one
    $        here the sentence must end

The bracket forms are those of home-assistant/intents. A template becomes two regular expressions over folded text:
one over characters, one over sounds (see `text.sounds`), so that a homophone is found where the phrase would be.
RE2 matches them: whatever an author writes, the time grows with the length of the text and no faster.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

import re2

from speechaudit.sounds import readings, sounds
from speechaudit.text import SENTENCE_END, Folded, fold, simplify, word_bounds

GAP = 8
DEEPEST = 20  # brackets within brackets
LONGEST_SHOWN = 60
LONGEST_PATTERN = 200_000  # characters; lists in lists in lists can mean billions
LARGEST_PROGRAM = 30_000  # steps of RE2 for each character at worst; the largest of the delivered rules has 10,400
_MEMORY = 32 << 20  # bytes that RE2 may take for one expression; beyond them it searches without its automaton
SOUND_MINIMUM = 3  # syllables; 步行 sounds like 不行, and two syllables prove nothing
Lists = Mapping[str, Sequence[str]]
_PUNCTUATION = frozenset(",,、。.!?！？;；:：")
_CLOSERS = {"(": ")", "[": "]"}
_SENTENCE_ENDS = f"(?:{SENTENCE_END}|$)"


class TemplateError(ValueError):
    """A template that cannot be read; the message says in Chinese where and why."""

    def __init__(self, template: str, problem: str) -> None:
        super().__init__(f"“{template if len(template) <= LONGEST_SHOWN else template[:LONGEST_SHOWN] + '…'}”{problem}")
        self.template = template


@dataclass(frozen=True, slots=True, kw_only=True)
class TextMatch:
    """`chars[start:end]` of a folded text matched, by its characters (`exact`) or by their sounds.

    `meant` is what the template says there, where that was found by sound; else empty. `near` sounds are not the same.
    """

    start: int
    end: int
    exact: bool
    meant: str = ""
    near: bool = False


class Template:
    """Recursive-descent parser from a template to a regular expression; `literal` writes one character."""

    def __init__(self, text: str, lists: Lists, literal: Callable[[str], str]) -> None:
        self._text = simplify(text.strip())
        self._lists = lists
        self._literal = literal
        self._at = self._depth = 0
        self._longest = 0  # up to here

    @property
    def longest(self) -> int:
        """How many characters a match has at most, once `regex` was asked for."""
        return self._longest

    def regex(self) -> str:
        """Return the regular expression of a whole template. Raises TemplateError."""
        pattern = self._alternatives("")
        if self._at < len(self._text):
            raise TemplateError(self._text, f"第{self._at + 1}个字符处多了“{self._text[self._at]}”")
        return pattern

    def _alternatives(self, closer: str) -> str:
        branches = [""]
        before, longest = self._longest, 0
        while self._at < len(self._text) and self._text[self._at] not in ")]":
            if self._text[self._at] == "|":
                self._at += 1
                branches.append("")
                longest, self._longest = max(longest, self._longest), before
            else:
                branches[-1] += self._item()
        self._longest = max(longest, self._longest)
        if closer:
            if self._at >= len(self._text) or self._text[self._at] != closer:
                raise TemplateError(self._text, f"缺少“{closer}”")
            self._at += 1
        return branches[0] if len(branches) == 1 else f"(?:{'|'.join(branches)})"

    def _item(self) -> str:
        char = self._text[self._at]
        self._at += 1
        if char in _CLOSERS:
            pattern = f"(?:{self._bracket(_CLOSERS[char])}){'?' if char == '[' else ''}"
        elif char == "<":
            pattern = self._list()
        elif char == "…":
            self._longest += GAP
            return f"[^{SENTENCE_END}]{{0,{GAP}}}?"
        elif char == "$":
            self._longest += 1
            return _SENTENCE_ENDS
        elif char in _PUNCTUATION or char.isspace():
            self._longest += 1
            return f"{SENTENCE_END}?"
        else:
            pattern = self._literal(char.lower())
            self._longest += 1
        return self._maybe_optional(pattern)

    def _bracket(self, closer: str) -> str:
        self._depth += 1
        if self._depth > DEEPEST:
            raise TemplateError(self._text, f"的括号套了 {DEEPEST} 层以上")
        inside = self._alternatives(closer)
        self._depth -= 1
        return inside

    def _maybe_optional(self, pattern: str) -> str:
        if self._at < len(self._text) and self._text[self._at] in "?？" and self._optional_mark():
            self._at += 1
            return pattern if pattern.endswith(")?") else f"(?:{pattern})?"
        return pattern

    def _optional_mark(self) -> bool:
        """A half-width `?` behind a closing bracket; anywhere else it is punctuation."""
        return self._text[self._at] == "?" and self._text[self._at - 1] in ")]>"

    def _list(self) -> str:
        end = self._text.find(">", self._at)
        name = self._text[self._at : end]
        if end < 0 or name not in self._lists:
            raise TemplateError(self._text, f"中的词表“{name}”不存在,请在 lists/ 下建立同名 .txt 文件")
        self._at = end + 1
        lists = {key: lines for key, lines in self._lists.items() if key != name}
        lines = [Template(line, lists, self._literal) for line in self._lists[name]]
        pattern = f"(?:{'|'.join(line.regex() for line in lines)})"
        if len(pattern) > LONGEST_PATTERN:
            raise TemplateError(self._text, f"展开词表“{name}”后超过 {LONGEST_PATTERN} 个字符,请拆成几条")
        self._longest += max((line.longest for line in lines), default=0)
        return pattern


def _same_sound(char: str) -> str:
    codes = readings(char)
    return f"[{codes}]" if len(codes) > 1 else re.escape(codes)


class _Spelling:
    """Finds the characters of templates again behind a match by sound: one group of the expression for each."""

    def __init__(self, templates: Sequence[str], lists: Lists) -> None:
        self._characters: list[str] = []
        self._pattern = _compiled(Template(t, lists, self._group).regex() for t in templates)

    def _group(self, char: str) -> str:
        self._characters.append(char)
        return f"({_same_sound(char)})"

    def of(self, chars: str, start: int, end: int) -> str:
        """Return `chars[start:end]` as the template spells it; in a gap (`…`) the characters stay."""
        match = self._pattern.fullmatch(sounds(chars)[start:end]) if self._pattern else None
        spelled = list(chars[start:end])
        for number, char in enumerate(self._characters if match else (), 1):
            if match and match.start(number) >= 0:
                spelled[match.start(number)] = char
        return "".join(spelled)


@dataclass(frozen=True, slots=True)
class _Expression:
    """A set of templates as a regular expression, and how many characters a match has at most."""

    pattern: re.Pattern[str]
    longest: int

    @property
    def ends_sentences(self) -> bool:
        """Whether one of the templates says where a sentence must end."""
        return _SENTENCE_ENDS in self.pattern.pattern


class Phrases:
    """A set of templates, compiled once. `whole_words` asks that a hit begins and ends where jieba parts words.

    `sounds_like` is true, or the templates that are also searched by sound.
    """

    def __init__(
        self,
        templates: Sequence[str],
        lists: Lists,
        *,
        sounds_like: bool | Sequence[str] = False,
        whole_words: bool = False,
    ) -> None:
        self.templates = tuple(templates)
        self._lists = lists
        self._by_sound_too = self.templates if sounds_like is True else tuple(sounds_like or ())
        self._whole_words = whole_words
        self._spelling: _Spelling | None = None
        self._found: tuple[Folded, tuple[TextMatch, ...]] | None = None  # the last text: all hits of a rule ask for it
        _ = self._by_text

    @cached_property
    def _by_text(self) -> _Expression | None:
        return self._compile(self.templates, re.escape)

    @cached_property
    def _by_sound(self) -> _Expression | None:
        return self._compile(self._by_sound_too, _same_sound)

    def _compile(self, templates: Sequence[str], literal: Callable[[str], str]) -> _Expression | None:
        lists = tuple((name, tuple(lines)) for name, lines in self._lists.items())
        return _expression(tuple(templates), lists, literal) if templates else None

    def __bool__(self) -> bool:
        return bool(self.templates)

    def find(self, text: str | Folded) -> tuple[TextMatch, ...]:
        """Return all hits in the order of the text; a hit by sound that overlaps an exact one is dropped."""
        folded = fold(text) if isinstance(text, str) else text
        if (last := self._found) and last[0] is folded:
            return last[1]
        found = tuple(self._search(self._by_text, folded, folded.chars))
        if self._by_sound:
            found += outside(self._search(self._by_sound, folded, sounds(folded.chars)), found)
        self._found = (folded, found)
        return found

    def may_occur(self, texts: tuple[str, ...], *, whole: bool = False) -> bool:
        """Return False only if `find`, or with `whole` that, has no hit in any of these folded texts.

        One search for all of them: most phrases are said in no turn of a service.
        """
        heard = _one_text(tuple(map(sounds, texts))) if self._by_sound else ""
        return _may_occur(self._by_text, _one_text(texts), whole) or _may_occur(self._by_sound, heard, whole)

    def whole(self, text: str | Folded, starts: Sequence[int], ends: Sequence[int]) -> TextMatch | None:
        """Return the longest hit from one of `starts` to one of `ends`; one by sound if none is exact."""
        chars = (fold(text) if isinstance(text, str) else text).chars
        spans = [(start, end) for start in starts for end in sorted(ends, reverse=True) if start < end]
        exact = (TextMatch(start=s, end=e, exact=True) for s, e in spans if _full(self._by_text, chars, s, e))
        return next(exact, None) or next(self._whole_by_sound(chars, spans), None)

    def _whole_by_sound(self, chars: str, spans: Sequence[tuple[int, int]]) -> Iterator[TextMatch]:
        heard = sounds(chars) if self._by_sound else ""
        long_enough = ((s, e) for s, e in spans if e - s >= SOUND_MINIMUM)
        return (self._sounded(s, e, chars) for s, e in long_enough if _full(self._by_sound, heard, s, e))

    def _search(self, expression: _Expression | None, folded: Folded, haystack: str) -> Iterator[TextMatch]:
        for match in expression.pattern.finditer(haystack) if expression else ():
            start, end = _trimmed(match, folded)
            exact = haystack is folded.chars
            if end - start >= (1 if exact else SOUND_MINIMUM) and self._on_words(start, end, folded):
                yield TextMatch(start=start, end=end, exact=True) if exact else self._sounded(start, end, folded.chars)

    def _sounded(self, start: int, end: int, chars: str) -> TextMatch:
        if self._spelling is None:
            self._spelling = _Spelling(self._by_sound_too, self._lists)
        return TextMatch(start=start, end=end, exact=False, meant=self._spelling.of(chars, start, end))

    def _on_words(self, start: int, end: int, folded: Folded) -> bool:
        return not self._whole_words or {start, end} <= word_bounds(folded.chars)


def outside(found: Iterable[TextMatch], others: Sequence[TextMatch]) -> tuple[TextMatch, ...]:
    """Return what overlaps none of the `others`, which lie one behind the other."""
    ends = [other.end for other in others]
    behind = ((hit, bisect_right(ends, hit.start)) for hit in found)
    return tuple(hit for hit, at in behind if at == len(others) or others[at].start >= hit.end)


@lru_cache(maxsize=2048)
def _expression(
    templates: tuple[str, ...], lists: tuple[tuple[str, tuple[str, ...]], ...], literal: Callable[[str], str]
) -> _Expression:
    """Any of the templates; remembered, since a rulebook that is read again has most of them as before.

    Raises TemplateError for one that cannot be read, or is there where nothing was said.
    """
    parsed = [Template(text, dict(lists), literal) for text in templates]
    pattern = _compiled(template.regex() for template in parsed)
    if pattern is None:
        raise TemplateError(templates[0], f"等 {len(templates)} 条展开后太大,请拆成几条规则")
    if pattern.fullmatch(""):
        silent = next(text for text in templates if re.fullmatch(Template(text, dict(lists), literal).regex(), ""))
        raise TemplateError(silent, "的每个部分都可以不说,什么都没说也算,请至少留一个必说的字")
    return _Expression(pattern, max(template.longest for template in parsed))


def _compiled(patterns: Iterable[str]) -> re.Pattern[str] | None:
    """Any of the patterns, by RE2, whose patterns have the methods of `re`'s; None if that is too large."""
    options = re2.Options()
    options.max_mem = _MEMORY
    options.log_errors = False
    try:
        pattern = re2.compile("|".join(f"(?:{pattern})" for pattern in patterns), options)
    except re2.error:
        return None
    return pattern if pattern.programsize <= LARGEST_PROGRAM else None


@lru_cache(maxsize=64)
def _one_text(texts: tuple[str, ...]) -> str:
    """Return texts one behind the other: what matches in one matches there too, and perhaps more, across two."""
    return "".join(f"{text}{SENTENCE_END}\n" for text in texts)


def _may_occur(expression: _Expression | None, text: str, whole: bool) -> bool:
    if expression is None:
        return False
    # A piece that `whole` cuts out ends where no sentence does.
    return (whole and expression.ends_sentences) or expression.pattern.search(text) is not None


def _full(expression: _Expression | None, text: str, start: int, end: int) -> bool:
    if expression is None or end - start > expression.longest:
        return False
    return expression.pattern.fullmatch(text[start:end]) is not None


def _trimmed(match: re.Match[str], folded: Folded) -> tuple[int, int]:
    """A template may begin or end with an optional end of sentence: that is not part of the quote."""
    start, end = match.span()
    while start < end and folded.chars[start] == SENTENCE_END:
        start += 1
    while end > start and folded.chars[end - 1] == SENTENCE_END:
        end -= 1
    return start, end
