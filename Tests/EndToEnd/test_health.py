"""What the health report says of a topic that cannot be read, and of one that holds something else than events."""

import json
import os
import subprocess
import time

import pytest
from kcat import Kcat
from product import GENERATOR, PATIENCE, SHORT_LIVED_JAVA, TOPIC, free_port, wait_until
from test_process import start_with_metrics, told


def health_of(*urls):
    return [json.loads(told(url, "/health")) for url in urls]


def wait_for_status(status, text, *urls):
    """Waits until everybody says so, with the text in the detail; returns the processors' parts."""
    def said():
        parts = health_of(*urls)
        return all(
            part["status"] == status and text in part["processor"].get("detail", "") for part in parts) and parts
    return [part["processor"] for part in wait_until(said, lambda: health_of(*urls))]


def start_server(product):
    server = product.start("serve")
    server.wait_for_output("StreamPulse is at")
    return server


def tool(shared, product, name, *arguments):
    servers = product.settings["KAFKA_BOOTSTRAP_SERVERS"]
    done = subprocess.run(
        [shared("kafka/kafka-tool"), name, "--bootstrap-server", servers, *arguments], capture_output=True,
        timeout=PATIENCE, env=os.environ | SHORT_LIVED_JAVA)
    assert done.returncode == 0, done.stderr + done.stdout


@pytest.fixture
def real_parts(product, postgres_server, shared):
    """A migrated product with a real Kafka, whose user can be denied what an access list names."""
    rules = product.folder / "kafka-properties"
    rules.write_text(
        "authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer\n"
        "allow.everyone.if.no.acl.found=true\n")
    product.kafka(shared("kafka/kafka-broker"), partitions=3, KAFKA_PROPERTIES=str(rules))
    product.settings["DATABASE_URL"] = postgres_server.new_database()
    product.must("migrate")
    product.settings["KAFKA_PROPERTY_TOPIC_METADATA_REFRESH_INTERVAL_MS"] = "1000"
    return product


def test_a_missing_topic_is_said_by_everybody_until_it_is_there(real_parts, shared):
    real_parts.settings["KAFKA_TOPIC"] = "not-made-yet"
    processor, url = start_with_metrics(real_parts)
    server = start_server(real_parts)
    up = real_parts.up(API_PORT=str(port := free_port()), KAFKA_GROUP_ID="another")
    urls = [url, real_parts.url, f"http://127.0.0.1:{port}"]
    for part in wait_for_status("degraded", "the topic not-made-yet does not exist", *urls):
        assert part["status"] == "waiting"
        assert part["lag_records"] is None
    assert all('streampulse_lag_records{stream="content_downloads"} nan' in told(url, "/metrics").lower() for url in urls)
    assert up.stop() == 0

    real_parts.must("--count", 300, "--seed", 1, "--partitions", 3, program=GENERATOR)
    real_parts.wait_for_events(300)
    wait_for_status("ok", "", *urls[:2])
    for program in (processor, server):
        assert program.stop() == 0
        assert program.output.count('"topic cannot be read"') == 1
        assert program.output.count('"topic can be read again"') == 1


@pytest.mark.long
def test_a_topic_that_is_deleted_or_hidden_or_made_anew_smaller_is_said(real_parts, shared):
    processor, url = start_with_metrics(real_parts)
    start_server(real_parts)
    urls = [url, real_parts.url]
    real_parts.must("--count", 300, "--seed", 1, program=GENERATOR)
    real_parts.wait_for_events(300)
    wait_for_status("ok", "", *urls)

    denial = ["--deny-principal", "User:ANONYMOUS", "--operation", "Describe", "--topic", TOPIC]
    tool(shared, real_parts, "AclCommand", "--add", *denial)
    wait_for_status("degraded", f"may not see the topic {TOPIC}", *urls)
    tool(shared, real_parts, "AclCommand", "--remove", "--force", *denial)
    wait_for_status("ok", "", *urls)

    tool(shared, real_parts, "TopicCommand", "--delete", "--topic", TOPIC)
    wait_for_status("degraded", f"the topic {TOPIC} does not exist", *urls)
    tool(shared, real_parts, "TopicCommand", "--create", "--topic", TOPIC, "--partitions", "2")
    parts = wait_for_status("degraded", f"the topic {TOPIC} has 2 partitions", *urls)
    assert "begin_again" in parts[0]["detail"]
    # What the message says is what helps.
    real_parts.query(
        "SELECT pulse.begin_again(cluster, topic, partition) FROM pulse.progress WHERE next_offset > 0")
    real_parts.must("--count", 100, "--seed", 2, program=GENERATOR)
    real_parts.wait_for_events(400)
    wait_for_status("ok", "", *urls)
    real_parts.assert_verified()


def test_a_user_who_may_see_and_not_read_the_topic_is_said_by_the_one_who_reads(real_parts, shared):
    # What is allowed by name denies the rest.
    rights = [argument for right in ("Describe", "DescribeConfigs", "Write") for argument in ("--operation", right)]
    rights += ["--allow-principal", "User:ANONYMOUS", "--topic", TOPIC]
    tool(shared, real_parts, "AclCommand", "--add", *rights)
    processor, url = start_with_metrics(real_parts)
    real_parts.must("--count", 300, "--seed", 1, program=GENERATOR)
    assert wait_for_status("degraded", f"may not read the topic {TOPIC}", url)[0]["status"] == "waiting"
    tool(shared, real_parts, "AclCommand", "--remove", "--force", *rights)
    real_parts.wait_for_events(300)
    wait_for_status("ok", "", url)
    assert processor.stop() == 0


def test_a_topic_of_something_else_than_events_is_said_until_events_come(parts):
    processor, url = start_with_metrics(parts)
    server = start_server(parts)
    urls = [url, parts.url]
    kcat = Kcat(parts)
    for number in range(4):
        kcat.produce(number, "json", b'{"name": "secret", "size": 1.5}', number % 3)
    said = wait_for_status("degraded", "all latest 4 records are dead letters, most of them ", *urls)
    for part in said:
        assert part["status"] == "rejecting"
        assert part["lag_records"] == 0
        assert "secret" not in part["detail"]
    assert "(it begins like JSON)" in said[0]["detail"]

    parts.generate("--count", 200, "--seed", 1)
    parts.wait_for_events(200)
    wait_for_status("ok", "", *urls)
    # One that is dead among good ones is no news.
    kcat.produce(4, "json", b'{"name": "secret", "size": 1.5}', 0)
    wait_until(lambda: parts.value("SELECT count(*) FROM dead_letters") == 5, "the letter is not written")
    assert [part["status"] for part in health_of(*urls)] == ["ok", "ok"]
    for program in (processor, server):
        assert program.stop() == 0
        assert program.output.count('"nearly all records are dead letters"') == 1
        assert program.output.count('"records are taken again"') == 1
        assert "secret" not in program.output
    parts.assert_verified()


def test_a_killed_processor_is_absent_and_a_source_without_events_silent(parts):
    server = parts.start("serve", SILENT_AFTER_SECONDS="3")
    server.wait_for_output("StreamPulse is at")

    def state():
        return parts.get("/health").json["streams"][0]["status"]

    wait_until(lambda: state() == "absent", lambda: parts.get("/health").body, seconds=15)
    assert "start one with `streampulse process`" in parts.get("/health").json["processor"]["detail"]
    processor = parts.start("process")
    wait_until(lambda: state() == "running", lambda: parts.get("/health").body)
    parts.generate("--count", 300, "--seed", 1)
    parts.wait_for_events(300)
    wait_until(
        lambda: parts.get("/health").json["processor"]["newest_event_age_seconds"] is not None, "its age is not told")
    wait_until(lambda: state() == "silent", lambda: parts.get("/health").body)
    assert parts.get("/health").json["status"] == "degraded"
    parts.generate("--count", 300, "--seed", 2)
    wait_until(lambda: state() == "running", lambda: parts.get("/health").body)

    processor.kill()
    killed = time.monotonic()
    wait_until(lambda: state() == "absent", lambda: parts.get("/health").body, seconds=20)
    assert time.monotonic() - killed < 10
    assert 'state="absent"} 1' in parts.get("/-/metrics").body.decode()
    assert server.stop() == 0
    for message in ("no processor", "a processor is there again", "no events come", "events come again"):
        assert f'"message":"{message}"' in server.output, message
