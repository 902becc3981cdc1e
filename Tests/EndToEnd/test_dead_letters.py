"""Records that are not events, between good ones: each is kept as it came with the reason, and no good one is lost."""

import json
import random
import struct
import subprocess
import time

from product import TOPIC, wait_until
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


class Kcat:
    """Debian's kcat against the product's broker."""

    def __init__(self, product):
        self.folder = product.folder
        self.servers = product.settings["KAFKA_BOOTSTRAP_SERVERS"]

    def run(self, *arguments, **options):
        done = subprocess.run(
            ["kcat", "-q", "-b", self.servers, "-t", TOPIC, *arguments], timeout=30, capture_output=True, **options)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def produce(self, number, kind, value, partition):
        """Sends one record with a key and headers."""
        headers = ["-P", "-p", str(partition), "-H", f"kind={kind}", "-H", f"number={number}"]
        if value:
            file = self.folder / f"record-{number}"
            file.write_bytes(value)
            self.run(*headers, "-k", f"key-{number}", file)
        else:
            # A file without bytes would be no record at all; nothing behind the key's delimiter is an empty one.
            self.run(*headers, *(["-Z"] if value is None else []), "-K", ":", input=b"key-%d:\n" % number)

    def places(self):
        """Partition and offset of each record that has the header `number`."""
        lines = self.run("-C", "-e", "-o", "beginning", "-f", "%p %o %h\n").decode().splitlines()
        found = {}
        for line in lines:
            partition, offset, headers = line.split(" ", 2)
            if "number=" in headers:
                found[int(headers.partition("number=")[2].split(",")[0])] = (int(partition), int(offset))
        return found


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
