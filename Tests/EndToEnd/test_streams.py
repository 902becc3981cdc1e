"""Several streams in one project, and several projects in one database."""

import json
import shutil

import pytest
from product import GENERATOR, ROOT, TOPIC, Product, wait_until
from test_health import real_parts  # noqa: F401 (a fixture)

COPIES = """
CREATE FOREIGN TABLE copies () SERVER kafka OPTIONS (
  topic '{topic}', format 'avro', schema 'event.avsc', event_time 'timestamp', dead_letter_topic 'copies-dlq');
"""
COPY_STATS = """
CREATE MATERIALIZED VIEW copy_stats AS
SELECT "user".region, count(*) AS copies
FROM copies GROUP BY tumble("timestamp", INTERVAL '1 minute'), "user".region;
"""
SHIPPED = ["content_stats", "device_stats", "region_errors", "region_health"]


def project(product, topic=TOPIC, name="project"):
    """The shipped project and a second stream of the topic."""
    folder = product.folder / name
    for part in ("sql", "schemas", "web"):
        shutil.copytree(ROOT / part, folder / part)
    (folder / "sql/streams/copies.sql").write_text(COPIES.format(topic=topic))
    (folder / "sql/aggregates/copy_stats.sql").write_text(COPY_STATS)
    product.settings["STREAMPULSE_PROJECT"] = str(folder)
    return folder


def streams(product):
    report = json.loads(product.get("/health").body)
    return report, {stream["name"]: stream for stream in report["streams"]}


def wait_for_copies(product, count):
    product.wait_for_events(count, aggregate="copy_stats", column="copies")


def test_two_streams_of_one_topic_each_count_every_event_and_are_proven_replayed_and_told_apart(product):
    project(product)
    up = product.up("--no-demo")
    product.settings |= product.joining
    product.generate("--count", 2000, "--seed", 3)
    product.wait_for_events(2000)
    wait_for_copies(product, 2000)

    assert product.query("SELECT stream, sum(next_offset) FROM pulse.progress GROUP BY stream ORDER BY stream") == [
        ("content_downloads", 2000), ("copies", 2000)]
    verified = product.assert_verified()
    assert "4000 records of 6 partitions applied once" in verified
    recounted = product.must("verify", "--recount")
    assert "stream content_downloads:" in recounted and "stream copies:" in recounted
    assert recounted.count("2000 records read again") == 2
    assert "2000 records read again" in product.must("replay", "copy_stats", "--from", "beginning")
    product.assert_verified()

    def lags():
        return {name: stream["lag_records"] for name, stream in streams(product)[1].items()}

    wait_until(lambda: lags() == {"content_downloads": 0, "copies": 0}, lambda: str(lags()))
    report, found = streams(product)
    assert report["status"] == "ok" and report["processor"]["lag_records"] == 0
    metrics = product.get("/metrics").body.decode()
    for name in found:
        assert f'streampulse_lag_records{{stream="{name}"}} 0' in metrics
        assert f'streampulse_events_total{{stream="{name}",outcome="consumed"}} 2000' in metrics
    assert up.stop() == 0


def test_the_demo_load_of_a_project_with_several_streams_goes_on_when_the_brokers_log_is_full(product):
    project(product)
    product.up(EVENTS_PER_MINUTE="600000")
    # The in-process broker has room for about 20,000 of them, and goes on as they are read.
    wait_until(
        lambda: product.value("SELECT coalesce(sum(total_downloads), 0)::bigint FROM region_health") > 60_000,
        "the demo load has stopped")


def test_a_stream_whose_topic_is_missing_leaves_the_other_running_and_is_named(real_parts):  # noqa: F811
    parts = real_parts
    project(parts, topic="nowhere")
    parts.must("--count", 0, "--partitions", 3, program=GENERATOR)
    parts.must("migrate")
    processor = parts.start("process")
    server = parts.start("serve")
    server.wait_for_output("StreamPulse is at")
    parts.generate("--count", 300, "--seed", 1)
    parts.wait_for_events(300)
    def said():
        report, found = streams(parts)
        return found["copies"]["status"] == "waiting" and found["content_downloads"]["lag_records"] == 0 and (report, found)

    report, found = wait_until(said, lambda: str(streams(parts)))
    assert report["status"] == "degraded"
    assert "copies: the topic nowhere does not exist" in report["processor"]["detail"]
    assert found["content_downloads"]["status"] == "running", found
    metrics = parts.get("/metrics").body.decode()
    assert 'streampulse_lag_records{stream="copies"} NaN' in metrics
    said = [json.loads(line) for line in server.output.splitlines() if "topic cannot be read" in line]
    assert [line["stream"] for line in said] == ["copies"]
    for program in (processor, server):
        assert program.stop() == 0


def test_a_held_partition_of_one_stream_is_let_go_for_that_stream_alone(parts):
    """Both have read the topic; then the books of one say that there was more."""
    project(parts)
    parts.must("migrate")
    processor = parts.start("process")
    parts.generate("--count", 300, "--seed", 1)
    parts.wait_for_events(300)
    wait_for_copies(parts, 300)
    assert processor.stop() == 0
    parts.query("UPDATE pulse.progress SET next_offset = next_offset + 1000, last_record = NULL WHERE stream = 'copies'")

    processor = parts.start("process")
    line = processor.wait_for_output("partition held")
    said = json.loads(line)
    assert said["stream"] == "copies" and said["reason"].count("', 'copies')") == 0
    assert ", 'copies')" in said["reason"] and "pulse.begin_again(" in said["reason"]
    parts.generate("--count", 100, "--seed", 2)
    parts.wait_for_events(400)
    assert parts.value("SELECT sum(copies) FROM copy_stats") == 300
    assert processor.stop() == 0


def test_one_topic_cannot_be_that_of_two_streams_but_each_can_have_its_own(parts):
    project(parts)
    refused = parts.run("process", KAFKA_TOPIC="other")
    assert refused.returncode == 2
    assert "KAFKA_TOPIC: the project has 2 streams" in refused.stderr
    assert "set KAFKA_TOPIC_CONTENT_DOWNLOADS or KAFKA_TOPIC_COPIES" in refused.stderr

    unknown = parts.run("tail", "copys", KAFKA_TOPIC_COPIE="x").stderr
    assert "setting ignored" in unknown
    assert "environment: KAFKA_TOPIC_COPIE: there is no stream copie; did you mean KAFKA_TOPIC_COPIES?" in unknown
    (parts.folder / ".env").write_text("KAFKA_TOPIC_COPIE=x\n")
    wrong = parts.run("process")
    (parts.folder / ".env").unlink()
    assert wrong.returncode == 2
    assert ".env:1: KAFKA_TOPIC_COPIE: there is no stream copie; did you mean KAFKA_TOPIC_COPIES?" in wrong.stderr

    illegal = parts.run("process", KAFKA_TOPIC_COPIES="no such/topic")
    assert illegal.returncode == 2
    assert "KAFKA_TOPIC_COPIES: Kafka has no topic called 'no such/topic'" in illegal.stderr

    crossed = {"KAFKA_TOPIC_COPIES": "content-downloads-dlq", "KAFKA_TOPIC_CONTENT_DOWNLOADS": "copies-dlq"}
    loop = parts.run("process", **crossed)
    assert loop.returncode == 2
    way = "content-downloads-dlq → copies-dlq → content-downloads-dlq"
    assert f"KAFKA_TOPIC_CONTENT_DOWNLOADS: dead letters would be read again, for ever: {way}" in loop.stderr

    parts.must("migrate")
    circular = parts.run("process", KAFKA_TOPIC_COPIES="copies-dlq")
    assert circular.returncode == 2
    assert "KAFKA_TOPIC_COPIES: copies-dlq is the dead_letter_topic of the stream copies" in circular.stderr
    parts.settings["KAFKA_TOPIC_COPIES"] = "downloads-2"
    parts.generate("--count", 0, "--topic", "downloads-2")
    processor = parts.start("process")
    parts.generate("--count", 200, "--seed", 1)
    parts.generate("--count", 70, "--seed", 2, "--topic", "downloads-2")
    parts.wait_for_events(200)
    wait_for_copies(parts, 70)
    assert processor.stop() == 0


def test_dead_letters_of_one_stream_are_listed_and_replayed_alone(parts):
    from kcat import Kcat
    project(parts)
    parts.must("migrate")
    processor = parts.start("process")
    Kcat(parts).produce(1, "broken", b"\x00", 0)
    wait_until(lambda: parts.value("SELECT count(*) FROM dead_letters") == 2, "not two dead letters")
    assert "1 dead letter" in parts.must("dead-letters", "list", "--stream", "copies")
    listed = parts.must("dead-letters", "list").splitlines()
    assert listed[-1].startswith("2 dead letters")
    stream = listed[0].index("STREAM")
    assert sorted(line[stream:].split()[0] for line in listed[1:-1]) == ["content_downloads", "copies"]
    assert "there is no stream copys" in parts.run("dead-letters", "list", "--stream", "copys").stderr
    done = parts.run("dead-letters", "replay", "--stream", "copies")
    assert done.stdout.splitlines()[-1] == "0 dead letters replayed, 1 stays"
    parts.query("UPDATE dead_letters SET stream = 'former' WHERE stream = 'copies'")
    done = parts.run("dead-letters", "replay", "--all")
    parts.query("UPDATE dead_letters SET stream = 'copies' WHERE stream = 'former'")
    assert "1 dead letter left alone, of streams that the project does not define: former (1)" in done.stdout
    wait_until(lambda: parts.value("SELECT count(*) FROM dead_letters WHERE forwarded_at IS NOT NULL") == 2, "forwarded")
    assert [headers["streampulse.stream"] for _, _, headers in Kcat(parts, "copies-dlq").records()] == ["copies"]
    parts.assert_verified()
    assert processor.stop() == 0


# Several projects.

@pytest.fixture
def two(product, postgres_server):
    """Two projects with the same definitions and one database, each with a schema of its own; one broker."""
    product.broker()
    url = postgres_server.new_database()
    products = []
    for name in ("first", "second"):
        folder = product.folder / f"run-{name}"
        folder.mkdir()
        folder.chmod(0o755)
        settings = {
            "KAFKA_BOOTSTRAP_SERVERS": product.settings["KAFKA_BOOTSTRAP_SERVERS"], "DATABASE_URL": url,
            "RESULT_SCHEMA": name, "KAFKA_GROUP_ID": name}
        products.append(Product(folder, **settings))
        project(products[-1], name=name)
    yield products
    for other in products:
        other.close()


def in_schema(product, sql):
    return product.value(f"SET search_path TO {product.settings['RESULT_SCHEMA']}; {sql}")


def test_two_projects_share_a_database_each_with_its_own_rows_books_locks_and_role(two):
    first, second = two
    for one in two:
        one.must("migrate")
    processors = [one.start("process") for one in two]
    first.generate("--count", 1500, "--seed", 5)
    for one in two:
        wait_until(lambda: in_schema(one, "SELECT sum(total_downloads) FROM region_health") == 1500, "not all counted")
        wait_until(lambda: in_schema(one, "SELECT sum(copies) FROM copy_stats") == 1500, "not all counted")

    # While the other runs and reads, each replays, recounts and verifies.
    first.generate("--count", 500, "--seed", 6)
    for one in two:
        assert "records read again" in one.must("replay", "region_health", "--from", "beginning")
        wait_until(lambda: in_schema(one, "SELECT sum(total_downloads) FROM region_health") == 2000, "not all counted")
        wait_until(lambda: in_schema(one, "SELECT sum(copies) FROM copy_stats") == 2000, "not all counted")
        assert "recounted" in one.must("verify", "--recount")
    schemas = {row[0] for row in first.query("SELECT nspname FROM pg_namespace WHERE nspname !~ '^pg_'")}
    assert {"first", "first_pulse", "second", "second_pulse"} <= schemas and "pulse" not in schemas
    assert first.value("SELECT count(*) FROM pg_roles WHERE rolname IN "
                       "('streampulse_reader_first', 'streampulse_reader_second')") == 2
    # The one that serves reads its own rows alone.
    server = second.start("serve")
    server.wait_for_output("StreamPulse is at")
    assert second.get("/api/stats/regions?minutes=60").status == 200
    wait_until(lambda: streams(second)[0]["status"] == "ok", lambda: str(streams(second)))
    assert server.stop() == 0
    for processor in processors:
        assert processor.stop() == 0


def test_a_schema_that_is_another_projects_is_refused(two):
    first, second = two
    first.must("migrate")
    (second.folder / "second/sql/aggregates/copy_stats.sql").write_text(COPY_STATS.replace("copy_stats", "other_stats"))
    for name in SHIPPED:
        (second.folder / f"second/sql/aggregates/{name}.sql").unlink()
    shutil.rmtree(second.folder / "second/sql/alerts")
    shutil.rmtree(second.folder / "second/sql/endpoints")
    second.settings["RESULT_SCHEMA"] = "first"
    for command in (
            ["migrate"], ["process"], ["serve"], ["verify"], ["dead-letters", "list"],
            ["replay", "other_stats", "--from", "beginning"]):
        refused = second.run(*command)
        assert refused.returncode == 1
        assert "the schema first of this database belongs to the project first, and this one is called second" in (
            refused.stderr)
        assert "RESULT_SCHEMA" in refused.stderr
    assert first.value("SELECT to_regclass('first.other_stats') IS NULL")


def test_a_folder_of_another_name_with_the_same_definitions_is_the_same_project(two):
    first, second = two
    first.must("migrate")
    second.settings["RESULT_SCHEMA"] = "first"
    assert second.must("migrate") == "nothing to do\n"
    refused = second.run("migrate", STREAMPULSE_PROJECT_NAME="another")
    assert refused.returncode == 1 and "STREAMPULSE_PROJECT_NAME=first" in refused.stderr
