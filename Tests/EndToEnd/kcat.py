"""Debian's kcat against the product's broker: a client that is not ours."""

import re
import subprocess

from product import PATIENCE, TOPIC


class Kcat:
    """Sends and reads records of one topic."""

    def __init__(self, product, topic=TOPIC):
        self.folder = product.folder
        self.servers = product.settings["KAFKA_BOOTSTRAP_SERVERS"]
        self.topic = topic

    def run(self, *arguments, **options):
        done = subprocess.run(
            ["kcat", "-q", "-b", self.servers, "-t", self.topic, *arguments], timeout=PATIENCE,
            capture_output=True, **options)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def produce(self, number, kind, value, partition):
        """Sends one record with a key and headers."""
        headers = ["-P", "-p", str(partition), "-H", f"kind={kind}", "-H", f"number={number}"]
        if value:
            file = self.folder / f"record-{number}"
            file.write_bytes(value)
            self.run(*headers, "-k", f"key-{number}", file)
        else:
            # A file without bytes would be no record at all; nothing behind the key's delimiter is an empty one.
            self.run(*headers, *(["-Z"] if value is None else []), "-K", ":", input=b"key-%d:\n" % number)

    def places(self):
        """Partition and offset of each record that has the header `number`."""
        lines = self.run("-C", "-e", "-o", "beginning", "-f", "%p %o %h\n").decode().splitlines()
        found = {}
        for line in lines:
            partition, offset, headers = line.split(" ", 2)
            if "number=" in headers:
                found[int(headers.partition("number=")[2].split(",")[0])] = (int(partition), int(offset))
        return found

    def records(self):
        """All records: key, size of the value (-1: a tombstone) and headers."""
        lines = self.run("-C", "-e", "-o", "beginning", "-f", "%k\t%S\t%h\n").decode().splitlines()
        found = []
        for line in lines:
            key, size, headers = line.split("\t", 2)
            # Values may hold commas; names of ours and of the tests do not look like what follows those.
            found.append((key, int(size), dict(re.findall(r"(?:^|,)([a-z]+(?:\.[a-z_]+)?)=([^,]*)", headers))))
        return found

    def payloads(self):
        """Key and value of each record, partition by partition; None where there is none."""
        output = self.run("-C", "-e", "-o", "beginning", "-f", "%K %S %k%s")
        found, position = [], 0
        while position < len(output):
            sizes = re.compile(rb"(-?\d+) (-?\d+) ").match(output, position)
            position = sizes.end()
            record = []
            for size in map(int, sizes.groups()):
                record.append(None if size < 0 else output[position:position + size])
                position += max(0, size)
            found.append(tuple(record))
        return found
