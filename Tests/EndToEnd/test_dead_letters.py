"""Records that are not events, between good ones: each is kept as it came with the reason, and no good one is lost."""

import json
import random
import re
import shutil
import signal
import struct
import time

import pytest
from kcat import Kcat
from product import ROOT, TOPIC, wait_until
from truth import Truth

# Five times as many.
GOOD = 2000
DAY = 86_400_000


def zigzag(number):
    """A number as Avro's variable-length long."""
    number = (number << 1) ^ (number >> 63)
    coded = bytearray()
    while number > 0x7F:
        coded.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*coded, number])


def text(value):
    value = value if isinstance(value, bytes) else value.encode()
    return zigzag(len(value)) + value


def event(number, time=1_767_225_600_000, region=b"DE-Berlin"):
    """A download as Avro has it, encoded here by hand."""
    return b"".join([
        text(f"00000000-0000-4000-8000-{number:012}"), zigzag(time),
        text("mov_hand_made"), text("Hand made"), text("movie"), struct.pack("<d", 1.5),
        text("user_1"), text(region), text("iPhone"), text("iOS 17.2"),
        text("success"), zigzag(60), struct.pack("<d", 200.0), zigzag(0),
    ])


def malformed(noise, now):
    """100 records of ten kinds: kind, value (None: a tombstone) and the code that is expected."""
    for number in range(10):
        whole = event(number)
        yield "empty", b"", "EMPTY"
        yield "tombstone", None, "TOMBSTONE"
        yield "truncated", whole[:noise.randrange(1, len(whole))], "TRUNCATED"
        yield "trailing", whole + noise.randbytes(1 + number), "TRAILING_BYTES"
        yield "bad UTF-8", event(number, region=b"DE-\xff\xfeBerlin"), "CHARACTER_NOT_IN_REPERTOIRE"
        yield "far future", event(number, time=now + (2 + number) * DAY), "FUTURE_EVENT_TIME"
        yield "other schema", b"\xc3\x01" + noise.randbytes(8) + whole, "UNKNOWN_SCHEMA"
        yield "other format", json.dumps({"trip_id": number, "fare": 12.5}).encode(), None
        yield "random", noise.randbytes(noise.randrange(1, 400)), None
        yield "huge length", zigzag(1 << 61) + whole, None


def test_a_hundred_malformed_records_are_a_hundred_dead_letters_and_all_good_ones_count(parts):
    noise = random.Random(5)
    letters = list(malformed(noise, int(time.time() * 1000)))
    assert len(letters) == 100
    kcat = Kcat(parts)
    processor = parts.start("process")
    good = [parts.folder / f"good-{batch}.jsonl" for batch in range(5)]
    for batch, file in enumerate(good):
        parts.generate(
            "--count", GOOD, "--seed", batch, "--start", f"2026-01-01T00:0{batch}:00Z", "--span", "1m", "--output", file)
        for number in range(20 * batch, 20 * batch + 20):
            kind, value, _ = letters[number]
            kcat.produce(number, kind, value, partition=number % 3)
    # Good ones behind the last bad ones, too: in each partition, by hand.
    for partition in range(3):
        kcat.produce(1000 + partition, "good", event(1000 + partition), partition)

    truth = Truth(*good)
    for number in range(3):
        truth.add({
            "timestamp": 1_767_225_600_000, "content": {"content_id": "mov_hand_made", "size_gb": 1.5},
            "user": {"region": "DE-Berlin", "device_type": "iPhone", "os_version": "iOS 17.2"},
            "download": {"status": "success"}})
    parts.wait_for_events(truth.count)
    wait_until(
        lambda: parts.value("SELECT count(*) FROM dead_letters") >= 100,
        lambda: f"{parts.value('SELECT count(*) FROM dead_letters')} dead letters")
    assert processor.stop() == 0
    truth.assert_equals(parts)

    rows = parts.query(
        """
        SELECT convert_from(key, 'UTF8'), value, headers, code, reason, stream, topic, partition, record_offset,
               record_timestamp BETWEEN now() - INTERVAL '10 minutes' AND now()
        FROM dead_letters
        """)
    assert len(rows) == 100
    places = kcat.places()
    by_key = {row[0]: row[1:] for row in rows}
    for number, (kind, value, expected) in enumerate(letters):
        stored, headers, code, reason, stream, topic, partition, offset, is_recent = by_key[f"key-{number}"]
        assert (None if stored is None else bytes(stored)) == value, kind
        assert [(header["name"], bytes.fromhex(header["value"]).decode()) for header in headers] == [
            ("kind", kind), ("number", str(number))]
        assert (stream, topic, (partition, offset)) == ("content_downloads", TOPIC, places[number])
        assert is_recent
        assert expected is None or code == expected, (kind, code, reason)
        # A sentence for a person: several words, one line, no internals.
        assert len(reason.split()) >= 3 and "\n" not in reason and len(reason) < 300, reason
    assert len({kind for kind, _, _ in letters}) >= 5
    assert len({row[3] for row in rows}) >= 7
    assert f"{truth.count + 100} records of 3 partitions applied once, 100 of them dead letters" in parts.assert_verified()


DEAD_LETTER_TOPIC = "content-downloads-dlq"
REGION_HEALTH = "sql/aggregates/region_health.sql"


@pytest.fixture
def project(parts):
    """A project of the test's own, with the shipped definitions, that all programs started from now on load."""
    folder = parts.folder / "project"
    for name in ("sql", "schemas"):
        shutil.copytree(ROOT / name, folder / name)
    parts.settings["STREAMPULSE_PROJECT"] = str(folder)
    return folder


def counts(product):
    return product.query(
        """
        SELECT (SELECT coalesce(sum(total_downloads), 0)::int FROM region_health),
               (SELECT coalesce(sum(download_count), 0)::int FROM content_stats),
               (SELECT coalesce(sum(total_downloads), 0)::int FROM device_stats)
        """)[0]


def wait_for_letters(product, count):
    wait_until(
        lambda: product.value("SELECT count(*) FROM dead_letters") >= count,
        lambda: f"{product.value('SELECT count(*) FROM dead_letters')} dead letters instead of {count}")


def test_letters_are_listed_shown_and_replayed_once_when_their_schema_is_there(parts, project):
    kcat = Kcat(parts)
    parts.start("process")
    kcat.produce(1, "good", event(1), 0)
    # Confluent framing with an id that the project does not know yet, and one that will stay unknown.
    kcat.produce(2, "framed", b"\0" + struct.pack(">I", 4711) + event(2), 1)
    kcat.produce(3, "framed", b"\0" + struct.pack(">I", 4712) + event(3), 1)
    kcat.produce(4, "truncated", event(4)[:20], 2)
    wait_for_letters(parts, 3)
    parts.wait_for_events(1)
    # What is said of a letter changes when its copy is acknowledged.
    wait_until(
        lambda: parts.value("SELECT count(*) FROM pulse.outbox") == 0,
        lambda: f"{parts.value('SELECT count(*) FROM pulse.outbox')} dead letters are not forwarded")

    listed = parts.must("dead-letters", "list").splitlines()
    assert len(listed) == 5 and listed[0].split()[0] == "ID" and listed[-1].startswith("3 dead letters")
    assert len(parts.must("dead-letters", "list", "--code", "TRUNCATED", "--partition", 2).splitlines()) == 3
    assert parts.must("dead-letters", "list", "--since", "2999-01-01T00:00:00Z") == "0 dead letters\n"
    assert parts.must("dead-letters", "list", "--since", "1 hour", "--limit", 1).splitlines()[-1].startswith(
        "the newest 1 of 3 dead letters")
    letters = [json.loads(line) for line in parts.must("dead-letters", "list", "--json").splitlines()]
    by_key = {bytes.fromhex(letter["key"]).decode(): letter for letter in letters}
    framed = by_key["key-2"]
    assert framed["schema_id"] == 4711 and framed["code"] == "UNKNOWN_SCHEMA"
    assert bytes.fromhex(framed["value"])[5:] == event(2)
    assert by_key["key-4"]["schema_id"] is None
    page = parts.must("dead-letters", "show", framed["id"])
    for text in ("UNKNOWN_SCHEMA", "4711", "kind: framed", "key-2", "|mov_hand_made", TOPIC):
        assert text.lstrip("|") in page, page
    assert re.search(r"^  00000000  00 00 00 12 67 48 .*\|\.\.\.\.gH", page, re.MULTILINE), page
    assert parts.must("dead-letters", "show", framed["message_id"]) == page
    for wrong in (["show", "999"], ["show", "x"], ["show"], ["replay"], ["drop"], ["list", "--since", "x"], ["list", "--code", "NOPE"]):
        assert parts.run("dead-letters", *wrong).returncode == 2, wrong
    misspelt = parts.run("dead-letters", "list", "--code", "TRUNCATE")
    assert "--code: there is no code TRUNCATE; did you mean TRUNCATED?" in misspelt.stderr

    # Nothing has been mended: all stay.
    done = parts.run("dead-letters", "replay", "--all")
    assert done.returncode == 1 and "0 dead letters replayed, 3 stay" in done.stdout, done
    (project / "schemas/confluent-ids.json").write_text('{"4711": "event.avsc"}')
    done = parts.run("dead-letters", "replay", "--code", "UNKNOWN_SCHEMA")
    assert done.returncode == 1 and "1 dead letter replayed, 1 stays" in done.stdout, done
    assert counts(parts) == (2, 2, 2)
    assert "0 dead letters replayed, 0 stay" in parts.must("dead-letters", "replay", framed["id"])
    assert counts(parts) == (2, 2, 2)
    assert json.loads(parts.must("dead-letters", "show", "--json", framed["id"]))["state"] == "replayed"
    assert "3 of them dead letters, 1 replayed: verified" in parts.assert_verified()
    parts.query("DELETE FROM pulse.replayed_letters WHERE aggregate = 'device_stats'")
    assert parts.run("verify").returncode == 1


def test_late_events_are_dead_letters_of_their_aggregate_alone_and_can_be_replayed(parts, project):
    definition = project / REGION_HEALTH
    definition.write_text(re.sub(r"WITH \(", "WITH (late = 'dead_letter', ", definition.read_text(), count=1))
    minute, start = 60_000, 1_767_225_600_000
    kcat = Kcat(parts)
    parts.start("process")
    kcat.produce(1, "in time", event(1, time=start + 10 * minute), 0)
    # The others bring nothing, and no longer hold the watermark back after their idle_timeout.
    wait_until(
        lambda: parts.value("SELECT count(*) FROM pulse.progress WHERE is_idle") == 3,
        "the partitions are not idle")
    kcat.produce(2, "late", event(2, time=start), 0)
    wait_for_letters(parts, 1)
    wait_until(lambda: counts(parts) == (1, 2, 2), lambda: counts(parts))
    assert parts.query("SELECT code, aggregate, extract(epoch FROM window_start) * 1000 FROM dead_letters") == [
        ("LATE", "region_health", start)]
    assert "0 of them dead letters, 1 more for single aggregates: verified" in parts.assert_verified()
    assert "1 dead letter replayed" in parts.must("dead-letters", "replay", "--all")
    assert "0 dead letters replayed" in parts.must("dead-letters", "replay", "--all")
    assert counts(parts) == (2, 2, 2)
    assert "1 more for single aggregates, 1 replayed: verified" in parts.assert_verified()


def test_letters_are_forwarded_at_least_once_with_an_id_of_their_own(parts):
    kcat = Kcat(parts)
    letters = list(malformed(random.Random(9), int(time.time() * 1000)))
    processor = parts.start("process")
    for number, (kind, value, _) in enumerate(letters[:10]):
        kcat.produce(number, kind, value, number % 3)
    wait_for_letters(parts, 10)
    wait_until(lambda: parts.value("SELECT count(*) FROM pulse.outbox") == 0, "the outbox does not become empty")
    dead = Kcat(parts, DEAD_LETTER_TOPIC)
    assert len(dead.records()) == 10
    # The same again, but the forwarder dies after the acknowledgement and before its own transaction.
    holder = parts.database()
    holder.autocommit = False
    with holder.cursor() as cursor:
        cursor.execute("SELECT FROM dead_letters FOR NO KEY UPDATE")
        parts.query("INSERT INTO pulse.outbox (letter, topic) SELECT id, %s FROM dead_letters", [DEAD_LETTER_TOPIC])
        wait_until(lambda: len(dead.records()) == 20, "nothing is published again")
        processor.stop(signal.SIGKILL)
        parts.query(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'streampulse forwarder'")
        wait_until(
            lambda: not parts.query("SELECT FROM pg_stat_activity WHERE application_name = 'streampulse forwarder'"),
            "the forwarder's connection does not end")
    holder.rollback()
    holder.close()
    assert parts.value("SELECT count(*) FROM pulse.outbox") == 10
    parts.start("process")
    wait_until(lambda: parts.value("SELECT count(*) FROM pulse.outbox") == 0, "the outbox does not become empty")
    assert len(dead.records()) == 30

    rows = parts.query(
        """
        SELECT convert_from(key, 'UTF8'), coalesce(octet_length(value), -1), message_id::text, partition::text,
               record_offset::text, code, (extract(epoch FROM record_timestamp) * 1000)::bigint::text
        FROM dead_letters WHERE forwarded_at IS NOT NULL
        """)
    assert len(rows) == 10
    copies = {}
    for key, size, headers in dead.records():
        number = headers["number"]
        assert key == f"key-{number}" and headers["kind"] == letters[int(number)][0]
        copies.setdefault(number, set()).add((
            key, size, headers["streampulse.id"], headers["streampulse.partition"], headers["streampulse.offset"],
            headers["streampulse.code"], headers["streampulse.timestamp"]))
        assert (headers["streampulse.topic"], headers["streampulse.stream"]) == (TOPIC, "content_downloads")
    assert all(len(same) == 1 for same in copies.values()), copies
    assert {copy for same in copies.values() for copy in same} == set(rows)
    parts.assert_verified()
    parts.start("serve")
    wait_until(
        lambda: (answer := parts.get("/metrics")) and b"streampulse_outbox_dead_letters 0" in answer.body,
        "no metric of the outbox")


def test_a_replay_that_is_killed_has_done_nothing(parts, project):
    kcat = Kcat(parts)
    processor = parts.start("process")
    kcat.produce(1, "good", event(1), 0)
    kcat.produce(2, "framed", b"\0" + struct.pack(">I", 4711) + event(2), 1)
    wait_for_letters(parts, 1)
    parts.wait_for_events(1)
    assert processor.stop() == 0
    (project / "schemas/confluent-ids.json").write_text('{"4711": "event.avsc"}')

    def waiting():
        return parts.query(
            "SELECT wait_event_type FROM pg_stat_activity WHERE application_name = 'streampulse dead-letters'")

    holder = parts.database()
    holder.autocommit = False
    # In the order of the aggregates this is the last: what comes before it is written already.
    with holder.cursor() as cursor:
        cursor.execute("LOCK TABLE region_health IN EXCLUSIVE MODE")
    replay = parts.start("dead-letters", "replay", "--all")
    wait_until(lambda: waiting() == [("Lock",)], "the replay does not wait for the lock")
    replay.kill()
    holder.rollback()
    holder.close()
    wait_until(lambda: not waiting(), "the replay's connection does not end")
    assert counts(parts) == (1, 1, 1)
    parts.assert_verified()
    assert "1 dead letter replayed" in parts.must("dead-letters", "replay", "--all")
    assert counts(parts) == (2, 2, 2)
    parts.assert_verified()
