"""`streampulse smoke` asks a running system and sends marked events through a copy of it, of which nothing is left;
`streampulse reset` empties what is the project's and nothing else."""

import json
import os
import subprocess

import pytest
from product import PATIENCE, ROOT, SHORT_LIVED_JAVA, wait_until

QUESTIONS = [
    "topic exists", "offsets advance", "processor healthy", "recent rows", "sums right", "endpoints answer",
]
COPIED = [
    "marked events: rows", "marked events: endpoints", "marked events: push", "marked events: alert",
    "marked events: taken back out",
]


@pytest.fixture(scope="module")
def system(new_product, postgres_server):
    """The shipped project with a broker, a database, processor and API; its events are of some minutes."""
    product = new_product(DATABASE_URL=postgres_server.new_database(), KAFKA_GROUP_ID="smoke")
    product.broker()
    product.must("migrate")
    product.processor = product.start("process")
    product.server = product.start("serve")
    product.server.wait_for_output("StreamPulse is at")
    product.generate("downloads", "--count", "3000", "--span", "20m")
    product.wait_for_events(3000)
    return product


def smoke(product, *options, **settings):
    """The outcomes by what was asked, and all of it."""
    done = product.run("smoke", "--json", *options, **settings)
    assert done.stdout, done.stderr
    document = json.loads(done.stdout)
    outcomes = {check["name"]: check["outcome"] for check in document["checks"]}
    assert document["passed"] == ("failed" not in outcomes.values()) == (done.returncode == 0)
    return outcomes, document["checks"]


def traces(product):
    """What a copy could leave in the database, and what it could change of the system's own."""
    return product.query(
        """
        SELECT (SELECT count(*) FROM pg_namespace WHERE nspname LIKE 'streampulse_smoke%'),
               (SELECT count(*) FROM pg_roles WHERE rolname LIKE '%smoke%'),
               (SELECT sum(total_downloads) FROM region_health),
               (SELECT count(*) FROM alerts WHERE alert_type LIKE '%SMOKE%'),
               (SELECT sum(consumed) FROM pulse.ledger), (SELECT count(*) FROM pulse.progress)
        """)


def test_a_healthy_system_passes_and_nothing_is_left_of_the_marked_events(system):
    before = traces(system)
    outcomes, checks = smoke(system, "--events", "600")
    assert list(outcomes) == QUESTIONS + COPIED, checks
    assert set(outcomes.values()) == {"passed"}, checks
    assert traces(system) == before
    assert before[0][:2] == (0, 0)
    system.assert_verified()


def test_what_a_killed_run_has_left_is_taken_away(system):
    connection = system.database()
    mark = "Copy of a project by streampulse smoke, which drops it. Topics: streampulse-smoke-old.x"
    with connection.cursor() as cursor:
        cursor.execute("CREATE SCHEMA streampulse_smoke_old; CREATE SCHEMA streampulse_smoke_mine")
        cursor.execute("COMMENT ON SCHEMA streampulse_smoke_old IS %s", (mark,))
    smoke(system)
    with connection.cursor() as cursor:
        cursor.execute("SELECT nspname FROM pg_namespace WHERE nspname LIKE 'streampulse_smoke%'")
        assert cursor.fetchall() == [("streampulse_smoke_mine",)]
        cursor.execute("DROP SCHEMA streampulse_smoke_mine")
    connection.close()


def test_what_is_broken_fails_by_its_name(system):
    outcomes, checks = smoke(system, "--no-events", KAFKA_TOPIC="elsewhere")
    assert outcomes["topic exists"] == "failed", checks
    outcomes, checks = smoke(system, "--no-events", "--url", "http://127.0.0.1:1")
    assert outcomes["endpoints answer"] == "failed", checks
    system.query("UPDATE region_health SET total_downloads = total_downloads + 1 WHERE total_downloads = "
                 "(SELECT max(total_downloads) FROM region_health)")
    outcomes, checks = smoke(system, "--no-events")
    assert outcomes["sums right"] == "failed", checks
    assert outcomes["marked events: rows"] == "skipped"


def test_a_reset_is_refused_while_a_processor_runs_and_asks_before_it_wipes(system):
    done = system.run("reset", "--yes")
    assert done.returncode == 1 and "is processed by" in done.stderr, done.stdout + done.stderr
    assert system.processor.stop() == 0
    wait_until(
        lambda: "is processed by" not in (done := system.run("reset")).stderr and done, "the processor is still seen")
    done = system.run("reset")
    assert done.returncode == 2 and "--yes" in done.stderr, done.stdout + done.stderr
    assert system.value("SELECT count(*) FROM region_health") > 0


def test_a_reset_wipes_what_is_the_projects_and_nothing_else(system):
    system.query("CREATE TABLE mine AS SELECT 1 AS n; CREATE VIEW over_it AS SELECT * FROM region_health")
    other = {"RESULT_SCHEMA": "other", "STREAMPULSE_PROJECT": str(ROOT / "projects/trips")}
    system.must("migrate", **other)
    system.query("INSERT INTO other_pulse.silences (matcher, ends_at, created_by) VALUES ('{}', 'infinity', 'x')")
    done = system.run("reset", "--yes", STREAMPULSE_PROJECT_NAME="stranger")
    assert done.returncode == 1 and "belongs to the project" in done.stderr, done.stderr
    assert "wiped" in system.must("reset", "--yes")
    counts = system.query(
        """
        SELECT (SELECT count(*) FROM region_health) + (SELECT count(*) FROM content_stats) + (SELECT count(*) FROM alerts)
                 + (SELECT count(*) FROM dead_letters) + (SELECT count(*) FROM pulse.ledger)
                 + (SELECT count(*) FROM pulse.progress),
               (SELECT count(*) FROM over_it), (SELECT count(*) FROM mine), (SELECT count(*) FROM other_pulse.silences),
               (SELECT count(*) FROM pulse.audit_log WHERE origin = 'reset')
        """)
    assert counts == [(0, 0, 1, 1, 1)]
    # It begins anew, and counts all that the topic holds.
    system.start("process", log="process-again")
    system.wait_for_events(3000)
    system.assert_verified()


def listed(shared, product, tool):
    """What a tool of Kafka's lists, but for what Kafka keeps for itself."""
    done = subprocess.run(
        [shared("kafka/kafka-tool"), tool, "--bootstrap-server", product.settings["KAFKA_BOOTSTRAP_SERVERS"], "--list"],
        capture_output=True, text=True, timeout=PATIENCE, env=os.environ | SHORT_LIVED_JAVA)
    assert done.returncode == 0, done.stderr + done.stdout
    return {line for line in done.stdout.splitlines() if line and not line.startswith("__")}


@pytest.mark.deep
def test_a_real_kafka_keeps_neither_topic_nor_group_of_the_marked_events(product, postgres_server, shared):
    """The in-process broker deletes neither, so only a real one can show it."""
    product.kafka(shared("kafka/kafka-broker"), partitions=3)
    product.settings |= {"DATABASE_URL": postgres_server.new_database(), "KAFKA_GROUP_ID": "smoke"}
    product.must("migrate")
    product.start("process")
    product.start("serve").wait_for_output("StreamPulse is at")
    product.generate("downloads", "--count", "3000", "--span", "20m")
    product.wait_for_events(3000)
    tools = ("TopicCommand", "ConsumerGroupCommand")
    before = traces(product), [listed(shared, product, tool) for tool in tools]
    assert before[1] == [{"content-downloads"}, {"smoke"}]
    outcomes, checks = smoke(product)
    assert list(outcomes) == QUESTIONS + COPIED and set(outcomes.values()) == {"passed"}, checks
    assert (traces(product), [listed(shared, product, tool) for tool in tools]) == before
    product.assert_verified()
