"""The services of the application, for routes that ask for them."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request

from service.services import Services


def of(request: Request) -> Services:
    """Return the services of the application that answers this request."""
    services: Services = request.app.state.services
    return services


Wired = Annotated[Services, Depends(of)]
__all__ = ["Services", "Wired", "of"]
