"""Streams joined with tables of reference data, which change while a processor runs."""

import shutil

import pytest
from product import ROOT, wait_until

EVENTS = 5_000

DEFINITIONS = {
    "references/devices.sql": """
        CREATE TABLE devices (device_type text PRIMARY KEY, family text NOT NULL) WITH (refresh = '100 milliseconds');
        """,
    "references/owners.sql": """
        CREATE TABLE owners (
          country text, owner text NOT NULL, since timestamptz, until timestamptz, UNIQUE (country, since)
        ) WITH (valid_from = 'since', valid_to = 'until', refresh = '100 milliseconds');
        """,
    "aggregates/family_stats.sql": """
        CREATE MATERIALIZED VIEW family_stats AS
        SELECT d.family, count(*) AS downloads
        FROM content_downloads LEFT JOIN devices AS d ON d.device_type = "user".device_type
        GROUP BY tumble("timestamp", INTERVAL '1 minute'), d.family;
        """,
    "aggregates/owner_stats.sql": """
        CREATE MATERIALIZED VIEW owner_stats AS
        SELECT o.owner, count(*) AS downloads
        FROM content_downloads JOIN owners AS o ON o.country = split_part("user".region, '-', 1)
        GROUP BY tumble("timestamp", INTERVAL '1 minute'), o.owner;
        """,
}

TABLES = """
    CREATE TABLE devices (device_type text PRIMARY KEY, family text NOT NULL);
    CREATE TABLE owners (
      country text, owner text NOT NULL, since timestamptz, until timestamptz, UNIQUE (country, since));
    INSERT INTO owners VALUES ('JP', 'first', NULL, '2026-03-01 08:05Z'), ('JP', 'second', '2026-03-01 08:05Z', NULL);
    INSERT INTO devices VALUES ('iPhone', 'phone'), ('Android Phone', 'phone'), ('iPad', 'tablet');
    """


@pytest.fixture
def joined(product, postgres_server):
    """A broker, a database, and the shipped project with aggregates that are joined with two tables."""
    product.settings["DATABASE_URL"] = postgres_server.new_database()
    folder = product.folder / "project"
    shutil.copytree(ROOT / "sql", folder / "sql")
    shutil.copytree(ROOT / "schemas", folder / "schemas")
    (folder / "sql/references").mkdir(exist_ok=True)
    for name, text in DEFINITIONS.items():
        (folder / "sql" / name).write_text(text)
    product.settings["STREAMPULSE_PROJECT"] = str(folder)
    product.broker()
    return product


def generate(product, minute, seed):
    """Ten minutes of downloads."""
    product.generate(
        "--count", EVENTS, "--seed", seed, "--start", f"2026-03-01T08:{minute}:00Z", "--span", "10m",
        "--out-of-order", "10%:8")


def families(product):
    return dict(product.query("SELECT family, sum(downloads)::int FROM family_stats GROUP BY 1"))


def devices(product, *types):
    """Downloads by devices of these types."""
    return product.value(
        "SELECT coalesce(sum(total_downloads), 0)::int FROM device_stats WHERE device_type = ANY (%s)", [list(types)])


def assert_owners(product, owner):
    """Each minute's downloads from Japan belong to whom the region belonged to then."""
    wanted = product.query(
        f"""SELECT window_start, {owner}, sum(total_downloads)::int FROM region_health WHERE region LIKE 'JP-%%'
            GROUP BY 1, 2 ORDER BY 1, 2""")
    assert wanted
    assert product.query("SELECT window_start, owner, downloads::int FROM owner_stats ORDER BY 1, 2") == wanted


def recount(product):
    """What a recount leaves out, as it says; all else is what Postgres computes."""
    output = product.must("verify", "--recount")
    assert output.splitlines()[-1].endswith(": recounted"), output
    return [line.strip() for line in output.splitlines() if line.startswith("skip")]


@pytest.mark.long
def test_events_count_with_the_rows_of_a_table_that_changes_under_a_running_processor(joined):
    refused = joined.run("migrate")
    assert refused.returncode != 0 and "CREATE TABLE" in refused.stderr and "devices" in refused.stderr, refused.stderr
    joined.query(TABLES)
    joined.must("migrate")
    processor = joined.start("process")
    generate(joined, "00", seed=7)
    joined.wait_for_events(EVENTS)
    phones, tablets = devices(joined, "iPhone", "Android Phone"), devices(joined, "iPad")
    assert phones > 0 and tablets > 0
    others = EVENTS - phones - tablets
    assert families(joined) == {"phone": phones, "tablet": tablets, None: others}
    first = "CASE WHEN window_start < '2026-03-01 08:05Z' THEN 'first' ELSE 'second' END"
    assert_owners(joined, first)
    # So far nothing has changed: both are what a batch gives.
    assert recount(joined) == []

    # What is said of later times does not touch what has been counted.
    joined.query(
        """UPDATE owners SET until = '2026-03-01 08:15Z' WHERE owner = 'second';
           INSERT INTO owners VALUES ('JP', 'third', '2026-03-01 08:15Z', 'infinity');
           UPDATE devices SET family = 'telephone' WHERE family = 'phone'; DELETE FROM devices WHERE device_type = 'iPad'""")
    for table in ("devices", "owners"):
        wait_until(
            lambda: sum("reference data loaded" in line and f'"{table}"' in line for line in processor.output.splitlines()) > 1,
            lambda: f"{table} has not been read again:\n{processor.output}")
    generate(joined, "10", seed=8)
    joined.wait_for_events(2 * EVENTS)
    later = devices(joined, "iPhone", "Android Phone") - phones
    assert families(joined) == {
        "phone": phones, "telephone": later, "tablet": tablets, None: 2 * EVENTS - phones - later - tablets}
    owner = f"CASE WHEN window_start >= '2026-03-01 08:15Z' THEN 'third' ELSE {first} END"
    assert_owners(joined, owner)
    joined.assert_verified()

    # By event time a recount finds the same rows; without a validity it says that it cannot know, and blames nobody.
    skipped = recount(joined)
    assert skipped and all("devices without a validity" in line for line in skipped), skipped
    joined.must("replay", "family_stats", "--from", "beginning")
    assert families(joined) == {"telephone": phones + later, None: 2 * EVENTS - phones - later}
    assert recount(joined) == []
    assert_owners(joined, owner)
    joined.assert_verified()
    assert processor.stop() == 0
