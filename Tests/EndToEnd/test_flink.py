"""`export flink`: the files of an export, what is refused, and (deep) the projects on a real Flink, whose rows are ours."""

import os
import re
import shutil
import subprocess
from contextlib import closing
from pathlib import Path

import psycopg2
import pytest
from kcat import Kcat
from product import ROOT, SHORT_LIVED_JAVA, wait_until

EVENTS = 20_000
# Its key error_code can be NULL, which no key of an upsert can be.
WITHOUT = ["--without", "region_errors"]
NAMES = ["00_settings.sql", "10_sources.sql", "20_sinks.sql", "30_statements.sql"]


def test_a_project_is_exported_without_servers(product):
    out = product.folder / "out/flink"
    said = product.must("export", "flink", "--out", out, *WITHOUT)
    assert sorted(file.name for file in out.iterdir()) == [*NAMES, "README.md", "submit.sh"]
    assert f"wrote {out}" in said and os.access(out / "submit.sh", os.X_OK)
    again = product.run("export", "flink", "--out", out, *WITHOUT)
    assert again.returncode == 2 and "not empty" in again.stderr
    subprocess.run(["sh", "-n", out / "submit.sh"], check=True)


def test_no_password_is_in_an_export(product):
    product.settings["DATABASE_URL"] = "postgresql://somebody:geheim@db.example/streampulse"
    out = product.folder / "flink"
    product.must("export", "flink", "--out", out, *WITHOUT)
    assert not any(secret in file.read_text() for file in out.iterdir() for secret in ("geheim", "db.example"))


def test_what_cannot_be_said_is_refused_all_at_once_and_nothing_is_written(product):
    product.settings["STREAMPULSE_PROJECT"] = str(ROOT / "projects/access-log")
    out = product.folder / "flink"
    done = product.run("export", "flink", "--out", out)
    assert done.returncode == 1 and not out.exists()
    for line in ("sql/aggregates/traffic.sql:10:8: percentile_disc", "approx_top_k", "hint: "):
        assert line in done.stderr, done.stderr
    product.must("export", "flink", "--out", out, "--without", "traffic")
    assert "Left out, as asked: traffic" in (out / "README.md").read_text()
    wrong = product.run("export", "flink", "--out", out, "--without", "trafic")
    assert wrong.returncode == 2 and "did you mean traffic?" in wrong.stderr


# What runs on Flink.

@pytest.fixture(scope="module")
def flink():
    """A Python that has Flink 2.3: FLINK_PYTHON, else the one that make test-deep makes."""
    python = Path(os.environ.get("FLINK_PYTHON", ROOT / ".build/flink/bin/python"))
    if not shutil.which("java"):
        pytest.skip("there is no java")
    if not python.exists():
        pytest.skip("apache-flink is not installed: .ci/install-python .build/flink apache-flink==2.3.0")
    return python


class OnBothEngines:
    """A project in two databases, which our processor fills and Flink does."""

    def __init__(self, product, server, project, without=()):
        self.product = product
        self.folder = ROOT / "projects" / project if project else ROOT
        self.out = product.folder / "flink"
        product.settings |= {
            "STREAMPULSE_PROJECT": str(self.folder), "DATABASE_URL": server.new_database(), "KAFKA_GROUP_ID": "ours"}
        self.server = server
        self.theirs = server.new_database()
        product.must("migrate")
        product.must("migrate", DATABASE_URL=self.theirs)
        product.must("export", "flink", "--out", self.out, *(["--without", ",".join(without)] if without else []))

    def read_by_flink(self, python, jars):
        """Runs the export to the present end of the topic."""
        extra = self.out / "postgres.sql"
        if extra.exists():
            subprocess.run(["psql", self.theirs, "-q", "-v", "ON_ERROR_STOP=1", "-f", extra], check=True)
        sources = self.out / "10_sources.sql"
        begin = "'scan.startup.mode' = 'earliest-offset'"
        text = sources.read_text()
        assert begin in text
        text = text.replace(begin, begin + ",\n  'scan.bounded.mode' = 'latest-offset'")
        # On a busy machine a partition of the backlog may rest for long: it is not silent, and its events are not late.
        sources.write_text(re.sub(r"'scan.watermark.idle-timeout' = '\d+ ms'", "'scan.watermark.idle-timeout' = '10 min'", text))
        environment = self.product.settings | SHORT_LIVED_JAVA | {
            "FLINK_GROUP_ID": "flink", "SCHEMA_REGISTRY_URL": "", "POSTGRES_USER": "streampulse", "POSTGRES_PASSWORD": "",
            "POSTGRES_JDBC_URL": f"jdbc:postgresql://127.0.0.1:{self.server.port}/{self.theirs.rpartition('/')[2]}"
                                 "?stringtype=unspecified",
        }
        done = subprocess.run(
            [python, ROOT / "Tests/EndToEnd/flink_runner.py", jars, *(self.out / name for name in NAMES)],
            capture_output=True, text=True, timeout=1200, env=environment, cwd=self.product.folder)
        assert done.returncode == 0 and "done" in done.stdout, done.stdout[-4000:] + done.stderr[-8000:]

    def rows(self, url, relation, keys, columns):
        with closing(psycopg2.connect(url)) as connection, connection.cursor() as cursor:
            cursor.execute(f"SELECT {', '.join(keys + columns)} FROM {relation}")
            return {row[:len(keys)]: row[len(keys):] for row in cursor.fetchall()}

    def assert_equal(self, relation, keys, exact=(), floats=(), bounds=()):
        """`bounds` are columns whose values may differ by the share that is said."""
        keys = ["window_start", "window_end", *keys]
        columns = [*exact, *floats, *(name for name, _ in bounds)]
        ours = self.rows(self.product.settings["DATABASE_URL"], relation, keys, columns)
        theirs = self.rows(self.theirs, relation, keys, columns)
        assert len(ours) > 1 or not keys[2:]
        assert sorted(map(str, ours.keys() ^ theirs.keys())) == []
        shares = [0] * len(exact) + [1e-9] * len(floats) + [share for _, share in bounds]
        for key, row in ours.items():
            for name, share, our, their in zip(columns, shares, row, theirs[key], strict=True):
                if our is None or their is None or not share:
                    assert our == their, (relation, key, name)
                else:
                    assert float(our) == pytest.approx(float(their), rel=share, abs=share), (relation, key, name)


@pytest.fixture
def exported(product, postgres_server, shared, flink):
    """Makes a project, fills both databases and compares nothing yet."""
    jars = shared("flink")

    def make(project, *generator, without=(), topic=None, broken=()):
        product.kafka(shared("kafka/kafka-broker"))
        projects = OnBothEngines(product, postgres_server, project, without)
        product.generate(*generator, "--count", EVENTS, "--span", "10m", "--seed", 7)
        sent = EVENTS + len(broken)
        for number, document in enumerate(broken):
            Kcat(product, topic).produce(number, "broken", document, 0)
        product.start("process")
        read = "SELECT coalesce(sum(next_offset), 0)::bigint FROM pulse.progress"
        wait_until(lambda: product.value(read) == sent, lambda: f"{product.value(read)} events were read")
        projects.read_by_flink(flink, jars)
        return projects

    return make


@pytest.mark.deep
def test_downloads_on_flink_are_ours(exported):
    projects = exported("", without=["region_errors"])
    projects.assert_equal(
        "region_health", ["region"],
        exact=["total_downloads", "successful_downloads", "failed_downloads", "avg_duration_seconds"],
        floats=["success_rate", "avg_speed_mbps", "total_size_gb"])
    projects.assert_equal(
        "content_stats", ["content_id"],
        exact=["title", "download_count", "successful_downloads", "failed_downloads", "avg_duration_seconds"],
        floats=["total_size_gb"])
    projects.assert_equal(
        "device_stats", ["device_type", "os_version"],
        exact=["total_downloads", "successful_downloads", "failed_downloads"], floats=["avg_speed_mbps", "total_size_gb"])


@pytest.mark.deep
def test_trips_on_flink_are_ours(exported):
    broken = [b"{broken", b"[1, 2]", b'{"region_id": "no number"}']
    projects = exported("trips", "trips", "--topic", "events", topic="events", broken=broken)
    # The sketches' bound, docs/definitions.md.
    percentiles = [(f"p{share}_{what}", 0.0101) for share in (50, 95, 99) for what in ("fare", "duration")]
    projects.assert_equal(
        "region_trips", ["region_id"], exact=["trip_count", "total_fare", "avg_fare", "avg_duration"],
        floats=["total_distance", "avg_distance"], bounds=percentiles)
    projects.assert_equal(
        "city_trips", [], exact=["trip_count", "total_fare"], floats=["total_distance"], bounds=[("regions", 0.1)])


@pytest.mark.deep
def test_donations_on_flink_are_ours(exported):
    projects = exported("donations", "donations")
    projects.assert_equal(
        "stream_minutes", ["stream_id"],
        exact=["viewers", "peak_viewers", "avg_viewers", "chat_messages", "donations", "donations_usd",
               "largest_donation_usd"],
        bounds=[("active_users", 0.1)])


@pytest.mark.deep
def test_sessions_on_flink_are_ours(exported):
    projects = exported("access-log", "requests", without=["traffic"])
    projects.assert_equal(
        "site_minutes", [], exact=["requests", "server_errors", "client_errors", "bot_requests", "bytes"],
        floats=["error_rate"])
    projects.assert_equal("visits", ["client"], exact=["requests", "bytes", "worst_status"])


@pytest.mark.deep
def test_windows_that_overlap_on_flink_are_ours(exported):
    projects = exported("metrics", "metrics", without=["bursts", "series_minutes"])
    projects.assert_equal("series_five_minutes", ["metric_id"], exact=["measurements", "highest"], floats=["mean"])
