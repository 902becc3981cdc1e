"""verify --recount and replay as an operator meets them: beside a running processor, over tampered rows."""

import re

import pytest
from product import GENERATOR

# Twice as many, 200 bytes each over three partitions, stay far below the 5 MB that the broker keeps of a partition.
EVENTS = 20_000


@pytest.fixture
def running(parts):
    """A processor that has counted some minutes of events, and still runs."""
    processor = parts.start("process")
    parts.generate(
        "--count", EVENTS, "--seed", 7, "--start", "2026-03-01T08:00:00Z", "--span", "10m", "--out-of-order", "10%:8")
    parts.wait_for_events(EVENTS)
    yield parts
    assert processor.stop() == 0


def recount(product):
    """The exit status and what was printed."""
    done = product.run("verify", "--recount")
    assert done.stderr == "", done.stderr
    return done.returncode, done.stdout


def assert_recounted(product):
    status, output = recount(product)
    assert status == 0, output
    assert output.splitlines()[-1].endswith(": recounted")
    return output


def test_recount_lists_exactly_the_tampered_cells_and_replay_repairs_them(running):
    output = assert_recounted(running)
    assert f"{EVENTS} records read again" in output
    assert "skip" not in output

    row = running.query("SELECT region, window_start FROM region_health ORDER BY window_start, region LIMIT 1")[0]
    running.query(
        "UPDATE region_health SET failed_downloads = failed_downloads + 5 WHERE (region, window_start) = %s", [row])
    running.query("DELETE FROM device_stats WHERE ctid = (SELECT min(ctid) FROM device_stats)")
    status, output = recount(running)
    assert status == 1
    lines = [line.strip() for line in output.splitlines() if " of " in line and ": stored " in line]
    assert len(lines) == 3, output
    for line, column in zip(lines[1:], ("cancelled_downloads", "failed_downloads"), strict=True):
        assert re.fullmatch(
            rf"region_health of region {row[0]}, window .*, {column}: stored (-?\d+), recounted (\d+)", line)
    assert lines[0].startswith("device_stats of ") and lines[0].endswith("the row: stored none, recounted there")
    assert output.splitlines()[-1].endswith("3 values differ, 0 contradictions: NOT RECOUNTED")

    for aggregate in ("region_health", "device_stats"):
        dry = running.must("replay", aggregate, "--from", "beginning", "--dry-run")
        assert f"{aggregate}: {EVENTS} records would be read again" in dry
    assert recount(running)[0] == 1
    for aggregate in ("region_health", "device_stats"):
        assert f"{EVENTS} records read again" in running.must("replay", aggregate, "--from", "beginning")
    assert_recounted(running)
    running.assert_verified()


def test_replays_under_load_lose_nothing_and_the_processor_goes_on(running):
    load = running.start(
        "--count", EVENTS, "--rate", 2000, "--seed", 8, "--start", "2026-03-01T08:10:00Z", "--span", "10m",
        program=GENERATOR, log="load")
    replays = 0
    while load.is_running or replays < 2:
        running.must("replay", "content_stats", "--from", "2026-03-01 08:05Z" if replays % 2 else "beginning")
        replays += 1
    assert load.wait() == 0
    running.wait_for_events(2 * EVENTS)
    running.wait_for_events(2 * EVENTS, aggregate="content_stats", column="download_count")
    assert running.value("SELECT count(*) FROM pulse.replays") == replays
    assert_recounted(running)


def test_replay_says_what_it_cannot_do(running):
    for arguments, message in [
        (["region_health"], "--from is missing"),
        (["nothing", "--from", "beginning"], "there is no aggregate nothing; aggregates are "),
        (["region_helth", "--from", "beginning"], "there is no aggregate region_helth; did you mean region_health?"),
        (["region_health", "--from", "infinity"], '--from does not take "infinity"'),
        (["region_health", "--from", "soon"], '--from does not take "soon"; write beginning, or a time such as '),
    ]:
        done = running.run("replay", *arguments)
        assert done.returncode == 2 and message in done.stderr, done.stderr
