"""How findings become points: what `lexicons/policy.yml` may say."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from speechaudit.model import Level, Setting

Text = Annotated[str, Field(min_length=1)]
Points = Annotated[float, Field(ge=0)]
Share = Annotated[float, Field(ge=0, le=1)]
Count = Annotated[int, Field(ge=1)]


class StrictModel(BaseModel):
    """A hand-written file: unknown keys are refused, numbers are finite, values do not change."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Dimension(StrictModel):
    """One column of the score: the rules of one folder. A setting that is not in `full` does not have this column."""

    group: Text
    title: Text
    full: dict[Setting, Points]


class Veto(StrictModel):
    """Rules whose failure caps the total at `cap` (一票否决)."""

    rules: tuple[Text, ...] = ()
    cap: Points


class Gate(StrictModel):
    """The limits beyond which a service was heard too badly to be scored; as it stands here, everything passes.

    The figures are measures of the encounter (docs/formats.md): seconds, decibels, and shares from 0 to 1.
    """

    minimum_staff_seconds: Points = 0.0
    minimum_signal_to_noise: float = 0.0
    maximum_clipped_share: Share = 1.0
    maximum_low_confidence_share: Share = 1.0


class Policy(StrictModel):
    """Points by level, dimensions, veto and the limits under which nothing is judged.

    `each_time` names the kinds that cost points for every occurrence; all others cost once an encounter. `same_act`
    are groups of rules about one and the same act (a farewell): of those that fail, only the dearest costs points.
    `minimum_confidence` is of words, `minimum_edge_confidence` of those at the beginning or end where others are
    missed and of those in which a label alone is a fault, `minimum_surety` how probable words must be that are written
    down twice (0: none is), `minimum_label` of a classifier's label (all 0 to 1), `minimum_seconds` the length of an
    encounter. From `accusing_label` on a label alone is a fault, except where that is a veto; without it none ever is.
    """

    points: dict[Level, Points]
    each_time: tuple[Text, ...] = ()
    same_act: tuple[tuple[Text, ...], ...] = ()
    dimensions: tuple[Dimension, ...] = Field(min_length=1)
    veto: Veto
    pass_mark: Points
    minimum_confidence: Share
    minimum_edge_confidence: Share = 0.0
    minimum_surety: Share = 0.0
    minimum_label: Share
    accusing_label: Share | None = None
    minimum_seconds: Points
    gate: Gate = Gate()
    minimum_encounters: Count
    worst_moments: Count
