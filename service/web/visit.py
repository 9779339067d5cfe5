"""Who looks at what with which services: what every act on a page needs, as one value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from service.api.services import Services, Wired
from service.auth.identity import Identity
from service.web.guard import Visitor


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """A request with the services and who asks."""

    request: Request
    services: Services
    who: Identity

    @property
    def asked(self) -> tuple[Services, Identity]:
        """What the functions of the API take first."""
        return self.services, self.who


def _visit(request: Request, services: Wired, who: Visitor) -> Visit:
    return Visit(request=request, services=services, who=who)


Visiting = Annotated[Visit, Depends(_visit)]
