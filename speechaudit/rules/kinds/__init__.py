"""The closed set of rule kinds: one module each, with a class that is built from a rule and judges scenes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from speechaudit.rules import schema
from speechaudit.rules.guards import CompiledGuard
from speechaudit.rules.kinds.forbidden import ForbiddenJudge
from speechaudit.rules.kinds.measure import MeasureJudge
from speechaudit.rules.kinds.reply import ReplyJudge
from speechaudit.rules.kinds.required import RequiredJudge
from speechaudit.rules.kinds.sequence import SequenceJudge
from speechaudit.rules.kinds.situation import SituationJudge
from speechaudit.rules.kinds.wait import WaitJudge
from speechaudit.rules.phrases import Lists
from speechaudit.rules.scene import Judgement, Scene

Judge = Callable[[Scene], Judgement]
_KINDS: Mapping[type, Callable[..., Judge]] = {
    schema.Required: RequiredJudge,
    schema.Situation: SituationJudge,
    schema.Sequence: SequenceJudge,
    schema.Reply: ReplyJudge,
    schema.Wait: WaitJudge,
    schema.Measure: MeasureJudge,
}


def compile_rule(rule: schema.Rule, lists: Lists, guards: Sequence[CompiledGuard] = ()) -> Judge:
    """Return the judge for one rule. Raises phrases.TemplateError if a template cannot be read."""
    if isinstance(rule, schema.Forbidden):
        return ForbiddenJudge(rule, lists, guards)
    return _KINDS[type(rule)](rule, lists)
