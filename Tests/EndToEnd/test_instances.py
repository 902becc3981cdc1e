"""Many processors of one project: who stands by takes over, and names in the group that outlive a process."""

import os
import signal
import time

import pytest
from product import wait_until

# Who holds the lock by which the watch of the only stream is elected.
ELECTED = """
    SELECT a.pid FROM pg_locks AS l JOIN pg_stat_activity AS a USING (pid)
    WHERE l.locktype = 'advisory' AND l.granted AND a.application_name = 'streampulse watch'
      AND a.datname = current_database()"""
WATCHES = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'streampulse watch' AND datname = current_database()"


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGSTOP], ids=["killed", "frozen"])
def test_alerts_go_on_within_two_seconds_when_the_elected_processor_is(end, parts, record_property):
    first = parts.start("process", log="elected")
    before = wait_until(lambda: parts.query(ELECTED), lambda: f"nobody is elected: {first.output}")
    second = parts.start("process", log="stands-by")
    wait_until(lambda: parts.value(WATCHES) == 2, lambda: second.output)
    wait_until(lambda: parts.value("SELECT count(*) FROM pulse.progress") == 3, lambda: first.output)

    def event_time_reaches(ago):
        parts.query("UPDATE pulse.progress SET watermark = now() - %s::interval, is_idle = false", [ago])

    event_time_reaches("10 minutes")
    wait_until(lambda: parts.value("SELECT count(*) FROM pulse.alert_progress") > 0, lambda: first.output)
    # A window that nobody can have judged yet.
    parts.query("""
        INSERT INTO region_health (region, window_start, window_end, total_downloads, successful_downloads,
                                   failed_downloads)
        SELECT 'JP-Tokyo', t, t + interval '1 minute', 1000, 400, 600
        FROM (SELECT date_trunc('minute', now()) - interval '2 minutes' AS t) AS w""")
    os.kill(first.pid, end)
    ended = time.monotonic()
    event_time_reaches("5 seconds")
    wait_until(
        lambda: parts.value("SELECT count(*) FROM alerts WHERE alert_type = 'HIGH_ERROR_RATE'") > 0,
        lambda: f"no alert: {second.output}", interval=0.02)
    took = time.monotonic() - ended
    record_property("figure", f"alerts go on {took:.2f} s after the elected processor got {end.name}")
    assert second.wait_for_output('"alert raised"') and '"alert raised"' not in first.output
    assert parts.query(ELECTED) != before
    assert took < 2
    if end == signal.SIGSTOP:
        os.kill(first.pid, signal.SIGCONT)
        assert first.stop(signal.SIGTERM) == 0
        assert '"alert raised"' not in first.output
    assert second.stop(signal.SIGTERM) == 0


def test_a_process_whose_name_another_one_has_taken_ends_and_does_not_come_back(product, postgres_server, shared):
    product.kafka(shared("kafka/kafka-broker"), partitions=2)
    product.settings |= {"DATABASE_URL": postgres_server.new_database(), "KAFKA_INSTANCE_ID": "only"}
    product.must("migrate")

    def owners():
        return {owner for owner, in product.query("SELECT owner FROM pulse.progress")}

    def is_of(processor):
        return all(owner.endswith(f":{processor.pid}") for owner in owners()) and owners()

    first = product.start("process", log="first")
    product.generate("--count", 1000, "--seed", 1)
    product.wait_for_events(1000)
    os.kill(first.pid, signal.SIGSTOP)
    second = product.start("process", log="second")
    wait_until(lambda: is_of(second), lambda: f"{owners()}: {second.output}")
    product.generate("--count", 1000, "--seed", 2)
    product.wait_for_events(2000)
    # It hears from the database or from the group first, and must not join again.
    os.kill(first.pid, signal.SIGCONT)
    assert first.wait() == 3, first.output
    lines = [line for line in first.output.splitlines() if "another process has taken the place" in line]
    assert len(lines) == 1 and "KAFKA_INSTANCE_ID" in lines[0], first.output
    assert second.is_running and is_of(second), second.output

    third = product.start("process", log="third")
    assert second.wait() == 3, second.output
    wait_until(lambda: is_of(third), lambda: f"{owners()}: {third.output}")
    product.generate("--count", 1000, "--seed", 3)
    product.wait_for_events(3000)
    product.assert_verified()
    assert third.stop(signal.SIGTERM) == 0
