"""Runs the SQL files of an export in PyFlink, which PyPI has without Flink's SQL client: flink_runner.py JARS FILE…

For the Python that has apache-flink; the settings are environment variables, as submit.sh has them. SELECTs are printed.
"""

import os
import re
import string
import sys

from pyflink.table import EnvironmentSettings, TableEnvironment


def statements(text):
    """Each statement, without the semicolon and comments; a statement set is one."""
    kept, inside = [], False
    for line in text.splitlines():
        if not kept and (not line.strip() or line.startswith("--")):
            continue
        kept.append(line)
        inside = inside or line == "BEGIN"
        if line.endswith(";") and (not inside or line == "END;"):
            yield "\n".join(kept) if inside else "\n".join(kept)[:-1]
            kept, inside = [], False


def main(jars, *files):
    tables = TableEnvironment.create(EnvironmentSettings.in_streaming_mode())
    settings = tables.get_config()
    settings.set("pipeline.jars", ";".join(f"file://{os.path.join(jars, name)}" for name in sorted(os.listdir(jars))
                                           if name.endswith(".jar")))
    settings.set("parallelism.default", "1")
    settings.set("table.dml-sync", "true")
    for file in files:
        with open(file) as source:
            text = string.Template(source.read()).substitute(os.environ)
        for statement in statements(text):
            setting = re.fullmatch(r"SET '([^']+)' = '([^']*)'", statement)
            if setting:
                settings.set(*setting.groups())
                continue
            result = tables.execute_sql(statement)
            if statement.startswith(("SELECT", "EXPLAIN")):
                result.print()
    print("done")


if __name__ == "__main__":
    main(*sys.argv[1:])
