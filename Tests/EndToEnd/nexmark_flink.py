"""Runs jobs of Flink SQL one after the other in one JVM, for the Python that has apache-flink: nexmark_flink.py JARS

Each line of standard input is a JSON object of `files`, SQL for a job of its own, and `settings`, what their ${…} stand for;
each answer is one of the seconds and the CPU seconds of the JVM from the job's submission to its end, and of the JVM's greatest
resident bytes so far.
"""

import json
import os
import re
import string
import sys
import time

from flink_runner import statements
from pyflink.java_gateway import get_gateway
from pyflink.table import EnvironmentSettings, TableEnvironment


def environment(jars):
    tables = TableEnvironment.create(EnvironmentSettings.in_streaming_mode())
    settings = tables.get_config()
    settings.set("pipeline.jars", ";".join(f"file://{os.path.join(jars, name)}" for name in sorted(os.listdir(jars))
                                           if name.endswith(".jar")))
    settings.set("parallelism.default", "1")
    settings.set("table.dml-sync", "true")
    # No copies of rows between operators of a chain: what whoever measures Flink sets.
    settings.set("pipeline.object-reuse", "true")
    # A state of more than 5 MB does not fit where checkpoints are kept otherwise.
    settings.set("execution.checkpointing.dir", f"file://{os.getcwd()}/checkpoints")
    settings.set("restart-strategy.type", "none")
    return tables, settings


def cpu_seconds(pid):
    fields = open(f"/proc/{pid}/stat").read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def peak_bytes(pid):
    for line in open(f"/proc/{pid}/status"):
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    return 0


def run(jars, files, settings):
    tables, config = environment(jars)
    pid = get_gateway().jvm.java.lang.ProcessHandle.current().pid()
    took, cpu = 0, 0
    for file in files:
        with open(file) as source:
            text = string.Template(source.read()).substitute(settings)
        for statement in statements(text):
            setting = re.fullmatch(r"SET '([^']+)' = '([^']*)'", statement)
            if setting:
                config.set(*setting.groups())
                continue
            began, before = time.monotonic(), cpu_seconds(pid)
            tables.execute_sql(statement)
            if statement.startswith("EXECUTE STATEMENT SET"):
                took, cpu = time.monotonic() - began, cpu_seconds(pid) - before
    return {"seconds": took, "cpu": cpu, "peak": peak_bytes(pid)}


def main(jars):
    for line in sys.stdin:
        print("RESULT " + json.dumps(run(jars, **json.loads(line))), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
