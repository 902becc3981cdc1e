"""The tutorial: its commands, as they stand, give what it says that they give."""

import re
import subprocess

from product import PATIENCE, ROOT, STREAMPULSE, wait_until


def steps():
    """The commands in their order, each with the pieces of text that have to come of it, in their order."""
    text = (ROOT / "docs/tutorial.md").read_text()
    blocks = re.findall(r"^```(sh|text)\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    found = []
    for kind, block in blocks:
        if kind == "sh":
            found.append((block, []))
        else:
            found[-1][1].extend(re.split(r"…|\n", block.strip()))
    return found


def holds(output, pieces):
    """Whether the pieces are there, one after the other."""
    position = 0
    for piece in pieces:
        position = output.find(piece, position)
        if position < 0:
            return False
        position += len(piece)
    return True


def test_what_the_tutorial_says_happens(product):
    """Beside ports, which other tests have, nothing is changed; a running program is asked until it is so."""
    del product.settings["STREAMPULSE_PROJECT"], product.settings["STREAMPULSE_DATA_DIR"]
    product.settings["PATH"] = f"{STREAMPULSE.parent}:{product.settings['PATH']}"
    exports = product.folder / "exports"
    exports.touch()

    def runs(commands):
        """In a shell that begins where the one before ended, since all are one terminal."""
        script = f". {exports}; set -e\n{commands}\nexport -p > {exports}.new\nmv {exports}.new {exports}\n"
        if "&\n" in commands:
            return product.start("-c", script, program="/bin/bash", log="terminal")
        return subprocess.run(
            ["/bin/bash", "-c", script], capture_output=True, text=True, timeout=PATIENCE, cwd=product.folder,
            env=product.settings, stdin=subprocess.DEVNULL)

    for commands, pieces in steps():
        commands = commands.replace("localhost:8000", f"127.0.0.1:{product.port}")
        if commands.startswith("streampulse dev"):
            product.settings |= dict(
                line.split("=", 1) for line in (product.folder / "broker.env").read_text().splitlines())
            product.start(*commands.split()[1:], log="dev").wait_for_output("StreamPulse is at")
        elif commands.startswith("streampulse broker"):
            terminal = runs(commands)
            wait_until(lambda: exports.stat().st_size > 0, lambda: terminal.output)
        elif commands.startswith(("curl", "streampulse alerts", "streampulse verify")):
            last = []

            def answered():
                last[:] = [runs(commands)]
                return last[0].returncode == 0 and holds(last[0].stdout, pieces)

            wait_until(answered, lambda: f"{commands}{last[0].stdout}{last[0].stderr}\ninstead of {pieces}",
                interval=0.2)
        else:
            done = runs(commands)
            assert done.returncode == 0 and holds(done.stdout, pieces), f"{commands}\n{done.stdout}\n{done.stderr}"
    assert product.get("/explore.html").status == 200 and product.get("/docs.html").status == 200
    assert product.get("/api/stats/waiting?minutes=1000").status == 400
