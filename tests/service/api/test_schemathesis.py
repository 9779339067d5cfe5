"""Random requests after the description of the interface: none makes the service fail.

A few for each route in every run of the tests; `make bench-schemathesis` sends many.
"""

from __future__ import annotations

import os
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from service.api.access import ROUTES
from service.store import Database
from tests.service.api_kit import Api

EXAMPLES = int(os.environ.get("SCHEMATHESIS_EXAMPLES", "2"))
# The description itself is not in the description; of progress that nobody makes, one would wait for the end.
LEFT_OUT = {"GET /api/v1/openapi.json", "GET /api/v1/recordings/{recording_id}/events"}


@pytest.fixture(scope="module")
def random_api(shared_db: Database, tmp_path_factory: pytest.TempPathFactory) -> Api:
    api = Api(shared_db, tmp_path_factory.mktemp("random"))
    api.people()
    api.audited(1, "不知道", staff=1, window=1)
    return api


@pytest.fixture(scope="module")
def interface(random_api: Api) -> Any:
    import schemathesis

    return schemathesis.openapi.from_asgi("/api/v1/openapi.json", random_api.app)


@pytest.mark.slow
@pytest.mark.parametrize("route", sorted(ROUTES.keys() - LEFT_OUT))
def test_no_request_makes_the_service_fail(route: str, interface: Any, random_api: Api) -> None:
    from schemathesis.checks import not_a_server_error

    method, path = route.split(" ")

    @given(case=interface[path][method].as_strategy())
    @settings(max_examples=EXAMPLES, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
    def answers(case: Any) -> None:
        case.call_and_validate(headers=random_api.headers("admin"), checks=[not_a_server_error])

    answers()
