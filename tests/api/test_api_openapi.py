"""OpenAPI is true: what schemathesis makes of it is answered as it says, and never with a failure."""

from collections import Counter
from contextlib import suppress

import pytest
import schemathesis
from api_pictures import encoded, product
from api_service import POOR, serving
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis.checks import not_a_server_error
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

CASES = 12  # an operation, of what is allowed and of what is not
TINY, SMALL = encoded(product((32, 24))), encoded(product(POOR))
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
BOUNDED = settings(
    max_examples=CASES,
    derandomize=True,
    deadline=None,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture(scope="module")
def described(tmp_path_factory):
    """A service with a finished batch in it, and names that exist there."""
    with serving(tmp_path_factory.mktemp("described"), queue_limit=100_000) as service:
        batch = service.submit(("poor.png", SMALL), ("good.png", encoded(product((200, 200)))), merchant="a")
        jobs = service.finished(batch)
        reject = {"action": "reject", "reason": "No."}
        made = service.http.post(f"/v1/jobs/{jobs['poor.png']['id']}/review", json=reject).json()
        yield service, {"batch_id": batch, "job_id": jobs["poor.png"]["id"], "review_id": made["review"]}


def test_every_answer_is_as_described(described):
    service, names = described
    schemathesis.openapi.format("binary", st.sampled_from([TINY, SMALL, TINY[:200], b""]))
    schema = schemathesis.openapi.from_url(f"{service.url}/openapi.json")
    schema.config.generation.update(with_security_parameters=False)
    operations = [result.ok() for result in schema.get_all_operations()]
    assert len(operations) > 25
    seen = {operation.label: Counter() for operation in operations}
    for operation in operations:
        for mode in GenerationMode:

            @BOUNDED
            @given(
                case=operation.as_strategy(generation_mode=mode),
                known=st.booleans(),
            )
            def answered_as_described(case, known):
                if known:  # chance finds no name that exists
                    case.path_parameters |= {
                        name: names[name] for name in case.path_parameters if name in names
                    }
                answer = case.call()
                seen[case.operation.label][answer.status_code] += 1
                case.validate_response(answer, checks=CHECKS)
                if answer.status_code >= 400:
                    is_one_of_ours(answer)

            with suppress(Unsatisfiable):  # what takes nothing cannot be given anything wrong
                answered_as_described()
    never = [label for label, statuses in seen.items() if not statuses.keys() & {200, 202, 404, 422}]
    assert not never, seen
    total = sum(sum(statuses.values()) for statuses in seen.values())
    assert total > 300, total
    assert {status for statuses in seen.values() for status in statuses} >= {200, 202, 400, 404, 415, 422}


def is_one_of_ours(answer):
    """An error in the one shape."""
    problem = answer.json()
    assert answer.headers["content-type"] == ["application/problem+json"]
    assert problem["status"] == answer.status_code
    assert problem["code"]
    assert problem["detail"]
    assert [problem["request_id"]] == answer.headers["x-request-id"]
