"""Records in Confluent's format, made by Confluent's own serialisers, with schemas that only a registry has."""

import json
import subprocess
import urllib.request

import pytest
from kcat import Kcat
from product import ROOT, free_port, wait_until
from schema_registry import SchemaRegistry

PYTHON = ROOT / ".build/python/bin/python"
TOPIC = "rides"
SUBJECT = "rides-value"
START = 1_767_225_600_000
CITIES = ["Oslo", "Graz", "Rom"]

STREAM = """
CREATE FOREIGN TABLE rides () SERVER kafka OPTIONS (
  topic 'rides', format 'avro', schema 'registry:rides-value', event_time 'at');
"""
AGGREGATE = """
CREATE MATERIALIZED VIEW city_rides AS
SELECT city, count(*) AS rides, sum(fare) AS fares
FROM rides
GROUP BY tumble(at, INTERVAL '1 minute'), city;
"""


def ride(*more, fare="long"):
    """A version of the schema: the fields of the first one and more."""
    at = {"type": "long", "logicalType": "timestamp-millis"}
    fields = [{"name": "city", "type": "string"}, {"name": "at", "type": at}, {"name": "fare", "type": fare}]
    return {"type": "record", "name": "Ride", "namespace": "test", "fields": [*more, *fields]}


FIRST = ride()
GROWN = ride({"name": "driver", "type": "string", "default": ""})
NULLABLE = ride({"name": "note", "type": ["null", "string"], "default": None}, fare="int")


def values(count, **more):
    return [
        {"city": CITIES[number % 3], "at": START + number % 4 * 60_000, "fare": number, **more}
        for number in range(count)]


@pytest.fixture
def registry():
    registry = SchemaRegistry()
    yield registry
    registry.close()


class Rides:
    """A project whose stream's schema is a registry's, a broker, and a registry with an address for the product alone."""

    def __init__(self, product, registry):
        self.product = product
        self.registry = registry
        self.port = registry.listen()
        self.producers = registry.listen()
        self.count = 0
        project = product.folder / "project"
        for folder, text in (("streams", STREAM), ("aggregates", AGGREGATE)):
            (project / "sql" / folder).mkdir(parents=True)
            (project / "sql" / folder / "rides.sql").write_text(text)
        self.metrics = free_port()
        product.settings |= {
            "STREAMPULSE_PROJECT": str(project), "KAFKA_TOPIC": TOPIC, "METRICS_PORT": str(self.metrics),
            "SCHEMA_REGISTRY_URL": self.url,
        }
        product.broker(partitions=2)

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def publish(self, schema, partition, rides):
        """Publishes through the serialiser, which registers the schema."""
        order = json.dumps({"schema": schema, "partition": partition, "values": rides})
        done = subprocess.run(
            [PYTHON, ROOT / "Tests/EndToEnd/confluent_producer.py", self.product.settings["KAFKA_BOOTSTRAP_SERVERS"],
             f"http://127.0.0.1:{self.producers}", TOPIC],
            input=order, capture_output=True, text=True, timeout=180)
        assert done.returncode == 0, done.stderr
        assert int(done.stdout) == len(rides)
        self.count += len(rides)

    def wait_for_all(self, but=0):
        self.product.wait_for_events(self.count - but, aggregate="city_rides", column="rides")

    @property
    def processor(self):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.metrics}/health", timeout=10) as response:
            return json.load(response)["processor"]

    def wait_for_detail(self, *texts):
        def detail():
            processor = self.processor
            return processor["status"] == "waiting" and all(text in processor.get("detail", "") for text in texts)
        wait_until(detail, lambda: f"{texts} in {self.processor}")

    def everything_said(self):
        """All logs, and all texts in the database that a person may see."""
        logs = "".join(program.output for program in self.product.programs)
        rows = self.product.query("SELECT reason FROM dead_letters UNION ALL SELECT registry FROM pulse.schemas")
        return logs + "".join(text for (text,) in rows)


@pytest.fixture
def rides(product, postgres_server, registry):
    assert PYTHON.exists(), "there is no .build/python: run make test-packages"
    product.settings["DATABASE_URL"] = postgres_server.new_database()
    return Rides(product, registry)


def totals(product):
    return product.query("SELECT city, sum(rides)::int, sum(fares)::int FROM city_rides GROUP BY city ORDER BY city")


def test_schemas_evolve_and_the_registry_comes_and_goes(rides, registry):
    product = rides.product
    rides.publish(FIRST, 0, values(30))
    product.must("migrate")
    process = product.start("process")
    rides.wait_for_all()
    # The stream's own schema is a writer's, too.
    rides.publish(GROWN, 0, values(30, driver="Kim"))
    rides.publish(FIRST, 1, values(30))
    rides.wait_for_all()
    assert registry.asked(rides.port).count("/schemas/ids/2") == 1
    assert totals(product) == [("Graz", 30, 435), ("Oslo", 30, 405), ("Rom", 30, 465)]

    registry.go_away(rides.port)
    rides.publish(NULLABLE, 0, values(30, note=None))
    rides.publish(GROWN, 1, values(30, driver="Li"))
    # What needs the unknown schema waits, the other partition does not.
    rides.wait_for_all(but=30)
    rides.wait_for_detail("partition 0 of rides waits at offset 60 for the schema 3", rides.url)
    assert product.value("SELECT next_offset FROM pulse.progress WHERE partition = 0") == 60
    process.wait_for_output("schema registry down")
    # A restart in the meantime changes nothing: what was learnt is kept.
    process.kill()
    process = product.start("process")
    rides.publish(GROWN, 1, values(30, driver="Li"))
    rides.wait_for_all(but=30)
    rides.wait_for_detail("for the schema 3")
    # Neither do a recount and a replay need the registry.
    assert "recounted" in product.must("verify", "--recount")
    product.must("replay", "city_rides", "--from", "beginning")

    registry.listen(rides.port)
    rides.wait_for_all()
    process.wait_for_output("schema registry up")
    wait_until(lambda: rides.processor["status"] == "running", lambda: rides.processor)
    assert product.value("SELECT count(*) FROM dead_letters") == 0
    assert process.stop() == 0
    registry.go_away(rides.port)
    # A look at the events knows what was learnt.
    shown = product.must("tail", TOPIC, "--from", "beginning", "--limit", rides.count, "--json").splitlines()
    assert sum(json.loads(line)["event"]["fare"] for line in shown) == sum(row[2] for row in totals(product))
    assert "recounted" in product.must("verify", "--recount")
    assert product.query("SELECT id FROM pulse.schemas ORDER BY id") == [(1,), (2,), (3,)]


def test_an_id_that_nobody_knows_is_a_dead_letter_until_somebody_does(rides, registry):
    product = rides.product
    rides.publish(FIRST, 0, values(3))
    product.must("migrate")
    product.start("process")
    rides.wait_for_all()
    # The id 9, and an event as the serialiser would write it.
    event = bytes([0, 0, 0, 0, 9, 8]) + b"Oslo" + varint(START) + varint(7)
    Kcat(product, TOPIC).produce(1, "unknown", event, 0)
    wait_until(lambda: product.value("SELECT count(*) FROM dead_letters") == 1, "no dead letter")
    code, number, reason = product.query("SELECT code, schema_id, reason FROM dead_letters")[0]
    assert (code, number) == ("UNKNOWN_SCHEMA", 9)
    assert reason.startswith(f"the schema registry {rides.url} does not know the schema 9 (40403)")
    # It stays while the registry is away, and says so.
    registry.go_away(rides.port)
    done = product.run("dead-letters", "replay", "--all")
    assert done.returncode == 1 and "the schema registry cannot be asked for the schema 9" in done.stdout, done.stdout
    registry.listen(rides.port)
    registry.schemas[9] = {"schema": json.dumps(FIRST)}
    assert "1 dead letter replayed, 0 stay" in product.must("dead-letters", "replay", "--all")
    rides.count += 1
    rides.wait_for_all()
    assert "recounted" in product.must("verify", "--recount")


def varint(number):
    """A long as Avro writes it."""
    number = number << 1 ^ number >> 63
    data = []
    while number >= 0x80:
        data.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*data, number])


def test_a_wrong_password_is_said_clearly_and_never_shown(rides, registry):
    product = rides.product
    rides.publish(FIRST, 0, values(3))
    registry.require(rides.port, "rider", "hunter2-right")
    wrong = {"SCHEMA_REGISTRY_USER": "rider", "SCHEMA_REGISTRY_PASSWORD": "hunter2-wrong"}
    right = wrong | {"SCHEMA_REGISTRY_PASSWORD": "hunter2-right"}
    done = product.run("migrate", **wrong)
    assert done.returncode == 1
    assert f"{rides.url}: it does not take this user and password, or this token (401)" in done.stderr, done.stderr
    migrated = product.must("migrate", **right)

    process = product.start("process", **wrong)
    # The reader's schema is known, and so is the writer's: they are the same.
    rides.wait_for_all()
    rides.publish(GROWN, 0, values(3, driver="Kim"))
    rides.wait_for_detail("for the schema 2", "it does not take this user and password")
    process.wait_for_output("schema registry down")
    assert process.stop() == 0
    product.start("process", **right)
    rides.wait_for_all()
    said = rides.everything_said() + done.stdout + done.stderr + migrated
    assert "hunter2" not in said


def test_migrate_reads_the_latest_version_and_keeps_it(rides, registry):
    product = rides.product
    rides.publish(FIRST, 0, values(3))
    # Nothing but migrate makes a version the stream's.
    done = product.run("process")
    assert done.returncode == 1 and "the subject rides-value has not been fetched yet" in done.stderr, done.stderr
    product.must("migrate")
    rides.publish(GROWN, 0, values(3, driver="Kim"))
    assert product.query("SELECT subject, version, schema_id FROM pulse.subjects") == [(SUBJECT, 1, 1)]
    product.must("migrate")
    assert product.query("SELECT subject, version, schema_id FROM pulse.subjects") == [(SUBJECT, 2, 2)]
    registry.go_away(rides.port)
    assert "stays at version 2, which is kept in the database" in product.run("migrate").stderr
    product.start("process")
    rides.wait_for_all()


def test_check_says_what_it_could_not_check(rides, registry):
    product = rides.product
    rides.publish(FIRST, 0, values(1))
    assert "all definitions are valid" in product.must("check")
    for settings, text in (
        ({"SCHEMA_REGISTRY_URL": ""}, "none is configured near \"schema\"\n  hint: set SCHEMA_REGISTRY_URL"),
        ({"SCHEMA_REGISTRY_URL": f"http://127.0.0.1:{free_port()}"}, "the schema registry could not be asked for"),
        ({"SCHEMA_REGISTRY_URL": rides.url + "/wrong"}, "does not answer like a schema registry"),
    ):
        done = product.run("check", **settings)
        assert done.returncode == 1 and "sql/streams/rides.sql:" in done.stderr, done.stderr
        assert text in done.stderr, done.stderr
    # The addresses are tried in turn.
    product.must("check", SCHEMA_REGISTRY_URL=f"http://127.0.0.1:{free_port()}, {rides.url}/")
    # The environment's proxies are not used.
    proxy = f"http://127.0.0.1:{free_port()}"
    product.must("check", http_proxy=proxy, all_proxy=proxy)
    registry.subjects[SUBJECT] = []
    done = product.run("check")
    assert done.returncode == 1 and f"{rides.url} does not know the subject {SUBJECT} (40401)" in done.stderr


def test_a_password_in_the_address_is_refused_and_not_repeated(rides):
    done = rides.product.run("check", SCHEMA_REGISTRY_URL="http://rider:hunter2@127.0.0.1:1")
    assert done.returncode == 2
    assert "SCHEMA_REGISTRY_URL must not hold a user or a password: they have settings of their own" in done.stderr
    assert "hunter2" not in done.stdout + done.stderr


def test_a_certificate_is_checked(rides, registry):
    product = rides.product
    rides.publish(FIRST, 0, values(1))
    certificate = product.folder / "registry.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=registry",
         "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", certificate.with_suffix(".key"), "-out", certificate],
        check=True, capture_output=True)
    port = registry.listen(certificate=certificate)
    url = f"https://127.0.0.1:{port}"
    done = product.run("check", SCHEMA_REGISTRY_URL=url)
    assert done.returncode == 1 and "certificate" in done.stderr.lower(), done.stderr
    product.must("check", SCHEMA_REGISTRY_URL=url, SCHEMA_REGISTRY_CA=str(certificate))
    token = {"SCHEMA_REGISTRY_TOKEN": "t0ken"}
    registry.authorization[port] = "Bearer t0ken"
    product.must("check", SCHEMA_REGISTRY_URL=url, SCHEMA_REGISTRY_CA=str(certificate), **token)
    done = product.run("check", SCHEMA_REGISTRY_URL=url, SCHEMA_REGISTRY_CA="/nowhere.pem")
    assert done.returncode == 1 and "/nowhere.pem" in done.stderr, done.stderr
