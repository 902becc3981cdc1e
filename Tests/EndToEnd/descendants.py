"""Which processes the tests have started, also those whose parents have gone: nothing may stay behind."""

import ctypes
import os
import signal
import time
from pathlib import Path

PR_SET_CHILD_SUBREAPER = 36
# The browser and the Postgres server that all tests share live until the last one is over.
LASTING = ("chromedriver", "/usr/lib/chromium/", "streampulse-tests-postgres")


def adopt_orphans():
    """From now on a process whose parent died becomes a child of this one, where it is seen, instead of init's."""
    if ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl")


def descendants(except_below=LASTING):
    """Pid and command line of each living process below this one, without those named and what is below them."""
    children = {}
    names = {}
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            name, _, rest = (entry / "stat").read_text().partition("(")[2].rpartition(")")
            state, parent = rest.split()[:2]
            command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
        except OSError:
            continue
        if state != "Z":
            names[int(entry.name)] = command or name
        children.setdefault(int(parent), []).append(int(entry.name))
    found = {}
    todo = list(children.get(os.getpid(), []))
    while todo:
        pid = todo.pop()
        if any(name in names.get(pid, "") for name in except_below):
            continue
        todo += children.get(pid, [])
        if pid in names:
            found[pid] = names[pid]
    return found


def assert_none_left(seconds=60, except_below=LASTING):
    """Waits for the end of what is still ending; what stays is killed, and is an error."""
    deadline = time.monotonic() + seconds
    left = descendants(except_below)
    while left and time.monotonic() < deadline:
        time.sleep(0.05)
        left = descendants(except_below)
    for pid in left:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
    assert not left, f"still running: {left}"
