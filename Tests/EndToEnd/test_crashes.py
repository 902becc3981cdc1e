"""`kill -9` of the processor in mid-stream, over and over: nothing is lost and nothing counted twice."""

import random
import re
import time

import pytest
from product import GENERATOR, wait_until
from truth import Truth

RATE = 22_000
# What the processors add to their settings, so that the group takes in the next one soon after a kill: the in-process
# broker waits until the dead member's session is over, and allows short ones; Kafka lets a static member's successor
# take its place at once, and allows no session below 6 s.
SHORT_SESSION = {"KAFKA_PROPERTY_SESSION_TIMEOUT_MS": "3500"}
STATIC_MEMBER = {"KAFKA_PROPERTY_GROUP_INSTANCE_ID": "crash-test"}


@pytest.fixture
def embedded_broker(product):
    # Each partition holds about 5 MB: enough of them for the seconds without a reader. It gives out one batch of a
    # partition per request, so the batches must not be tiny.
    product.broker(partitions=32)
    return SHORT_SESSION, {"KAFKA_PROPERTY_LINGER_MS": "100"}, 8


@pytest.fixture
def real_kafka(product, shared):
    product.kafka(shared("kafka/kafka-broker"))
    return STATIC_MEMBER, {}, 20


@pytest.mark.long
@pytest.mark.parametrize("broker", ["embedded_broker", "real_kafka"])
def test_killed_over_and_over_in_mid_stream_it_counts_every_event_once(broker, request, product, postgres_server):
    group, load, kills = request.getfixturevalue(broker)
    product.settings["DATABASE_URL"] = postgres_server.new_database()
    product.must("migrate")
    events = product.folder / "events.jsonl"
    generator = product.start(
        "--rate", RATE, "--seed", 20, "--regions", 1000, "--out-of-order", "5%:3", "--output", events,
        program=GENERATOR, log="load", **load)
    moment = random.Random(20)

    def position():
        return product.value("SELECT coalesce(sum(next_offset), 0)::bigint FROM pulse.progress")

    def sent_by_now():
        with open(events, "rb") as lines:
            sample = lines.read(1 << 20)
        return events.stat().st_size * sample.count(b"\n") // max(1, len(sample))

    reached = 0
    for number in range(kills):
        assert generator.is_running, generator.output
        processor = product.start("process", log=f"process-{number}", **group)

        def has_caught_up(before=reached, processor=processor):
            assert processor.is_running, processor.output
            now = position()
            return now > before and sent_by_now() - now < RATE
        wait_until(has_caught_up, lambda: f"at {position()} of {sent_by_now()}: {processor.output}")
        # Not only at the first commit, but anywhere between two.
        time.sleep(moment.uniform(0, 0.3))
        processor.kill()
        reached = position()

    assert generator.stop() == 0
    summary = re.search(r"sent (\d+) events \((\d+) acknowledged, 0 failed\)", generator.output)
    sent = int(summary[1])
    # A broker without room, or a busy machine, slows the generator down; that must not make the test an easy one.
    # How long so many starts take is the machine's business; each has to meet records under way.
    assert sent > kills * RATE / 4, summary[0]
    assert reached < sent, "the last kill was not in mid-stream"
    last = product.start("process", log="process-last", **group)
    product.wait_for_events(sent)
    truth = Truth(events)
    assert truth.count == sent
    truth.assert_equals(product)
    assert f"{sent} records" in product.assert_verified()
    assert product.value("SELECT count(*) FROM dead_letters") == 0
    assert last.stop() == 0
