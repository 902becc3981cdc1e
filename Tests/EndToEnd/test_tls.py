"""TLS of the API, as its clients meet it: Python's ssl, the openssl command, a WebSocket, and who renews the certificate."""

import asyncio
import http.client
import json
import signal
import socket
import ssl
import subprocess
import time

import pytest
import websockets
from product import PATIENCE, wait_until


def make_expired_certificate(folder, name):
    """As `make_certificate`; its time was over yesterday."""
    _, key = make_certificate(folder, name)
    request = subprocess.run(
        ["openssl", "req", "-new", "-key", folder / f"{name}.key", "-subj", f"/CN={name}"], check=True,
        capture_output=True).stdout
    signed = subprocess.run(
        ["openssl", "x509", "-req", "-signkey", folder / f"{name}.key", "-days", "-1"], input=request, check=True,
        capture_output=True)
    return signed.stdout, key


def make_certificate(folder, name):
    """A certificate for localhost, its own authority, with its key."""
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30",
         "-subj", f"/CN={name}", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1",
         "-keyout", folder / f"{name}.key", "-out", folder / f"{name}.pem"], check=True, capture_output=True)
    return (folder / f"{name}.pem").read_bytes(), (folder / f"{name}.key").read_bytes()


class Secured:
    """A server with TLS, and clients that trust its certificate alone."""

    def __init__(self, product, database):
        self.product = product
        product.settings["DATABASE_URL"] = database
        product.broker()
        product.must("migrate")
        self.pem, self.key = product.folder / "served.pem", product.folder / "served.key"
        self.install(make_certificate(product.folder, "first"))
        self.settings = {"API_TLS_CERT": str(self.pem), "API_TLS_KEY": str(self.key)}
        self.server = product.start("serve", **self.settings)
        self.server.wait_for_output(f"StreamPulse is at https://localhost:{product.port}")

    def install(self, pair):
        self.pem.write_bytes(pair[0])
        self.key.write_bytes(pair[1])

    def context(self, authority=None):
        return ssl.create_default_context(cafile=authority or self.pem)

    def connection(self, authority=None):
        return http.client.HTTPSConnection(
            "localhost", self.product.port, timeout=PATIENCE, context=self.context(authority))

    def get(self, path, authority=None, **headers):
        connection = self.connection(authority)
        try:
            connection.request("GET", path, headers=headers)
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def name(self):
        """Of the certificate that a new connection gets."""
        shown = subprocess.run(
            ["openssl", "s_client", "-connect", f"127.0.0.1:{self.product.port}"], stdin=subprocess.DEVNULL,
            capture_output=True, text=True, timeout=PATIENCE).stdout
        return next(line for line in shown.splitlines() if line.startswith("subject=")).split("=")[-1].strip()


@pytest.fixture(scope="module")
def secured(new_product, postgres_server):
    return Secured(new_product(), postgres_server.new_database())


def test_results_pages_and_event_streams_are_answered_over_tls(secured):
    status, body = secured.get("/api/stats/realtime")
    assert status == 200 and "total_downloads" in json.loads(body)
    assert secured.get("/")[0] == 200
    assert secured.get("/health")[0] in (200, 503)
    connection = secured.connection()
    connection.request("GET", "/api/stats/alerts", headers={"Accept": "text/event-stream"})
    stream = connection.getresponse()
    lines = [stream.readline() for _ in range(4)]
    assert lines[0] == b"retry: 2000\n" and lines[3].startswith(b"data: {")
    connection.close()


def test_a_websocket_hears_over_tls(secured):
    async def subscribe():
        url = f"wss://localhost:{secured.product.port}/api/stream"
        async with websockets.connect(url, ssl=secured.context(), open_timeout=PATIENCE) as client:
            await client.send(json.dumps({"subscribe": "bell", "alerts": True}))
            return json.loads(await asyncio.wait_for(client.recv(), PATIENCE))

    assert asyncio.run(subscribe())["data"]["data"] == []


def test_old_versions_and_plain_http_are_refused(secured):
    address = f"127.0.0.1:{secured.product.port}"
    for version, works in (("-tls1_1", False), ("-tls1_2", True), ("-tls1_3", True)):
        done = subprocess.run(
            ["openssl", "s_client", version, "-cipher", "DEFAULT@SECLEVEL=0", "-connect", address],
            stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=PATIENCE)
        assert ("Cipher is (NONE)" not in done.stdout) == works, done.stdout + done.stderr
    for cipher in ("AES128-SHA", "ECDHE-ECDSA-AES128-SHA"):
        done = subprocess.run(
            ["openssl", "s_client", "-tls1_2", "-cipher", cipher, "-connect", address], stdin=subprocess.DEVNULL,
            capture_output=True, text=True, timeout=PATIENCE)
        assert "Cipher is (NONE)" in done.stdout
    plain = http.client.HTTPConnection("127.0.0.1", secured.product.port, timeout=PATIENCE)
    plain.request("GET", "/health")
    answer = plain.getresponse()
    assert answer.status == 400 and "https://" in json.loads(answer.read())["detail"]


def test_a_certificate_is_renewed_while_requests_are_answered(secured):
    early = secured.connection()
    early.request("GET", "/ping")
    assert early.getresponse().read()
    folder = secured.product.folder
    first = folder / "first.pem"
    assert secured.name() == "first"

    # A pair that does not belong together is refused, and said once.
    second = make_certificate(folder, "second")
    secured.pem.write_bytes(second[0])
    secured.server.process.send_signal(signal.SIGHUP)
    refused = secured.server.wait_for_output("certificate refused")
    assert "does not belong to the certificate" in refused
    assert secured.get("/ping", first)[0] == 200 and secured.name() == "first"

    # An expired one, too.
    secured.install(make_expired_certificate(folder, "old"))
    secured.server.process.send_signal(signal.SIGHUP)
    secured.server.wait_for_output("expired on")
    assert secured.name() == "first"

    secured.install(second)
    secured.server.process.send_signal(signal.SIGHUP)
    secured.server.wait_for_output("certificate taken")
    wait_until(lambda: secured.name() == "second", "the new certificate is not used")
    assert secured.get("/ping")[0] == 200
    with pytest.raises(ssl.SSLCertVerificationError):
        secured.get("/ping", first)
    # Who was connected goes on.
    early.request("GET", "/ping")
    assert early.getresponse().status == 200
    early.close()
    assert secured.server.output.count("certificate refused") == 2 and secured.server.is_running
    status, metrics = secured.get("/metrics")
    expiry = next(line for line in metrics.decode().splitlines() if line.startswith("streampulse_tls_certificate_expiry"))
    assert 28 * 86400 < float(expiry.split()[1]) - time.time() < 31 * 86400


def test_who_drips_a_handshake_or_a_request_keeps_nobody_waiting(secured):
    address = ("127.0.0.1", secured.product.port)
    idle = [socket.create_connection(address, PATIENCE) for _ in range(200)]
    for number, each in enumerate(idle):
        each.sendall(b"\x16\x03\x01"[: number % 4])
    dripping = []
    for _ in range(50):
        wrapped = secured.context().wrap_socket(socket.create_connection(address, PATIENCE), server_hostname="localhost")
        wrapped.sendall(b"GET / HTTP/1.1\r\nX-")
        dripping.append(wrapped)
    for path in ("/health", "/api/stats/realtime"):
        began = time.monotonic()
        assert secured.get(path)[0] in (200, 503)
        assert time.monotonic() - began < 1
    for each in idle + dripping:
        each.close()


def test_doctor_knows_the_server_behind_tls(secured):
    said = secured.product.run("doctor", **secured.settings).stdout
    assert "is used by another program" not in said, said


def test_a_pair_that_cannot_be_used_is_a_wrong_setting(secured):
    folder = secured.product.folder
    make_certificate(folder, "other")
    for settings, message in (
        ({"API_TLS_CERT": "missing.pem"}, "API_TLS_CERT: there is no file missing.pem"),
        ({"API_TLS_KEY": str(folder / "other.key")}, "does not belong to the certificate"),
    ):
        done = secured.product.run("serve", **(secured.settings | {"API_PORT": "0"} | settings))
        assert done.returncode == 2 and message in done.stderr, done.stderr
