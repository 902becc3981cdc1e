"""An instance that sleeps over a rebalance, and a Postgres that is away under load."""

import os
import signal
import time

import pytest
from product import GENERATOR, wait_until
from truth import Truth

SHORT_SESSION = {"KAFKA_PROPERTY_SESSION_TIMEOUT_MS": "3500"}
# Notes which role changes which rows; statements that change none leave no trace.
AUDIT = """
    CREATE TABLE audit (changed text, who text);
    CREATE FUNCTION audit() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
    BEGIN
      INSERT INTO audit VALUES (TG_TABLE_NAME, session_user);
      RETURN NULL;
    END $$;
    """
AUDITED = ["pulse.progress", "pulse.ledger", "pulse.ledger_counts", "content_stats", "region_health", "device_stats"]


@pytest.mark.long
def test_an_owner_that_wakes_after_a_rebalance_changes_nothing(parts, postgres_server):
    database = parts.settings["DATABASE_URL"].rpartition("/")[2]
    sleeper = f"sleeper_{database}"
    postgres_server.execute(f"CREATE ROLE {sleeper} LOGIN SUPERUSER")
    parts.query(AUDIT)
    for table in AUDITED:
        parts.query(
            f"CREATE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION audit()")
    files = [parts.folder / f"events-{number}.jsonl" for number in range(3)]

    def rows_of_the_sleeper():
        """How often it has changed a row of a result or of the ledger."""
        return parts.value("SELECT count(*) FROM audit WHERE who = %s AND changed <> 'progress'", [sleeper])

    def positions():
        return parts.query("SELECT partition, next_offset FROM pulse.progress ORDER BY 1")

    owner = parts.start(
        "process", log="sleeper", DATABASE_URL=postgres_server.url(database, sleeper), **SHORT_SESSION)
    parts.generate("--count", 2000, "--seed", 1, "--output", files[0])
    parts.wait_for_events(2000)
    assert rows_of_the_sleeper() > 0, "the audit does not work"
    os.kill(owner.pid, signal.SIGSTOP)
    # What it had fetched and not committed when it fell asleep, or fetches first when it wakes.
    parts.generate("--count", 2000, "--seed", 2, "--output", files[1])
    heir = parts.start("process", log="heir", **SHORT_SESSION)
    parts.wait_for_events(4000)
    parts.generate("--count", 2000, "--seed", 3, "--output", files[2])
    parts.wait_for_events(6000)
    assert heir.stop() == 0
    before = rows_of_the_sleeper(), positions()
    assert parts.value("SELECT count(DISTINCT owner) FROM pulse.progress") == 1

    # Nobody else is there, so that whatever happens now is its doing.
    os.kill(owner.pid, signal.SIGCONT)
    line = owner.wait_for_output("uncommitted work given up, reading it again")
    assert '"warning"' in line and ("fenced" in owner.output or "partitions lost" in owner.output)
    # As a new member it claims the partitions that nobody has, which moves no position.
    wait_until(lambda: owner.output.count('"partitions assigned"') == 2, lambda: owner.output)
    assert (rows_of_the_sleeper(), positions()) == before
    Truth(*files).assert_equals(parts)
    assert "6000 records" in parts.assert_verified()
    assert owner.stop() == 0


@pytest.mark.long
@pytest.mark.parametrize("seconds", [15, pytest.param(120, marks=pytest.mark.deep)])
def test_a_postgres_that_is_away_under_load_costs_time_and_nothing_else(product, postgres_server, shared, seconds):
    rate = 10_000
    # In the in-process broker each partition keeps about 5 MB, which is not enough for minutes without a reader.
    if seconds > 60:
        product.kafka(shared("kafka/kafka-broker"))
    else:
        product.broker(partitions=32)
    product.settings["DATABASE_URL"] = postgres_server.new_database()
    product.must("migrate")
    processor = product.start("process")
    server = product.start("serve")
    server.wait_for_output("StreamPulse is at")
    events = product.folder / "events.jsonl"
    load = product.start(
        "--rate", rate, "--seed", 5, "--regions", 1000, "--output", events, program=GENERATOR, log="load",
        KAFKA_PROPERTY_LINGER_MS="100")

    def status():
        answer = product.get("/health")
        return answer and answer.status

    def peak_megabytes():
        with open(f"/proc/{processor.pid}/status", encoding="ascii") as lines:
            return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM:"))

    wait_until(
        lambda: product.value("SELECT coalesce(sum(next_offset), 0) FROM pulse.progress") > rate,
        lambda: f"nothing is processed: {processor.output}")
    wait_until(lambda: status() == 200, lambda: f"not healthy: {product.get('/health').body}")
    postgres_server.stop()
    try:
        down_until = time.monotonic() + seconds
        wait_until(lambda: status() == 503, "the health does not notice")
        while time.monotonic() < down_until:
            assert status() == 503
            assert processor.is_running and server.is_running and load.is_running
            time.sleep(0.5)
    finally:
        postgres_server.start()
    wait_until(lambda: status() == 200, lambda: f"not healthy again: {product.get('/health').body}")
    assert load.stop() == 0
    truth = Truth(events)
    assert truth.count > rate * seconds / 2, "that was no load"
    product.wait_for_events(truth.count)
    assert peak_megabytes() < 300
    # Said once, not once per retry.
    assert processor.output.count('"database down"') == 1
    truth.assert_equals(product)
    product.assert_verified()
    assert processor.stop() == 0
    assert server.stop() == 0
