"""What event-generator publishes beside downloads, read back with Debian's kcat and the readers of Python."""

import csv
import datetime
import io
import json
import re
import time
from collections import defaultdict

import pytest
from avro_reader import AvroReader
from kcat import Kcat
from product import GENERATOR, ROOT

KINDS = {
    "trips": ("region_id", ["trip_id", "region_id", "event_time", "fare", "duration", "distance"]),
    "metrics": ("metric_id", ["metric_id", "name", "timestamp", "value", "tags"]),
    "donations": (
        "stream_id",
        ["event_id", "stream_id", "type", "timestamp", "user_id", "viewers", "message", "amount_usd"],
    ),
}
FIXED = ["--seed", 11, "--start", "2026-01-01T00:00:00Z", "--span", "24h", "--count", 1000]
TRIPS = """
CREATE FOREIGN TABLE trips (
  trip_id text NOT NULL, region_id integer NOT NULL, event_time timestamptz NOT NULL, fare double precision NOT NULL,
  duration integer NOT NULL, distance double precision NOT NULL
) SERVER kafka OPTIONS (topic 'events', format 'json', event_time 'event_time');
"""


@pytest.fixture(scope="module")
def product(new_product):
    """A broker for all tests here, and a project with one stream."""
    product = new_product()
    product.broker()
    streams = product.folder / "project/sql/streams"
    streams.mkdir(parents=True)
    (streams / "trips.sql").write_text(TRIPS)
    product.settings["STREAMPULSE_PROJECT"] = str(product.folder / "project")
    return product


def published(product, topic):
    """Key and value of each record of the topic, in no order."""
    return Kcat(product, topic).payloads()


def milliseconds(text):
    return round(datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp() * 1000)


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_is_the_same_events_in_each_format(product, kind):
    key, names = KINDS[kind]
    for format in ("json", "csv", "avro"):
        product.generate(kind, *FIXED, "--format", format, "--topic", f"{kind}-{format}")
    documents = [(key, json.loads(value)) for key, value in published(product, f"{kind}-json")]
    assert len(documents) == 1000
    assert all(list(document) == names for _, document in documents)
    assert all(found.decode() == str(document[key]) for found, document in documents)

    def as_text(value):
        if isinstance(value, dict):
            return json.dumps(value, separators=(",", ":"))
        return "" if value is None else str(value)

    rows = [next(csv.reader(io.StringIO(value.decode()))) for _, value in published(product, f"{kind}-csv")]
    expected = [[as_text(document[name]) for name in names] for _, document in documents]
    assert sorted(rows) == sorted(expected)

    reader = AvroReader(product.generate(kind, "--print-schema"))
    records = [reader.read(value) for _, value in published(product, f"{kind}-avro")]
    time_name = names[2] if kind == "trips" else "timestamp"
    for _, document in documents:
        document[time_name] = milliseconds(document[time_name])
    identity = names[0] if kind != "metrics" else time_name
    order = lambda record: (str(record[identity]), record[names[0]])  # noqa: E731
    assert sorted(records, key=order) == sorted((document for _, document in documents), key=order)


def test_the_documented_streams_declare_what_is_sent(product):
    """What is made up as CSV, read back as the documentation declares it: every value fits its column."""
    documented = re.findall(r"^```sql\n(CREATE FOREIGN TABLE (\w+) .*?)^```", (ROOT / "docs/generator.md").read_text(), re.M | re.S)
    project = product.folder / "documented"
    (project / "sql/streams").mkdir(parents=True)
    for text, name in documented:
        (project / "sql/streams" / f"{name}.sql").write_text(text)
    assert {name for _, name in documented} == {*KINDS, "downloads", "requests"}
    for kind in KINDS:
        lines = product.folder / f"{kind}.csv"
        product.generate(kind, *FIXED, "--format", "csv", "--dry-run", "--output", lines)
        done = product.run(
            "replay", lines, "--format", "csv", "--no-header", "--stream", kind, "--dry-run", program=GENERATOR,
            STREAMPULSE_PROJECT=str(project))
        assert done.stdout.startswith("sent 1000 events "), done.stderr
        assert "malformed" not in done.stderr and "could not be parsed" not in done.stderr


def test_records_of_one_key_lie_in_one_partition(product):
    product.generate("trips", *FIXED, "--topic", "trips-keyed", "--regions", 5)
    lines = Kcat(product, "trips-keyed").run("-C", "-e", "-o", "beginning", "-f", "%k %p\n").decode().split("\n")[:-1]
    partitions = defaultdict(set)
    for line in lines:
        key, partition = line.split()
        partitions[key].add(partition)
    assert set(partitions) == set("12345") and all(len(found) == 1 for found in partitions.values())


def test_framings_precede_avro(product):
    reader = AvroReader(product.generate("trips", "--print-schema"))
    for framing, start, size in (("single-object", b"\xc3\x01", 10), ("confluent:258", b"\0\0\0\1\2", 5)):
        topic = f"trips-{framing.split(':')[0]}"
        product.generate("trips", *FIXED, "--format", "avro", "--framing", framing, "--topic", topic)
        values = [value for _, value in published(product, topic)]
        assert len({value[:size] for value in values}) == 1 and values[0].startswith(start)
        assert all(reader.read(value[size:])["region_id"] in range(1, 9) for value in values)


def test_live_events_are_of_now_and_come_at_the_rate(product):
    began = time.time()
    product.generate("metrics", "--rate", 500, "--duration", "2s", "--topic", "metrics-live")
    times = [milliseconds(json.loads(value)["timestamp"]) / 1000 for _, value in published(product, "metrics-live")]
    assert 600 <= len(times) <= 1100
    assert began - 1 <= min(times) and max(times) <= time.time() + 1


def test_an_incident_is_seen_in_the_topic(product):
    product.generate("trips", *FIXED, "--topic", "trips-struck", "--incident", "1:+6h:12h:vanish")
    struck = [json.loads(value) for _, value in published(product, "trips-struck")]
    hours = [int(trip["event_time"][11:13]) for trip in struck if trip["region_id"] == 1]
    assert hours and all(hour < 6 or hour >= 18 for hour in hours)


def test_a_csv_of_trips_is_replayed_as_json_with_every_value(product, shared):
    path = shared("data/trips/load_trips_50k.csv")
    # More partitions, because nobody reads meanwhile and the in-process broker holds little of each.
    product.generate(
        "replay", path, "--format", "csv", "--as", "json", "--topic", "trips-replayed", "--partitions", 12, "--key",
        "trip_id")
    found, expected = defaultdict(list), defaultdict(list)
    for key, value in published(product, "trips-replayed"):
        trip = json.loads(value)
        assert key.decode() == trip["trip_id"] and isinstance(trip["region_id"], int)
        found[trip["region_id"]].append((trip["trip_id"], trip["event_time"], trip["fare"], trip["duration"], trip["distance"]))
    with open(path) as file:
        for row in csv.DictReader(file):
            expected[int(row["region_id"])].append(
                (row["trip_id"], row["event_time"], float(row["fare"]), int(row["duration"]), float(row["distance"])))
    assert {region: sorted(trips) for region, trips in found.items()} == {
        region: sorted(trips) for region, trips in expected.items()
    }


def test_malformed_trips_are_shown_or_sent_as_they_are(product, shared):
    path = shared("data/trips/malformed_trips.csv")
    arguments = ["replay", path, "--format", "csv", "--stream", "trips", "--key", "trip_id"]
    left_out = product.run(*arguments, program=GENERATOR, KAFKA_TOPIC="trips-well-formed")
    assert left_out.returncode == 0, left_out.stderr
    assert 'line 3: region_id: "INVALID_REGION" is no integer' in left_out.stderr
    with open(path) as file:
        rows = {row["trip_id"]: row for row in csv.DictReader(file)}
    kept = {key.decode(): json.loads(value) for key, value in published(product, "trips-well-formed")}
    assert f"{len(rows) - len(kept)} lines could not be parsed and were left out" in left_out.stderr
    # The topic is that of the stream's definition.
    product.generate(*arguments, "--send-malformed")
    sent = {key.decode(): json.loads(value) for key, value in published(product, "events")}
    assert set(sent) == set(rows)
    for name, row in rows.items():
        # Numbers by their own look, texts as they stand there, nothing is null.
        texts = {column: "" if value is None else str(value) for column, value in sent[name].items()}
        assert texts == row
        is_well_formed = all(
            value is not None and isinstance(value, str) == (column in ("trip_id", "event_time"))
            for column, value in sent[name].items()) and row["event_time"].endswith("Z")
        assert is_well_formed == (name in kept)
        assert not is_well_formed or kept[name] == sent[name]


def test_json_lines_are_sent_as_they_are_with_their_times_shifted(product):
    path = product.folder / "events.jsonl"
    path.write_text('{"at": {"ms": 1756627200000}, "id": "a", "n": 1.50}\n{"at":{"ms":1756627205000},"id":"b"}\nnothing\n')
    arguments = ["replay", path, "--format", "json-lines", "--key", "id"]
    product.generate(*arguments, "--topic", "lines")
    found = dict(published(product, "lines"))
    assert found == {
        b"a": b'{"at": {"ms": 1756627200000}, "id": "a", "n": 1.50}', b"b": b'{"at":{"ms":1756627205000},"id":"b"}',
    }
    product.generate(*arguments, "--topic", "lines-now", "--rebase", "now", "--time", "at.ms", "--send-malformed")
    records = published(product, "lines-now")
    assert (None, b"nothing") in records
    times = {key: json.loads(value)["at"]["ms"] for key, value in records if key}
    assert times[b"b"] - times[b"a"] == 5000 and abs(times[b"b"] / 1000 - time.time()) < 60


def test_an_access_log_is_sent_as_lines_of_csv(product, shared):
    path = shared("data/access_log/access.log")
    product.generate(
        "replay", path, "--events", "requests", "--as", "csv", "--topic", "requests", "--partitions", 6)
    rows = [next(csv.reader(io.StringIO(value.decode()))) for _, value in published(product, "requests")]
    assert len(rows) == 10_000 and all(len(row) == 8 for row in rows)
    with open(path, errors="replace") as file:
        words = [line.split(" ") for line in file]
    assert sorted(row[1] for row in rows) == sorted(line[0] for line in words)
    assert sum(int(row[5]) for row in rows) == sum(int(line[9]) for line in words if line[9] != "-")
