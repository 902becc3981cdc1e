"""Trips of the shared data, replayed from CSV as JSON: counted as they are counted independently, and what does not fit its
column is a dead letter that says so."""

import csv
from collections import defaultdict
from decimal import Decimal

import pytest
from product import wait_until

STREAM = """
CREATE FOREIGN TABLE trips (
  trip_id text NOT NULL, region_id integer NOT NULL, event_time timestamptz NOT NULL, fare numeric(12,2) NOT NULL,
  duration integer NOT NULL, distance double precision NOT NULL
) SERVER kafka OPTIONS (topic 'trips', format 'json', event_time 'event_time');
"""
AGGREGATE = """
CREATE MATERIALIZED VIEW trip_stats AS
SELECT region_id, count(*) AS trips, sum(fare) AS fares, avg(fare) AS avg_fare, sum(duration) AS seconds,
       avg(distance) AS avg_distance
FROM trips GROUP BY tumble(event_time, INTERVAL '1 minute'), region_id;
"""
COLUMNS = ["trip_id", "region_id", "event_time", "fare", "duration", "distance"]


@pytest.fixture
def trips(product, postgres_server):
    """A project of this one stream, migrated, with a processor."""
    folder = product.folder / "project"
    for part, text in (("streams/trips", STREAM), ("aggregates/trip_stats", AGGREGATE)):
        (folder / "sql" / part).parent.mkdir(parents=True, exist_ok=True)
        (folder / f"sql/{part}.sql").write_text(text)
    product.settings |= {
        "STREAMPULSE_PROJECT": str(folder), "DATABASE_URL": postgres_server.new_database(), "KAFKA_GROUP_ID": "trips"}
    product.broker()
    product.must("migrate")
    product.start("process")
    return product


def replay(product, file, *options):
    return product.generate("replay", file, "--format", "csv", "--as", "json", "--stream", "trips", *options)


def test_fifty_thousand_trips_are_what_is_counted_independently(trips, shared):
    file = shared("data/trips/load_trips_50k.csv")
    replay(trips, file)
    wait_until(lambda: trips.value("SELECT sum(trips) FROM trip_stats") == 50_000, "not 50,000 trips", seconds=120)
    expected = defaultdict(lambda: [0, Decimal(0), 0, 0.0])
    with open(file, newline="") as lines:
        for row in csv.DictReader(lines):
            region = expected[int(row["region_id"])]
            region[0] += 1
            region[1] += Decimal(row["fare"])
            region[2] += int(row["duration"])
            region[3] += float(row["distance"])
    found = trips.query(
        """
        SELECT region_id, sum(trips)::bigint, sum(fares), sum(seconds)::bigint,
               sum(avg_distance_sum), sum(fares) / sum(trips)
        FROM trip_stats GROUP BY region_id
        """)
    assert {row[0] for row in found} == set(expected)
    for region, count, fares, seconds, distance, mean in found:
        assert (count, fares, seconds) == tuple(expected[region][:3])
        assert distance == pytest.approx(expected[region][3], rel=1e-9)
        assert mean == pytest.approx(expected[region][1] / count)
    assert trips.value("SELECT count(*) FROM dead_letters") == 0
    trips.assert_verified()


def fits(row):
    try:
        return (bool(row["trip_id"]), int(row["region_id"]), Decimal(row["fare"]), int(row["duration"]),
                float(row["distance"])) and row["event_time"].startswith("2025-")
    except (ValueError, ArithmeticError):
        return False


def test_malformed_trips_sent_as_they_are_become_rows_or_dead_letters_that_name_the_column(trips, shared):
    file = shared("data/trips/malformed_trips.csv")
    replay(trips, file, "--send-malformed")
    with open(file, newline="") as lines:
        rows = list(csv.DictReader(lines))
    good = [row for row in rows if fits(row)]
    bad = [row for row in rows if not fits(row)]
    assert len(good) + len(bad) == 18 and len(bad) > 5
    wait_until(lambda: trips.value("SELECT count(*) FROM dead_letters") == len(bad), lambda: str(letters(trips)))
    wait_until(lambda: trips.value("SELECT sum(trips) FROM trip_stats") == len(good), "not all good trips")
    # One record a line, in the order of the file within its partition: each bad line's first column that does not fit.
    reasons = {name: reason for name, reason in letters(trips)}
    for row in bad:
        reason = reasons[row["trip_id"]]
        column = next(name for name in COLUMNS if not fits({**GOOD, name: row[name]}))
        assert reason.startswith(f"{column}: "), (row, reason)
    trips.assert_verified()


GOOD = dict(zip(COLUMNS, ["t", "1", "2025-01-15T10:30:00Z", "1.5", "1", "1.5"]))


def letters(product):
    return product.query(
        "SELECT convert_from(value, 'UTF8')::jsonb ->> 'trip_id', reason FROM dead_letters ORDER BY record_offset")
