"""The lag counts records, not offsets: with transactions the end of a log is a marker that nobody is ever given."""

import signal
import subprocess

from product import GENERATOR, PATIENCE, TOPIC, free_port, wait_until


def write_transaction(servers, partition, *values):
    done = subprocess.run(
        ["kcat", "-q", "-b", servers, "-t", TOPIC, "-P", "-p", str(partition), "-X", "transactional.id=lag"],
        input="".join(f"{value}\n" for value in values).encode(), capture_output=True, timeout=PATIENCE)
    assert done.returncode == 0, done.stderr


def test_with_nothing_left_to_read_the_lag_is_0_also_behind_a_transaction(product, postgres_server, shared):
    product.kafka(shared("kafka/kafka-broker"), partitions=2)
    product.settings["DATABASE_URL"] = postgres_server.new_database()
    product.must("migrate")
    metrics = free_port()
    processor = product.start("process", METRICS_PORT=str(metrics))
    server = product.start("serve")
    server.wait_for_output("StreamPulse is at")
    processor.wait_for_output("partitions assigned")

    def lags():
        found = []
        for port in (product.port, metrics):
            product.port, kept = port, product.port
            try:
                health = product.get("/health")
                found.append(health.json["processor"]["lag_records"] if health else None)
            finally:
                product.port = kept
        return found

    product.must("--count", 100, "--seed", 1, program=GENERATOR)
    wait_until(lambda: lags() == [0, 0], lambda: f"the lag is {lags()}")
    # What they hold is no Avro: three dead letters, and a marker behind each transaction.
    servers = product.settings["KAFKA_BOOTSTRAP_SERVERS"]
    write_transaction(servers, 0, "one", "two")
    write_transaction(servers, 1, "three")
    wait_until(lambda: product.value("SELECT count(*) FROM dead_letters") == 3, "the transactions are not read")
    wait_until(lambda: lags() == [0, 0], lambda: f"the lag is {lags()}")
    assert 'streampulse_lag_records{stream="content_downloads"} 0' in product.get("/metrics").body.decode()

    # Without a processor what comes is counted, with no end of the waiting.
    assert processor.stop(signal.SIGTERM) == 0
    product.must("--count", 7, "--seed", 2, program=GENERATOR)
    wait_until(lambda: (product.get("/health").json["processor"]["lag_records"] or 0) >= 7, "the lag is not seen")
    assert server.stop(signal.SIGTERM) == 0
