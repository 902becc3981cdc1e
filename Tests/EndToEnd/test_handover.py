"""`handover`: what it refuses, and (deep) a project that goes over to a real Flink and back again under load."""

import datetime
import os
import re
import signal
import subprocess
from contextlib import closing

import psycopg2
import pytest
from kcat import Kcat
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


def start_flink(product, server, python, jars, out):
    """The export's job, on the database of `product`, in the consumer group `flink`."""
    database = product.settings["DATABASE_URL"].rpartition("/")[2]
    environment = SHORT_LIVED_JAVA | {
        "FLINK_GROUP_ID": "flink", "SCHEMA_REGISTRY_URL": "", "POSTGRES_USER": "streampulse", "POSTGRES_PASSWORD": "",
        "POSTGRES_JDBC_URL": f"jdbc:postgresql://127.0.0.1:{server.port}/{database}?stringtype=unspecified",
    }
    return product.start(
        ROOT / "Tests/EndToEnd/flink_runner.py", jars, *(out / name for name in FILES), program=python, log="flink",
        **environment)


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
    job = start_flink(product, postgres_server, flink, jars, out)
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


WINDOWS = {
    "streams/hits.sql": """-- Hits of clients.
CREATE FOREIGN TABLE hits (
  number bigint NOT NULL, at timestamptz NOT NULL, client text NOT NULL, ms integer NOT NULL
) SERVER kafka OPTIONS (topic 'hits', format 'json', event_time 'at', out_of_orderness '5 seconds',
  idle_timeout '10 minutes');
""",
    "aggregates/minutes.sql": """-- By the minute; the median is a state that Flink cannot make.
CREATE MATERIALIZED VIEW minutes AS
SELECT client, count(*) AS hits, sum(ms) AS ms, percentile_cont(0.5) WITHIN GROUP (ORDER BY ms) AS median
FROM hits GROUP BY tumble(at, INTERVAL '1 minute'), client;
""",
    "aggregates/lately.sql": """-- Windows that overlap, of panes.
CREATE MATERIALIZED VIEW lately AS
SELECT client, count(*) AS hits, max(ms) AS slowest
FROM hits GROUP BY hop(at, INTERVAL '1 minute', INTERVAL '3 minutes'), client;
""",
    "aggregates/crowds.sql": """-- Windows that overlap, whole in Flink's table.
CREATE MATERIALIZED VIEW crowds AS
SELECT count(*) AS hits, approx_count_distinct(client) AS clients
FROM hits GROUP BY hop(at, INTERVAL '1 minute', INTERVAL '3 minutes');
""",
    "aggregates/stays.sql": """-- Sessions, cut every two minutes.
CREATE MATERIALIZED VIEW stays AS
SELECT client, count(*) AS hits, min(ms) AS fastest
FROM hits GROUP BY session(at, INTERVAL '10 seconds', INTERVAL '2 minutes'), client;
""",
}
BEGIN = datetime.datetime(2026, 1, 1, tzinfo=datetime.timezone.utc)


def hits(numbers):
    """For each of two partitions: ten events a second of event time, in order but for two seconds."""
    partitions = [[], []]
    for number in numbers:
        late = number * 7919 % 2000 if number % 7 == 0 else 0
        at = BEGIN + datetime.timedelta(milliseconds=max(0, number * 100 - late))
        client = "always" if number % 3 == 0 else f"c{number // 150 % 6}"
        time = at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        partitions[number // 3 % 2].append(
            f'{{"number": {number}, "at": "{time}", "client": "{client}", "ms": {number * 37 % 1000}}}')
    return partitions


@pytest.mark.deep
def test_windows_of_every_kind_go_over_and_come_back_whole(product, postgres_server, shared, flink):
    jars, tool = shared("flink"), shared("kafka/kafka-tool")
    product.kafka(shared("kafka/kafka-broker"))
    project = product.folder / "windows"
    for path, text in WINDOWS.items():
        (project / "sql" / path).parent.mkdir(parents=True, exist_ok=True)
        (project / "sql" / path).write_text(text)
    product.generate("--count", 0, "--topic", "hits", "--partitions", 2)
    product.settings |= {
        "STREAMPULSE_PROJECT": str(project), "DATABASE_URL": postgres_server.new_database(), "KAFKA_GROUP_ID": "ours"}
    ours, truth = product.settings["DATABASE_URL"], postgres_server.new_database()
    product.must("migrate")
    product.must("migrate", DATABASE_URL=truth)

    def send(numbers):
        for partition, lines in enumerate(hits(numbers)):
            file = product.folder / f"hits-{partition}"
            file.write_text("\n".join(lines) + "\n")
            Kcat(product, "hits").run("-P", "-p", str(partition), "-l", file)

    def process_up_to(count, **settings):
        process = product.start("process", **settings)
        url = settings.get("DATABASE_URL", ours)
        read = "SELECT coalesce(sum(next_offset), 0)::bigint FROM pulse.progress WHERE cluster NOT LIKE '% until %'"

        def position():
            with closing(psycopg2.connect(url)) as connection, connection.cursor() as cursor:
                cursor.execute(read)
                return cursor.fetchone()[0]
        wait_until(lambda: position() == count, lambda: f"{position()} of {count} events were read")
        assert process.stop() == 0

    send(range(3000))
    process_up_to(3000)
    out = product.folder / "flink"
    report = product.must("handover", "--to", "flink", "--out", out)
    # The watermark is at 4:54.8: windows of three minutes are open from 2:00 on, sessions since the cut at 4:00.
    for line in ("minutes | 2026-01-01 00:04:00+00", "lately | 2026-01-01 00:02:00+00",
                 "crowds | 2026-01-01 00:02:00+00", "stays | 2026-01-01 00:04:00+00"):
        assert line in report, report
    subprocess.run(["psql", ours, "-q", "-v", "ON_ERROR_STOP=1", "-f", out / "postgres.sql"], check=True)
    send(range(3000, 6000))
    job = start_flink(product, postgres_server, flink, jars, out)

    def has_written():
        assert job.is_running, job.output[-6000:]
        return product.value("SELECT max(window_end) FROM minutes_flink") == BEGIN + datetime.timedelta(minutes=9)
    wait_until(has_written, lambda: f"Flink has not written the ninth minute: {job.output[-3000:]}")

    def committed():
        done = product.run(
            "ConsumerGroupCommand", "--bootstrap-server", product.settings["KAFKA_BOOTSTRAP_SERVERS"], "--describe",
            "--group", "flink", program=tool)
        return sum(int(offset) for offset in re.findall(r"^flink +hits +\d+ +(\d+) ", done.stdout, re.M))
    wait_until(lambda: committed() == 6000, lambda: f"Flink has committed {committed()} of 6000 offsets", interval=1)
    os.killpg(job.pid, signal.SIGKILL)
    job.wait()

    said = product.must("handover", "--from", "flink", "--group", "flink")
    assert "minutes: windows from 2026-01-01 00:09:00+00 on" in said, said
    assert "lately: windows from 2026-01-01 00:07:00+00 on" in said, said
    send(range(6000, 9000))
    process_up_to(9000)
    process_up_to(9000, DATABASE_URL=truth, KAFKA_GROUP_ID="truth")
    for table, keys, exact, estimates in (
        ("minutes", ["client"], ["hits", "ms"], [("median", 0.0101)]), ("lately", ["client"], ["hits", "slowest"], []),
        ("crowds", [], ["hits"], [("clients", 0.1)]), ("stays", ["client"], ["hits", "fastest"], []),
    ):
        names = ["window_start", "window_end", *keys]
        columns = [*exact, *(name for name, _ in estimates)]
        found = []
        for url in (ours, truth):
            with closing(psycopg2.connect(url)) as connection, connection.cursor() as cursor:
                cursor.execute(f"SELECT {', '.join(names + columns)} FROM {table}")
                found.append({row[:len(names)]: row[len(names):] for row in cursor.fetchall()})
        assert len(found[1]) > 10 and sorted(map(str, found[0].keys() ^ found[1].keys())) == [], table
        for key, row in found[1].items():
            assert found[0][key][:len(exact)] == row[:len(exact)], (table, key)
            for our, other, (name, share) in zip(found[0][key][len(exact):], row[len(exact):], estimates, strict=True):
                assert float(our) == pytest.approx(float(other), rel=share), (table, key, name)
    product.assert_verified()
    for url in (ours, truth):
        recount = product.run("verify", "--recount", DATABASE_URL=url)
        assert recount.returncode == 0, recount.stdout
