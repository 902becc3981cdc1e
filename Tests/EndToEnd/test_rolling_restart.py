"""Four processors of one group, restarted one after the other under load, and a stream beside one with a backlog."""

import os
import signal
import time

import pytest
from positions import Positions
from product import GENERATOR, wait_until
from test_streams import project

RATE = int(os.environ.get("ROLLING_RATE", "50000"))
INSTANCES = 4
PARTITIONS = 16


@pytest.mark.deep
@pytest.mark.parametrize("membership", ["static", "dynamic"])
def test_four_instances_are_restarted_one_after_the_other_under_load(
        membership, product, postgres_server, shared, record_property):
    product.kafka(shared("kafka/kafka-broker"), partitions=PARTITIONS)
    product.settings["DATABASE_URL"] = postgres_server.new_database()
    product.must("migrate")

    def start(number, again=""):
        name = {"KAFKA_INSTANCE_ID": f"rolling-{number}"} if membership == "static" else {}
        return product.start("process", log=f"process-{number}{again}", **name)

    instances = [start(number) for number in range(INSTANCES)]
    load = product.start(
        "--rate", RATE, "--seed", 18, "--regions", 1000, program=GENERATOR, log="load", KAFKA_PROPERTY_LINGER_MS="20")
    positions = Positions(product.settings["DATABASE_URL"], "content_downloads")

    def are_shared():
        return all(len(positions.moved_by(one)) == PARTITIONS // INSTANCES for one in instances)

    wait_until(are_shared, lambda: str(positions.owners))
    time.sleep(3)
    began = time.monotonic()
    longest = 0
    for number, instance in enumerate(instances):
        own = positions.moved_by(instance)
        told = time.monotonic()
        assert instance.stop(signal.SIGTERM) == 0
        ended = time.monotonic()
        instances[number] = start(number, "-again")
        wait_until(are_shared, lambda: str(positions.owners))
        # Members that come and go are noticed by the others a moment later.
        time.sleep(3)
        now = time.monotonic()
        if membership == "static":
            assert positions.moved_by(instances[number]) == own
        pause = positions.longest_pause(own, told, now)
        others = positions.longest_pause(set(positions.moves) - own, told, now)
        longest = max(longest, pause, others)
        record_property("figure", (
            f"rolling restart, {membership}, instance {number}: end {ended - told:.2f} s, its partitions stand still "
            f"{pause:.2f} s, those of the others {others:.2f} s"))
        # What partitions that nobody touches stand still for is the machine's doing.
        if membership == "static":
            assert pause < 1 + others
    silence = positions.longest_silence(began, time.monotonic())
    positions.stop()
    record_property("figure", (
        f"rolling restart, {membership}: no commit at all for {silence:.2f} s, none of one partition for {longest:.2f} s"))
    assert load.stop() == 0
    assert silence < 2
    if membership == "static":
        assert longest < 2

    sent = product.value("SELECT sum(next_offset)::bigint FROM pulse.progress")
    assert sent > RATE * 10, "that was no load"
    for instance in instances:
        assert instance.is_running, instance.output
    wait_until(lambda: product.run("verify", "--recount", seconds=600).returncode == 0, "rows differ", seconds=60)
    for instance in instances:
        assert instance.stop(signal.SIGTERM) == 0


@pytest.mark.deep
def test_a_stream_with_a_backlog_leaves_another_one_fresh(product, postgres_server, shared, record_property):
    copies = "copies-of-downloads"
    product.kafka(shared("kafka/kafka-broker"), partitions=4)
    product.settings["DATABASE_URL"] = postgres_server.new_database()
    product.generate("--count", 0, "--partitions", 4, KAFKA_TOPIC=copies)
    project(product, topic=copies)
    product.must("migrate")
    backlog = 1_000_000
    product.generate("--count", backlog, "--seed", 1, "--regions", 1000, "--users", 100_000)

    live = product.start("--rate", 500, "--seed", 2, program=GENERATOR, log="live", KAFKA_TOPIC=copies)
    processor = product.start("process")
    fresh = Positions(product.settings["DATABASE_URL"], "copies")
    late = Positions(product.settings["DATABASE_URL"], "content_downloads")
    wait_until(lambda: fresh.moves and late.moves, lambda: processor.output)
    began = time.monotonic()
    wait_until(
        lambda: product.value("SELECT sum(next_offset) FROM pulse.progress WHERE stream = 'content_downloads'") == backlog,
        lambda: processor.output)
    ended = time.monotonic()
    fresh.stop()
    late.stop()
    pause = fresh.longest_silence(began, ended)
    record_property("figure", (
        f"a backlog of {backlog} records, read in {ended - began:.1f} s, leaves another stream without a commit for "
        f"{pause:.2f} s at most"))
    assert ended - began > 1, "that was no backlog"
    assert pause < 1
    assert live.stop() == 0
    assert processor.stop(signal.SIGTERM) == 0
