"""A centre's own limit of how long a telephone may ring, in seconds, or in rings of its own exchange's cadence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Final

from pydantic import Field

from speechaudit.policy import StrictModel

RULE: Final = "phone.ring-limit"
# What Chinese exchanges ring by: one second on, four off (GB/T 3380).
TONE, PAUSE = 1.0, 4.0


class Cadence(StrictModel):
    """How the centre's exchange rings: seconds of a ring, and to the next. Pages turn rings into seconds by it."""

    tone: Annotated[float, Field(ge=0.1, le=30)] = TONE
    pause: Annotated[float, Field(ge=0, le=60)] = PAUSE


@dataclass(frozen=True, slots=True, kw_only=True)
class RingLimit:
    """So many seconds, however many rings these are; `rings` is set where the centre counts rings."""

    seconds: float
    rings: int | None = None

    @classmethod
    def of_rings(cls, rings: int, tone: float = TONE, pause: float = PAUSE) -> RingLimit:
        """Return the limit that ends with so many rings, of `tone` seconds each and `pause` seconds between."""
        return cls(seconds=(rings - 1) * (tone + pause) + tone, rings=rings)

    def changes(self) -> dict[str, object]:
        """Return the fields of the rule that it changes, as a profile would; a profile without a limit gets one."""
        told = f"{self.seconds:g}秒" if self.rings is None else f"{self.rings}声（{self.seconds:g}秒）"
        message = f"本中心规定电话铃响{told}内接听；接晚了请先说“对不起，让您久等了”。"
        return {"title": f"{told}内接听", "maximum": self.seconds, "message": message, "status": "active"}
