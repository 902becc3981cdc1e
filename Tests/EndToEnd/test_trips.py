"""Trips of the shared data, replayed from CSV as JSON: counted as they are counted independently, and what does not fit its
column is a dead letter that says so."""

import csv
from collections import defaultdict
from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from product import ROOT, wait_until

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


# The project that comes with the product, over all files.


@pytest.fixture(scope="module")
def project(new_product, postgres_server):
    """projects/trips, migrated, with a processor."""
    product = new_product(
        STREAMPULSE_PROJECT=str(ROOT / "projects/trips"), DATABASE_URL=postgres_server.new_database(),
        KAFKA_GROUP_ID="trips")
    product.broker()
    product.must("migrate")
    product.start("process")
    return product


def percentile(values, fraction):
    """As Postgres' percentile_cont."""
    place = fraction * (len(values) - 1)
    low = values[int(place)]
    return low + (values[min(int(place) + 1, len(values) - 1)] - low) * (place - int(place))


def counted(files):
    """What the trips of these files come to, by region and minute, and by hour."""
    minutes, hours = defaultdict(list), defaultdict(list)
    for file in files:
        with open(file, newline="") as lines:
            for row in csv.DictReader(lines):
                at = datetime.fromisoformat(row["event_time"].replace("Z", "+00:00"))
                trip = (Decimal(row["fare"]), int(row["duration"]), float(row["distance"]))
                minutes[int(row["region_id"]), at.replace(second=0, microsecond=0)].append(trip)
                hours[at.replace(minute=0, second=0, microsecond=0)].append((row["region_id"], trip))
    return minutes, hours


def test_the_tables_of_the_project_are_what_python_counts_of_every_file(project, shared):
    files = [shared(f"data/trips/{name}") for name in ("sample_trips.csv", "load_trips_50k.csv")]
    for file in files:
        replay(project, file)
    minutes, hours = counted(files)
    total = sum(map(len, minutes.values()))
    wait_until(
        lambda: project.value("SELECT sum(trip_count) FROM region_trips") == total, f"not {total} trips", seconds=120)
    found = project.query("SELECT * FROM region_trips")
    names = [row[0] for row in project.query(
        "SELECT column_name FROM information_schema.columns WHERE table_name = 'region_trips' ORDER BY ordinal_position")]
    rows = [dict(zip(names, row)) for row in found]
    assert {(row["region_id"], row["window_start"]) for row in rows} == set(minutes)
    for row in rows:
        trips = minutes[row["region_id"], row["window_start"]]
        fares, durations = sorted(float(trip[0]) for trip in trips), sorted(trip[1] for trip in trips)
        assert row["window_end"] - row["window_start"] == timedelta(minutes=1)
        assert (row["trip_count"], row["total_fare"]) == (len(trips), sum(trip[0] for trip in trips))
        assert row["total_distance"] == pytest.approx(sum(trip[2] for trip in trips), rel=1e-9)
        assert float(row["avg_fare"]) == pytest.approx(sum(fares) / len(trips))
        assert float(row["avg_duration"]) == pytest.approx(sum(durations) / len(trips))
        assert row["avg_distance"] == pytest.approx(row["total_distance"] / len(trips))
        for fraction in (50, 95, 99):
            # Estimates are within 1 % of the exact ones.
            assert row[f"p{fraction}_fare"] == pytest.approx(percentile(fares, fraction / 100), rel=0.01)
            assert row[f"p{fraction}_duration"] == pytest.approx(percentile(durations, fraction / 100), rel=0.01)
    cities = {row[0]: row[1:] for row in project.query(
        "SELECT window_start, trip_count, total_fare, regions FROM city_trips")}
    assert cities == {
        hour: (len(trips), sum(trip[0] for _, trip in trips), len({region for region, _ in trips}))
        for hour, trips in hours.items()}
    assert project.value("SELECT count(*) FROM dead_letters") == 0
    done = project.run("verify", "--recount")
    assert done.returncode == 0, done.stdout + done.stderr
