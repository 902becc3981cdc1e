"""Definitions that are changed while everything runs: processors and servers go on with them by themselves."""

import shutil
import signal
import threading

import pytest
from product import GENERATOR, ROOT, wait_until

LARGEST = """
-- name: GET /api/stats/largest
-- summary: The largest download of each region.
-- returns: rows
SELECT region, max(largest_gb) AS largest_gb FROM region_health GROUP BY region ORDER BY region;
"""


@pytest.fixture
def project(parts):
    """A copy of the shipped project, in force."""
    folder = parts.folder / "project"
    for name in ("sql", "schemas"):
        shutil.copytree(ROOT / name, folder / name)
    parts.settings["STREAMPULSE_PROJECT"] = str(folder)
    return folder


def redefine(project):
    """Windows of two minutes and another column: rows mean something else."""
    file = project / "sql/aggregates/region_health.sql"
    text = file.read_text().replace("INTERVAL '1 minute'", "INTERVAL '2 minutes'")
    assert text != file.read_text()
    changed = text.replace("count(*) ", "max(content.size_gb) AS largest_gb,\n       count(*) ", 1)
    assert changed != text
    file.write_text(changed)
    (project / "sql/endpoints/largest.sql").write_text(LARGEST)


def version(parts):
    return parts.value("SELECT max(version) FROM pulse.deployments")


def shadows(parts):
    return parts.value("SELECT count(*) FROM pg_tables WHERE schemaname = 'pulse_replay'")


class Reader(threading.Thread):
    """Somebody who reads an endpoint all the time."""

    def __init__(self, parts):
        super().__init__(daemon=True)
        self.parts = parts
        self.is_over = False
        self.answers = 0
        self.failures = []

    def run(self):
        while not self.is_over:
            answer = self.parts.get("/api/stats/regions")
            self.answers += 1
            if answer is None or answer.status != 200:
                self.failures.append(answer and (answer.status, answer.body))

    def stop(self):
        self.is_over = True
        self.join()
        assert self.answers > 0 and self.failures == []


def test_a_running_processor_goes_on_under_a_changed_definition_and_counts_every_event_once(parts, project):
    processor = parts.start("process", "--workers", 2)
    server = parts.start("serve")
    server.wait_for_output("StreamPulse is at")
    load = parts.start("--rate", 2000, "--count", 20_000, "--seed", 1, program=GENERATOR)
    wait_until(lambda: parts.value("SELECT coalesce(sum(consumed), 0) FROM pulse.ledger") > 3000, "no progress")
    reader = Reader(parts)
    reader.start()

    redefine(project)
    done = parts.must("deploy")
    assert "aggregate region_health  beside" in done and "hint" not in done
    assert "version 2 of the definitions is in force" in done.splitlines()[-1]
    processor.wait_for_output("definitions taken over")
    server.wait_for_output("definitions taken over")
    assert load.wait() == 0
    parts.wait_for_events(20_000)
    assert parts.value("SELECT bool_and(window_end - window_start = '2 minutes') FROM region_health")
    largest = parts.get("/api/stats/largest")
    assert largest.status == 200 and largest.json["data"]
    reader.stop()

    assert processor.is_running and server.is_running
    parts.assert_verified()
    parts.must("verify", "--recount")
    assert parts.must("deploy").splitlines()[-1] == "nothing to do: these definitions are in force"
    assert processor.stop() == 0 and server.stop() == 0


def test_an_aggregate_that_comes_back_says_what_it_lacks_and_is_filled(parts, project):
    processor = parts.start("process")
    parts.generate("--count", 1000, "--seed", 1)
    parts.wait_for_events(1000)
    file = project / "sql/aggregates/device_stats.sql"
    endpoint = project / "sql/endpoints/devices.sql"
    kept = {path: path.read_text() for path in (file, endpoint)}
    for path in kept:
        path.unlink()
    parts.must("deploy")
    wait_until(lambda: "definitions taken over" in processor.output, lambda: processor.output)
    parts.generate("--count", 700, "--seed", 2)
    parts.wait_for_events(1700)
    for path, text in kept.items():
        path.write_text(text)
    told = parts.must("deploy")
    assert "device_stats was not defined while 700 records came, which are not in its rows" in told
    wait_until(lambda: processor.output.count("definitions taken over") == 2, lambda: processor.output)
    parts.generate("--count", 300, "--seed", 3)
    parts.wait_for_events(2000)
    assert parts.value("SELECT sum(total_downloads) FROM device_stats") == 1300
    done = parts.must("deploy", "--fill")
    assert "2000 records in place" in done and "not in its rows" not in done
    assert parts.value("SELECT sum(total_downloads) FROM device_stats") == 2000
    parts.assert_verified()
    assert parts.must("deploy", "--fill").splitlines()[-1] == "nothing to do: these definitions are in force"
    assert processor.stop() == 0


def test_a_deploy_that_is_killed_has_changed_nothing_and_the_next_one_goes_on_and_does_it_all(parts, project):
    processor = parts.start("process")
    parts.generate("--count", 3000, "--seed", 1)
    parts.wait_for_events(3000)
    redefine(project)

    # Its table is kept from being replaced, so that all but the last step has been done.
    connection = parts.database()
    connection.autocommit = False
    connection.cursor().execute("LOCK TABLE region_health IN ACCESS SHARE MODE")
    deploy = parts.start("deploy")
    deploy.wait_for_output("making the rows of region_health anew")
    wait_until(lambda: shadows(parts) == 1, "no shadow table")
    wait_until(lambda: parts.value("SELECT sum(c) FROM pulse.backfills, unnest(counts) AS c") == 3000, "nothing is kept")
    deploy.kill()
    connection.rollback()
    connection.close()
    # The server notices the end of the connection a moment later.
    wait_until(
        lambda: not parts.value(
            "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE application_name = 'streampulse deploy'"
            " AND datname = current_database())"), "the session goes on")
    assert version(parts) == 1 and processor.is_running
    parts.generate("--count", 1000, "--seed", 2)
    parts.wait_for_events(4000)
    parts.assert_verified()

    done = parts.must("deploy")
    assert "region_health: goes on behind 3000 records that an interrupted deploy has read" in done
    processor.wait_for_output("definitions taken over")
    assert version(parts) == 2 and shadows(parts) == 0
    parts.generate("--count", 1000, "--seed", 3)
    parts.wait_for_events(5000)
    parts.assert_verified()
    parts.must("verify", "--recount")

    # What is started with the folder of before takes what is in force.
    assert processor.stop() == 0
    again = parts.start("process", STREAMPULSE_PROJECT=str(ROOT))
    again.wait_for_output("the folder's definitions were replaced")
    parts.generate("--count", 1000, "--seed", 4)
    parts.wait_for_events(6000)
    assert again.stop(signal.SIGTERM) == 0
    parts.assert_verified()


def test_a_new_aggregate_is_filled_and_wrong_definitions_change_nothing(parts, project):
    processor = parts.start("process")
    parts.generate("--count", 3000, "--seed", 1)
    parts.wait_for_events(3000)
    (project / "sql/aggregates/totals.sql").write_text(
        "-- All downloads of a minute.\nCREATE MATERIALIZED VIEW totals AS\n"
        "SELECT count(*) AS downloads FROM content_downloads GROUP BY tumble(\"timestamp\", INTERVAL '1 minute');\n")
    endpoint = project / "sql/endpoints/totals.sql"
    endpoint.write_text(
        "-- name: GET /api/stats/totals\n-- summary: All of them.\n-- returns: rows\nSELECT nothing FROM totals;\n")
    done = parts.run("deploy", "--fill")
    assert done.returncode == 1 and "sql/endpoints/totals.sql:4:8: column \"nothing\" does not exist" in done.stderr
    assert version(parts) == 1

    endpoint.write_text(endpoint.read_text().replace("nothing", "downloads"))
    assert "totals: " in parts.must("deploy", "--fill")
    processor.wait_for_output("definitions taken over")
    parts.generate("--count", 1000, "--seed", 2)
    parts.wait_for_events(4000)
    parts.wait_for_events(4000, "totals", "downloads")
    parts.assert_verified()
    parts.must("verify", "--recount")
    assert processor.stop() == 0


def test_a_shadow_is_fed_beside_the_present_rows_compared_and_discarded_or_promoted(parts, project):
    processor = parts.start("process")
    parts.generate("--count", 3000, "--seed", 1)
    parts.wait_for_events(3000)
    assert parts.run("deploy", "--shadow").returncode == 1
    redefine(project)
    (project / "sql/endpoints/largest.sql").unlink()

    for round, way in enumerate(("--discard", "--promote"), start=1):
        done = parts.must("deploy", "--shadow")
        assert "compare them: streampulse compare region_health region_health_shadow" in done
        parts.generate("--count", 1000, "--seed", 1 + round)
        parts.wait_for_events(3000 + 1000 * round)
        parts.wait_for_events(3000 + 1000 * round, "region_health_shadow")
        assert parts.value("SELECT bool_and(window_end - window_start = '2 minutes') FROM region_health_shadow")
        done = parts.run("deploy")
        assert done.returncode == 1 and "there are shadows of region_health" in done.stderr
        done = parts.run("migrate")
        assert done.returncode == 1 and "there are shadows of region_health" in done.stderr
        done = parts.run("compare", "region_health", "region_health_shadow")
        assert done.returncode == 1, done.stdout + done.stderr
        assert "column largest_gb is in region_health_shadow only" in done.stdout and "DIFFER" in done.stdout
        parts.must("deploy", way)
        assert parts.value("SELECT to_regclass('region_health_shadow') IS NULL")

    parts.generate("--count", 1000, "--seed", 9)
    parts.wait_for_events(6000)
    assert parts.value("SELECT bool_and(window_end - window_start = '2 minutes') FROM region_health")
    assert "no difference" in parts.must("compare", "region_health", "region_health")
    parts.assert_verified()
    parts.must("verify", "--recount")
    assert processor.is_running and processor.stop() == 0
