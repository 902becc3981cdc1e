"""The page of the pipeline, in a real Chromium."""

from dashboard import console_errors, find, texts, visible, wait
from mock_api import metrics_text


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
        "content_downloads", "schema_mismatch", "—", "5", "7", "content-downloads 1@4711"]
    assert "streampulse dead-letters replay" in texts(browser, "dead-letters pre")


def test_another_project_has_the_page_without_what_it_does_not_define(browser, dashboard_url, mock_api):
    mock_api.fail("letters", status=404)
    open_pipeline(browser, dashboard_url)
    wait(browser, lambda: not visible(browser, "dead-letters"), "the table stays")
    wait(browser, lambda: texts(browser, ".pill") == ["Live"], "it is not live")
