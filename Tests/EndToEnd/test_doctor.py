"""`streampulse doctor` names what is wrong in a line with the way on, and says nothing about a healthy system."""

import json
import socket

import pytest
from product import STREAMPULSE, free_port, wait_until


def examine(product, **settings):
    """The exit status and the findings, by what they are about."""
    done = product.run("doctor", "--json", **settings)
    assert done.stdout, done.stderr
    document = json.loads(done.stdout)
    assert document["healthy"] == (not document["findings"])
    assert done.returncode == int(any(one["gravity"] == "failure" for one in document["findings"]))
    return document["findings"]


def finds(findings, area, text, advice, gravity="failure"):
    """There is this finding, and its way on."""
    found = [one for one in findings if one["area"] == area and text in one["problem"]]
    assert len(found) == 1, findings
    assert found[0]["gravity"] == gravity and advice in found[0]["advice"], found
    return found[0]


def test_a_healthy_system_has_no_finding(product):
    product.up()
    wait_until(lambda: product.get("/api/stats/realtime").json["total_downloads"] > 0, "there are no events")
    done = product.run("doctor")
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout == "nothing is wrong: looked at process, definitions, postgres, kafka, api\n"


@pytest.fixture(scope="module")
def system(new_product, postgres_server):
    """A project with its broker and database, migrated and processed; Postgres is one without durability."""
    product = new_product(DATABASE_URL=postgres_server.new_database(), KAFKA_GROUP_ID="doctor")
    product.broker()
    product.must("migrate")
    product.processor = product.start("process")
    product.processor.wait_for_output("definitions loaded")
    wait_until(
        lambda: not [one for one in examine(product) if "no processor" in one["problem"]], "the processor is not seen")
    return product


def test_what_the_server_may_lose_is_a_warning(system):
    finds(examine(system), "postgres", "fsync is off", "turn fsync on", gravity="warning")


@pytest.mark.parametrize("settings, text, advice", [
    ({"DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none"}, "Connection refused", "is Postgres running"),
    ({"DATABASE_URL": "postgresql://u@no.such.host.invalid/none"}, "no.such.host.invalid", "DATABASE_URL or PG_HOST"),
])
def test_a_server_that_is_not_there(system, settings, text, advice):
    finds(examine(system, **settings), "postgres", text, advice)


def test_a_database_a_role_and_a_database_that_is_not_prepared(system, postgres_server):
    finds(examine(system, DATABASE_URL=postgres_server.url("nowhere")), "postgres", "does not exist", "createdb")
    finds(
        examine(system, DATABASE_URL=postgres_server.url("postgres", "stranger")), "postgres", "does not exist",
        "createuser")
    finds(
        examine(system, DATABASE_URL=postgres_server.new_database()), "postgres", "not up to date",
        "streampulse migrate")


def test_a_user_without_rights_and_one_who_only_reads(system, postgres_server):
    postgres_server.execute("CREATE ROLE visitor LOGIN")
    name = system.settings["DATABASE_URL"].rsplit("/", 1)[1]
    findings = examine(system, DATABASE_URL=postgres_server.url(name, "visitor"))
    assert [one for one in findings if one["area"] == "postgres" and one["gravity"] == "failure"], findings
    postgres_server.execute("ALTER ROLE streampulse SET default_transaction_read_only = on")
    try:
        finds(examine(system), "postgres", "read-only", "ALTER ROLE")
    finally:
        postgres_server.execute("ALTER ROLE streampulse RESET default_transaction_read_only")


def test_brokers_and_topics(system):
    finds(
        examine(system, KAFKA_BOOTSTRAP_SERVERS=f"127.0.0.1:{free_port()}"), "kafka", "no broker answers",
        "advertised.listeners")
    finds(
        examine(system, KAFKA_TOPIC="elsewhere"), "stream content_downloads", "there is no topic elsewhere",
        "correct KAFKA_TOPIC")
    finds(
        examine(system, KAFKA_PROPERTY_SECURITY_PROTOCOL="nonsense"), "kafka", "nonsense", "KAFKA_PROPERTY_")


def test_definitions_with_an_error(system, tmp_path):
    folder = tmp_path / "sql/streams"
    folder.mkdir(parents=True)
    (folder / "trips.sql").write_text("CREATE FOREIGN TABLE trips (id txet) SERVER kafka OPTIONS (topic 't');\n")
    findings = examine(system, STREAMPULSE_PROJECT=str(tmp_path))
    assert [one for one in findings if one["area"] == "definitions" and "trips.sql:1:" in one["problem"]], findings


def test_a_port_that_another_program_uses(system):
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(5)
        finds(examine(system, API_PORT=str(server.getsockname()[1])), "api", "another program", "API_PORT")


def test_a_limit_of_descriptors_that_is_too_low(system):
    done = system.run("-c", f"ulimit -n 256; exec {STREAMPULSE} doctor --json", program="/bin/bash")
    finds(json.loads(done.stdout)["findings"], "process", "256", "ulimit -n", gravity="warning")


def test_dead_letters_and_then_a_processor_that_is_gone(system):
    system.generate("downloads", "--format", "json", "--count", "5")
    wait_until(lambda: system.value("SELECT count(*) FROM dead_letters") == 5, "there are no dead letters")
    finds(
        examine(system), "stream content_downloads", "dead letters within the last hour: 5", "dead-letters list",
        gravity="warning")
    assert system.processor.stop() == 0
    finds(examine(system), "stream content_downloads", "no processor is running", "streampulse process")
