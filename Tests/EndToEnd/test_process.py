"""A processor by itself: its workers, its health and metrics without an API, its end, and partitions that it holds."""

import re
import signal
import time
import urllib.error
import urllib.request

from product import GENERATOR, PATIENCE, wait_until


def told(url, path):
    """What the processor itself answers, whatever the status."""
    try:
        with urllib.request.urlopen(url + path, timeout=PATIENCE) as answer:
            return answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.read().decode()


def start_with_metrics(parts, *arguments):
    processor = parts.start("process", *arguments, METRICS_PORT="0")
    line = processor.wait_for_output('"listening"')
    return processor, re.search(r"http://[0-9.:]+", line).group()


def test_workers_share_the_topic_and_tell_health_and_metrics_as_one(parts):
    processor, url = start_with_metrics(parts, "--workers", 2)
    wait_until(lambda: "streampulse_assigned_partitions 3" in told(url, "/metrics"), lambda: told(url, "/metrics"))
    parts.generate("--count", 3000, "--seed", 1)
    parts.wait_for_events(3000)
    owners = {owner for owner, in parts.query("SELECT owner FROM pulse.progress")}
    assert {owner.rsplit("/", 1)[1] for owner in owners} == {"1", "2"}
    wait_until(lambda: '"status":"ok"' in told(url, "/health"), lambda: told(url, "/health"))
    # The rows are there a moment before the processor has counted their commit.
    wait_until(lambda: 'outcome="consumed"} 3000' in told(url, "/metrics"), lambda: told(url, "/metrics"))
    assert processor.stop() == 0
    parts.assert_verified()


def test_a_terminated_processor_commits_what_it_has_read_within_ten_seconds(parts):
    processor = parts.start("process", "--workers", 2)
    load = parts.start("--rate", 2000, "--count", 10_000, "--seed", 1, program=GENERATOR)
    wait_until(lambda: parts.value("SELECT coalesce(sum(consumed), 0) FROM pulse.ledger") > 1000, "no progress")
    started = time.monotonic()
    assert processor.stop(signal.SIGTERM) == 0
    assert time.monotonic() - started < 10
    parts.assert_verified()
    parts.start("process")
    assert load.wait(120) == 0
    parts.wait_for_events(10_000)
    parts.assert_verified()


def test_a_replaced_log_is_held_and_the_way_on_needs_no_restart(parts):
    processor = parts.start("process")
    parts.generate("--count", 1000, "--seed", 1)
    parts.wait_for_events(1000)
    assert processor.stop() == 0
    # What Postgres knows of the last record is what a log made anew does not have.
    parts.query("UPDATE pulse.progress SET last_record = last_record + 1 WHERE partition = 1")
    processor, url = start_with_metrics(parts)
    line = processor.wait_for_output('"partition held"')
    wait_until(lambda: '"status":"degraded"' in told(url, "/health"), lambda: told(url, "/health"))
    assert "streampulse_partition_holds_total 1" in told(url, "/metrics")
    read_of_it = parts.value("SELECT next_offset FROM pulse.progress WHERE partition = 1")
    parts.query(re.search(r"SELECT pulse\.begin_again\([^)]*\)", line).group())
    # The partition is read from its start again.
    parts.wait_for_events(1000 + read_of_it)
    wait_until(lambda: '"status":"ok"' in told(url, "/health"), lambda: told(url, "/health"))
    assert processor.stop() == 0
    assert processor.output.count('"partition held"') == 1
    parts.assert_verified()
