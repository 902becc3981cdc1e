"""The modules as Package.swift and the sources have them, against docs/architecture.md."""

import re

from product import ROOT

SYSTEM = {"Glibc", "PackageDescription", "Synchronization", "Testing"}
PURE = {"Hexadecimal", "JSON", "Events", "Plan", "Avro", "Formats", "SQLQuoting", "Dialects", "FlinkDialect", "Dataflow",
        "Detection", "TextFormats", "Functions", "Spelling", "TimeZones", "Tracing"}
IMPORT = re.compile(
    r"^\s*(?:@[\w()]+\s+)*(?:(?:public|package|internal|fileprivate|private)\s+)?import\s+"
    r"(?:(?:struct|class|enum|func|protocol|typealias|var|let)\s+)?(\w+)",
    re.MULTILINE,
)
CLOCK = re.compile(r"\b(?:ContinuousClock|SuspendingClock)\b")
# What of Glibc reaches files, clocks, threads and the environment.
GLIBC_OUTSIDE = re.compile(
    r"(?<![\w.])(?:clock_gettime|gettimeofday|time|getenv|fopen|open|openat|socket|mmap|stat|usleep|nanosleep|"
    r"pthread_\w+|printf|puts)\("
)


def read_targets(package):
    """Of each target the folder and the names in its list of dependencies."""
    targets = {}
    for kind, arguments in re.findall(
        r"^    \.(target|testTarget|executableTarget|systemLibrary)\((.*?)\),?$(?=\n\n|\n    [./]|\n  \])",
        package,
        re.MULTILINE | re.DOTALL,
    ):
        name = re.search(r'name: "([^"]+)"', arguments)[1]
        path = re.search(r'path: "([^"]+)"', arguments)
        listed = re.search(r"dependencies:\s*\[(.*?)\]", arguments, re.DOTALL)
        folder = path[1] if path else f"{'Tests' if kind == 'testTarget' else 'Sources'}/{name}"
        targets[name] = (folder, re.findall(r'"([^"]+)"', listed[1]) if listed else [])
    return targets


PACKAGE = (ROOT / "Package.swift").read_text()
TARGETS = read_targets(PACKAGE)
MODULES = {name: set(needs) for name, (folder, needs) in TARGETS.items() if folder.startswith(("Sources/", "generator/"))}


def sources(name):
    return [file for file in (ROOT / TARGETS[name][0]).rglob("*.swift") if "Fixtures" not in file.parts]


def imports(name):
    """Of each file the modules that it imports, without those of the system."""
    return {file.relative_to(ROOT): set(IMPORT.findall(file.read_text())) - SYSTEM for file in sources(name)}


def reached(name):
    found, open_names = set(), [name]
    while open_names:
        for needed in MODULES[open_names.pop()] - found:
            found.add(needed)
            open_names.append(needed)
    return found


def drawing():
    """(layer, module, imported modules) of each line of the drawing."""
    lines = (ROOT / "docs" / "architecture.md").read_text().split("```modules\n")[1].split("\n```")[0].splitlines()
    return [
        (int(layer), name, needs.split())
        for layer, name, needs in (re.fullmatch(r"(\d+) (\S+)(?: → (.*))?", line).groups("") for line in lines)
    ]


def test_every_target_of_the_package_is_read():
    assert len(TARGETS) == len(re.findall(r"\.(?:target|testTarget|executableTarget|systemLibrary)\(", PACKAGE))
    for name, (folder, _) in TARGETS.items():
        assert (ROOT / folder).is_dir(), name
    assert {folder.name for folder in (ROOT / "Sources").iterdir()} <= set(MODULES)


def test_the_drawing_has_every_edge_of_the_package_and_no_other():
    drawn = drawing()
    assert len(drawn) == len({name for _, name, _ in drawn})
    assert {name: set(needs) for _, name, needs in drawn} == MODULES


def test_nothing_imports_upwards():
    layers = {name: layer for layer, name, _ in drawing()}
    upwards = [(name, needed) for _, name, needs in drawing() for needed in needs if layers[needed] >= layers[name]]
    assert upwards == []


def test_files_import_what_their_target_lists():
    for name, (_, needs) in TARGETS.items():
        for file, imported in imports(name).items():
            assert imported <= set(needs), f"{file}: {imported - set(needs)} is not in Package.swift"


def test_everything_that_a_target_lists_is_imported_and_the_lists_are_sorted():
    for name, (_, needs) in TARGETS.items():
        # Its tests start the program.
        used = {"event-generator"} if name == "GeneratorTests" else set()
        used = used.union(*imports(name).values())
        assert set(needs) == used, f"{name}: {set(needs) - used} is imported nowhere"
        assert needs == sorted(set(needs)), name


def test_only_the_front_end_knows_the_parser():
    users = {name for name in TARGETS if any("CPgQuery" in imported for imported in imports(name).values())}
    assert users == {"SQLFrontend", "FuzzTargets"}
    assert TARGETS["FuzzTargets"][0].startswith("Fuzz/")
    assert not reached("StatsAPI") & {"SQLFrontend", "CPgQuery"}


def test_processing_office_audit_and_rebuilding_know_nothing_of_each_other():
    rooms = {"Processing", "Office", "Audit", "Rebuild", "Tail"}
    assert {name: reached(name) & rooms for name in rooms} == {name: set() for name in rooms}


def test_the_pure_core_reaches_nothing_outside():
    for name in PURE:
        assert reached(name) <= PURE | {"CPrefetch", "CTextScan"}, name
        for file in sources(name):
            code = re.sub(r"//.*", "", file.read_text())
            assert "Synchronization" not in IMPORT.findall(code), file
            assert not CLOCK.search(code), file
            if "Glibc" in IMPORT.findall(code):
                assert not GLIBC_OUTSIDE.search(code), f"{file}: {GLIBC_OUTSIDE.search(code)[0]}"


def test_the_engine_does_not_know_the_example_project():
    word = re.compile(r"content_downloads|(?<![A-Za-z])region(?![A-Za-z])")
    # Links to sql/ and web/ are not followed.
    files = [file for name in ("Sources", ".ci") for file in (ROOT / name).rglob("*") if file.is_file()]
    files = [file for file in files if not any(folder.is_symlink() for folder in file.parents if folder != ROOT)]
    for file in [*files, ROOT / "Package.swift", ROOT / "Makefile"]:
        # The dashboard's files by their names in web/.
        text = re.sub(r'.*PackageResources\..*', "", file.read_text())
        assert not word.search(text), f"{file.relative_to(ROOT)}: {word.search(text)[0]}"
