"""The definitions are real SQL: Postgres itself, asked with a definition's own text, gives the rows that the engine keeps."""

import math
import re
import shutil

import pytest

from product import ROOT

EVENTS = 200_000
# The aggregates and how many key columns each has.
KEYS = {"content_stats": 1, "region_health": 1, "device_stats": 2, "hopping": 1, "daily": 1, "stretches": 1}
# Windows that overlap, days of a zone whose clocks go forward at a midnight between the events, and sessions.
FURTHER = {
    "hopping": "hop(\"timestamp\", INTERVAL '2 minutes', INTERVAL '5 minutes')",
    "daily": "tumble(\"timestamp\", INTERVAL '1 day', 'Atlantic/Azores')",
    "stretches": "session(\"timestamp\", INTERVAL '1 second', INTERVAL '2 minutes')",
}

# The events as rows: each record of the Avro schema is a composite column.
TABLE = """
    CREATE SCHEMA oracle;
    CREATE TYPE oracle.content AS (content_id text, title text, type text, size_gb double precision);
    CREATE TYPE oracle.user AS (user_id text, region text, device_type text, os_version text);
    CREATE TYPE oracle.download AS (
      status text, duration_seconds integer, speed_mbps double precision, error_code text);
    CREATE TABLE oracle.events (
      event_id text, "timestamp" timestamptz, content oracle.content, "user" oracle.user, download oracle.download);
    CREATE TEMPORARY TABLE lines (line jsonb)
    """
FILL = """
    INSERT INTO oracle.events
    SELECT line->>'event_id',
           TIMESTAMPTZ 'epoch' + (line->>'timestamp')::bigint * INTERVAL '1 millisecond',
           jsonb_populate_record(NULL::oracle.content, line->'content'),
           jsonb_populate_record(NULL::oracle.user, line->'user'),
           jsonb_populate_record(NULL::oracle.download, line->'download')
    FROM lines
    """
# `"user".region` in a definition means a column of a relation: each composite column becomes one.
STREAM = """FROM oracle.events AS content_downloads,
  LATERAL (SELECT (content_downloads.content).*) AS content,
  LATERAL (SELECT (content_downloads."user").*) AS "user",
  LATERAL (SELECT (content_downloads.download).*) AS download"""


@pytest.fixture
def loaded(parts):
    """A product that has taken in the events, and the same events as rows of a table."""
    project = parts.folder / "project"
    for name in ("sql", "schemas"):
        shutil.copytree(ROOT / name, project / name)
    for name, window in FURTHER.items():
        (project / "sql" / "aggregates" / f"{name}.sql").write_text(
            f'CREATE MATERIALIZED VIEW {name} AS SELECT "user".region, count(*) AS downloads,\n'
            "max(content.title COLLATE \"C\") AS last_title, avg(download.duration_seconds) AS mean_duration\n"
            f'FROM content_downloads GROUP BY {window}, "user".region;\n')
    parts.settings["STREAMPULSE_PROJECT"] = str(project)
    parts.must("migrate")
    events = parts.folder / "events.jsonl"
    processor = parts.start("process")
    parts.generate(
        "--count", EVENTS, "--seed", 4, "--start", "2026-03-29T00:48:00Z", "--span", "25m", "--out-of-order", "10%:8",
        "--output", events)
    parts.wait_for_events(EVENTS)
    assert processor.stop() == 0
    connection = parts.database()
    with connection.cursor() as cursor:
        cursor.execute(TABLE)
        # One column: quote and delimiter are bytes that JSON never has.
        with open(events, "rb") as lines:
            cursor.copy_expert(r"COPY lines FROM STDIN (FORMAT csv, QUOTE E'\x01', DELIMITER E'\x02')", lines)
        cursor.execute(FILL)
    yield connection
    connection.close()


def as_batch(definition):
    """The definition's own text, over the table; its window is added to what it selects."""
    window = re.search(r"GROUP BY ((?:tumble|hop|session)\(.*?\)),", definition, re.DOTALL)[1]
    stream = STREAM
    if window.startswith("session"):
        # Over the events of a region in their order it says of each where its session begins.
        stream = STREAM.replace(
            "oracle.events",
            f'(SELECT *, {window} OVER (PARTITION BY ("user").region ORDER BY "timestamp") AS session_start'
            " FROM oracle.events)")
        definition = definition.replace(window, "session_start")
        window = "session_start"
    assert definition.count("FROM content_downloads") == 1
    assert definition.startswith("SELECT ")
    return f"SELECT {window} AS window_start, " + definition[len("SELECT "):].replace("FROM content_downloads", stream)


def is_same(column, found, expected):
    """Speeds are averaged as a sum and a count here, step by step there: the last bit may differ."""
    if column == "avg_speed_mbps" and found is not None and expected is not None:
        return math.isclose(found, expected, rel_tol=1e-12)
    return found == expected


def differences(cursor, aggregate):
    """The rows that only one side has, and the values that differ, each with what was found and expected."""
    cursor.execute("SELECT definition FROM pulse.definitions WHERE aggregate = %s", [aggregate])
    cursor.execute(as_batch(cursor.fetchone()[0]))
    columns = [column.name for column in cursor.description]
    width = 1 + KEYS[aggregate]
    expected = {row[:width]: row[width:] for row in cursor}
    cursor.execute(f"SELECT {', '.join(columns)} FROM {aggregate}")
    found = {row[:width]: row[width:] for row in cursor}
    windows = 2 if aggregate == "daily" else 13 if aggregate in ("hopping", "stretches") else 25
    assert len({row[0] for row in expected}) >= windows, "too few windows to be worth comparing"
    assert len(expected) >= windows * 12, "too few rows to be worth comparing"
    return [
        (key, "the row", key in found, key in expected) for key in found.keys() ^ expected.keys()
    ] + [
        (key, column, *pair)
        for key in found.keys() & expected.keys()
        for column, *pair in zip(columns[width:], found[key], expected[key])
        if not is_same(column, *pair)
    ]


def test_the_rows_are_those_that_postgres_gives_for_the_same_select(loaded, parts):
    with loaded.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM oracle.events")
        assert cursor.fetchone() == (EVENTS,)
        for aggregate in KEYS:
            assert differences(cursor, aggregate) == []
        parts.assert_verified()

        # The comparison is worth something: it notices that a single event is gone.
        cursor.execute(
            "DELETE FROM oracle.events WHERE event_id = (SELECT event_id FROM oracle.events ORDER BY 1 LIMIT 1)")
        for aggregate in KEYS:
            assert differences(cursor, aggregate) != []
