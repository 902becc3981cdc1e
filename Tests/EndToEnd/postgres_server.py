"""A scratch Postgres server for tests that bring their own database, as users with a real server do."""

import os
import shutil
import signal
import subprocess
from pathlib import Path

import psycopg2
from descendants import descendants
from product import Program, as_user, free_port, wait_until

BINARIES = Path("/usr/lib/postgresql/15/bin")


class PostgresServer:
    """Started at once, without durability; Postgres refuses root, so then it runs as the user postgres."""

    def __init__(self, folder, **settings):
        self.folder = folder
        self.settings = settings
        self.user = "postgres" if os.geteuid() == 0 else None
        self.port = free_port()
        self.cluster = folder / "postgres"
        self.cluster.mkdir(mode=0o700)
        if self.user:
            shutil.chown(self.cluster, self.user, self.user)
        self.environment = {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "TZ": "UTC"}
        subprocess.run(
            [BINARIES / "initdb", "-D", self.cluster, "-U", "postgres", "--auth=trust", "--encoding=UTF8",
             "--locale=C.UTF-8", "--no-sync"],
            check=True, capture_output=True, cwd=self.cluster, env=self.environment,
            **as_user(self.user))
        self.databases = 0
        self.start()
        self.execute("CREATE ROLE streampulse LOGIN CREATEROLE")

    def start(self):
        settings = {
            "listen_addresses": "127.0.0.1", "port": self.port, "unix_socket_directories": "", "fsync": "off",
            "synchronous_commit": "off", "full_page_writes": "off", "timezone": "UTC",
        } | self.settings
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        self.server = Program(
            [BINARIES / "postgres", "-D", self.cluster, *options], self.folder / "postgres.log", self.environment,
            self.cluster, self.user)
        wait_until(self.is_ready, lambda: self.server.output)

    def is_ready(self):
        try:
            psycopg2.connect(self.url("postgres", "postgres")).close()
            return True
        except psycopg2.OperationalError:
            assert self.server.is_running, self.server.output
            return False

    def url(self, database, user="streampulse"):
        return f"postgresql://{user}@127.0.0.1:{self.port}/{database}"

    def execute(self, sql):
        connection = psycopg2.connect(self.url("postgres", "postgres"))
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(sql)
        connection.close()

    def new_database(self, copy_of=None):
        """The URL of a database of the application's role: an empty one, or a copy of one that nobody is connected to."""
        self.databases += 1
        name = f"test_{self.databases}"
        template = copy_of.rpartition("/")[2] if copy_of else "template1"
        self.execute(f"CREATE DATABASE {name} OWNER streampulse TEMPLATE {template}")
        return self.url(name)

    def pause(self):
        """Stops all of its processes where they are, as a machine does that is out of memory; returns their pids."""
        pids = [pid for pid, command in descendants(except_below=()).items()
                if pid == self.server.pid or command.startswith("postgres:")]
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        return pids

    def resume(self, pids):
        for pid in pids:
            os.kill(pid, signal.SIGCONT)

    def stop(self):
        """Ends all sessions at once and stops, as for a restart of the machine."""
        self.server.stop(signal.SIGINT)
