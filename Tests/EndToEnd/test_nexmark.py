"""Nexmark's queries on our engine and on a real Flink, over the same topics of a real Kafka (docs/performance.md).

By default small, for the equality of rows; `make bench-nexmark` measures with more events and rounds and prints a table.
"""

import json
import os
import re
import shutil
import statistics
import subprocess
import time
from collections import defaultdict

import pytest
from product import GENERATOR, ROOT, wait_until
from test_flink import NAMES, OnBothEngines

EVENTS = int(os.environ.get("NEXMARK_EVENTS", 100_000))
ROUNDS = int(os.environ.get("NEXMARK_ROUNDS", 1))
# Bids in a second of event time; auctions and persons come in their proportions.
EVENT_RATE = 10_000
PROJECT = ROOT / "projects/nexmark"
ALL = sorted(file.stem for file in (PROJECT / "sql/aggregates").glob("*.sql"))
RANKS = ["total", "rank1", "rank2", "rank3"]
# For each query its aggregates, each with its keys, what is compared exactly and what within the bound of our sketches.
QUERIES = {
    "0": {"q0_pass_through": ([], ["bids", "auctions", "bidders", "total", "channel_characters", "url_characters",
                                   "extra_characters"], [])},
    "1": {"q1_currency": ([], ["bids", "total_eur", "highest_eur"], [])},
    "2": {"q2_selection": (["auction"], ["bids", "total"], [])},
    "5": {"q5_hot_items": (["auction"], ["bids"], [])},
    "7": {"q7_highest_bid": ([], ["highest"], [])},
    "8": {"q8_new_persons": (["id", "name"], ["registrations"], []), "q8_sellers": (["seller"], ["auctions"], [])},
    "11": {"q11_user_sessions": (["bidder"], ["bids"], [])},
    "12": {"q12_bidder_windows": (["bidder"], ["bids"], [])},
    "16": {"q16_channels": (["channel"], ["last_bid", *(f"{rank}_bids" for rank in RANKS)],
                            [f"{rank}_{what}" for what in ("bidders", "auctions") for rank in RANKS])},
    "17": {"q17_auctions": (["auction"], ["total_bids", "rank1_bids", "rank2_bids", "rank3_bids", "min_price", "max_price",
                                          "avg_price", "sum_price"], [])},
}
# With the most rows a window, the views over panes would be asked for long: what is stored is compared.
STORED = {"q5_hot_items": "q5_hot_items_state"}


def test_every_definition_is_measured():
    assert sorted(name for aggregates in QUERIES.values() for name in aggregates) == ALL


def cpu_of_tree(pid):
    """CPU seconds of a server with its children, those that it has reaped among them."""
    def fields(pid):
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rpartition(")")[2].split()

    def own(pid, indices):
        return sum(int(fields(pid)[index]) for index in indices) / os.sysconf("SC_CLK_TCK")

    total = own(pid, (11, 12, 13, 14))
    with open(f"/proc/{pid}/task/{pid}/children") as file:
        for child in file.read().split():
            try:
                total += own(child, (11, 12))
            except OSError:
                pass
    return total


def peak_bytes(pid):
    with open(f"/proc/{pid}/status") as file:
        return int(re.search(r"VmHWM:\s+(\d+)", file.read())[1]) * 1024


class FlinkJobs:
    """One JVM that runs one job after the other."""

    def __init__(self, python, jars, environment, folder):
        self.log = open(folder / "flink.log", "wb")
        self.process = subprocess.Popen(
            [python, ROOT / "Tests/EndToEnd/nexmark_flink.py", jars], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=self.log, text=True, env=environment, cwd=folder)
        self.path = folder / "flink.log"

    def run(self, files, settings):
        self.process.stdin.write(json.dumps({"files": [str(file) for file in files], "settings": settings}) + "\n")
        self.process.stdin.flush()
        for line in self.process.stdout:
            if line.startswith("RESULT "):
                return json.loads(line.removeprefix("RESULT "))
        raise AssertionError(self.path.read_text()[-6000:])

    def close(self):
        self.process.stdin.close()
        self.process.wait(60)
        self.log.close()


class Race:
    """Kafka with the events, and both engines."""

    def __init__(self, product, server, python, jars):
        self.product, self.server = product, server
        self.jobs = FlinkJobs(python, jars, product.settings, product.folder)
        self.runs = 0
        start = ["--seed", 7, "--start", "2026-01-01T00:00:00Z"]
        # Query 8 is about persons and auctions alone: as many events as the others have, in a shorter time.
        self.counts = {"bids": EVENTS, "auctions": EVENTS * 3 // 4, "persons": EVENTS // 4}
        rates = {"bids": EVENT_RATE, "auctions": EVENT_RATE * 3 // 4, "persons": EVENT_RATE // 4}
        for kind, count in self.counts.items():
            product.generate(
                kind, *start, "--event-rate", rates[kind], "--count", count, "--partitions", 4, seconds=600)
            product.run(kind, "--count", 0, "--partitions", 4, "--topic", f"nexmark-{kind}-empty", program=GENERATOR)

    def records(self, query):
        return sum(self.counts[kind] for kind in (["persons", "auctions"] if query == "8" else ["bids"]))

    def project(self, query):
        """A project of the query's definitions alone."""
        folder = self.product.folder / f"query-{query}"
        (folder / "sql/streams").mkdir(parents=True)
        (folder / "sql/aggregates").mkdir()
        for stream in ["persons", "auctions"] if query == "8" else ["bids"]:
            shutil.copy(PROJECT / f"sql/streams/{stream}.sql", folder / "sql/streams")
        for name in QUERIES[query]:
            shutil.copy(PROJECT / f"sql/aggregates/{name}.sql", folder / "sql/aggregates")
        return folder

    def ours(self, records):
        """One pass of our processor over the topics into a new database, from the assignment to the last commit."""
        self.runs += 1
        self.product.settings |= {"DATABASE_URL": self.server.new_database(), "KAFKA_GROUP_ID": f"ours-{self.runs}"}
        self.product.must("migrate")
        process = self.product.start("process", log=f"process-{self.runs}")
        process.wait_for_output("partitions assigned")
        began, cpu, postgres = time.monotonic(), cpu_of_tree(process.pid), cpu_of_tree(self.server.server.pid)
        with self.product.database() as connection, connection.cursor() as cursor:
            connection.autocommit = True

            def committed():
                cursor.execute("SELECT coalesce(sum(next_offset), 0)::bigint FROM pulse.progress")
                return cursor.fetchone()[0] == records
            wait_until(committed, "not all was read", seconds=600, interval=0.02)
        result = {
            "seconds": time.monotonic() - began, "cpu": cpu_of_tree(process.pid) - cpu, "peak": peak_bytes(process.pid),
            "postgres": cpu_of_tree(self.server.server.pid) - postgres}
        assert process.stop() == 0
        return result

    def export(self, query, theirs):
        """The query's export twice: for its topics, read to their present end, and for empty ones."""
        self.product.must("migrate", DATABASE_URL=theirs)
        out = self.product.folder / f"export-{query}"
        self.product.must("export", "flink", "--out", out)
        if (out / "postgres.sql").exists():
            subprocess.run(["psql", theirs, "-q", "-v", "ON_ERROR_STOP=1", "-f", out / "postgres.sql"], check=True)
        text = (out / "10_sources.sql").read_text()
        begin = "'scan.startup.mode' = 'earliest-offset'"
        assert begin in text
        text = text.replace(begin, begin + ",\n  'scan.bounded.mode' = 'latest-offset'")
        text = re.sub(r"'scan.watermark.idle-timeout' = '\d+ ms'", "'scan.watermark.idle-timeout' = '10 min'", text)
        (out / "10_sources.sql").write_text(text)
        (out / "10_empty.sql").write_text(re.sub(r"'topic' = '([^']+)'", r"'topic' = '\1-empty'", text))
        return [out / name for name in NAMES], [out / name.replace("sources", "empty") for name in NAMES]

    def flink(self, query, theirs):
        """Flink's passes over the topics, in a JVM that is warm, without what a job takes that has nothing to read."""
        full, empty = self.export(query, theirs)
        settings = {
            "KAFKA_BOOTSTRAP_SERVERS": self.product.settings["KAFKA_BOOTSTRAP_SERVERS"], "FLINK_GROUP_ID": "flink",
            "POSTGRES_USER": "streampulse", "POSTGRES_PASSWORD": "",
            "POSTGRES_JDBC_URL": f"jdbc:postgresql://127.0.0.1:{self.server.port}/{theirs.rpartition('/')[2]}"
                                 "?stringtype=unspecified"}
        # Whatever is loaded and compiled once.
        self.jobs.run(full, settings)
        passes = []
        for _ in range(ROUNDS):
            nothing = self.jobs.run(empty, settings)
            postgres = cpu_of_tree(self.server.server.pid)
            taken = self.jobs.run(full, settings)
            passes.append({
                "seconds": taken["seconds"] - nothing["seconds"], "cpu": taken["cpu"] - nothing["cpu"],
                "peak": taken["peak"], "postgres": cpu_of_tree(self.server.server.pid) - postgres})
        return passes


@pytest.fixture(scope="module")
def race(new_product, postgres_server, flink):
    folder = ROOT.parent / "shared"
    for needed in ("flink", "kafka/kafka-broker"):
        if not (folder / needed).exists():
            pytest.skip(f"there is no ../shared/{needed}")
    product = new_product()
    product.kafka(folder / "kafka/kafka-broker")
    race = Race(product, postgres_server, flink, folder / "flink")
    yield race
    race.jobs.close()


def assert_equal(both, aggregates):
    for name, (keys, exact, estimates) in aggregates.items():
        relation = STORED.get(name, name)
        if relation != name:
            exact = [column if column != "bids" else both.stored_count(relation) for column in exact]
        both.assert_equal(relation, keys, exact=exact)
        if not estimates:
            continue
        keys = ["window_start", *keys]
        ours = both.rows(both.product.settings["DATABASE_URL"], name, keys, estimates)
        theirs = both.rows(both.theirs, name, keys, estimates)
        errors = defaultdict(list)
        for key, row in ours.items():
            for column, our, their in zip(estimates, row, theirs[key], strict=True):
                # Of few values one or two may be missing; more are within 10 %, which is more than six standard errors.
                assert abs(our - their) <= max(2, 0.1 * their), (name, key, column, our, their)
                errors[column].append(abs(our - their) / max(1, their))
        assert all(statistics.mean(found) < 0.02 for found in errors.values())


class Both(OnBothEngines):
    """The comparison alone, over databases that are filled."""

    def __init__(self, product, theirs):
        self.product, self.theirs = product, theirs

    def stored_count(self, relation):
        return "bids"


@pytest.mark.deep
@pytest.mark.parametrize("query", QUERIES)
def test_a_query_has_the_rows_of_flink(race, query, record_property):
    records = race.records(query)
    race.product.settings["STREAMPULSE_PROJECT"] = str(race.project(query))
    theirs = race.server.new_database()
    flink_passes = race.flink(query, theirs)
    # Once for caches that nobody has warmed.
    our_passes = [race.ours(records) for _ in range(ROUNDS + (ROUNDS > 1))][-ROUNDS:]
    assert_equal(Both(race.product, theirs), QUERIES[query])

    def median(passes, what):
        return statistics.median(each[what] for each in passes)

    def text(passes):
        cpu = median(passes, "cpu")
        return (f"{cpu / records * 1e6:6.2f} µs CPU/event ({records / cpu / 1e6:6.3f} M events/s and core), "
                f"{records / median(passes, 'seconds') / 1e6:6.3f} M events/s, Postgres "
                f"{median(passes, 'postgres') / records * 1e6:5.2f} µs, peak {median(passes, 'peak') / 1e6:5.0f} MB")

    ratio = median(flink_passes, "cpu") / median(our_passes, "cpu")
    for line in (f"ours  {text(our_passes)}", f"Flink {text(flink_passes)}; {ratio:.1f} times our CPU"):
        record_property("figure", f"query {query:>2}: {line}")
        # At once, too, for whoever watches with -s: all queries take long.
        print(f"query {query:>2}: {line}", flush=True)
