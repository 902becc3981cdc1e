"""The page of the pipeline, in a real Chromium."""

from dashboard import console_errors, find, resize, texts, visible, wait
from mock_api import metrics_text
from test_accessibility import violations


def open_pipeline(browser, url):
    browser.get("about:blank")
    browser.get(url + "pipeline.html")
    wait(browser, lambda: find(browser, "pipeline-streams").get_attribute("data-state") == "ready", "no streams came")


def test_streams_and_figures_are_shown(browser, dashboard_url, mock_api):
    open_pipeline(browser, dashboard_url)
    assert texts(browser, ".service .badge") == ["Up", "Up", "All is well"]
    assert texts(browser, ".stream .row-name") == ["content_downloads"]
    assert texts(browser, ".stream dd")[:4] == ["content-downloads", "12 records", "0.4 s ago", "0.1 s ago"]
    # Event time is complete until the running minute's beginning.
    wait(browser, lambda: ":00 " in texts(browser, ".stream dd")[4], "the watermark is not said")
    wait(browser, lambda: texts(browser, ".stream dd")[5:] == ["3"], "the partitions are not said")
    assert find(browser, "dead-letters").get_attribute("data-state") == "empty"
    mock_api.answer("metrics", text=metrics_text(2_000, 0, 0.1))
    wait(browser, lambda: any(part.get_attribute("data-state") == "ready" and part.get_attribute("metric") == "events"
                              for part in visible(browser, "rate-panel")), "no rate is known")
    assert console_errors(browser) == []


def test_what_is_held_says_how_to_go_on(browser, dashboard_url, mock_api):
    health = mock_api.answers("health")
    stream = health["streams"][0] | {"status": "held", "detail": "partition 1 is held: run streampulse replay --skip"}
    mock_api.answer("health", status="degraded", streams=[stream], processor=stream)
    open_pipeline(browser, dashboard_url)
    wait(browser, lambda: texts(browser, ".stream .badge") == ["Held"], "it is not said")
    assert texts(browser, ".stream .detail p") == ["partition 1 is held: run streampulse replay --skip"]
    assert "held" in texts(browser, "connection-status .lag")[0]


def test_dead_letters_have_their_reasons_and_the_way_on(browser, dashboard_url, mock_api):
    mock_api.answer("letters", data=[{
        "stream": "content_downloads", "code": "schema_mismatch", "aggregate": None, "letters": 7, "open_letters": 5,
        "example": "content-downloads 1@4711"}])
    open_pipeline(browser, dashboard_url)
    wait(browser, lambda: find(browser, "dead-letters").get_attribute("data-state") == "ready", "no letters")
    assert texts(browser, "dead-letters tbody tr > *") == [
        "content_downloads", "schema_mismatch", "—", "5", "7", "content-downloads 1@4711", "Show"]
    assert "streampulse dead-letters replay" in texts(browser, "dead-letters pre")


LETTER = {
    "id": 17, "stream": "content_downloads", "topic": "content-downloads", "partition": 1, "record_offset": 4711,
    "code": "TRUNCATED", "reason": "the payload ends within download.status", "aggregate": None,
    "created_at": "2026-01-31T12:00:00Z", "replayed_at": None, "value_bytes": 300_000,
}


def open_letters(browser, url, mock_api):
    row = {name: LETTER[name] for name in ("stream", "code", "aggregate")}
    mock_api.answer("letters", data=[row | {"letters": 7, "open_letters": 5, "example": "content-downloads 1@4711"}])
    open_pipeline(browser, url)
    wait(browser, lambda: find(browser, "dead-letters").get_attribute("data-state") == "ready", "no letters")
    find(browser, "dead-letters tbody button").click()


def test_a_dead_letter_is_looked_at_with_its_bytes(browser, dashboard_url, mock_api):
    mock_api.answer_more("dead-letters", {"data": [LETTER], "count": 1, "next": 16})
    mock_api.answer_more("dead-letter", LETTER | {
        "headers": [{"name": "trace", "value": "6162"}], "key_hex": None, "value_hex": "00ff41" + "20" * 65_533})
    open_letters(browser, dashboard_url, mock_api)
    wait(browser, lambda: texts(browser, ".letters tbody th") == ["17"], "the letters are not listed")
    assert mock_api.last_query("dead-letters") == {
        "stream": "content_downloads", "code": "TRUNCATED", "limit": "20"}
    find(browser, ".letters tbody button").click()
    wait(browser, lambda: texts(browser, ".letter h3")[:1] == ["Letter 17"], "the letter is not shown")
    assert texts(browser, ".letter h3") == ["Letter 17", "Key: none", "Value: 300,000 bytes", "Headers"]
    lines = texts(browser, ".bytes")[0].splitlines()
    assert lines[0].startswith("000000  00 ff 41 20") and lines[0].endswith("..A" + " " * 13) and len(lines) == 256
    assert texts(browser, ".letter .hint") == ["The first 4,096 bytes."]
    assert "trace: ab" in texts(browser, ".letter pre")
    assert violations(browser) == []
    resize(browser, 360, 800)
    # A canvas is painted to its new width a frame after the page has it.
    wait(browser, lambda: browser.execute_script("return document.documentElement.scrollWidth") <= 360, "it is wider")
    find(browser, ".letters > button").click()
    wait(browser, lambda: mock_api.last_query("dead-letters").get("cursor") == "16", "older ones are not asked for")
    assert console_errors(browser) == []


def test_who_may_not_look_at_letters_is_told_what_is_needed(browser, dashboard_url, mock_api):
    mock_api.fail("dead-letters", status=403)
    open_letters(browser, dashboard_url, mock_api)
    wait(browser, lambda: "403" in "".join(texts(browser, ".letters p")), "it is not said")
    find(browser, ".letters button").click()
    wait(browser, lambda: find(browser, "token-form").is_displayed(), "no other token can be given")
    assert "scope admin" in texts(browser, "token-form p")[0]


def test_the_ledger_of_each_partition_is_proven_or_not(browser, dashboard_url, mock_api):
    row = {
        "stream": "content_downloads", "topic": "content-downloads", "partition": 0, "segments": 3, "first_offset": 0,
        "next_offset": 1200, "consumed": 1190, "dead": 7, "missing": 10, "adds_up": True, "is_contiguous": True,
        "ends_at_progress": True}
    mock_api.answer_more("ledger", {"data": [row, row | {"partition": 1, "adds_up": False}], "count": 2})
    open_pipeline(browser, dashboard_url)
    wait(browser, lambda: find(browser, "pipeline-ledger").get_attribute("data-state") == "ready", "no ledger")
    assert texts(browser, "pipeline-ledger tbody tr:first-child > *") == [
        "content_downloads", "content-downloads 0", "0 – 1,199", "1,190", "7", "10", "Yes"]
    assert texts(browser, "pipeline-ledger .badge") == [
        "Yes", "No: offsets are neither counted nor known to be missing"]


def test_another_project_has_the_page_without_what_it_does_not_define(browser, dashboard_url, mock_api):
    mock_api.fail("letters", status=404)
    open_pipeline(browser, dashboard_url)
    wait(browser, lambda: not visible(browser, "dead-letters"), "the table stays")
    wait(browser, lambda: texts(browser, ".pill") == ["Live"], "it is not live")
