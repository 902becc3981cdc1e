"""The Debian package: its units and documents, and what it does to a clean system from the installation to the purge."""

import re
import shlex
import signal
import stat
import subprocess

import pytest
from clean_system import DEBIAN, output, package, section
from product import GENERATOR, PATIENCE, STREAMPULSE, Product, Program, wait_until

UNITS = ("streampulse-process.service", "streampulse-serve.service")


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    """The folder with the man pages and completions of both programs."""
    folder = tmp_path_factory.mktemp("pages")
    for program in (STREAMPULSE, GENERATOR):
        output(DEBIAN / "pages", program, folder / "man", folder / "completions")
    return folder


def commands(program):
    """The commands that a program lists."""
    return re.findall(r"^  ([a-z-]+) ", output(program, "--help").split("Commands:")[1], re.MULTILINE)


@pytest.mark.parametrize("program", (STREAMPULSE, GENERATOR), ids=("streampulse", "event-generator"))
def test_every_command_has_a_page_with_all_of_its_help(pages, program):
    names = {f"{program.name}-{command}": [command] for command in commands(program)} | {program.name: []}
    written = {path.stem for path in (pages / "man").glob(f"{program.name}*.1")}
    assert written == set(names)
    for name, arguments in names.items():
        done = subprocess.run(
            ["man", "--warnings", "-l", pages / f"man/{name}.1"], capture_output=True, text=True, timeout=PATIENCE,
            env={"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "MANWIDTH": "1000"})
        assert done.returncode == 0 and not done.stderr, done.stderr
        # Both are laid out by their width: the words have to be the same.
        shown = " ".join(done.stdout.split())
        for line in output(program, *arguments, "--help").splitlines():
            words = " ".join(line.removeprefix("Usage:").split())
            if words and not words.startswith("See ") and not words.endswith(":"):
                assert words.rstrip(".") in shown, (name, words)


@pytest.mark.parametrize("typed, offered", [
    (["streampulse", "dead"], {"dead-letters"}),
    (["streampulse", "doctor", "--js"], {"--json"}),
    (["streampulse", "dead-letters", ""], {"list", "show", "replay"}),
    (["streampulse", "process", "--workers", ""], set()),
    (["event-generator", "fol"], {"follow"}),
    (["event-generator", "trips", "--ra"], {"--rate"}),
    (["event-generator", "--inc"], {"--incident"}),
])
def test_bash_completes_commands_options_and_actions(pages, typed, offered):
    function = "_" + typed[0].replace("-", "_")
    words = " ".join(shlex.quote(word) for word in typed)
    script = f"""
        source {pages}/completions/{typed[0]}
        COMP_WORDS=({words}); COMP_CWORD={len(typed) - 1}
        {function} && printf '%s\\n' "${{COMPREPLY[@]}}" """
    shown = set(subprocess.run(["bash", "-c", script], capture_output=True, text=True).stdout.split())
    assert offered <= shown if typed[-1] == "" and offered else offered == shown


@pytest.mark.parametrize("name", UNITS)
def test_the_units_are_valid_and_let_the_service_do_little(tmp_path, name):
    unit = (DEBIAN / name).read_text()
    # What they start need not be installed here.
    local = re.sub(r"^(Exec\w+=)\S+", r"\1/bin/true", unit, flags=re.MULTILINE)
    (tmp_path / name).write_text(re.sub(r"^Documentation=.*\n", "", local, flags=re.MULTILINE))
    done = subprocess.run(["systemd-analyze", "verify", "--man=no", tmp_path / name], capture_output=True, text=True)
    assert done.returncode == 0 and not done.stderr, done.stderr
    # Of 10, which is no restriction at all; the network is what a service of the network keeps.
    output("systemd-analyze", "security", "--no-pager", "--offline=true", "--threshold=15", tmp_path / name)
    options = dict(section(unit, "Service"))
    assert options["User"] == "streampulse" and options["Restart"] == "always"
    command = options["ExecStart"].split()
    assert command[0] == "/usr/bin/streampulse" and command[1] in commands(STREAMPULSE)


def test_the_units_differ_only_where_they_must():
    process, serve = (dict(section((DEBIAN / name).read_text(), "Service")) for name in UNITS)
    assert process.keys() - serve.keys() == {"ExecStartPre", "RestartPreventExitStatus", "TimeoutStartSec"}
    assert serve.keys() - process.keys() == {"ExecReload"}
    assert {key for key in process.keys() & serve.keys() if process[key] != serve[key]} == {"ExecStart"}


class Installed(Product):
    """The services of a clean system, started as their units say, by the unit's user."""

    def __init__(self, folder, system):
        super().__init__(folder)
        self.system = system

    def start_service(self, name):
        options = self.system.unit(name)
        values = dict(options)
        environment = self.system.settings(options)
        before = [values[key].split() for key in ("ExecStartPre",) if key in values]
        for command in before:
            output(*self.system.command(*command, user=values["User"], folder=values["WorkingDirectory"]), env=environment)
        command = self.system.command(*values["ExecStart"].split(), user=values["User"], folder=values["WorkingDirectory"])
        # Nothing of this product's own environment: only what the unit gives.
        self.programs.append(Program(command, self.folder / f"{len(self.programs):02}-{name}.log", environment, self.folder))
        return self.programs[-1]

    def ask(self, *arguments):
        """A command that an administrator gives."""
        return self.system.run(*arguments, user="streampulse", folder="/etc/streampulse")


@pytest.mark.deep
@pytest.mark.long
def test_a_clean_system_from_installation_to_purge(clean_system, scratch, postgres_server):
    system = clean_system.copy(scratch / "root")
    version = output(STREAMPULSE, "--version").split()[1]
    first, second = (package(one, scratch / "packages") for one in (version, version + "+1"))
    # What it depends on is Debian's, and may be kept by others: it is there before.
    system.run("apt-get", "update", "--quiet")
    depends = [one.split()[0] for one in output("dpkg-deb", "--field", first, "Depends").split(", ")]
    system.run("apt-get", "install", "--yes", "--quiet", "--no-install-recommends", *depends)
    before = system.files()

    system.install(first)
    assert system.run("streampulse", "--version") == output(STREAMPULSE, "--version")
    settings = system.root / "etc/streampulse/streampulse.env"
    about = settings.stat()
    group = int(system.run("getent", "group", "streampulse").split(":")[2])
    assert (stat.S_IMODE(about.st_mode), about.st_uid, about.st_gid) == (0o640, 0, group)

    # Two variables; and a port that no other test has.
    product = Installed(scratch, system)
    product.broker()
    product.settings["DATABASE_URL"] = postgres_server.new_database()
    text = settings.read_text()
    for name in ("DATABASE_URL", "KAFKA_BOOTSTRAP_SERVERS"):
        assert text.count(f"\n{name}=\n") == 1
        text = text.replace(f"\n{name}=\n", f"\n{name}={product.settings[name]}\n")
    settings.write_text(text + f"API_PORT={product.port}\n")

    try:
        services = [product.start_service(name) for name in UNITS]
        # The generator that the package brought; it waits for the processor.
        product.ask("event-generator", "--count", "3000", "--seed", "1")
        product.wait_for_events(3000)
        wait_until(lambda: (answer := product.get("/health")) and answer.json["status"] == "ok", "it is not healthy")
        assert product.get("/").status == 200
        # Another project by its name, as the units with @ run it.
        assert "aggregate region_trips" in product.ask("streampulse", "check", "--project", "trips")
        instance = dict(system.unit("streampulse-process@.service"))
        assert instance["EnvironmentFile"] == "-/etc/streampulse/%i.env"

        # An upgrade keeps settings and data. Without systemd nobody starts the services again but we.
        configured = settings.read_bytes()
        system.install(second)
        assert settings.read_bytes() == configured
        for service in services:
            service.stop(signal.SIGTERM)
        services = [product.start_service(name) for name in UNITS]
        product.ask("event-generator", "--count", "2000", "--seed", "2")
        product.wait_for_events(5000)
        assert "verified" in product.ask("streampulse", "verify").splitlines()[-1]
    finally:
        product.close()

    kept = system.root / "var/lib/streampulse/kept"
    kept.write_text("data")
    system.run("apt-get", "remove", "--yes", "--quiet", "streampulse")
    assert not (system.root / "usr/lib/streampulse").exists()
    assert settings.read_bytes() == configured and kept.exists()

    system.run("apt-get", "purge", "--yes", "--quiet", "streampulse")
    assert system.files() - before == {"var/lib/streampulse", "var/lib/streampulse/kept"}
    assert before - system.files() == set()
