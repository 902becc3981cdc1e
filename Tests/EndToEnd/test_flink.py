"""`export flink`: the files of an export, what is refused, and (deep) the projects on a real Flink, whose rows are ours."""

import os
import re
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

class OnBothEngines:
    """A project in two databases, which our processor fills and Flink does."""

    def __init__(self, product, server, project, without=(), tables=None):
        """`tables` makes tables of reference data in a database."""
        self.product = product
        self.folder = project if isinstance(project, Path) else ROOT / "projects" / project if project else ROOT
        self.out = product.folder / "flink"
        product.settings |= {
            "STREAMPULSE_PROJECT": str(self.folder), "DATABASE_URL": server.new_database(), "KAFKA_GROUP_ID": "ours"}
        self.server = server
        self.theirs = server.new_database()
        for url in (product.settings["DATABASE_URL"], self.theirs) if tables else ():
            subprocess.run(["psql", url, "-q", "-v", "ON_ERROR_STOP=1", "-c", tables], check=True)
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


MIXED = {
    "streams/sales.sql": """-- Sales of shops.
CREATE FOREIGN TABLE sales (
  id bigint NOT NULL, shop integer NOT NULL, sold_at timestamptz NOT NULL, amount numeric(10,2), note text
) SERVER kafka OPTIONS (topic 'sales', format 'csv', delimiter ';', event_time 'sold_at');
""",
    "streams/orders.sql": """-- Orders, with what they are marked by.
CREATE FOREIGN TABLE orders (
  order_id bigint NOT NULL, placed_at timestamptz NOT NULL, tags text[], shop integer
) SERVER kafka OPTIONS (topic 'orders', format 'json', event_time 'placed_at');
""",
    "references/shops.sql": """-- Where shops are.
CREATE TABLE shops (shop integer PRIMARY KEY, city text NOT NULL, tax numeric(6,2));
""",
    "aggregates/city_sales.sql": """-- Sales by city.
CREATE MATERIALIZED VIEW city_sales AS
SELECT coalesce(s.city, 'nowhere') AS city, count(*) AS sales, sum(amount) AS amount, min(amount) AS least,
       count(note) AS notes, max(note COLLATE "C") AS note, sum(s.tax) AS tax
FROM sales LEFT JOIN shops AS s ON s.shop = sales.shop
GROUP BY tumble(sold_at, INTERVAL '1 minute'), coalesce(s.city, 'nowhere');
""",
    "aggregates/tag_orders.sql": """-- Orders by tag and city.
CREATE MATERIALIZED VIEW tag_orders AS
SELECT coalesce(tag, 'none') AS tag, s.city, count(*) AS orders, sum(orders.shop::bigint) AS shops
FROM orders CROSS JOIN UNNEST(tags) AS tag JOIN shops AS s ON s.shop = orders.shop
GROUP BY tumble(placed_at, INTERVAL '1 minute'), coalesce(tag, 'none'), s.city;
""",
}


@pytest.mark.deep
def test_csv_lookups_and_arrays_on_flink_are_ours(product, postgres_server, shared, flink):
    jars = shared("flink")
    product.kafka(shared("kafka/kafka-broker"))
    project = product.folder / "mixed"
    for path, text in MIXED.items():
        (project / "sql" / path).parent.mkdir(parents=True, exist_ok=True)
        (project / "sql" / path).write_text(text)
    for topic in ("sales", "orders"):
        product.generate("--count", 0, "--topic", topic, "--partitions", 2, STREAMPULSE_PROJECT=str(ROOT))
    # Shops 8 and 9 are nowhere.
    places = ", ".join(f"({shop}, 'city {shop % 3}', {shop}.25)" for shop in range(8))
    projects = OnBothEngines(
        product, postgres_server, project,
        tables="CREATE TABLE shops (shop integer PRIMARY KEY, city text NOT NULL, tax numeric(6,2)); "
               f"INSERT INTO shops VALUES {places}")
    lines = {topic: [[], []] for topic in ("sales", "orders")}
    for number in range(4000):
        at = f"2026-01-01 00:{number // 600:02}:{number // 10 % 60:02}"
        amount = "" if number % 11 == 0 else f"{number * 37 % 9000 / 100:.2f}"
        note = ("", "plain", '"in ""quotes""; with a delimiter"', "é")[number % 4]
        lines["sales"][number % 2].append(f"{number};{number % 10};{at}Z;{amount};{note}")
        tags = ("[]", "null", '["a"]', '["a", "b", "a"]', '["c", null]')[number % 5]
        lines["orders"][number % 2].append(
            f'{{"order_id": {number}, "placed_at": "{at.replace(" ", "T")}Z", "tags": {tags}, "shop": {number % 9}}}')
    for topic, partitions in lines.items():
        for partition, records in enumerate(partitions):
            file = product.folder / f"{topic}-{partition}"
            file.write_text("\n".join(records) + "\n")
            Kcat(product, topic).run("-P", "-p", str(partition), "-l", file)
    product.start("process")
    read = "SELECT coalesce(sum(next_offset), 0)::bigint FROM pulse.progress"
    wait_until(lambda: product.value(read) == 8000, lambda: f"{product.value(read)} events were read")
    assert product.value("SELECT count(*) FROM dead_letters") == 0
    projects.read_by_flink(flink, jars)
    projects.assert_equal("city_sales", ["city"], exact=["sales", "amount", "least", "notes", "note", "tax"])
    projects.assert_equal("tag_orders", ["tag", "city"], exact=["orders", "shops"])
