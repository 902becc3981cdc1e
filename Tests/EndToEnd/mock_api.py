"""A small stand-in for the product's HTTP side: the files of web/ and answers that a test can change at any time."""

import copy
import hashlib
import json
import threading
from datetime import datetime, timedelta, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

from mock_socket import NORMAL, TRY_AGAIN_LATER, MockSocket, accept_of

WEB = Path(__file__).resolve().parents[2] / "web"
CHART_JS = Path("/usr/share/javascript/chart.js/chart.min.js")
CONTENT_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
# Stricter than the page needs in no point: what the product sends.
CONTENT_SECURITY_POLICY = "default-src 'self'; style-src 'self'"

PATHS = {
    name: f"/api/stats/{name}" for name in ("realtime", "trending", "regions", "alerts", "timeseries", "devices", "predictions")
} | {
    "letters": "/api/stats/dead_letters", "silences": "/api/stats/silences", "ledger": "/api/ledger",
    "dead-letters": "/api/dead-letters", "dead-letter": "/api/dead-letters/17", "health": "/health", "catalogue": "/api/aggregates", "metrics": "/-/metrics",
    "description": "/openapi.json",
}
# What the first page asks of the aggregates, by the name of the answer.
QUESTIONS = ("totals", "series", "region", "title", "device")
# Below it each aggregate has its rows.
ROWS = "/api/aggregates/"


def iso(time):
    return time.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def sample_answers(now=None):
    """Answers of every endpoint, in the shapes of the API, as if the last hour had been a busy one."""
    now = now or datetime.now(timezone.utc)
    minute = now.replace(second=0, microsecond=0)
    titles = ["Avengers: Endgame", "The Last of Us", "Midnight Sessions", "Photon Editor", "Dune Messiah"]
    regions = [
        ("US-California", 4211, 0.9712), ("DE-Bavaria", 2950, 0.9631), ("JP-Tokyo", 2412, 0.8120),
        ("UK-London", 1890, 0.9496), ("BR-Sao Paulo", 1544, 0.9555), ("IN-Maharashtra", 1320, 0.9230),
        ("FR-Ile-de-France", 1105, 0.9801), ("CA-Ontario", 903, 0.9690), ("AU-Victoria", 640, 0.9612),
    ]
    devices = [
        ("iPhone", "iOS 17.2", 6120), ("Galaxy", "Android 14", 5011), ("Apple TV", "tvOS 17.1", 2217),
        ("PC", "Windows 11", 1604),
    ]

    def rows(data):
        return {
            "data": data, "count": len(data), "start": iso(minute - timedelta(minutes=15)), "end": iso(minute),
            "newest": iso(minute), "complete_until": iso(minute),
        }

    def figures(count, downloads, rate, **more):
        successful = round(downloads * rate)
        return {count: downloads, "successful_downloads": successful, "failed_downloads": downloads - successful} | more

    def alert(number, severity, region, rate, minutes_ago):
        return {
            "id": number, "alert_type": "HIGH_ERROR_RATE", "severity": severity,
            "message": f"Error rate {rate:.1%} in {region}", "region": region, "metric_name": "error_rate",
            "metric_value": rate, "threshold_value": 0.15 if severity == "CRITICAL" else 0.10,
            "created_at": iso(now - timedelta(minutes=minutes_ago)), "aggregate": "region_health",
            "key": {"region": region}, "window_start": iso(now - timedelta(minutes=minutes_ago + 1)),
            "window_end": iso(now - timedelta(minutes=minutes_ago)), "acknowledged_at": None, "acknowledged_by": None,
            "incident": None, "state": None, "resolved_at": None,
        }

    return {
        "realtime": {"total_downloads": 16975, "unique_content": 187},
        "totals": rows([figures("total_downloads", 16975, 0.9423, avg_duration_seconds=48.26)]),
        "series": rows([
            {"window_start": iso(start), "window_end": iso(start + timedelta(minutes=1))}
            | figures("total_downloads", 2400 + (back * 397) % 900 if back else 700, 0.93 + ((back * 13) % 50) / 1000)
            for back in range(15, -1, -1) for start in [minute - timedelta(minutes=back)]
        ]),
        "region": rows([
            {"region": name} | figures("total_downloads", downloads, rate, avg_speed_mbps=20 + downloads / 100)
            for name, downloads, rate in regions
        ]),
        "title": rows([
            {"content_id": f"mov_{index}", "title": title} | figures("download_count", 1900 - 310 * index, 0.96)
            for index, title in enumerate(titles)
        ]),
        "device": rows([
            {"device_type": name, "os_version": system} | figures("total_downloads", total, 0.96, avg_speed_mbps=41.5)
            for name, system, total in devices
        ]),
        "alerts": {
            "data": [
                alert(4, "CRITICAL", "JP-Tokyo", 0.188, 1), alert(3, "WARNING", "IN-Maharashtra", 0.117, 2),
                alert(2, "CRITICAL", "JP-Tokyo", 0.172, 4), alert(1, "WARNING", "UK-London", 0.104, 130),
            ],
            "count": 4, "unacknowledged_count": 4,
        },
        "acknowledged": {"data": [], "count": 0, "unacknowledged_count": 4},
        "letters": {"data": [], "count": 0},
        "predictions": {"data": [], "count": 0},
        "silences": {"data": [], "count": 0},
        "metrics": {"text": metrics_text(1_000, 12, 0.4)},
        "description": {"openapi": "3.1.0", "paths": {}},
        "health": {
            "status": "ok", "database": {"status": "up", "detail": "127.0.0.1:5432"},
            "broker": {"status": "up", "detail": "127.0.0.1:9092"},
            "processor": {"status": "running", "lag_records": 12, "last_commit_age_seconds": 0.08, "newest_event_age_seconds": 0.4},
            "streams": [{
                "name": "content_downloads", "topic": "content-downloads", "status": "running", "lag_records": 12,
                "last_commit_age_seconds": 0.08, "newest_event_age_seconds": 0.4}],
        },
        "catalogue": {
            "data": [
                {
                    "name": "region_health", "kind": "aggregate", "path": "/api/aggregates/region_health",
                    "comment": "Regions.", "stream": "content_downloads", "window": "tumble 60 seconds",
                    "window_seconds": 60, "time": "window_start", "rolls_up": True, "keys": [], "columns": [],
                    "sql": "SELECT 1",
                },
            ],
            "count": 1,
            "endpoints": [
                {"method": "GET", "path": path, "summary": name} for name, path in PATHS.items()
                if path.startswith("/api/stats/")
            ],
        },
    }


def metrics_text(events, lag, age):
    """What Prometheus reads of a processor."""
    return f"""# HELP streampulse_events_total Events of committed transactions.
streampulse_events_total{{stream="content_downloads",outcome="consumed"}} {events}
streampulse_events_total{{stream="content_downloads",outcome="dead"}} 0
streampulse_flush_seconds_sum {events / 1000}
streampulse_flush_seconds_count {events // 100}
streampulse_lag_records{{stream="content_downloads"}} {lag}
streampulse_assigned_partitions 3
streampulse_newest_event_age_seconds{{stream="content_downloads"}} {age}
"""


def empty_answers():
    """What a product that has just been started, and has seen no event, answers."""
    answers = sample_answers()
    for name in ("totals", "series", "region", "title", "device", "alerts"):
        answers[name]["data"] = []
        answers[name]["count"] = 0
    answers["alerts"]["unacknowledged_count"] = 0
    answers["realtime"] = {"total_downloads": 0, "unique_content": 0}
    never = {"status": "running", "lag_records": None, "last_commit_age_seconds": None, "newest_event_age_seconds": None}
    answers["health"]["processor"] = never
    answers["health"]["streams"][0] |= never
    return answers


class MockApi:
    """Serves on a free port of 127.0.0.1. All attributes may be read and changed from the test's thread."""

    def __init__(self, answers=None):
        self._lock = threading.Condition()
        self._answers = answers or sample_answers()
        # Answers requests below /api/aggregates: called with the name and the query.
        self.rows = None
        self._statuses = {}
        # Only who has it is answered; None: everybody is.
        self.token = None
        # What was asked by POST, and how that is answered.
        self.actions = []
        self.action_status = 200
        self._held = set()
        self._active = {}
        # What /api/stream does: "close" at once, "refuse" with 404, or "push".
        self.stream = "close"
        # Of each open WebSocket: {"socket", "subscriptions": {id: {"target", "position"}}, "said": what its client said}.
        self.sockets = []
        # All of them, with those that are closed.
        self.handshakes = 0
        self.requests = []
        self.not_modified = 0
        self._server = None
        self.port = 0
        self.start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}/"

    def start(self):
        """Listens, on the same port as before when it was stopped."""
        handler = type("Handler", (_Handler,), {"api": self})
        self._server = _Server(("127.0.0.1", self.port), handler)
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def stop(self):
        """Closes the port and every open connection."""
        with self._lock:
            self._held.clear()
            self._lock.notify_all()
        if self._server:
            self._server.shutdown()
            self._server.close_connections()
            self._server.server_close()
            self._server = None

    def answer(self, name, **fields):
        """Replaces fields of an endpoint's answer."""
        with self._lock:
            self._answers[name].update(copy.deepcopy(fields))
        self.push()

    def answer_more(self, name, answer):
        """Adds the answer to another question."""
        with self._lock:
            self._answers[name] = copy.deepcopy(answer)

    def answers(self, name):
        with self._lock:
            return copy.deepcopy(self._answers[name])

    def answer_all(self, answers):
        with self._lock:
            self._answers = copy.deepcopy(answers)

    def fail(self, *names, status=503):
        """Makes endpoints (all without arguments) answer with an error status."""
        with self._lock:
            self._statuses = {name: status for name in (names or (*PATHS, *QUESTIONS, "rows"))}

    def recover(self):
        with self._lock:
            self._statuses = {}

    def show(self, project):
        """Makes the answers those of a project with this `catalogue()` and `answer(name, query)`; no endpoints."""
        with self._lock:
            self.rows = project.answer
            self._answers["catalogue"] = project.catalogue()
            self._statuses = {name: 404 for name, path in PATHS.items() if path.startswith("/api/stats/")}

    def act(self, path, body):
        """Called by the handler for a POST: notes it, and acknowledges alerts. Returns the status."""
        with self._lock:
            self.actions.append((path, body))
            if self.action_status != 200:
                return self.action_status
            if path.endswith("/acknowledge"):
                number = int(path.split("/")[-2])
                done = [alert for alert in self._answers["alerts"]["data"] if alert["id"] == number]
                self._answers["alerts"]["data"] = [a for a in self._answers["alerts"]["data"] if a["id"] != number]
                self._answers["acknowledged"]["data"] += [
                    alert | {"acknowledged_at": iso(datetime.now(timezone.utc)), "acknowledged_by": "mira"} for alert in done]
            if path.endswith("/unsilence"):
                number = int(path.split("/")[-2])
                self._answers["silences"]["data"] = [s for s in self._answers["silences"]["data"] if s["id"] != number]
            return 200

    def hold(self, name):
        """Leaves requests of an endpoint without an answer until `release`."""
        with self._lock:
            self._held.add(name)

    def release(self):
        with self._lock:
            self._held.clear()
            self._lock.notify_all()

    def count(self, name=None):
        """How many requests arrived, of one endpoint or of all."""
        with self._lock:
            return sum(1 for each, _ in self.requests if name in (None, each))

    def is_idle(self):
        """Whether no request is waiting for its answer."""
        with self._lock:
            return not any(self._active.values())

    def last_query(self, name):
        """The parameters of an endpoint's latest request, or None."""
        with self._lock:
            return next((query for each, query in reversed(self.requests) if each == name), None)

    def question(self, relation, query):
        """The name of what the first page asks of an aggregate."""
        if "step" in query:
            name = "series"
        elif query.get("by") == "":
            name = "totals"
        else:
            name = {"region_health": "region", "content_stats": "title", "device_stats": "device"}.get(relation)
        with self._lock:
            is_before = name and f"{name}Before" in self._answers and query.get("end", "~") <= self._answers[name]["start"]
        return f"{name}Before" if is_before else name

    def respond(self, name, query):
        """Called by the handler: the status and the answer, once the endpoint is not held."""
        with self._lock:
            self.requests.append((name, query))
            self._active[name] = self._active.get(name, 0) + 1
            self._lock.wait_for(lambda: name not in self._held)
            self._active[name] -= 1
            status = self._statuses.get(name, 200)
            rows = self.rows
            if name == "alerts" and query.get("acknowledged") == "true":
                name = "acknowledged"
            answer = {} if name in ("rows", None) else copy.deepcopy(self._answers.get(name, {"data": [], "count": 0}))
        if name == "rows":
            answer = rows(query["of"], query)
        if status != 200 and name != "health":
            answer = {"type": "about:blank", "title": "Service Unavailable", "status": status}
        return status, answer

    def result(self, target):
        """What a GET of the target is answered, without being counted as one: the status and the answer."""
        asked, query = self.asked(target)
        name = self.question(query["of"], query) if asked == "rows" and not self.rows else asked
        with self._lock:
            if name == "alerts" and query.get("acknowledged") == "true":
                name = "acknowledged"
            if self._statuses.get(name, 200) != 200:
                return self._statuses[name], None
            if name != "rows":
                return 200, copy.deepcopy(self._answers.get(name, {"data": [], "count": 0}))
        return 200, self.rows(query["of"], query)

    def asked(self, target):
        """The name of an endpoint, or "rows", or None; and the parameters."""
        parts = urlsplit(target)
        query = {name: values[0] for name, values in parse_qs(parts.query, keep_blank_values=True).items()}
        if parts.path.startswith(ROWS):
            return "rows", {"of": unquote(parts.path.removeprefix(ROWS)), **query}
        return next((name for name, path in PATHS.items() if parts.path == path), None), query

    def push(self):
        """Sends every subscriber what has changed."""
        with self._lock:
            open_sockets = list(self.sockets)
        for client in open_sockets:
            for name in list(client["subscriptions"]):
                self._push(client, name)

    def _push(self, client, name, is_first=False):
        subscription = client["subscriptions"][name]
        status, answer = self.result(subscription["target"])
        if status != 200:
            client["socket"].say({"id": name, "error": {"status": status, "title": "Not now"}} | ({"ended": True} if is_first else {}))
            return
        body = json.dumps(answer)
        position = "1-" + hashlib.sha256(body.encode()).hexdigest()[:16]
        if subscription["position"] != position:
            client["socket"].say({"id": name, "position": position, "data": answer})
        elif is_first:
            client["socket"].say({"id": name, "position": position})
        subscription["position"] = position

    def serve_socket(self, socket):
        """Called by the handler: one WebSocket's life."""
        client = {"socket": socket, "subscriptions": {}, "said": []}
        with self._lock:
            self.handshakes += 1
            self.sockets.append(client)
        if self.stream == "close":
            socket.close(TRY_AGAIN_LATER)
        for message in socket.messages():
            client["said"].append(message)
            if "subscribe" in message:
                name = message["subscribe"]
                client["subscriptions"][name] = {"target": message["endpoint"], "position": message.get("position")}
                self._push(client, name, is_first=True)
            elif "unsubscribe" in message:
                client["subscriptions"].pop(message["unsubscribe"], None)
        with self._lock:
            self.sockets.remove(client)

    def close_sockets(self, code=NORMAL):
        with self._lock:
            open_sockets = list(self.sockets)
        for client in open_sockets:
            client["socket"].close(code)

    def count_not_modified(self):
        with self._lock:
            self.not_modified += 1


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    allow_reuse_address = True

    def __init__(self, *arguments):
        self._connections = set()
        super().__init__(*arguments)

    def process_request(self, request, client_address):
        self._connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request):
        self._connections.discard(request)
        super().shutdown_request(request)

    def close_connections(self):
        for request in list(self._connections):
            self.shutdown_request(request)

    def handle_error(self, request, client_address):
        """A browser that goes away in mid-answer is no error of the test."""


class _Handler(BaseHTTPRequestHandler):
    api = None
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0))) or b"{}")
        status = self.api.act(urlsplit(self.path).path, body)
        self._send(status, "application/json", b"{}")

    def do_GET(self):
        parts = urlsplit(self.path)
        if parts.path == "/api/stream" and self.api.stream != "refuse":
            return self._serve_socket()
        asked, query = self.api.asked(self.path)
        if asked:
            if asked == "rows" and not self.api.rows:
                asked = self.api.question(query["of"], query)
            status, answer = self.api.respond(asked, query)
            if self.api.token and asked != "health" and self.headers.get("Authorization") != f"Bearer {self.api.token}":
                status, answer = 401, {"type": "about:blank", "title": "Token needed", "status": 401}
            if asked == "metrics" and status == 200:
                return self._send(status, "text/plain", answer["text"].encode())
            self._send(status, "application/json", json.dumps(answer).encode(), revalidate=status == 200)
            return
        self._send_file(CHART_JS if parts.path == "/vendor/chart.js" else self._file_of(parts.path))

    def _serve_socket(self):
        self.send_response(101)
        for header in ("Upgrade", "websocket"), ("Connection", "Upgrade"), (
                "Sec-WebSocket-Accept", accept_of(self.headers["Sec-WebSocket-Key"])):
            self.send_header(*header)
        self.end_headers()
        self.close_connection = True
        self.api.serve_socket(MockSocket(self.rfile, self.wfile))

    def _file_of(self, path):
        file = (WEB / (path.lstrip("/") or "index.html")).resolve()
        return file if file.is_relative_to(WEB) and file.is_file() else None

    def _send_file(self, file):
        if file is None:
            self._send(404, "text/plain", b"not found")
        else:
            self._send(200, CONTENT_TYPES.get(file.suffix, "application/octet-stream"), file.read_bytes())

    def _send(self, status, content_type, body, revalidate=False):
        tag = f'"{hashlib.sha256(body).hexdigest()[:16]}"'
        if revalidate and self.headers.get("If-None-Match") == tag:
            self.api.count_not_modified()
            status, body = 304, b""
        self.send_response(status)
        if revalidate:
            self.send_header("ETag", tag)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Security-Policy", CONTENT_SECURITY_POLICY)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments):
        pass
