"""``GET /v1/guarantee``: what is promised, for programs."""

import pytest
from api_pictures import encoded, product
from api_service import is_problem, serving

from packshot.service import guarantee
from packshot.web.api import guarantee as api


@pytest.fixture
def promising(tmp_path):
    """A service that promises 5 %."""
    with serving(tmp_path, at_most_bad=0.05, settle_hours=0.0) as made:
        yield made


def test_without_a_target_it_says_so(service):
    said = service.http.get("/v1/guarantee").json()
    assert (said["target"], said["threshold"], said["labels"], said["history"]) == (None, None, None, [])
    assert "the recipe's own verdict decides" in said["sentence"]


def test_what_is_promised_and_what_it_rests_on(promising):
    photos = [(f"{n}.png", encoded(product((500 + n, 500)))) for n in range(3)]
    jobs = promising.finished(promising.submit(*photos))
    assert {job["state"] for job in jobs.values()} == {"needs_review"}
    assert all("at most 5 % are bad" in job["reason"] for job in jobs.values())
    guarantee.refit(promising.context, "ann")
    said = promising.http.get("/v1/guarantee").json()
    assert (said["target"], said["promise"], said["confidence"]) == (0.05, "confident", 0.9)
    assert said["threshold"] is None
    assert said["needed"] > 0
    assert said["labels"]["calibration"] + said["labels"]["fit"] == said["labels"]["silent"] == 3
    assert said["to_label"] == 3
    assert "A person looks at every photo" in said["sentence"]
    assert said["history"][-1]["labels"] == said["labels"]["calibration"]


def test_it_is_read_with_a_key_that_may_read(guarded):
    is_problem(guarded.http.get("/v1/guarantee"), 401)
    is_problem(guarded.http.get("/v1/guarantee", headers=guarded.key("sender", "submit")), 403)
    assert guarded.http.get("/v1/guarantee", headers=guarded.key("reader", "read")).status_code == 200


def test_it_is_described(service):
    described = service.http.get("/openapi.json").json()
    answer = described["paths"]["/v1/guarantee"]["get"]["responses"]["200"]
    name = answer["content"]["application/json"]["schema"]["$ref"].rsplit("/", 1)[1]
    assert set(described["components"]["schemas"][name]["properties"]) == set(api.Guarantee.model_fields)


def test_the_page_says_it(promising):
    name = "<b>&a</b>.png"
    promising.finished(promising.submit((name, encoded(product((500, 500)))), merchant="<i>m</i>"))
    before = promising.http.get("/guarantee").text
    assert "No threshold was chosen for this recipe yet" in before
    guarantee.refit(promising.context)
    after = promising.http.get("/guarantee")
    assert after.status_code == 200
    assert "script-src 'self'" in after.headers["content-security-policy"]
    assert "A person looks at every photo" in after.text
    assert "&lt;b&gt;&amp;a&lt;/b&gt;.png" in after.text
    assert "<b>&a" not in after.text
    assert "<i>m</i>" not in after.text
    (job,) = promising.http.get("/v1/jobs", params={"state": "needs_review"}).json()["jobs"]
    assert f'action="/review/{job["id"]}"' in after.text


def test_the_page_without_a_target_says_how_to_set_one(service):
    said = service.http.get("/guarantee").text
    assert "PACKSHOT_AT_MOST_BAD=0.01" in said
    assert "What to label next" not in said
