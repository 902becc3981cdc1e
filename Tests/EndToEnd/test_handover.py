"""`handover`: what it refuses, and (deep) a project that goes over to a real Flink and back again under load."""

import os
import re
import signal
from contextlib import closing

import psycopg2
import pytest
from product import GENERATOR, ROOT, SHORT_LIVED_JAVA, wait_until

# Its key error_code can be NULL, which no key of an upsert can be.
WITHOUT = ["--without", "region_errors"]
FILES = ["00_settings.sql", "10_sources.sql", "20_sinks.sql", "30_statements.sql"]
# For each table: keys, columns that are equal, and floating-point numbers.
TABLES = {
    "region_health": (
        ["window_start", "window_end", "region"],
        ["total_downloads", "successful_downloads", "failed_downloads", "avg_duration_seconds"],
        ["success_rate", "avg_speed_mbps", "total_size_gb"]),
    "content_stats": (
        ["window_start", "window_end", "content_id"],
        ["title", "download_count", "successful_downloads", "failed_downloads", "avg_duration_seconds"],
        ["total_size_gb"]),
    "device_stats": (
        ["window_start", "window_end", "device_type", "os_version"],
        ["total_downloads", "successful_downloads", "failed_downloads"], ["avg_speed_mbps", "total_size_gb"]),
    # Rests while Flink has the others.
    "region_errors": (["window_start", "window_end", "region", "error_code"], ["failed_downloads"], []),
}


def test_it_is_refused_while_a_processor_runs_and_keeps_processors_off_afterwards(parts):
    parts.generate("--count", 3000, "--span", "5m", "--seed", 7)
    process = parts.start("process")
    parts.wait_for_events(3000)
    out = parts.folder / "flink"
    refused = parts.run("handover", "--to", "flink", "--out", out, *WITHOUT)
    assert refused.returncode == 1 and "content_downloads is processed by" in refused.stderr
    assert process.stop() == 0 and not out.exists()

    said = parts.must("handover", "--to", "flink", "--out", out, *WITHOUT)
    assert (out / "HANDOVER.md").read_text() in said
    sources = (out / "10_sources.sql").read_text()
    starts = dict(parts.query("SELECT p.* FROM pulse.handovers AS h, unnest(h.partitions, h.starts) AS p"))
    offsets = ";".join(f"partition:{partition},offset:{start}" for partition, start in sorted(starts.items()))
    assert f"'scan.startup.specific-offsets' = '{offsets}'" in sources
    for command in (["process"], ["handover", "--to", "flink", "--out", "again", *WITHOUT],
                    ["replay", "region_health", "--from", "beginning"], ["deploy"]):
        kept_off = parts.run(*command)
        assert kept_off.returncode == 1 and "handed over to flink" in kept_off.stderr, command
    assert "not judged: content_downloads is handed over" in parts.assert_verified()

    # The job was never begun, and so has committed nothing.
    nothing = parts.run("handover", "--from", "flink")
    assert nothing.returncode == 1 and "has committed nothing" in nothing.stderr
    parts.must("handover", "--from", "flink", "--anew")
    parts.start("process")
    parts.generate("--count", 500, "--seed", 8)
    parts.wait_for_events(3500)
    parts.assert_verified()
    recount = parts.run("verify", "--recount")
    assert recount.returncode == 0, recount.stdout


def test_wrong_usage_is_said(product):
    for arguments, reason in (
        ([], "one way"), (["--to", "flink", "--from", "flink"], "one way"), (["--to", "spark"], "no hand-over to spark"),
        (["--from", "flink", "--without", "x"], "other way"), (["--to", "flink", "--group", "x"], "other way"),
    ):
        done = product.run("handover", *arguments)
        assert done.returncode == 2 and reason in done.stderr, done.stderr


class UnderLoad:
    """Downloads that go on, and a database that a processor of ours fills with all of them."""

    def __init__(self, product, server, kafka):
        self.product = product
        self.server = server
        product.kafka(kafka, partitions=2)
        product.settings |= {"DATABASE_URL": server.new_database(), "KAFKA_GROUP_ID": "ours"}
        self.ours = product.settings["DATABASE_URL"]
        self.truth = server.new_database()
        product.must("migrate")
        product.must("migrate", DATABASE_URL=self.truth)
        product.start("process", log="truth", DATABASE_URL=self.truth, KAFKA_GROUP_ID="truth")
        self.events = product.folder / "events.json"
        self.load = product.start("--rate", 300, "--seed", 7, "--output", self.events, program=GENERATOR, log="load")

    def start_flink(self, python, jars, out):
        environment = SHORT_LIVED_JAVA | {
            "FLINK_GROUP_ID": "flink", "SCHEMA_REGISTRY_URL": "", "POSTGRES_USER": "streampulse", "POSTGRES_PASSWORD": "",
            "POSTGRES_JDBC_URL": f"jdbc:postgresql://127.0.0.1:{self.server.port}/{self.ours.rpartition('/')[2]}"
                                 "?stringtype=unspecified",
        }
        return self.product.start(
            ROOT / "Tests/EndToEnd/flink_runner.py", jars, *(out / name for name in FILES), program=python, log="flink",
            **environment)

    def rows(self, url, table, where="true"):
        keys, exact, floats = TABLES[table]
        with closing(psycopg2.connect(url)) as connection, connection.cursor() as cursor:
            cursor.execute(f"SELECT {', '.join(keys + exact + floats)} FROM {table} WHERE {where}")
            return {row[:len(keys)]: (row[len(keys):len(keys) + len(exact)], row[len(keys) + len(exact):])
                    for row in cursor.fetchall()}

    def finish(self):
        """Ends the load, and waits until both databases have all of it."""
        assert self.load.stop() == 0
        sent = sum(1 for _ in open(self.events, "rb"))
        for url in (self.ours, self.truth):
            read = "SELECT coalesce(sum(next_offset), 0)::bigint FROM pulse.progress WHERE cluster NOT LIKE '% until %'"

            def position(url=url, read=read):
                with closing(psycopg2.connect(url)) as connection, connection.cursor() as cursor:
                    cursor.execute(read)
                    return cursor.fetchone()[0]
            wait_until(lambda: position() == sent, lambda: f"{position()} of {sent} events were read")
        return sent

    def assert_rows_are_the_truth(self):
        for table in TABLES:
            ours, truth = self.rows(self.ours, table), self.rows(self.truth, table)
            assert sorted(map(str, ours.keys() ^ truth.keys())) == [], table
            for key, (exact, floats) in truth.items():
                assert ours[key][0] == exact, (table, key)
                assert ours[key][1] == pytest.approx(floats, rel=1e-9), (table, key)


@pytest.mark.deep
@pytest.mark.parametrize("way", ["committed", "anew"])
def test_a_project_goes_over_to_flink_and_back_under_load(product, postgres_server, shared, flink, way):
    jars, kafka = shared("flink"), shared("kafka/kafka-broker")
    system = UnderLoad(product, postgres_server, kafka)
    process = product.start("process")
    wait_until(lambda: product.value("SELECT coalesce(sum(total_downloads), 0) FROM region_health") > 6000,
               "nothing is counted")
    assert process.stop() == 0

    out = product.folder / "flink"
    report = product.must("handover", "--to", "flink", "--out", out, *WITHOUT)
    # The report is exact: offsets without holes, so that their differences are the records read again.
    partitions = [tuple(map(int, found)) for found in re.findall(r"^\| (\d+) \| (\d+) \| (\d+) \|$", report, re.M)]
    assert len(partitions) == 2 and all(start <= end for _, start, end in partitions)
    again = sum(end - start for _, start, end in partitions)
    assert f"{again} records that were counted" in report
    boundary = product.value("SELECT min(b) FROM pulse.handovers AS h, unnest(h.boundaries) AS b")
    closed = {table: system.rows(system.ours, table, f"window_start < '{boundary}'") for table in TABLES}

    handed = product.value("SELECT handed_at FROM pulse.handovers")
    job = system.start_flink(flink, jars, out)
    written = f"SELECT count(DISTINCT window_start) FROM region_health WHERE updated_at > '{handed}'"

    def has_written():
        assert job.is_running, job.output[-6000:]
        return product.value(written) >= 2
    wait_until(has_written, lambda: f"Flink has written {product.value(written)} windows: {job.output[-3000:]}", 400)
    # It does not touch what was closed.
    assert closed == {table: system.rows(system.ours, table, f"window_start < '{boundary}'") for table in TABLES}
    os.killpg(job.pid, signal.SIGKILL)
    job.wait()

    back = ["handover", "--from", "flink", *(["--group", "flink"] if way == "committed" else ["--anew"])]
    said = product.must(*back)
    assert "content_downloads is ours again" in said
    begins = {int(partition): int(offset)
              for partition, offset in re.findall(r"partition (\d+): processors begin at (\d+)", said)}
    assert begins == dict(product.query(
        "SELECT partition, next_offset FROM pulse.progress WHERE cluster NOT LIKE '% until %'"))
    ended = {partition: end for partition, _, end in partitions}
    if way == "anew":
        assert begins == ended
    else:
        assert all(begins[partition] > ended[partition] for partition in ended)
    product.start("process")
    product.assert_verified()
    resumed = product.value("SELECT coalesce(sum(consumed), 0) FROM pulse.ledger")
    wait_until(lambda: product.value("SELECT coalesce(sum(consumed), 0) FROM pulse.ledger") > resumed + 3000,
               "our processor does not go on")
    system.finish()
    system.assert_rows_are_the_truth()
    product.assert_verified()
    for url in (system.ours, system.truth):
        recount = product.run("verify", "--recount", DATABASE_URL=url)
        assert recount.returncode == 0, recount.stdout
