"""Traces as a collector sees them, decoded by OpenTelemetry's own package."""

import base64
import json
import shutil
import subprocess
import time
import urllib.request
from pathlib import Path

import pytest
from product import ROOT, free_port, wait_until
from receiver import Receiver

PYTHON = ROOT / ".build/python/bin/python"
PRODUCER = ("0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331")
CALLER = ("4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7")
SERVER, CLIENT, CONSUMER = 2, 3, 5


@pytest.fixture
def receivers():
    both = Receiver(), Receiver()
    yield both
    for receiver in both:
        receiver.stop()


def spans(collector):
    """All spans that have arrived."""
    assert PYTHON.exists(), "there is no .build/python: run make test-packages"
    bodies = "".join(base64.b64encode(request.body).decode() + "\n" for request in collector.taken)
    done = subprocess.run(
        [PYTHON, Path(__file__).with_name("otlp_decoder.py")], input=bodies, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def logged(program, message):
    return [line for line in map(json.loads, filter(lambda line: line.startswith("{"), program.output.splitlines()))
            if line["message"] == message]


def test_commits_requests_and_notifications_are_traces_that_belong_to_those_of_others(parts, receivers):
    collector, webhook = receivers
    folder = parts.folder / "project"
    for name in ("sql", "schemas"):
        shutil.copytree(ROOT / name, folder / name)
    (folder / "sql/alerts/targets.sql").write_text(f"-- target: oncall webhook {webhook.url}/hook\n")
    metrics = free_port()
    parts.settings |= {
        "STREAMPULSE_PROJECT": str(folder), "METRICS_PORT": str(metrics), "LOG_LEVEL": "debug", "LOG_FORMAT": "json",
        "OTEL_EXPORTER_OTLP_ENDPOINT": collector.url, "OTEL_EXPORTER_OTLP_HEADERS": "authorization=Bearer%20s3cret",
        "OTEL_RESOURCE_ATTRIBUTES": "deployment.environment.name=test,service.name=other",
        "OTEL_SERVICE_NAME": "downloads",
    }
    process, serve = parts.start("process", log="process"), parts.start("serve", log="serve")
    serve.wait_for_output("StreamPulse is at")
    parts.generate("--count", 60, "--seed", 1, "--traceparent", f"00-{PRODUCER[0]}-{PRODUCER[1]}-01")
    parts.wait_for_events(60)
    for flags in ("01", "00"):
        request = urllib.request.Request(
            f"{parts.url}/api/stats/realtime?minutes=5",
            headers={"traceparent": f"00-{CALLER[0]}-{CALLER[1]}-{flags}", "X-Request-ID": "mine"})
        with urllib.request.urlopen(request) as answer:
            assert answer.headers["X-Request-ID"] == "mine"
    payload = {
        "incident": 1, "event": "firing", "alert": "HIGH_ERROR_RATE", "severity": "CRITICAL", "message": "m", "key": {},
        "started_at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), "metric": "error_rate", "value": 0.5,
    }
    parts.query(
        "INSERT INTO pulse.notifications (target, incident, event, payload) VALUES ('oncall', 1, 'firing', %s)",
        (json.dumps(payload),))

    def found(name, **attributes):
        return [span for span in spans(collector) if span["name"] == name
                and attributes.items() <= span["attributes"].items()]

    def consumed():
        return sum(span["attributes"]["messaging.batch.message_count"] for span in found("process content-downloads"))

    for condition in (lambda: consumed() == 60, lambda: found("GET /api/stats/realtime"), lambda: found("notify oncall")):
        wait_until(condition, lambda: spans(collector), interval=0.5)

    # The cycles: offsets without a gap, and links to where the records were sent.
    cycles = found("process content-downloads")
    ranges = {}
    for cycle in sorted(cycles, key=lambda span: span["start"]):
        said = cycle["attributes"]
        assert cycle["kind"] == CONSUMER and cycle["parent"] == "" and cycle["status"] == 0
        assert cycle["links"] == ["-".join(PRODUCER)]
        assert said["messaging.system"] == "kafka" and said["messaging.consumer.group.name"] == "streampulse"
        for partition, first, following in zip(
                said["streampulse.partitions"], said["streampulse.offsets.first"], said["streampulse.offsets.next"]):
            assert ranges.get(partition, 0) == first
            ranges[partition] = following
        below = {span["name"]: span for span in spans(collector)
                 if span["trace"] == cycle["trace"] and span["parent"] == cycle["span"]}
        commit = next(span for name, span in below.items() if name.startswith("COMMIT "))
        assert {"poll content-downloads", "decode", "aggregate"} <= below.keys() and len(below) == 4
        assert commit["kind"] == CLIENT and commit["attributes"]["db.system.name"] == "postgresql"
        assert commit["attributes"]["streampulse.rows"] > 0
        assert all(cycle["start"] <= span["start"] <= span["end"] <= cycle["end"] for span in below.values())
    assert sum(ranges.values()) == 60
    assert {line.get("trace_id") for line in logged(process, "flush committed")} >= {cycle["trace"] for cycle in cycles}

    # The request: the caller's trace goes on, and its decision counts.
    request, = found("GET /api/stats/realtime")
    assert (request["trace"], request["parent"], request["kind"]) == (*CALLER, SERVER)
    assert request["flags"] == 0x301, "sampled, below a span of another process"
    assert request["attributes"]["http.route"] == "/api/stats/realtime"
    assert request["attributes"]["http.response.status_code"] == 200
    assert request["attributes"]["streampulse.request_id"] == "mine"
    assert CALLER[0] in {line.get("trace_id") for line in logged(serve, "request served")}

    # The notification: the receiver is told of the span that sent it.
    notified, = found("notify oncall")
    arrived, = webhook.taken
    assert arrived.headers["traceparent"] == f"00-{notified['trace']}-{notified['span']}-01"
    assert notified["kind"] == CLIENT and notified["attributes"]["streampulse.target.kind"] == "webhook"
    assert logged(process, "notifications delivered")[0]["trace_id"] == notified["trace"]

    for request in collector.taken:
        assert request.path == "/v1/traces" and request.headers["Content-Type"] == "application/x-protobuf"
        assert request.headers["Authorization"] == "Bearer s3cret"
    resource = notified["resource"]
    assert resource["service.name"] == "downloads" and resource["deployment.environment.name"] == "test"
    with urllib.request.urlopen(f"http://127.0.0.1:{metrics}/metrics") as answer:
        assert 'streampulse_spans_total{outcome="dropped"} 0' in answer.read().decode()
    # What ends last still arrives.
    urllib.request.urlopen(f"{parts.url}/ping").close()
    for program in (serve, process):
        program.stop()
        assert "s3cret" not in program.output
    assert found("GET /ping")
