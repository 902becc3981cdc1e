"""Every way into a real Kafka that asks who is there, what is said where one is closed, and the least rights of each command."""

import json
import re
import shutil
import subprocess
import time
from pathlib import Path

import pytest
from product import GENERATOR, PATIENCE, ROOT, TOPIC, wait_until
from secured_kafka import PASSWORD, SecuredKafka
from test_process import told

pytestmark = pytest.mark.deep
TAIL = ("tail", "content_downloads", "--from", "beginning", "--limit")
WRONG = "wr0ng-secret-of-an-attacker"


@pytest.fixture(scope="module")
def secured(new_product, postgres_server, shared):
    product = new_product()
    product.settings["DATABASE_URL"] = postgres_server.new_database()
    kafka = SecuredKafka(product, shared)
    product.must("migrate")
    kafka.allow("reader", "topic", TOPIC, "Read")
    kafka.allow("reader", "group", "streampulse", "Read")
    return kafka


@pytest.fixture(autouse=True)
def nothing_of_another_test(secured):
    """What a test that has failed leaves running would fail the next ones."""
    kept = len(secured.product.programs)
    yield
    for program in secured.product.programs[kept:]:
        program.clean_up()


@pytest.fixture(scope="module")
def newer_library(secured):
    """The folder of a librdkafka that can answer Kafka 4's SCRAM, which Debian 12's cannot: of the clients from PyPI."""
    found = list(ROOT.glob(".build/python/lib/python3*/site-packages/confluent_kafka.libs"))
    if not found:
        pytest.skip("confluent-kafka is not installed: make test-packages")
    folder = secured.product.folder / "librdkafka"
    shutil.copytree(found[0], folder)
    next(folder.glob("librdkafka-*")).rename(folder / "librdkafka.so.1")
    return {"LD_LIBRARY_PATH": str(folder)}


def start(product, **settings):
    processor = product.start("process", METRICS_PORT="0", **settings)
    line = processor.wait_for_output('"listening"')
    return processor, re.search(r"http://[0-9.:]+", line).group()


def work_through(secured, seed, **settings):
    """Every command that reads Kafka, over the same way in."""
    product = secured.product
    before = product.value("SELECT coalesce(sum(total_downloads), 0)::bigint FROM region_health")
    product.must("--count", 300, "--seed", seed, "--partitions", 2, program=GENERATOR)
    processor, url = start(product, **settings)
    product.wait_for_events(before + 300)
    server = product.start("serve", **settings)
    server.wait_for_output("StreamPulse is at")
    wait_until(lambda: product.get("/health").json["broker"]["status"] == "up", lambda: server.output)
    assert json.loads(told(url, "/health"))["status"] == "ok"
    page = product.must("doctor", **settings)
    assert "FAIL" not in page, page
    assert len(product.must(*TAIL, 5, **settings).splitlines()) == 5
    assert server.stop() == 0 and processor.stop() == 0
    assert "verified" in product.must("verify", "--recount", **settings)
    for program in (processor, server):
        assert PASSWORD not in program.output and '"level":"warning"' not in program.output, program.output


def test_a_password_in_the_clear(secured):
    work_through(secured, 1, **secured.sasl("PLAIN"))


def test_a_bearer_token(secured):
    work_through(secured, 2, **secured.bearer())


def test_a_client_certificate(secured):
    work_through(secured, 3, **secured.mutual())


@pytest.mark.parametrize("bits", [256, 512])
def test_a_challenge_with_a_library_that_can_answer_it(secured, newer_library, bits):
    settings = secured.sasl("SCRAM-SHA-256") if bits == 256 else secured.sasl_tls()
    work_through(secured, bits, **settings, **newer_library)


# What is wrong, and the settings that the line has to name; none where only the broker's side mends it.
ATTACKS = {
    "authority": (lambda k: k.tls("TLS", k.foreign), "an authority that is not trusted here: see ssl.ca.location"),
    "expired": (lambda k: k.tls("EXPIRED"), "shows a certificate that has expired: it is to be renewed there"),
    "host": (lambda k: k.tls("ELSEWHERE"), "shows a certificate of another host: see bootstrap.servers"),
    "password": (
        lambda k: k.sasl("PLAIN", password=WRONG),
        "refuses the SASL user or the password: see sasl.username, sasl.password"),
    "user": (lambda k: k.sasl("PLAIN", user="whoever"), "refuses the SASL user or the password"),
    "challenge": (lambda k: k.sasl("SCRAM-SHA-256", password=WRONG), "refuses the SASL user or the password"),
    "old library": (lambda k: k.sasl("SCRAM-SHA-512"), "SCRAM needs librdkafka 2.6.1 or newer"),
    "mechanism": (
        lambda k: k.sasl_tls("PLAIN"),
        "does not take the configured SASL mechanism, but SCRAM-SHA-512: see sasl.mechanisms"),
    "weaker challenge": (lambda k: k.sasl_tls("SCRAM-SHA-256"), "but SCRAM-SHA-512: see sasl.mechanisms"),
    "no client certificate": (lambda k: k.tls("MTLS"), "wants a client certificate"),
    "foreign client": (lambda k: k.mutual(authority=k.foreign), "refuses the client certificate"),
    "expired client": (
        lambda k: k.mutual(file="old", expired=True), "refuses the client certificate: it has expired, or is of an"),
    "plaintext to TLS": (lambda k: k.at("TLS"), "does not answer without TLS, and this client speaks none"),
    "password without TLS": (
        lambda k: k.at(
            "SASLTLS", security_protocol="sasl_plaintext", sasl_mechanisms="SCRAM-SHA-512", sasl_username="reader",
            sasl_password=PASSWORD), "does not answer without TLS, and this client speaks none: see security.protocol"),
    "nobody to SASL": (lambda k: k.at("SASL"), "wants a SASL user, and this client brings none: see security.protocol"),
    "TLS to plaintext": (lambda k: k.tls("SASL"), "does not speak TLS, as this client is configured to"),
}


@pytest.mark.parametrize("attack", ATTACKS)
def test_a_closed_way_is_said_once_and_waited_for(secured, attack):
    make, words = ATTACKS[attack]
    product, settings = secured.product, make(secured)
    processor, url = start(product, **settings)
    line = processor.wait_for_output('"broker down"', seconds=10)
    assert words in line and "127.0.0.1:" in line
    health = json.loads(told(url, "/health"))
    wait_until(lambda: words in json.loads(told(url, "/health"))["broker"]["detail"], lambda: told(url, "/health"))
    assert health["broker"]["status"] == "down"

    started = time.monotonic()
    found = product.run("doctor", **settings)
    assert found.returncode == 1 and time.monotonic() - started < 10
    failures = [line for line in found.stdout.splitlines() if line.startswith("FAIL")]
    assert len(failures) == 1 and words in failures[0], found.stdout
    assert re.search(r"hint: .*(KAFKA_|renew the certificate of the broker)", found.stdout), found.stdout
    assert not found.stderr, found.stderr

    time.sleep(2)
    loud = [line for line in processor.output.splitlines() if '"level":"info"' not in line]
    assert loud == [line], processor.output
    arguments = Path(f"/proc/{processor.pid}/cmdline").read_text()
    for secret in (PASSWORD, WRONG):
        assert secret not in processor.output + found.stdout + told(url, "/health") + told(url, "/metrics") + arguments
    assert processor.stop(seconds=10) == 0


def test_a_file_that_is_not_there_ends_the_start_with_its_name(secured):
    settings = secured.at("TLS", security_protocol="ssl", ssl_ca_location="/nowhere.pem")
    done = secured.product.run("process", seconds=30, **settings)
    assert done.returncode == 1
    loud = [line for line in done.stderr.splitlines() if '"level":"info"' not in line]
    assert len(loud) == 1 and "ssl.ca.location /nowhere.pem: No such file or directory" in loud[0], done.stderr


def test_a_processor_goes_on_when_the_broker_renews_its_certificate(secured):
    product = secured.product
    before = product.value("SELECT coalesce(sum(total_downloads), 0)::bigint FROM region_health")
    product.must("--count", 100, "--seed", 9, "--partitions", 2, program=GENERATOR)
    processor, _ = start(product, **secured.tls("EXPIRED"))
    processor.wait_for_output("has expired")
    store = secured.authority.keystore("broker", file="renewed")
    secured.tool(
        "ConfigCommand", "--alter", "--entity-type", "brokers", "--entity-name", "1", "--add-config",
        f"listener.name.expired.ssl.keystore.location={store}")
    product.wait_for_events(before + 100)
    processor.wait_for_output('"broker up"')
    assert processor.stop() == 0


def test_no_secret_is_in_the_database(secured):
    dump = subprocess.run(
        ["pg_dump", "--data-only", secured.product.settings["DATABASE_URL"]], check=True, capture_output=True,
        timeout=PATIENCE).stdout.decode()
    assert "region_health" in dump and PASSWORD not in dump and WRONG not in dump


# docs/security.md, The least rights: a command of its own user with exactly those, and what is said without one of them.
def test_each_command_works_with_the_least_rights(secured):
    product = secured.product

    secured.allow("sender", "topic", TOPIC, "Write")
    secured.allow("processor doctor looker groupless", "topic", TOPIC, "Read")
    secured.allow("doctor", "topic", TOPIC, "DescribeConfigs")
    secured.allow("server blind", "topic", TOPIC, "Describe")
    secured.allow("processor blind stranger", "group", "streampulse", "Read")
    secured.allow("doctor", "group", "streampulse", "Describe")
    sender, reader = secured.mutual("sender"), secured.mutual("looker")
    before = product.value("SELECT coalesce(sum(total_downloads), 0)::bigint FROM region_health")
    product.must("--count", 100, "--seed", 20, "--partitions", 2, program=GENERATOR, **sender)
    processor = product.start("process", **secured.mutual("processor"))
    product.wait_for_events(before + 100)
    server = product.start("serve", **secured.mutual("server"))
    server.wait_for_output("StreamPulse is at")
    wait_until(lambda: product.get("/health").json["status"] == "ok", lambda: product.get("/health").body)
    assert "FAIL" not in product.must("doctor", **secured.mutual("doctor"))
    assert len(product.must(*TAIL, 3, **reader).splitlines()) == 3
    assert "read again" in product.must("replay", "region_health", "--from", "beginning", **reader)
    for program in (server, processor):
        assert program.stop() == 0
        assert '"level":"warning"' not in program.output, program.output
    assert "verified" in product.must("verify", "--recount", **reader)

    # One that is missing.
    refused = product.run("--count", 1, "--partitions", 2, program=GENERATOR, **reader)
    assert refused.returncode == 1 and "authorization failed" in refused.stderr, refused.stderr
    for user, words in (
        ("groupless", "may not use the consumer group streampulse"), ("blind", f"may not read the topic {TOPIC}"),
        ("stranger", f"may not see the topic {TOPIC}"),
    ):
        settings = secured.mutual(user)
        found = product.run("doctor", **settings)
        failures = [line for line in found.stdout.splitlines() if line.startswith("FAIL") and "processor" not in line]
        assert len(failures) == 1 and words in failures[0], f"{user}: {found.stdout}"
        product.must("--count", 10, "--seed", 21, "--partitions", 2, program=GENERATOR)
        processor, url = start(product, **settings)
        wait_until(
            lambda: [line for line in processor.output.splitlines() if words in line or "AUTHORIZATION" in line],
            lambda: processor.output)
        time.sleep(2)
        loud = [line for line in processor.output.splitlines() if '"level":"info"' not in line]
        assert len(loud) <= 2, processor.output
        assert processor.stop() == 0
    refused = product.run(*TAIL, 1, **secured.mutual("blind"))
    assert refused.returncode == 1 and refused.stderr.count("TOPIC_AUTHORIZATION_FAILED") == 1, refused.stderr
