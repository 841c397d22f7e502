"""The regression watch: what it notices, names and forgets, and that it counts nothing twice."""

import json
import time

import numpy as np
import pytest
from homes import home, rows
from sqlalchemy import insert

from packshot.ledger import audit
from packshot.ledger.errors import NotFoundError
from packshot.ledger.rollout_tables import Alert, Detector, RecipeRow, Rollout, Transition
from packshot.ledger.tables import AuditEntry, Batch, Delivery, Item, Merchant, TrailRow
from packshot.service import watch, watch_scopes
from packshot.service.lanes import live_digest
from packshot.service.watch import Regressions
from packshot.service.watch_scopes import SHOP, Scope, States

OLD, NEW = "a" * 64, "b" * 64
TOLD = {"alert_url": "https://duty.example.com/", "webhook_secret": "s"}


class Shop:
    """Photos as workers would have left them, one every ten seconds up to now."""

    def __init__(self, context, expected=5_000):
        self.context, self.random, self.count = context, np.random.default_rng(1), 0
        self.start = time.time() - 10.0 * expected
        with context.ledger.transaction() as session:
            session.add(Batch(id="bat", actor="a", source="api", options={}, created_at=self.start))

    def at(self, number):
        return self.start + 10.0 * number

    def photos(self, count, failing=0.05, merchants=4, categories=2, **said):
        """``failing`` is the share that comes with an error, or says it of a merchant."""
        made, trails = [], []
        for number in range(self.count, self.count + count):
            merchant, category = f"m{number % merchants}", f"c{number // merchants % categories}"
            rate = failing.get(merchant, 0.05) if isinstance(failing, dict) else failing
            made.append(
                {
                    "id": f"job_{number:05}",
                    "batch_id": "bat",
                    "position": number,
                    "name": f"{number}.png",
                    "product": said.get("product"),
                    "merchant": merchant,
                    "category": category,
                    "options": {},
                    "state": "done",
                    "created_at": self.at(number) - 5,
                    "updated_at": 0.0,
                }
            )
            figures = {
                "failure_rate": 0.0,
                "pass_rate": 1.0,
                "edge_fidelity": 0.95,
                "latency": 1.0,
                "cpu": 1.0,
            }
            trails.append(
                {
                    "id": f"trl_{number:05}",
                    "item_id": f"job_{number:05}",
                    "body": {},
                    "files": [],
                    "first": True,
                    "failed_checks": bool(self.random.random() < rate),
                    "seconds": 1.0,
                    "cpu_seconds": 1.0,
                    "figures": figures | said.get("figures", {}),
                    "recipe_digest": said.get("version", OLD),
                    "lane": said.get("lane", "live"),
                    "rollout_id": said.get("rollout"),
                    "fell_back": said.get("fell_back", False),
                    "created_at": said.get("at", self.at(number)),
                }
            )
        self.count += count
        with self.context.ledger.transaction() as session:
            session.execute(insert(Item), made)
            session.execute(insert(TrailRow), trails)
        return self.look()

    def look(self):
        found = 0
        while new := Regressions(self.context).look():  # each time as after a restart
            found += new
        return found

    def state(self, metric, scope):
        with self.context.ledger.reading() as session:
            states = States(session, ())
            states.load_scopes([scope])
            return states.of(metric, scope)


@pytest.fixture
def shop(tmp_path):
    with home(tmp_path, **TOLD) as context:
        yield Shop(context)


def alerts(shop):
    return rows(shop.context, Alert)


def test_a_quiet_shop_has_no_alert(shop):
    assert shop.photos(2_500) == 2_500
    assert alerts(shop) == []
    assert shop.state("validation_failures", SHOP).baseline.values.n == 2_500


def test_a_merchant_whose_photos_get_worse_is_named_and_told(shop):
    shop.photos(2_000)
    began = shop.at(shop.count)
    shop.photos(1_500, failing={"m1": 0.5})
    (alert,) = alerts(shop)
    assert (alert.metric, alert.scope) == ("validation_failures", {"merchant": "m1"})
    detail = alert.detail
    assert detail["before"] == pytest.approx(0.05, abs=0.03)
    assert detail["after"] == pytest.approx(0.6, abs=0.3)
    assert abs(detail["began_at"] - began) < 10 * 4 * 40
    assert alert.at - began < 10 * 4 * 150
    assert 0 < len(detail["examples"]) <= 10
    with shop.context.ledger.reading() as session:
        assert {session.get_one(Item, item).merchant for item in detail["examples"]} == {"m1"}
    (entry,) = rows(shop.context, AuditEntry, AuditEntry.action == "watch.alert")
    assert entry.subject == alert.id
    (delivery,) = rows(shop.context, Delivery)
    told = json.loads(delivery.body)
    assert (told["event"], told["alert"], told["scope"]) == ("watch.alert", alert.id, {"merchant": "m1"})
    assert "merchant m1" in told["summary"]


def test_a_cause_of_all_is_told_once(shop):
    shop.photos(2_400, merchants=12)
    shop.photos(2_400, failing=0.4, merchants=12)
    (alert,) = alerts(shop)
    assert alert.scope == {}
    assert alert.detail["others_count"] == len(alert.detail["others"]) >= 12
    merchants = [other for other in alert.detail["others"] if "merchant" in other["scope"]]
    assert merchants
    assert all(0 < other["photos"] < 2_400 / 12 and other["after"] > 0.2 for other in merchants)
    assert len(rows(shop.context, Delivery)) == 1


def test_a_version_on_trial_is_held_against_the_shop_and_teaches_it_nothing(shop):
    shop.photos(2_000)
    before = shop.state("failure_rate", SHOP).baseline
    for _ in range(30):
        shop.photos(45)
        shop.photos(5, version=NEW, lane="canary", rollout="rol", figures={"failure_rate": 1.0})
    (alert,) = alerts(shop)
    assert (alert.metric, alert.scope) == ("failure_rate", {"version": NEW})
    assert "version.first" in {suspect["kind"] for suspect in alert.detail["suspects"]}
    after = shop.state("failure_rate", SHOP).baseline
    assert (after.values.total, after.limit) == (0.0, pytest.approx(min(before.limit, after.limit)))


def test_where_the_live_lane_stepped_in_the_candidate_is_to_blame(shop):
    with shop.context.ledger.transaction() as session:
        session.add(RecipeRow(digest=NEW, content={}, created_at=0.0))
        session.flush()
        session.add(
            Rollout(
                id="rol",
                name="sharper",
                plan={},
                salt="s",
                baseline=live_digest(session),
                candidate=NEW,
                status="running",
                phase=0,
                phase_at=0.0,
                actor="ann",
                created_at=0.0,
            )
        )
    shop.photos(60, version=OLD, lane="canary", rollout="rol", fell_back=True, figures={"failure_rate": 1.0})
    names = {row.name for row in rows(shop.context, Detector, Detector.metric == "failure_rate")}
    assert f"failure_rate/version/{NEW}" not in names  # nothing is usual yet, so it is not judged
    shop.photos(2_000)
    shop.photos(20, lane="canary", rollout="rol", fell_back=True, figures={"failure_rate": 1.0})
    (alert,) = alerts(shop)
    assert alert.scope == {"version": NEW}


def test_what_changed_just_before_stands_in_the_alert(shop):
    shop.photos(2_000)
    began = shop.at(shop.count)
    with shop.context.ledger.transaction() as session:
        digest = live_digest(session)
        audit.record(session, "ann", "live.switched", digest, {"from": OLD, "rollout": "rol"}).at = began - 60
        session.add(
            Rollout(
                id="rol",
                name="sharper",
                plan={},
                salt="s",
                baseline=digest,
                candidate=digest,
                status="promoted",
                phase=0,
                phase_at=0.0,
                actor="ann",
                created_at=0.0,
            )
        )
        session.add(Merchant(name="late", created_at=began - 7_200))
        session.flush()
        step = {"actor": "ann", "action": "promote", "phase": 0, "status": "promoted", "rollout_id": "rol"}
        session.add(Transition(id="stp", at=began - 60, **step))
        session.add(Transition(id="stp_old", at=began - 10 * 86_400, **step))
    shop.photos(1_000, failing=0.6)
    (alert,) = alerts(shop)
    found = alert.detail["suspects"]
    kinds = [suspect["kind"] for suspect in found]
    assert kinds.count("rollout.promote") == 1
    assert {"live.switched", "merchant.first"} <= set(kinds)
    assert kinds.index("live.switched") < kinds.index("merchant.first")
    for suspect in found:
        assert suspect["seconds_before"] == pytest.approx(alert.detail["began_at"] - suspect["at"], abs=0.11)
    distances = [abs(suspect["seconds_before"]) for suspect in found]
    assert distances == sorted(distances)


def test_a_look_that_is_cut_off_counts_nothing_and_the_next_one_all(tmp_path, monkeypatch):
    told = []
    for number, cut in enumerate((False, True)):
        with home(tmp_path / str(number), **TOLD) as context:
            monkeypatch.setattr(time, "time", lambda: 2_000_000_000.0)
            shop = Shop(context)
            save = States.save

            def dies(states, save=save):
                save(states)
                raise KeyboardInterrupt

            for failing in (0.05, 0.05, 0.05, 0.5, 0.5, 0.5):
                if cut:
                    monkeypatch.setattr(States, "save", dies)
                    with pytest.raises(KeyboardInterrupt):
                        shop.photos(500, failing=failing)
                    monkeypatch.setattr(States, "save", save)
                    assert shop.look() == 500
                else:
                    shop.photos(500, failing=failing)
            monkeypatch.undo()
            found = alerts(shop)
            assert len(found) == len(rows(context, Delivery)) == 1
            told.append((found[0].scope, found[0].at, found[0].detail["began_at"]))
            told[-1] += tuple(
                json.dumps({k: v for k, v in row.state.items() if k != "alert"}, sort_keys=True)
                for row in sorted(rows(context, Detector), key=lambda row: row.name)
            )
    assert told[0] == told[1]


def test_a_trail_that_is_committed_late_is_counted_once(shop):
    shop.photos(100)
    late = shop.at(shop.count - 1) - 30.0
    assert shop.photos(1, at=late) == 1
    assert shop.photos(3, at=late) == 3
    assert shop.look() == 0
    with shop.context.ledger.reading() as session:
        assert watch.status(session)["photos"] == 104


def test_a_clock_that_is_ahead_does_not_blind_the_watch(shop):
    shop.photos(10)
    assert shop.photos(1, at=time.time() + 86_400.0) == 1
    assert shop.photos(5, at=time.time()) == 5


def test_a_gallery_counts_as_one_photo(shop):
    shop.photos(400, merchants=1, categories=1, product="p")
    assert shop.state("validation_failures", SHOP).baseline.values.n == 1


def test_a_figure_that_cannot_be_is_left_out_and_stops_nothing(shop):
    assert shop.photos(10, figures={"edge_fidelity": 1.5, "latency": -1.0}) == 10
    assert shop.state("edge_fidelity", SHOP).baseline.values.n == 0
    assert shop.state("pass_rate", SHOP).baseline.values.n == 10


def test_scopes_that_had_no_photo_for_longest_are_forgotten(shop, monkeypatch):
    monkeypatch.setattr(watch_scopes, "MOST", {"merchant": 3, "category": 200, "version": 20})
    shop.photos(20, merchants=2)
    shop.photos(7, merchants=7)
    shop.photos(2, merchants=2)
    named = {
        row.name.split("/")[2] for row in rows(shop.context, Detector, Detector.name.like("%/merchant/%"))
    }
    assert len(named) == 3
    assert {"m0", "m1"} <= named
    assert shop.photos(10, merchants=7) == 10


def test_a_detector_is_silent_until_its_alert_was_seen_and_learns_the_new_level_then(shop):
    shop.photos(2_000)
    shop.photos(1_000, failing={"m1": 0.5})
    (alert,) = alerts(shop)
    scope = Scope("merchant", "m1")
    assert shop.state("validation_failures", scope).alert == alert.id
    with shop.context.ledger.transaction() as session:
        watch.seen(session, alert.id, "ann")
    with shop.context.ledger.transaction() as session:
        assert watch.seen(session, alert.id, "bob").seen_by == "ann"  # once is enough
    assert len(rows(shop.context, AuditEntry, AuditEntry.action == "watch.seen")) == 1
    assert shop.state("validation_failures", scope).baseline.values.n == 0
    shop.photos(1_600, failing={"m1": 0.5})
    assert len(alerts(shop)) == 1
    assert shop.state("validation_failures", scope).baseline.limit > 0.5
    with shop.context.ledger.reading() as session:
        assert watch.listing(session, 10, unseen=True) == []
        assert [row.id for row in watch.listing(session, 10)] == [alert.id]


def test_what_is_over_is_marked_as_recovered_and_watched_again(shop):
    shop.photos(2_000)
    shop.photos(500, failing={"m1": 0.6})
    assert alerts(shop)[0].detail["recovered_at"] is None
    shop.photos(1_000)
    assert alerts(shop)[0].detail["recovered_at"] is not None
    shop.photos(1_000, failing={"m1": 0.6})
    assert [row.scope for row in alerts(shop)] == [{"merchant": "m1"}] * 2


def test_there_must_be_such_an_alert(shop):
    with shop.context.ledger.transaction() as session, pytest.raises(NotFoundError):
        watch.seen(session, "alr_0", "ann")


def test_the_status_says_how_rare_false_alarms_are(shop):
    with shop.context.ledger.reading() as session:
        assert watch.status(session)["photos"] == 0
    shop.photos(1_200)
    with shop.context.ledger.reading() as session:
        said = watch.status(session)
    assert said["photos"] == 1_200
    assert said["pace"]["one_in_photos"] >= watch.QUIET_PHOTOS
    assert said["pace"]["one_in_days"] >= watch.QUIET_DAYS - 0.1
    assert said["detectors"]["shop"]["watching"] > 0
    assert said["detectors"]["merchant"]["alarmed"] == 0


def test_names_are_kept_apart_whatever_they_hold():
    for value in ("a/b", "%", "_", "ü", "x" * 300):
        assert Scope.from_dict(json.loads(json.dumps(Scope("merchant", value).as_dict()))).value == value
    assert Scope.from_dict({}) == SHOP


def test_the_thread_ends_when_it_is_told(shop):
    thread = Regressions(shop.context)
    thread.start()
    thread.stop()


def test_it_is_the_same_on_postgresql(tmp_path, postgresql):
    with postgresql.database() as url, home(tmp_path, database_url=url, **TOLD) as context:
        shop = Shop(context)
        shop.photos(1_500)
        shop.photos(600, failing={"m1": 0.6})
        (alert,) = alerts(shop)
        assert alert.scope == {"merchant": "m1"}
        assert shop.look() == 0
        with context.ledger.transaction() as session:
            watch.seen(session, alert.id, "ann")
        assert len(rows(context, Delivery)) == 1
