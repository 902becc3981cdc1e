"""A look at the events: `streampulse tail`, and the table event_log."""

import json
import shutil
import subprocess

from kcat import Kcat
from product import GENERATOR, ROOT, STREAMPULSE, TOPIC, wait_until

TRIPS = """
CREATE FOREIGN TABLE trips (
  trip_id    text NOT NULL,
  region_id  integer NOT NULL,
  event_time timestamptz NOT NULL,
  fare       numeric(12,2),
  tags       jsonb
) SERVER kafka OPTIONS (topic 'trips', format 'json', event_time 'event_time');
"""
TRIP_STATS = """
CREATE MATERIALIZED VIEW trip_stats AS
SELECT region_id, count(*) AS trips FROM trips GROUP BY tumble(event_time, INTERVAL '1 minute'), region_id;
"""


def project(product, options=""):
    """The shipped project, with these options of its stream, and a stream of trips in JSON."""
    folder = product.folder / "project"
    for part in ("sql", "schemas", "web"):
        shutil.copytree(ROOT / part, folder / part)
    stream = folder / "sql/streams/content_downloads.sql"
    stream.write_text(stream.read_text().replace("event_time 'timestamp'", f"event_time 'timestamp'{options}"))
    (folder / "sql/streams/trips.sql").write_text(TRIPS)
    (folder / "sql/aggregates/trip_stats.sql").write_text(TRIP_STATS)
    product.settings["STREAMPULSE_PROJECT"] = str(folder)


def trip(number, region, **more):
    return json.dumps({"trip_id": f"t{number}", "region_id": region, "event_time": "2026-01-31T12:00:00.25+01:00"} | more)


def lines(text):
    return [line for line in text.splitlines() if not line.startswith("streampulse: ")]


def send(product, *payloads):
    kcat = Kcat(product, "trips")
    for number, payload in enumerate(payloads):
        kcat.produce(number, "trip", payload.encode() if isinstance(payload, str) else payload, 0)


def test_tail_shows_what_comes_to_a_running_up_and_disturbs_nobody(product):
    project(product)
    up = product.up("--no-demo")
    tail = product.start("tail", "content_downloads", "--where", "download.status = 'success'", "--limit", 20)
    tail.wait_for_output("content_downloads: 3 partitions of the topic content-downloads; Ctrl-C ends it")
    product.settings |= product.joining
    product.generate("--count", 500, "--seed", 3)
    assert tail.wait() == 0
    found = lines(tail.output)
    assert len(found) == 20
    for line in found:
        place, event_time, lateness, document = line.split(maxsplit=3)
        partition, offset = place.split("@")
        assert int(partition) in range(3) and int(offset) in range(500)
        assert event_time.endswith("Z") and lateness[0] in "+-" and lateness[-1] == "s"
        event = json.loads(document)
        assert event["download"]["status"] == "success" and event["timestamp"] == event_time
        # No aggregate uses these.
        assert len(event["event_id"]) == 36 and event["user"]["user_id"]
    product.wait_for_events(500)
    assert product.query("SELECT DISTINCT epoch FROM pulse.progress WHERE topic = %s", [TOPIC]) == [(1,)]
    product.assert_verified()
    assert up.stop() == 0


def test_tail_of_json_from_any_place_raw_or_not_and_what_cannot_be_decoded(parts):
    project(parts)
    send(parts, trip(0, 4, fare=12.5), trip(1, 5, tags={"a": [1, "x"]}), '{"trip_id": "t2"}', b"\xff\x00", trip(4, 4))
    found = lines(parts.must("tail", "trips", "--from", "beginning", "--limit", 5))
    assert [line.split()[0] for line in found] == [f"0@{offset}" for offset in range(5)]
    assert found[0].split()[1] == "2026-01-31T11:00:00.250Z"
    assert json.loads(found[0].split(maxsplit=3)[3]) == {
        "trip_id": "t0", "region_id": 4, "event_time": "2026-01-31T11:00:00.250Z", "fare": 12.50, "tags": None}
    assert json.loads(found[1].split(maxsplit=3)[3])["tags"] == {"a": [1, "x"]}
    assert found[2].startswith("0@2         NOT_NULL_VIOLATION: ") and found[2].endswith("the member is missing")
    assert found[3].startswith("0@3         MALFORMED: ")

    wanted = parts.must("tail", "trips", "--from", "beginning", "--limit", 2, "--where", "region_id = 4")
    assert [line.split()[0] for line in lines(wanted)] == ["0@0", "0@4"]
    keyed = parts.must(
        "tail", "trips", "--from", 1, "--partition", 0, "--limit", 1, "--where", "kafka.key = 'key-4'", "--json")
    assert json.loads(keyed)["offset"] == 4
    raw = lines(parts.must("tail", "trips", "--from", "2", "--partition", 0, "--limit", 2, "--raw"))
    assert raw[0].endswith('  {"trip_id": "t2"}') and raw[1].endswith("  \\xff00")
    document = json.loads(parts.must("tail", "trips", "--from", "3", "--partition", 0, "--limit", 1, "--raw", "--json"))
    assert document["payload_hex"] == "ff00" and document["code"] == "MALFORMED"


def test_what_is_wrong_is_said_with_its_place(parts):
    project(parts)
    send(parts, trip(0, 4))
    cases = [
        (("trips", "--where", "region_idd = 4"), 2,
         '--where:1:1: the stream has no column region_idd near "region_idd"\n  hint: did you mean region_id?'),
        (("trips", "--where", "region_id"), 2, "--where:1:1: --where wants a condition (boolean), not integer"),
        (("trips", "--where", "region_id = 4 ORDER BY fare"), 2, "--where:1:15: a condition has no clauses behind it"),
        (("tripz",), 2, "there is no stream tripz; did you mean trips? streams are content_downloads, trips"),
        (("trips", "--from", "yesterday"), 2, '--from does not take "yesterday"'),
        (("trips", "--limit", 0), 2, "--limit needs a whole number"),
        (("trips", "--partition", 7), 1, "the topic trips has"),
        ((), 2, "STREAM"),
    ]
    for arguments, status, message in cases:
        done = parts.run("tail", *arguments)
        assert done.returncode == status, (arguments, done.stderr)
        assert message in done.stderr and not done.stdout
    missing = parts.run("tail", "content_downloads", KAFKA_TOPIC_CONTENT_DOWNLOADS="nowhere")
    assert missing.returncode == 1 and "the topic nowhere does not exist" in missing.stderr


def test_tail_ends_quietly_with_a_signal_and_when_nobody_reads(parts):
    project(parts)
    send(parts, *(trip(number, number) for number in range(5)))
    tail = parts.start("tail", "trips", "--from", "beginning")
    wait_until(lambda: len(lines(tail.output)) == 5, lambda: tail.output)
    assert tail.stop() == 0
    assert len(lines(tail.output)) == 5

    arguments = [STREAMPULSE, "tail", "trips", "--from", "beginning"]
    with subprocess.Popen(
        arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=parts.folder, env=parts.settings
    ) as piped:
        assert piped.stdout.readline().startswith(b"0@0 ")
        piped.stdout.close()
        assert piped.wait(30) == 0
        assert b"pipe" not in piped.stderr.read().lower()

    # A reader that is there and does not read keeps it no longer.
    send(parts, *(trip(number, number, tags="x" * 900_000) for number in range(3)))
    with subprocess.Popen(
        arguments, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=parts.folder, env=parts.settings
    ) as stuck:
        assert stuck.stdout.readline()
        stuck.terminate()
        assert stuck.wait(30) == 0


def test_event_log_has_one_event_a_second_and_partition_and_is_exact_after_kill_9(parts):
    project(parts, ", sample '1 second'")
    parts.must("migrate")
    parts.query(
        "INSERT INTO event_log (stream, cluster, topic, partition, record_offset, event_time, event, sampled_at) "
        "SELECT 'content_downloads', 'old', 't', 0, n, now(), '{}', now() - interval '1 day' - n * interval '1 second' "
        "FROM generate_series(1, 10500) AS n")
    processor = parts.start("process")
    generator = parts.start("--rate", 400, "--count", 6000, "--seed", 7, program=GENERATOR, log="load")
    for _ in range(2):
        committed = parts.value("SELECT coalesce(sum(next_offset), 0) FROM pulse.progress")
        wait_until(lambda: parts.value("SELECT coalesce(sum(next_offset), 0) FROM pulse.progress") > committed + 500,
                   "nothing is committed", 60)
        processor.kill()
        processor = parts.start("process")
    assert generator.wait(120) == 0
    parts.wait_for_events(6000)

    rows = parts.query(
        "SELECT partition, record_offset, extract(epoch FROM sampled_at), event, lateness = sampled_at - event_time "
        "FROM event_log WHERE cluster <> 'old' ORDER BY partition, sampled_at")
    by_partition = {number: [row for row in rows if row[0] == number] for number in range(3)}
    for number, own in by_partition.items():
        assert len(own) > 2, own
        for before, after in zip(own, own[1:]):
            assert after[1] > before[1] and after[2] - before[2] >= 1, (before, after)
        # What is in the log was counted, and is what the topic holds.
        assert own[-1][1] < parts.value(
            "SELECT next_offset FROM pulse.progress WHERE (stream, partition) = ('content_downloads', %s)", [number])
        for _, offset, _, event, is_late in (own[0], own[-1]):
            shown = json.loads(parts.must(
                "tail", "content_downloads", "--partition", number, "--from", offset, "--limit", 1, "--json"))
            assert shown["offset"] == offset and is_late
            for record in ("content", "user", "download"):
                assert event[record].items() <= shown["event"][record].items()
    assert parts.value("SELECT count(*) FROM event_log WHERE stream = 'trips'") == 0
    wait_until(lambda: parts.value("SELECT count(*) FROM event_log") <= 10_000 + len(rows), "it is not kept small", 60)
    assert parts.value("SELECT count(*) FROM event_log WHERE cluster = 'old'") < 10_500
    parts.assert_verified()
    assert processor.stop() == 0
