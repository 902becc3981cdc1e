"""When positions move: how long results stand still, as their readers see it."""

import itertools
import threading
import time

import psycopg2

INTERVAL = 0.02


class Positions(threading.Thread):
    """Notes when the position of each partition was seen to have moved, and who had moved it."""

    def __init__(self, url, stream):
        super().__init__(daemon=True)
        self.connection = psycopg2.connect(url)
        self.connection.autocommit = True
        self.stream = stream
        self.moves = {}
        self.owners = {}
        self.is_over = threading.Event()
        self.start()

    def run(self):
        offsets = {}
        with self.connection.cursor() as cursor:
            while not self.is_over.is_set():
                cursor.execute(
                    "SELECT partition, next_offset, owner FROM pulse.progress WHERE stream = %s", [self.stream])
                now = time.monotonic()
                for partition, offset, owner in cursor.fetchall():
                    if offsets.get(partition) != offset:
                        offsets[partition] = offset
                        self.moves.setdefault(partition, []).append(now)
                        self.owners[partition] = owner
                self.is_over.wait(INTERVAL)
        self.connection.close()

    def stop(self):
        self.is_over.set()
        self.join()

    def moved_by(self, processor):
        """The partitions whose position was last moved by it."""
        return {partition for partition, owner in list(self.owners.items()) if owner.endswith(f":{processor.pid}")}

    def longest_pause(self, partitions, since, until):
        """The longest time that one of the partitions stood still."""
        return max((longest_gap(list(self.moves[one]), since, until) for one in partitions), default=0)

    def longest_silence(self, since, until):
        """The longest time that all of them stood still."""
        return longest_gap(sorted(itertools.chain(*list(self.moves.values()))), since, until)


def longest_gap(times, since, until):
    between = [since, *(at for at in times if since <= at <= until), until]
    return max(after - before for before, after in itertools.pairwise(between))
