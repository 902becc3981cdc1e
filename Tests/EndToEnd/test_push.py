"""Push as its clients meet it: subscriptions over /api/stream with a client that is not ours, and those who misuse it."""

import asyncio
import json
import resource
import socket
import struct
import time
from pathlib import Path

import pytest
import websockets
from product import PATIENCE, wait_until

RAISE = """
    INSERT INTO alerts (alert_type, severity, message, metric_name, metric_value, threshold_value, aggregate, key,
                        window_start, window_end)
    VALUES ('test', 'INFO', 'a change', 'n', 0, 0, 'region_health', '{"region": "R1"}', to_timestamp(0), to_timestamp(60))
    ON CONFLICT (alert_type, key, window_start) DO UPDATE SET metric_value = alerts.metric_value + 1
"""


def may_open(sockets):
    """Skips the test where a process may not have so many."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = sockets + 512
    if hard != resource.RLIM_INFINITY and hard < wanted:
        pytest.skip(f"a process may have {hard} descriptors here")
    if soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def serve(parts, **settings):
    server = parts.start("serve", **settings)
    server.wait_for_output("StreamPulse is at")
    return server


def resident_megabytes(program):
    lines = Path(f"/proc/{program.pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS:")) / 1000


def answers_within(product, seconds, paths=("/health", "/api/stats/realtime")):
    """Asks each of them, on a connection of its own."""
    for path in paths:
        began = time.monotonic()
        answer = product.get(path, seconds=seconds)
        took = time.monotonic() - began
        # What it says of brokers and processors is another matter.
        expected = (200, 503) if path == "/health" else (200,)
        status = answer and answer.status
        assert status in expected and took < seconds, f"{path}: {status} after {took:.2f} s"


class Subscriber:
    """One connection to /api/stream."""

    def __init__(self, product):
        self.url = product.url.replace("http", "ws", 1) + "/api/stream"

    async def __aenter__(self):
        self.socket = await websockets.connect(self.url, open_timeout=PATIENCE, compression=None, max_size=None)
        return self

    async def __aexit__(self, *_):
        await self.socket.close()

    async def say(self, **message):
        await self.socket.send(json.dumps(message))

    async def hear(self, until=lambda _: True):
        """The next message of which that is true."""
        while True:
            message = json.loads(await asyncio.wait_for(self.socket.recv(), PATIENCE))
            if until(message):
                return message


def downloads(message):
    return sum(row["total_downloads"] for row in message["data"]["data"])


def test_subscribers_hear_of_what_they_read_and_go_on_where_they_were(parts):
    parts.start("process").wait_for_output("partitions assigned")
    serve(parts)
    parts.generate("--count", 300, "--seed", 1)
    parts.wait_for_events(300)

    async def subscribe():
        async with Subscriber(parts) as client:
            # By steps, since a sum over all of the range waits for the minute's end.
            await client.say(subscribe="rows", endpoint="/api/aggregates/region_health?minutes=1440&by=&step=1h")
            await client.say(subscribe="bell", alerts=True)
            counted = await client.hear(
                lambda message: message["id"] == "rows" and downloads(message) == 300)
            await client.hear(lambda message: message["id"] == "bell")
            await asyncio.to_thread(parts.generate, "--count", 200, "--seed", 2)
            more = await client.hear(
                lambda message: message["id"] == "rows" and downloads(message) == 500)
            assert int(more["position"].split("-")[0]) > int(counted["position"].split("-")[0])
            await asyncio.to_thread(parts.query, RAISE)
            # Others may have been raised by what was counted.
            alert = await client.hear(
                lambda message: message["id"] == "bell"
                and "a change" in (row["message"] for row in message["data"]["data"]))
            await client.say(unsubscribe="bell")
            await client.hear(lambda message: message == {"id": "bell", "ended": True})
            return alert["position"]

    bell = asyncio.run(subscribe())

    # What does not change by itself, as the last minutes do.
    endpoint = "/api/stats/alerts?limit=5"

    async def come_back():
        async with Subscriber(parts) as client:
            await client.say(subscribe="first", endpoint=endpoint)
            present = (await client.hear())["position"]
        async with Subscriber(parts) as client:
            for id, known in (("same", present), ("older", "1-2")):
                await client.say(subscribe=id, endpoint=endpoint, position=known)
                first = await client.hear()
                assert first["id"] == id and first["position"].split("-", 1)[1] == present.split("-", 1)[1]
                assert ("data" in first) == (id == "older")
            await client.say(subscribe="bell", alerts=True, position=bell)
            assert "data" not in await client.hear()
        return present

    position = asyncio.run(come_back())

    # The same by server-sent events: the id is the position.
    request = f"GET {endpoint} HTTP/1.1\r\nHost: h\r\nAccept: text/event-stream\r\n"
    with socket.create_connection(("127.0.0.1", parts.port), PATIENCE) as stream:
        stream.sendall(f"{request}Last-Event-ID: {position}\r\n\r\n".encode())
        first = b""
        while b"retry: 2000\n\n" not in first:
            first += stream.recv(65536)
        assert b"data:" not in first


def test_a_thousand_idle_subscribers_cost_little_and_one_change_reaches_all(parts):
    may_open(3000)
    server = serve(parts, API_MAX_STREAMS="2000", API_MAX_STREAMS_PER_ADDRESS="2000")

    async def subscribe():
        async with Subscriber(parts) as first:
            await first.say(subscribe="a", alerts=True)
            await first.hear()
            before = resident_megabytes(server)
            clients = []
            for _ in range(20):
                batch = [Subscriber(parts) for _ in range(50)]
                await asyncio.gather(*(client.__aenter__() for client in batch))
                for client in batch:
                    await client.say(subscribe="a", alerts=True)
                await asyncio.gather(*(client.hear() for client in batch))
                clients += batch
            grown = resident_megabytes(server) - before
            assert grown < 50, f"{grown:.1f} MB for 1,000 subscribers"
            metrics = (await asyncio.to_thread(parts.get, "/metrics")).body.decode()
            assert "streampulse_websockets 1001" in metrics and "streampulse_event_streams 0" in metrics
            for _ in range(3):
                began = time.monotonic()
                await asyncio.to_thread(parts.query, RAISE)
                await asyncio.gather(*(client.hear() for client in clients))
                took = time.monotonic() - began
                # `streampulse bench push` holds it to 250 ms; this client alone takes its time with 1,000 messages.
                assert took < 3, f"a change reached the last of 1,000 after {took:.2f} s"
            answers_within(parts, 1)
            await asyncio.gather(*(client.__aexit__() for client in clients))

    asyncio.run(subscribe())
    wait_until(lambda: b"streampulse_websockets 0" in parts.get("/metrics").body, lambda: "sockets stay behind")
    assert server.stop() == 0


def handshake(parts):
    """A connection of ours that has become a WebSocket."""
    connection = socket.create_connection(("127.0.0.1", parts.port), PATIENCE)
    connection.settimeout(PATIENCE)
    connection.sendall(
        b"GET /api/stream HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
    head = b""
    while b"\r\n\r\n" not in head:
        head += connection.recv(1)
    assert head.startswith(b"HTTP/1.1 101 ")
    return connection


def frame(opcode, payload):
    length = bytes([0x80 | len(payload)]) if len(payload) < 126 else b"\xfe" + struct.pack(">H", len(payload))
    return bytes([0x80 | opcode]) + length + b"\0\0\0\0" + payload


def close_code(connection):
    """Reads to the end, which must be a close frame."""
    received = b""
    while part := connection.recv(65536):
        received += part
    assert received[0] == 0x88, received
    return struct.unpack(">H", received[2:4])[0]


def test_clients_that_break_the_rules_or_do_not_read_are_dropped_and_others_answered(parts):
    server = serve(parts)
    answers_within(parts, PATIENCE)
    before = resident_megabytes(server)
    for data, code in (
            (b"\x81\x01a", 1002), (frame(2, b"x"), 1003), (frame(1, b"\xff"), 1007),
            (b"\x81\xff\x7f" + b"\xff" * 7, 1009), (b"GET / HTTP/1.1\r\n\r\n" * 4, 1002)):
        with handshake(parts) as connection:
            connection.sendall(data)
            assert close_code(connection) == code

    # Who asks without end and reads nothing: what is not taken is not kept.
    slow = [handshake(parts) for _ in range(50)]
    ping = frame(9, b"x" * 125) * 100
    for connection in slow:
        connection.setblocking(False)
    left, deadline = set(slow), time.monotonic() + PATIENCE
    while left:
        assert time.monotonic() < deadline, f"{len(left)} clients that read nothing are still there"
        for connection in list(left):
            try:
                connection.send(ping)
            except BlockingIOError:
                pass
            except OSError:
                left.discard(connection)
        answers_within(parts, 1, ["/health"])
    for connection in slow:
        connection.close()
    assert resident_megabytes(server) - before < 30
    assert server.stop() == 0


SMUGGLED = [
    b"GET /api/stats/realtime HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\nContent-Length: 44\r\n\r\n",
    b"POST /api/stats/realtime HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: +5\r\n\r\nGET /",
    b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5, 6\r\n\r\nGET /",
    b"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding : chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
]


@pytest.mark.parametrize("request_bytes", SMUGGLED, ids=range(len(SMUGGLED)))
def test_a_request_whose_end_is_in_doubt_is_not_followed_by_another(strained, request_bytes):
    hidden = b"GET /ping HTTP/1.1\r\nHost: h\r\n\r\n"
    with socket.create_connection(("127.0.0.1", strained.port), PATIENCE) as connection:
        connection.settimeout(PATIENCE)
        connection.sendall(request_bytes + hidden)
        received = b""
        try:
            while part := connection.recv(65536):
                received += part
        except ConnectionResetError:
            pass
    # One answer, a refusal, and the end of the connection.
    assert received.count(b"HTTP/1.1 ") <= 1, received
    assert b'"status":"ok"' not in received, received


@pytest.fixture(scope="module")
def strained(new_product, postgres_server):
    """A server for whoever wants to harm it."""
    product = new_product()
    product.settings["DATABASE_URL"] = postgres_server.new_database()
    product.broker()
    product.must("migrate")
    product.server = serve(product)
    return product


def test_five_thousand_connections_and_slow_readers_leave_others_answered(strained):
    may_open(6000)
    answers_within(strained, PATIENCE)
    before = resident_megabytes(strained.server)
    opened = []
    try:
        for number in range(5000):
            connection = socket.socket()
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            connection.settimeout(PATIENCE)
            connection.connect(("127.0.0.1", strained.port))
            # A third says nothing, a third begins, and a third asks for much and reads nothing.
            if number % 3 == 1:
                connection.sendall(b"GET /health HTTP/1.1\r\nHost:")
            elif number % 3 == 2:
                connection.sendall(b"GET /openapi.json HTTP/1.1\r\nHost: h\r\n\r\n" * 50)
            opened.append(connection)
            if number % 250 == 0:
                answers_within(strained, 1, ["/health", "/ping"])
        for _ in range(5):
            answers_within(strained, 1, ["/health", "/ping", "/metrics"])
        grown = resident_megabytes(strained.server) - before
        assert grown < 150, f"{grown:.0f} MB for 5,000 connections"
    finally:
        for connection in opened:
            connection.close()
    # They have gone, and all is as before.
    def is_answered():
        answer = strained.get("/api/stats/realtime")
        return answer is not None and answer.status == 200

    wait_until(is_answered, lambda: "requests are still refused")
    answers_within(strained, 1)
