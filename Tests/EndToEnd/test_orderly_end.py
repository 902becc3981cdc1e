"""A command that cannot start ends in order: one line, status 2, and never a crash."""

import contextlib
import re
import socket
import subprocess
import threading

import pytest
from product import GENERATOR, PATIENCE, free_port, wait_until

RUNS = 20


@pytest.fixture(scope="module")
def running(new_product):
    product = new_product()
    product.up("--no-demo")
    return product


@pytest.fixture(scope="module")
def taken():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield str(listener.getsockname()[1])


def complaint(done):
    """The one line that is no log line."""
    lines = [line for line in done.stderr.splitlines() if not line.startswith("{")]
    assert len(lines) == 1, done.stderr
    return lines[0]


@pytest.mark.parametrize("command, option, setting", [
    ("serve", "--api-port", "API_PORT"), ("process", "--metrics-port", "METRICS_PORT"), ("up", "--api-port", "API_PORT")])
def test_a_port_in_use_is_one_line_and_status_2_every_time(running, taken, command, option, setting):
    for _ in range(RUNS):
        done = running.run(command, option, taken)
        assert done.returncode == 2, done.stderr
        assert complaint(done) == f"streampulse: {setting}: port {taken} is in use; set {setting}, or stop what uses it"
        assert done.stdout == ""


@pytest.mark.parametrize("command, option", [("serve", "--api-host"), ("process", "--metrics-host"), ("up", "--api-host")])
@pytest.mark.parametrize("host", ["10.9.9.9", "no.such.host.example"])
def test_an_address_of_somebody_else_is_one_line_and_status_2_every_time(running, command, option, host):
    arguments = ["--metrics-port", "0"] if command == "process" else ["--api-port", free_port()]
    for _ in range(RUNS if host[0] == "1" else 2):
        done = running.run(command, option, host, *arguments)
        assert done.returncode == 2, done.stderr
        assert host in complaint(done)


def test_a_data_folder_that_cannot_be_written_is_one_line_and_status_2(running, tmp_path):
    (tmp_path / "file").write_text("")
    for folder in (tmp_path / "file", tmp_path / "file" / "data", tmp_path / "file" / "a" / "b"):
        done = running.run("up", "--no-demo", "--streampulse-data-dir", folder, API_PORT="0")
        assert done.returncode == 2, done.stderr
        assert "STREAMPULSE_DATA_DIR" in complaint(done) and str(folder) in complaint(done)


def test_a_command_that_fails_while_its_threads_start_ends_with_status_1(running):
    """No role of that name: the pool's threads and the others have begun to connect when it is noticed, or have not."""
    url = running.joining["DATABASE_URL"].replace("streampulse:", "nobody:", 1)
    for command in ("serve", "process", "migrate", "verify"):
        for _ in range(5):
            done = running.run(command, DATABASE_URL=url, API_PORT="0")
            assert done.returncode == 1, done.stderr
            complaint(done)


def test_the_generator_without_a_broker_ends_with_status_1_every_time(running):
    for _ in range(3):
        done = subprocess.run(
            [GENERATOR, "--count", "1", "--bootstrap-servers", "127.0.0.1:1"], capture_output=True, text=True,
            timeout=PATIENCE, cwd=running.folder)
        assert done.returncode == 1, done.stderr


def test_of_two_that_start_together_one_serves_and_the_other_ends_in_order(running):
    """Both find the port free; the one that loses it has threads that connect by then."""
    for _ in range(8):
        both = [running.start("serve", API_PORT=str(port)) for port in [free_port()] * 2]
        loser = wait_until(lambda: next((one for one in both if not one.is_running), None), "both serve")
        assert loser.wait() == 2, loser.output
        winner = next(one for one in both if one is not loser)
        winner.wait_for_output("StreamPulse is at")
        assert winner.stop() == 0


class Relay:
    """Lets the first connections through to a server and closes every later one as soon as it has been taken."""

    def __init__(self, server, first):
        self.server, self.left = server, first
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.take, daemon=True).start()

    def take(self):
        with contextlib.suppress(OSError):
            while True:
                client = self.listener.accept()[0]
                if self.left == 0:
                    client.close()
                    continue
                self.left -= 1
                server = socket.create_connection(self.server)
                for pair in ((client, server), (server, client)):
                    threading.Thread(target=self.carry, args=pair, daemon=True).start()

    @staticmethod
    def carry(source, target):
        with contextlib.suppress(OSError):
            while data := source.recv(1 << 16):
                target.sendall(data)
        with contextlib.suppress(OSError):
            target.shutdown(socket.SHUT_RDWR)


def test_a_processor_that_says_that_it_has_started_waits_for_a_database_that_goes_away(running):
    """All that a start needs of the database is asked over one connection; a cut after that is an outage."""
    url = running.joining["DATABASE_URL"]
    address = re.search(r"@(127\.0\.0\.1):(\d+)/", url)
    server = (address[1], int(address[2]))

    def process(first):
        relay = Relay(server, first)
        return running.start("process", DATABASE_URL=url.replace(address[0], f"@127.0.0.1:{relay.port}/"))

    too_early = process(first=0)
    assert too_early.wait() == 1 and '"definitions loaded"' not in too_early.output, too_early.output
    started = process(first=1)
    started.wait_for_output('"definitions loaded"')
    started.wait_for_output('"database down"')
    started.kill()
