"""`kill -9` of the processor at any moment while it judges windows and tells what it found, to a receiver that fails half
of its requests: no incident twice, none missing, and every message at least once, with the same key whenever it is sent.
"""

import collections
import json
import os
import random
import re
import shutil
import time

import pytest
from product import GENERATOR, ROOT, wait_until
from receiver import Receiver

KILLS = int(os.environ.get("ALERT_KILLS", "50"))
RATE = 800
REGIONS = 60
# From the beginning of an incident to that of the next one, in another region, and how long each lasts.
EVERY_SECONDS, LENGTH_SECONDS = 6, 5
# The group takes in the next processor soon after a kill: the dead member's session is over.
SHORT_SESSION = {"KAFKA_PROPERTY_SESSION_TIMEOUT_MS": "3500"}

AGGREGATE = """
-- Downloads per region in windows that close soon.
CREATE MATERIALIZED VIEW short_health AS
SELECT "user".region, count(*) AS downloads, count(*) FILTER (WHERE download.status = 'failed') AS failures
FROM content_downloads GROUP BY tumble("timestamp", INTERVAL '2 seconds'), "user".region;
"""
# A window that an incident covers in part may be good or bad, and one without downloads is good.
ALERT = """
-- name: FAILING
-- summary: Most downloads of a region fail.
-- on: short_health
-- metric: failures
-- detector: threshold above WARNING 0.4
-- min_samples: 4
-- keep_firing: 3 windows
-- group_by: region
-- notify: hook
-- message: {region} fails
SELECT region, window_start, window_end, failures::double precision / downloads AS value, downloads AS samples
FROM short_health;
"""


@pytest.fixture
def receiver():
    noise = random.Random(16)
    receiver = Receiver(lambda number: noise.choice([200, 500]))
    yield receiver
    receiver.stop()


@pytest.fixture
def regions(product, postgres_server, receiver):
    """A product with a project of the test's own; the regions of its load, of which each fails once, one after the other."""
    folder = product.folder / "project"
    for name in ("sql", "schemas"):
        shutil.copytree(ROOT / name, folder / name)
    shutil.rmtree(folder / "sql/alerts")
    shutil.rmtree(folder / "sql/tests")
    (folder / "sql/alerts").mkdir()
    (folder / "sql/alerts/failing.sql").write_text(ALERT.lstrip())
    (folder / "sql/alerts/targets.sql").write_text(f"-- target: hook webhook {receiver.url}/hook\n")
    (folder / "sql/aggregates/short_health.sql").write_text(AGGREGATE.lstrip())
    stream = folder / "sql/streams/content_downloads.sql"
    stream.write_text(stream.read_text().replace("out_of_orderness '5 seconds'", "out_of_orderness '1 second'"))
    product.settings |= {"DATABASE_URL": postgres_server.new_database(), "STREAMPULSE_PROJECT": str(folder)}
    product.broker(partitions=4)
    product.must("migrate")
    sample = product.must("--count", 20_000, "--seed", 1, "--regions", REGIONS, "--dry-run", "--output", "-", program=GENERATOR)
    names = sorted({json.loads(line)["user"]["region"] for line in sample.splitlines() if line.startswith("{")})
    assert len(names) == REGIONS
    return names


def bad_windows(product):
    """The end of the last bad window of each region that has one, among those that have been judged."""
    return dict(product.query(
        """
        SELECT region, max(window_end) FROM short_health
        WHERE downloads >= 4 AND failures > 0.4 * downloads
          AND window_end <= (SELECT max(evaluated_until) FROM pulse.alert_progress)
        GROUP BY region
        """))


@pytest.mark.deep
def test_killed_at_any_moment_it_tells_every_incident_once(product, receiver, regions):
    moment = random.Random(50)
    incidents = [
        option for number, region in enumerate(regions)
        for option in ("--incident", f"{region}:+{5 + EVERY_SECONDS * number}s:{LENGTH_SECONDS}s:95%")]
    load = product.start(
        "--rate", RATE, "--seed", 1, "--regions", REGIONS, "--error-rate", "1%", *incidents, program=GENERATOR, log="load")

    def written():
        return product.query(
            "SELECT (SELECT count(*) FROM pulse.notifications), (SELECT max(evaluated_until) FROM pulse.alert_progress)")

    for number in range(KILLS):
        assert load.is_running, load.output
        processor = product.start("process", log=f"process-{number}", **SHORT_SESSION)
        # Some die while they do what was not done, the others whenever it is.
        if moment.random() < 0.7:
            before = written()
            wait_until(lambda: written() != before or not processor.is_running, lambda: processor.output, interval=0.01)
            time.sleep(moment.uniform(0, 1.5))
        else:
            time.sleep(moment.uniform(0, 4))
        assert processor.is_running, processor.output
        processor.kill()

    last = product.start("process", log="process-last", **SHORT_SESSION)
    # What is going on now has an end, too.
    time.sleep(LENGTH_SECONDS + 10)
    assert load.stop() == 0, load.output
    sent = int(re.search(r"sent (\d+) events \(\d+ acknowledged, 0 failed\)", load.output)[1])
    product.wait_for_events(sent)

    def is_judged():
        end = product.value("SELECT max(window_end) - interval '6 seconds' FROM short_health")
        return product.value("SELECT max(evaluated_until) FROM pulse.alert_progress") >= end
    wait_until(is_judged, lambda: f"windows are not judged: {last.output}")
    wait_until(
        lambda: product.value(
            "SELECT count(*) FROM pulse.notifications WHERE delivered_at IS NULL AND given_up_at IS NULL") == 0,
        lambda: product.query("SELECT * FROM pulse.notifications WHERE delivered_at IS NULL"), seconds=900)
    assert last.stop() == 0
    product.assert_verified()

    # Each region that failed has one alert and one incident, and nobody else has.
    bad = bad_windows(product)
    assert len(bad) >= min(KILLS, REGIONS) // 2, bad
    alerts = product.query(
        """
        SELECT a.key ->> 'region', a.state, a.window_end, a.incident, i.state
        FROM alerts AS a LEFT JOIN pulse.incidents AS i ON i.id = a.incident
        """)
    assert sorted(alert[0] for alert in alerts) == sorted(bad)
    assert product.value("SELECT count(*) FROM pulse.incidents") == len(alerts) == len({alert[3] for alert in alerts})
    until = product.value("SELECT max(evaluated_until) FROM pulse.alert_progress")
    for region, state, window_end, _, incident_state in alerts:
        assert window_end == bad[region], region
        is_over = (until - window_end).total_seconds() >= 2 * 4
        assert (state, incident_state) == (("resolved",) * 2 if is_over else ("firing",) * 2), (region, window_end, until)

    # Each was told once when it began and once when it was over, and both arrived.
    rows = product.query("SELECT key::text, incident, event FROM pulse.notifications")
    told = collections.Counter((incident, event) for _, incident, event in rows)
    expected = {(incident, "firing") for *_, incident, _ in alerts} | {
        (incident, "resolved") for _, state, _, incident, _ in alerts if state == "resolved"}
    assert set(told) == expected and set(told.values()) == {1}
    meaning = {key: (incident, event) for key, incident, event in rows}
    taken = collections.Counter(request.headers["Idempotency-Key"] for request in receiver.taken)
    assert set(taken) == set(meaning)
    for request in receiver.requests:
        message = request.json
        assert (message["incident"], message["event"]) == meaning[request.headers["Idempotency-Key"]]
    failed = len(receiver.requests) - sum(taken.values())
    assert failed > len(receiver.requests) / 4
    print(f"{KILLS} kills, {len(alerts)} incidents, {len(receiver.requests)} requests, {failed} of them failed, "
          f"{sum(taken.values()) - len(taken)} messages taken again")
