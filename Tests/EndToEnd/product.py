"""The product as its users start it: programs with logs, a folder of their own, and an end that leaves nothing behind."""

import itertools
import json
import os
import random
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path

import psycopg2

ROOT = Path(__file__).resolve().parents[2]
STREAMPULSE = ROOT / ".build/release/streampulse"
GENERATOR = ROOT / ".build/release/event-generator"
TOPIC = "content-downloads"
# A JVM that lives for seconds does not earn back what it spends on optimising its code: half the work of a start.
SHORT_LIVED_JAVA = {"JDK_JAVA_OPTIONS": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"}
# How many seconds anything may take before a test gives it up. A test waits for what it means, so this costs time only
# when that never comes; a busy machine needs it.
PATIENCE = 180


def wait_until(condition, message, seconds=PATIENCE, interval=0.05):
    """Asks until `condition` gives something true, and returns that. `message` may be a function, for the latest state."""
    deadline = time.monotonic() + seconds
    while True:
        found = condition()
        if found:
            return found
        if time.monotonic() > deadline:
            raise AssertionError(f"after {seconds:g} s: {message() if callable(message) else message}")
        time.sleep(interval)


def own_ports():
    """Ports for the tests of this process, one after the other.

    They are below those that the system gives to clients, so that none of them takes one meanwhile, and each worker of
    pytest-xdist has a thousand of its own.
    """
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    first = 12_000 + 1000 * (worker % 18)
    start = random.randrange(1000)
    return itertools.cycle([*range(first + start, first + 1000), *range(first, first + start)])


PORTS = own_ports()


def free_port(and_next=False):
    """A port that nobody uses, and that is not given out again for long."""
    while True:
        port = next(PORTS)
        wanted = (port, next(PORTS)) if and_next else (port,)
        if wanted[-1] != port + len(wanted) - 1:
            continue
        try:
            for candidate in wanted:
                with socket.socket() as probe:
                    probe.bind(("127.0.0.1", candidate))
            return port
        except OSError:
            continue


def as_user(user):
    """What makes `subprocess` start a program as another user; nothing for None."""
    return {"user": user, "group": user, "extra_groups": []} if user else {}


class Answer:
    """What an HTTP request brought."""

    def __init__(self, status, headers, body):
        self.status = status
        self.headers = headers
        self.body = body

    @property
    def json(self):
        return json.loads(self.body)


class Program:
    """A running program, in a process group of its own, whose output goes to a file."""

    def __init__(self, arguments, log, environment, folder, user=None):
        self.log = log
        self.arguments = [str(argument) for argument in arguments]
        with open(log, "ab") as output:
            self.process = subprocess.Popen(
                self.arguments, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, cwd=folder,
                env=environment, start_new_session=True, **as_user(user))

    @property
    def pid(self):
        return self.process.pid

    @property
    def is_running(self):
        return self.process.poll() is None

    @property
    def output(self):
        return self.log.read_text(errors="replace")

    def wait_for_output(self, text, seconds=PATIENCE):
        """Waits for a line with `text` and returns it."""
        def line():
            found = next((line for line in self.output.splitlines() if text in line), None)
            assert found or self.is_running, f"{self} ended with {self.process.returncode}:\n{self.output}"
            return found
        return wait_until(line, lambda: f"{self} did not say “{text}”:\n{self.output}", seconds)

    def wait(self, seconds=PATIENCE):
        """Waits for the end and returns the exit status."""
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"{self} is still running after {seconds} s:\n{self.output[-4000:]}") from None

    def stop(self, number=signal.SIGINT, seconds=PATIENCE):
        """Sends the signal and returns the exit status."""
        self.process.send_signal(number)
        return self.wait(seconds)

    def kill(self):
        self.process.kill()
        self.process.wait()

    def clean_up(self):
        """Ends the whole group, if it has not ended by itself."""
        if self.is_running:
            self.process.terminate()
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                pass
        try:
            os.killpg(self.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.process.wait()

    def __str__(self):
        return " ".join([Path(self.arguments[0]).name, *self.arguments[1:]])


class Product:
    """Starts the product's programs with the same settings and ends them all.

    `folder` must be open to the user postgres; `settings` are environment variables for all programs.
    """

    def __init__(self, folder, **settings):
        for program in (STREAMPULSE, GENERATOR):
            assert program.exists(), f"{program} has not been built: run make build"
        self.folder = folder
        self.data = folder / "data"
        self.port = free_port()
        self.settings = {
            "PATH": "/usr/local/bin:/usr/bin:/bin", "STREAMPULSE_PROJECT": str(ROOT),
            "STREAMPULSE_DATA_DIR": str(self.data), "API_PORT": str(self.port), "API_HOST": "127.0.0.1",
        } | settings
        self.programs = []

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def start(self, *arguments, program=STREAMPULSE, log=None, user=None, **settings):
        """Starts a program in the background."""
        log = self.folder / f"{len(self.programs):02}-{log or Path(program).name + '-' + str(arguments[0])}.log"
        started = Program([program, *arguments], log, self.settings | settings, self.folder, user)
        self.programs.append(started)
        return started

    def run(self, *arguments, program=STREAMPULSE, seconds=PATIENCE, **settings):
        """Runs a program to its end."""
        return subprocess.run(
            [str(program), *(str(argument) for argument in arguments)], stdin=subprocess.DEVNULL, capture_output=True,
            text=True, timeout=seconds, cwd=self.folder, env=self.settings | settings)

    def must(self, *arguments, **options):
        """Runs a program that has to succeed and returns what it printed."""
        done = self.run(*arguments, **options)
        assert done.returncode == 0, f"{arguments} ended with {done.returncode}:\n{done.stdout}{done.stderr}"
        return done.stdout

    def up(self, *arguments, **settings):
        """Starts everything and waits until it says that it is ready."""
        up = self.start("up", *arguments, log="up", **settings)
        up.wait_for_output("StreamPulse is at")
        return up

    def generate(self, *arguments, **settings):
        """Publishes events and waits until they have all been acknowledged."""
        return self.must(*arguments, program=GENERATOR, **settings)

    def broker(self, partitions=3):
        """Starts the in-process broker in a process of its own, which all programs started from now on use."""
        broker = self.start("broker", "--partitions", partitions, log="broker")
        line = broker.wait_for_output("KAFKA_BOOTSTRAP_SERVERS=")
        self.settings["KAFKA_BOOTSTRAP_SERVERS"] = line.strip().split("=", 1)[1]
        return broker

    def kafka(self, program, partitions=4, port=None, **settings):
        """Starts a real Kafka with the topic, which all programs started from now on use; `settings` are its own."""
        port = port or free_port(and_next=True)
        self.settings["KAFKA_BOOTSTRAP_SERVERS"] = f"127.0.0.1:{port}"
        kafka = self.start(
            self.folder / "kafka", port, program=program, log="kafka", **SHORT_LIVED_JAVA, **settings)

        def makes_topic():
            assert kafka.is_running, kafka.output
            return self.run("--count", 0, "--partitions", partitions, program=GENERATOR).returncode == 0

        wait_until(makes_topic, lambda: f"Kafka does not answer: {kafka.output}")
        return kafka

    @property
    def joining(self):
        """The file `env` that a running `up` leaves for others to join in."""
        lines = (self.data / "env").read_text().splitlines()
        return dict(line.split("=", 1) for line in lines)

    def database(self):
        """A connection to the configured database, else to that of the running `up`; every statement is a transaction."""
        connection = psycopg2.connect(self.settings.get("DATABASE_URL") or self.joining["DATABASE_URL"])
        connection.autocommit = True
        return connection

    def query(self, sql, parameters=None):
        """The rows of a query."""
        connection = self.database()
        try:
            with connection.cursor() as cursor:
                cursor.execute(sql, parameters)
                return cursor.fetchall() if cursor.description else []
        finally:
            connection.close()

    def value(self, sql, parameters=None):
        """The single value of a query."""
        return self.query(sql, parameters)[0][0]

    def get(self, path, seconds=PATIENCE):
        """The answer to a GET request, whatever its status; None when nobody answers."""
        try:
            with urllib.request.urlopen(self.url + path, timeout=seconds) as response:
                return Answer(response.status, response.headers, response.read())
        except urllib.error.HTTPError as error:
            with error:
                return Answer(error.code, error.headers, error.read())
        except OSError:
            return None

    def wait_for_events(self, count, aggregate="region_health", column="total_downloads"):
        """Waits until the rows hold exactly so many events; more are too many."""
        def total():
            found = self.value(f"SELECT coalesce(sum({column}), 0)::bigint FROM {aggregate}")
            assert found <= count, f"{found} events in {aggregate} instead of {count}"
            return found == count
        wait_until(
            total, lambda: f"{self.value(f'SELECT sum({column}) FROM {aggregate}')} events in {aggregate}, not {count}")

    def assert_verified(self):
        """The ledger's proof holds."""
        done = self.run("verify")
        assert done.returncode == 0, done.stdout + done.stderr
        assert done.stdout.splitlines()[-1].endswith("verified") and "NOT" not in done.stdout.splitlines()[-1]
        return done.stdout

    def close(self):
        """Ends what is still running, the last started first."""
        for program in reversed(self.programs):
            program.clean_up()
