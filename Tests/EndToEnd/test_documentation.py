"""The documentation against the product: examples are loaded, lists are complete."""

import re
import shutil
import subprocess

import pytest
from product import PATIENCE, ROOT, STREAMPULSE


def run(*arguments):
    done = subprocess.run([STREAMPULSE, *arguments], capture_output=True, text=True, timeout=PATIENCE)
    return done.returncode, done.stdout + done.stderr


def examples(document):
    """The fenced SQL blocks that are definitions, as (folder in sql/, text)."""
    found = []
    for text in re.findall(r"^```sql\n(.*?)^```", (ROOT / document).read_text(), re.MULTILINE | re.DOTALL):
        if "CREATE MATERIALIZED VIEW" in text:
            found.append(("aggregates", text))
        elif "CREATE VIEW" in text:
            found.append(("views", text))
        elif "-- name: GET" in text:
            found.append(("endpoints", text))
        elif "-- detector:" in text:
            found.append(("alerts", text))
        elif "CREATE FOREIGN TABLE" in text:
            found.append(("streams", text))
        elif "CREATE TABLE" in text:
            found.append(("references", text))
    return found


@pytest.mark.parametrize("document", ["README.md", "docs/definitions.md"])
def test_the_examples_are_definitions_that_load(tmp_path, document):
    for folder in ("sql", "schemas"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    found = examples(document)
    assert {folder for folder, _ in found} >= {"streams", "aggregates", "endpoints", "alerts"}
    (tmp_path / "sql/views").mkdir()
    (tmp_path / "sql/references").mkdir()
    for index, (folder, text) in enumerate(found):
        # The shipped stream's own definition stands there, too.
        stream = re.search(r"CREATE FOREIGN TABLE (\w+)", text)
        name = f"{stream[1]}.sql" if stream else f"example_{index}.sql"
        (tmp_path / "sql" / folder / name).write_text(text)
    status, output = run("check", "--streampulse-project", str(tmp_path))
    assert status == 0, output
    for line in ("aggregate error_stats of content_downloads", "endpoint GET /api/stats/errors", "alert MANY_FAILURES on error_stats"):
        assert line in output.splitlines()


STREAMS = [text for folder, text in examples("docs/definitions.md") if folder == "streams"]


@pytest.mark.parametrize("text", STREAMS, ids=range(len(STREAMS)))
def test_each_example_of_a_stream_is_one_of_its_own(tmp_path, text):
    """Several have one name, of which one project can hold only one."""
    shutil.copytree(ROOT / "schemas", tmp_path / "schemas")
    (tmp_path / "sql/streams").mkdir(parents=True)
    (tmp_path / "sql/streams/example.sql").write_text(text)
    status, output = run("check", "--streampulse-project", str(tmp_path))
    assert status == 0, output


def test_the_readme_lists_every_command():
    _, output = run("--help")
    commands = set(re.findall(r"^  ([a-z-]+) ", output.split("Commands:")[1], re.MULTILINE))
    documented = set(re.findall(r"^\| `streampulse ([a-z-]+)", (ROOT / "README.md").read_text(), re.MULTILINE))
    assert documented == commands


def test_the_code_map_has_every_folder():
    map_of_code = (ROOT / "README.md").read_text().split("## Code map")[1].split("\n## ")[0]
    for folder in (ROOT / "Sources").iterdir():
        if not re.match(r"C[A-Z]", folder.name):
            assert f"Sources/{folder.name}`" in map_of_code or f"`{folder.name}`" in map_of_code, folder.name


def test_every_reason_of_a_dead_letter_is_explained():
    source = (ROOT / "Sources" / "Events" / "EventBatch.swift").read_text()
    codes = set(re.findall(r'^  case \w+ = "([A-Z_0-9]+)"$', source, re.MULTILINE))
    section = (ROOT / "docs" / "exactly-once.md").read_text().split("## Dead letters")[1].split("\n## ")[0]
    assert codes and codes == set(re.findall(r"`([A-Z][A-Z_0-9]+)`", section))


def test_links_between_the_documents_lead_somewhere():
    documents = [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]
    anchors = {
        document: {
            re.sub(r"[^a-z0-9 -]", "", title.lower()).strip().replace(" ", "-")
            for title in re.findall(r"^#+ (.*)$", document.read_text(), re.MULTILINE)
        }
        for document in documents
    }
    for document in documents:
        for path, anchor in re.findall(r"\]\(([^)#:]*)(?:#([^)]*))?\)", document.read_text()):
            target = (document.parent / path).resolve() if path else document
            assert target.exists(), f"{document.name}: {path}"
            assert not anchor or anchor in anchors[target], f"{document.name}: {path}#{anchor}"
