"""One project that reads Avro, JSON and CSV: what each table holds is what Postgres makes of the same records."""

import json
import random
import shutil
import subprocess
import threading

import pytest
from product import GENERATOR, ROOT, wait_until

TRIPS = """
CREATE FOREIGN TABLE trips (
  trip_id    text NOT NULL,
  region_id  integer NOT NULL,
  event_time timestamptz NOT NULL,
  fare       numeric(10,2),
  distance   double precision,
  shared     boolean,
  city       text OPTIONS (path 'place.city'),
  first_tag  text OPTIONS (path 'tags[0]')
) SERVER kafka OPTIONS (topic 'trips', format 'json', event_time 'event_time');
"""
TRIP_STATS = """
CREATE MATERIALIZED VIEW trip_stats AS
SELECT region_id, count(*) AS trips, sum(fare) AS fares, max(distance) AS longest,
       count(*) FILTER (WHERE city = 'Zürich "West"') AS zurich, count(first_tag) AS tagged,
       count(*) FILTER (WHERE shared) AS shared_trips
FROM trips GROUP BY tumble(event_time, INTERVAL '1 minute'), region_id;
"""
TRIP_COLUMNS = """
  SELECT (doc ->> 'region_id')::integer AS region_id, (doc ->> 'event_time')::timestamptz AS event_time,
         (doc ->> 'fare')::numeric(10,2) AS fare, (doc ->> 'distance')::double precision AS distance,
         (doc ->> 'shared')::boolean AS shared, doc #>> '{place,city}' AS city, doc #>> '{tags,0}' AS first_tag
  FROM raw_trips"""
ACCESS = """
CREATE FOREIGN TABLE access (
  client inet_text, at timestamptz NOT NULL, path text NOT NULL, status integer NOT NULL, bytes bigint
) SERVER kafka OPTIONS (topic 'access', format 'csv', event_time 'at', delimiter ';', null '-');
""".replace("inet_text", "text")
ACCESS_STATS = """
CREATE MATERIALIZED VIEW access_stats AS
SELECT path, status, count(*) AS requests, sum(bytes) AS bytes, count(bytes) AS with_bytes
FROM access GROUP BY tumble(at, INTERVAL '1 minute'), path, status;
"""
BROKEN_TRIPS = ['{"trip_id":"x","region_id":"one","event_time":"2026-01-01T00:00:00Z"}', '{"trip_id":"x"', "[1]",
                '{"trip_id":"x","region_id":1,"region_id":2,"event_time":"2026-01-01T00:00:00Z"}']
BROKEN_ACCESS = ["a;b", "1.2.3.4;yesterday;/;200;1", '1.2.3.4;2026-01-01T00:00:00Z;"/;200;1']


def project(product):
    """The shipped project with two streams more."""
    folder = product.folder / "project"
    for part in ("sql", "schemas", "web"):
        shutil.copytree(ROOT / part, folder / part)
    for name, text in {
        "streams/trips": TRIPS, "streams/access": ACCESS, "aggregates/trip_stats": TRIP_STATS,
        "aggregates/access_stats": ACCESS_STATS,
    }.items():
        (folder / f"sql/{name}.sql").write_text(text)
    product.settings["STREAMPULSE_PROJECT"] = str(folder)


class Load:
    """Sends trips and requests while the test goes on, and remembers all that was good."""

    def __init__(self, product, seed):
        self.random = random.Random(seed)
        self.trips, self.requests = [], []
        self.bad_trips = self.bad_requests = 0
        self.stopped = threading.Event()
        self.servers = product.settings["KAFKA_BOOTSTRAP_SERVERS"]
        self.thread = threading.Thread(target=self.run)
        self.thread.start()

    def trip(self, number):
        doc = {
            "trip_id": f"t{number}", "region_id": self.random.randrange(40), "ignored": {"deep": [[[number]]]},
            "event_time": f"2026-01-01T00:{number // 500 % 60:02}:{number % 60:02}.{number % 1000:03}+00:00",
            "fare": self.random.randrange(100_000) / 100, "distance": self.random.random() * 30,
            "shared": self.random.choice([True, False, None]),
            "place": {"city": self.random.choice(["Zürich \"West\"", "Bern", None])},
            "tags": self.random.choice([[], ["a", "b"], [None]]),
        }
        if number % 7 == 0:
            del doc["fare"], doc["place"]
        return json.dumps(doc, ensure_ascii=number % 2 == 0)

    def request(self, number):
        path = self.random.choice(["/", "/a;b", 'say "hi"', "/ü"])
        quoted = '"' + path.replace('"', '""') + '"' if number % 2 or path != "/" else path
        size = self.random.choice(["-", "0", "123456789012"])
        time = f"2026-01-01 00:{number // 500 % 60:02}:{number % 60:02}+02"
        return f"10.0.0.{number % 200};{time};{quoted};{self.random.choice([200, 404])};{size}", (time, path, size)

    def run(self):
        senders = [
            subprocess.Popen(["kcat", "-P", "-b", self.servers, "-t", topic, "-l", "-X", "linger.ms=20", "/dev/stdin"],
                             stdin=subprocess.PIPE, text=True) for topic in ("trips", "access")]
        number = 0
        while not self.stopped.is_set():
            for _ in range(20):
                number += 1
                trip = self.trip(number)
                self.trips.append(trip)
                request, (time, path, size) = self.request(number)
                self.requests.append((time, path, int(request.split(";")[-2]), None if size == "-" else int(size)))
                lines = [trip, request]
                if number % 50 == 0:
                    senders[0].stdin.write(self.random.choice(BROKEN_TRIPS) + "\n")
                    senders[1].stdin.write(self.random.choice(BROKEN_ACCESS) + "\n")
                    self.bad_trips += 1
                    self.bad_requests += 1
                for sender, line in zip(senders, lines):
                    sender.stdin.write(line + "\n")
            for sender in senders:
                sender.stdin.flush()
            self.stopped.wait(0.02)
        for sender in senders:
            sender.stdin.close()
            assert sender.wait(30) == 0

    def stop(self):
        self.stopped.set()
        self.thread.join(60)


def differences(product, load):
    """Rows that are in only one of: the product's tables, and what Postgres computes from what was sent."""
    connection = product.database()
    with connection, connection.cursor() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE raw_trips (doc jsonb)")
        cursor.execute("INSERT INTO raw_trips SELECT unnest(%s::jsonb[])", (load.trips,))
        cursor.execute("CREATE TEMPORARY TABLE access (at timestamptz, path text, status integer, bytes bigint)")
        cursor.execute("INSERT INTO access SELECT * FROM unnest(%s::timestamptz[], %s::text[], %s::integer[], %s::bigint[])",
                       [list(column) for column in zip(*load.requests)])
        found = []
        for table, select in {
            "trip_stats": TRIP_STATS.replace("FROM trips", f"FROM ({TRIP_COLUMNS}) AS trips"), "access_stats": ACCESS_STATS,
        }.items():
            query = select.split(" AS\n", 1)[1].strip().rstrip(";")
            window = "tumble(event_time" if table == "trip_stats" else "tumble(at"
            query = query.replace("SELECT ", f"SELECT {window}, INTERVAL '1 minute') AS window_start, ", 1)
            columns = {"trip_stats": "window_start, region_id, trips, fares, longest, zurich, tagged, shared_trips",
                       "access_stats": "window_start, path, status, requests, bytes, with_bytes"}[table]
            cursor.execute(
                f"(SELECT 'only stored', {columns} FROM {table} EXCEPT ALL SELECT 'only stored', s.* FROM ({query}) AS s) "
                f"UNION ALL (SELECT 'only computed', s.* FROM ({query}) AS s EXCEPT ALL "
                f"SELECT 'only computed', {columns} FROM {table})")
            found += cursor.fetchall()
    connection.close()
    return found


def run_under_kills(product, kills):
    project(product)
    product.broker()
    load = Load(product, seed=kills)
    generator = product.start(
        "--rate", 2000, "--seed", 20, "--partitions", 3, program=GENERATOR, log="load")
    moment = random.Random(kills)
    try:
        for number in range(kills):
            up = product.up("--no-demo", KAFKA_PROPERTY_SESSION_TIMEOUT_MS="3500")
            before = product.value("SELECT coalesce(sum(next_offset), 0)::bigint FROM pulse.progress")
            wait_until(
                lambda: product.value("SELECT coalesce(sum(next_offset), 0)::bigint FROM pulse.progress") > before,
                f"nothing is read at start {number}", seconds=60)
            moment.random() < 0.5 and wait_until(
                lambda: product.value("SELECT coalesce(sum(next_offset), 0)::bigint FROM pulse.progress") > before + 500,
                "it does not go on", seconds=60)
            up.kill()
    finally:
        load.stop()
    assert generator.stop() == 0
    up = product.up("--no-demo", KAFKA_PROPERTY_SESSION_TIMEOUT_MS="3500")
    product.settings |= product.joining

    def lag():
        return [stream["lag_records"] for stream in product.get("/health").json["streams"]]

    wait_until(lambda: lag() == [0, 0, 0], lambda: str(product.get("/health").body), seconds=120)
    trips = product.value("SELECT sum(trips) FROM trip_stats")
    requests = product.value("SELECT sum(requests) FROM access_stats")
    assert (trips, requests) == (len(load.trips), len(load.requests))
    assert differences(product, load) == []
    dead = dict(product.query("SELECT stream, count(*) FROM dead_letters GROUP BY stream"))
    assert dead == {"trips": load.bad_trips, "access": load.bad_requests}
    product.assert_verified()
    recounted = product.run("verify", "--recount", seconds=300)
    assert recounted.returncode == 0, recounted.stdout + recounted.stderr
    assert recounted.stdout.count("recounted") == 3
    assert up.stop() == 0


def test_three_formats_in_one_up_that_is_killed_are_what_postgres_computes(product):
    run_under_kills(product, 3)


@pytest.mark.deep
def test_three_formats_in_one_up_that_is_killed_twenty_times_are_what_postgres_computes(product):
    run_under_kills(product, 20)


def test_what_does_not_fit_a_declared_column_is_a_dead_letter_that_names_it(parts):
    project(parts)
    parts.must("migrate")
    processor = parts.start("process")
    for topic, lines in (("trips", BROKEN_TRIPS), ("access", BROKEN_ACCESS)):
        subprocess.run(["kcat", "-P", "-b", parts.settings["KAFKA_BOOTSTRAP_SERVERS"], "-t", topic, "-p", "0", "-l",
                        "/dev/stdin"], input="\n".join(lines) + "\n", text=True, check=True, timeout=30)
    wait_until(lambda: parts.value("SELECT count(*) FROM dead_letters") == 7, "not seven dead letters")
    letters = parts.query("SELECT code, reason FROM dead_letters ORDER BY stream DESC, record_offset")
    assert [code for code, _ in letters] == [
        "DATATYPE_MISMATCH", "MALFORMED", "MALFORMED", "MALFORMED", "MALFORMED", "INVALID_TEXT_REPRESENTATION", "MALFORMED"]
    for (_, reason), word in zip(letters, ["region_id", "", "", "region_id", "", "at", ""]):
        assert word in reason
    assert processor.stop() == 0
