"""What a rule file may say: one header for all, and a closed set of kinds."""

from __future__ import annotations

from datetime import date
from functools import cached_property
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from speechaudit.model import Clause, Level, Role, Setting
from speechaudit.policy import Count, Share, StrictModel, Text
from speechaudit.rules.ringing import Cadence
from speechaudit.rules.surety import Surety

Status = Literal["draft", "trial", "active", "retired"]
Seconds = Annotated[float, Field(ge=0)]


class ClauseReference(StrictModel):
    """One clause of one document in `sources/`."""

    document: Text
    clause: Text


class Where(StrictModel):
    """Part of the encounter that is searched; all that are given must hold. Seconds run from its start or to its end.

    Turns are counted among those of the rule's `who`.
    """

    first_seconds: Seconds | None = None
    last_seconds: Seconds | None = None
    first_turns: Count | None = None
    last_turns: Count | None = None

    @property
    def at_the_start(self) -> bool:
        """Whether this part reaches from the start to somewhere."""
        return self.first_seconds is not None or self.first_turns is not None

    @property
    def at_the_end(self) -> bool:
        """Whether this part reaches from somewhere to the end."""
        return self.last_seconds is not None or self.last_turns is not None


class Said(StrictModel):
    """Something that is said: any of `phrases`, outside of any of `except`.

    `sounds_like: true` also finds homophones of all phrases; a list names those for which that is safe.
    """

    phrases: tuple[Text, ...] = Field(min_length=1)
    but_not: tuple[Text, ...] = Field(default=(), alias="except")
    sounds_like: bool | tuple[Text, ...] = False
    whole_words: bool = False
    whole: Literal["clause", "turn"] | None = None


class Examples(StrictModel):
    """What the rule must and must not do, run by `rules check`: one utterance of the rule's `who`, or a play.

    `match`: the phrase is there (`fail` if forbidden, else `pass`). `no_match`: it is not (`pass` if forbidden, else
    `fail`). `silent`: the rule has nothing to say (`n/a`). `unclear`: a person must decide. `known_miss` and
    `known_false_alarm` are strict expected failures: when one starts to work, the check says so.
    """

    match: tuple[Text, ...] = Field(min_length=1)
    no_match: tuple[Text, ...] = Field(min_length=1)
    silent: tuple[Text, ...] = ()
    unclear: tuple[Text, ...] = ()
    known_miss: tuple[Text, ...] = ()
    known_false_alarm: tuple[Text, ...] = ()


class WordlessExamples(Examples):
    """Of a rule that no words alone can break there is nothing that could match."""

    match: tuple[Text, ...] = ()
    no_match: tuple[Text, ...] = ()


class Header(StrictModel):
    """What every rule has, whatever its kind."""

    id: Text
    title: Text
    topics: tuple[Text, ...] = Field(min_length=1)
    level: Level
    status: Status
    sources: tuple[ClauseReference, ...] = Field(min_length=1)
    setting: tuple[Setting, ...] = Field(min_length=1)
    who: Role = "staff"
    message: Text
    examples: Examples


class Forbidden(Header, Said):
    """Must not be said. `unless` excuses it in the same turn, and in the next of the same role if nobody spoke between.

    Once the other side has spoken (more than 嗯) it excuses nothing. With `made_good_later`, for rules whose fault is
    that no help was given, what came then leaves a sure hit to a person, and lets go of what is doubtful anyway.
    `alone` holds everyday words forbidden only as a whole turn (不行); of those in `by_ear` (我知道) a person hears the
    tone: `unclear`. Both are searched by sound too: alone, a homophone of three syllables can hardly be anything else.
    `meaning` names labels of the classifiers: what no phrase list can hold goes to a person as `unclear`.
    With `nin_too` the words are as bad with 您 for 你; else a recogniser's 你 alone is no proof where 您 would be none.
    With a `verdict` of `unclear` words prove nothing without the tone (mockery): they always go to a person.
    What is said `outright` (printed wording, plain abuse), as a whole clause, accuses though a classifier reads none.
    With `tell_length` it is told how long that went on before the other side spoke (private talk).
    A `catch_all` needs no phrases: it charges by its labels alone, what they are sure of and no other rule charges.
    """

    kind: Literal["forbidden"]
    phrases: tuple[Text, ...] = ()
    examples: WordlessExamples
    catch_all: bool = False
    tell_length: bool = False
    verdict: Literal["fail", "unclear"] = "fail"
    where: Where = Where()
    alone: tuple[Text, ...] = ()
    by_ear: tuple[Text, ...] = ()
    outright: tuple[Text, ...] = ()
    unless: tuple[Text, ...] = ()
    meaning: tuple[Text, ...] = ()
    nin_too: bool = False
    made_good_later: bool = False

    @model_validator(mode="after")
    def _has_phrases_or_catches_all(self) -> Forbidden:
        if self.catch_all and (self.phrases or self.alone or self.by_ear or not self.meaning):
            raise ValueError("catch_all 的规则只写 meaning,不写 phrases、alone、by_ear")
        if not self.catch_all and not (self.phrases and self.examples.match and self.examples.no_match):
            raise ValueError("phrases 和 examples 的 match、no_match 都至少写一句(只有 catch_all 的规则可以不写)")
        return self


class Due(Header, Said):
    """Must be said. Where only one of `perhaps` was said, neither enough nor nothing, a person decides (`unclear`)."""

    perhaps: tuple[Text, ...] = ()


class Required(Due):
    """Must be said at least once in this part of every encounter. `listen` names phrases of listen.yml."""

    kind: Literal["required"]
    where: Where = Where()
    listen: tuple[Text, ...] = ()


class Trigger(Said):
    """What makes a courtesy due: something that `who` says.

    `before_silence` counts only where a silence of `silence` seconds follows before the rule's `who` speaks again.
    """

    who: Role = "staff"
    before_silence: tuple[Text, ...] = ()
    silence: Seconds = 20.0


class Situation(Due):
    """Each time `when` is said, one of `phrases` is due in the same turn, or up to `within` turns of `who` later.

    `before` also counts turns of `who` that came earlier. Without `when` in the encounter: `n/a`. `or_when` is another
    occasion, if `who` speaks again after it. With `once_is_enough` one courtesy in the encounter passes. With
    `if_continued` nothing is due where `who` never speaks again: the caller hung up, or the recording ends. With
    `unasked` a courtesy without occasion is credited. With a `verdict` of `unclear` a person decides what it means that
    it was not said.
    """

    kind: Literal["situation"]
    verdict: Literal["fail", "unclear"] = "fail"
    when: Trigger
    or_when: Trigger | None = None
    once_is_enough: bool = False
    if_continued: bool = False
    unasked: bool = False
    within: Annotated[int, Field(ge=0)] = 0
    before: Annotated[int, Field(ge=0)] = 0
    where: Where = Where()


class Slot(Said):
    """One part of a sequence. An optional part may be missing; where it stands is checked all the same.

    `listen` names phrases of listen.yml to listen for again where it was not heard. Words right behind `name_after`
    may be a name of no list. `rules/names.py` finds near names of the centre's own, behind `name_behind` too.
    """

    name: Text
    title: Text
    optional: bool = False
    listen: tuple[Text, ...] = ()
    name_after: Text | None = None
    name_behind: tuple[Text, ...] = ()


class Sequence(Header):
    """Parts that must be said, in this order if `ordered`. The `anchor` part makes a single utterance recognisable."""

    kind: Literal["sequence"]
    slots: tuple[Slot, ...] = Field(min_length=2)
    anchor: Text
    ordered: bool = True
    where: Where = Where()

    @model_validator(mode="after")
    def _names_are_slots(self) -> Sequence:
        for key, name in (("anchor", self.anchor), *(("name_after", s.name_after) for s in self.slots if s.name_after)):
            if name not in {slot.name for slot in self.slots}:
                raise ValueError(f"{key}“{name}”不是 slots 中的任何一个 name")
        return self


class Reply(Header):
    """Each `when` of the other side must be followed by any words of `who` within `seconds`.

    `meaning` names labels of the classifiers, for questions that no phrase list can hold: those that nobody answered go
    to a person as `unclear`. So does a question that is asked again after words that hold nothing of `told` outside of
    `not_told`, and one of which the other side says by `again` that it was not answered.
    """

    kind: Literal["reply"]
    when: Trigger
    seconds: Seconds
    told: tuple[Text, ...] = ()
    not_told: tuple[Text, ...] = ()
    again: tuple[Text, ...] = ()
    meaning: tuple[Text, ...] = ()


class Wait(Due):
    """Before each silence of at least `seconds`, one of `phrases` is due in the last `before` turns of `who`.

    Silences count where somebody spoke before and `who` takes up the service after. What a citizen says of `own` in
    the last turn makes the silence the citizen's own (我找一下).
    """

    kind: Literal["wait"]
    seconds: Seconds
    before: Count = 2
    own: tuple[Text, ...] = ()


class Measure(Header):
    """A measured or recorded figure must lie from `minimum` to `maximum`; unknown, or without a limit, it is `n/a`."""

    kind: Literal["measure"]
    measure: Text
    unit: Text
    minimum: float | None = None
    maximum: float | None = None
    examples: WordlessExamples


Rule = Forbidden | Required | Situation | Sequence | Reply | Wait | Measure
AnyRule: Any = Annotated[Rule, Field(discriminator="kind")]  # a form of types, which type checkers take for a value


class LedgerClause(StrictModel):
    """One clause of a document: covered by rules (`only` some part, where that is said), or why it cannot be heard."""

    id: Text
    section: Text
    line: Count
    topic: Text
    quote: Text
    rules: tuple[Text, ...] = ()
    not_heard: str = ""
    only: str = ""

    @model_validator(mode="after")
    def _covered_or_not(self) -> LedgerClause:
        if self.only and not self.rules:
            raise ValueError("有 rules 才能写 only(规则只检查其中哪一部分)")
        if bool(self.rules) == bool(self.not_heard):
            raise ValueError("须且只能填写 rules(由哪些规则检查)或 not_heard(为何听不出来)之一")
        return self


class Ledger(StrictModel):
    """Every clause of one published document that speaks of what could be heard."""

    document: Text
    title: Text
    clauses: tuple[LedgerClause, ...] = Field(min_length=1)

    @cached_property
    def cited(self) -> dict[str, Clause]:
        """The clauses by id, as findings cite them."""
        return {
            c.id: Clause(document=self.document, title=self.title, clause=c.id, section=c.section, quote=c.quote)
            for c in self.clauses
        }


class Way(StrictModel):
    """Signs that must all be there: before the words in their clause (or ending the clause before), right before them,
    after them in the same sentence, anywhere in the sentence. `between_not` may not stand between `before` and them.
    Where words begin the clause after that of `before`, or reach into it, the guard only doubts.
    """

    before: tuple[Text, ...] = ()
    touching: tuple[Text, ...] = ()
    after: tuple[Text, ...] = ()
    sentence: tuple[Text, ...] = ()
    but_not: tuple[Text, ...] = Field(default=(), alias="except")
    between_not: tuple[Text, ...] = ()


class GuardExamples(StrictModel):
    """By rule: what the guard must turn aside, what it leaves to a person, what stays a fault though it comes near."""

    guarded: dict[Text, tuple[Text, ...]] = Field(min_length=1)
    unclear: dict[Text, tuple[Text, ...]] = Field(default={})
    charged: dict[Text, tuple[Text, ...]] = Field(default={})


class Guard(StrictModel):
    """Forbidden words that are no fault, whatever the rule: quoted, negated, about oneself, about the line.

    Any of `ways` turns them aside, unless `void` is found in the sentence. `only` and `not_for` name rules. With
    `within_clause` the words must lie in one clause and hold no 就; with `echo` the other side must have said them
    in its last two turns.
    """

    id: Text
    title: Text
    verdict: Literal["pass", "unclear"]
    only: tuple[Text, ...] = ()
    not_for: tuple[Text, ...] = ()
    within_clause: bool = False
    echo: bool = False
    ways: tuple[Way, ...] = Field(min_length=1)
    void: tuple[Text, ...] = ()
    examples: GuardExamples

    def speaks_of(self, rule: str) -> bool:
        """Return whether this guard is for this rule."""
        return rule not in self.not_for and (not self.only or rule in self.only)


class Threshold(StrictModel):
    """From which score of a second listen a phrase was said (`pass`), and from which perhaps (`doubt`).

    Under `absent` it was not: few that were said lie lower. In between nothing is proved. Taken from so many pieces.
    """

    sure: Share = Field(alias="pass")
    doubt: Share
    absent: Share | None = None
    pieces_with: Count | None = Field(default=None, alias="with")
    pieces_without: Count | None = Field(default=None, alias="without")

    @model_validator(mode="after")
    def _doubt_is_lower(self) -> Threshold:
        if self.doubt > self.sure:
            raise ValueError("doubt 不能高于 pass")
        if self.absent is not None and self.absent > self.doubt:
            raise ValueError("absent 不能高于 doubt")
        return self


class Charge(StrictModel):
    """Under which score words that were written down prove no fault (`doubt`), taken from so many that were said.

    `refuted` is the share of others, put in their place, under it.
    """

    doubt: Share
    pieces: Count
    refuted: Share


class Calibration(StrictModel):
    """The thresholds of one recogniser by phrase, with the recordings and the command that they were taken with.

    Words held against somebody must fit the sound as well as `charge` says; `words` tells how sure others are.
    """

    model: Text
    model_sha256: str = ""
    made_on: date | None = None
    data: Text
    command: Text
    thresholds: dict[Text, Threshold]
    charge: Charge | None = None
    words: Surety | None = None


class Profile(StrictModel):
    """A centre's choices where the documents disagree: fields of rules; `rings` is told to people, seconds decide."""

    title: Text
    cadence: Cadence | None = None
    rings: Annotated[int, Field(ge=1, le=20)] | None = None
    rules: dict[str, dict[str, object]] = Field(default={})
