"""The page that is made of what a project defines, in a real Chromium, for a project that its code has never seen."""

import json
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from dashboard import connection, console_errors, contrast, find, resize, texts, values, visible, wait
from mock_project import CROSSINGS, DELAYS, FERRIES, WAITS, Harbour, column, relation
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys


@pytest.fixture
def harbour(mock_api):
    project = Harbour()
    mock_api.show(project)
    return project


def shown(browser):
    """The state of each part that is on the page."""
    return browser.execute_script("""
        return Object.fromEntries([...document.querySelectorAll("[data-state]")].filter((node) => !node.hidden
          && node.localName.includes("-")).map((node) =>
            [node.localName, node.hasAttribute("data-waiting") ? "waiting" : node.dataset.state]))""")


def open_explore(browser, url, hash="", state="ready"):
    browser.get("about:blank")
    browser.get(url + "explore.html" + hash)
    settle(browser, state)


def settle(browser, state="ready"):
    wait(browser, lambda: shown(browser) and set(shown(browser).values()) == {state}, f"not every part became {state}")


def chart(browser):
    """Of each line its label and values."""
    return browser.execute_script("""
        const { data } = Chart.getChart(document.querySelector("series-chart canvas"));
        return data.datasets.map(({ label, data }) => [label, data]);""")


def hash_of(browser):
    return {name: found[0] for name, found in parse_qs(urlsplit(browser.current_url).fragment).items()}


def test_a_project_without_the_downloads_has_this_page_as_its_first(browser, dashboard_url, harbour):
    browser.get(dashboard_url)
    wait(browser, lambda: urlsplit(browser.current_url).path == "/explore.html", "the first page stayed")
    settle(browser)
    assert texts(browser, ".relation-name") == ["crossings", "The Quiet/One", "docks"]
    assert texts(browser, "relation-head h2") == ["crossings"]
    assert texts(browser, "relation-head p")[1] == CROSSINGS["comment"]
    # There is no page of downloads to go to, and none of alerts.
    assert [link.text for link in visible(browser, ".pages a")] == ["Pipeline", "Explore"]
    wait(browser, lambda: connection(browser) == "live", "the connection is not live")
    assert console_errors(browser) == []


def test_the_shipped_project_keeps_its_page_and_leads_to_this_one(browser, dashboard_url, mock_api):
    mock_api.rows = lambda name, query: {"data": [], "count": 0}
    browser.get(dashboard_url)
    wait(browser, lambda: connection(browser) == "live", "the connection is not live")
    find(browser, ".pages a[href='/explore.html']").click()
    wait(browser, lambda: texts(browser, "relation-head h2") == ["region_health"], "the aggregate is not shown")
    assert find(browser, ".pages a").is_displayed()


def test_cards_chart_list_and_table_follow_from_the_roles(browser, dashboard_url, harbour):
    open_explore(browser, dashboard_url)
    assert texts(browser, ".measure .stat-label") == ["Passengers", "On time", "P90 wait", "Tonnes"]
    totals = harbour.answer("crossings", {"minutes": "60", "by": ""})["data"][0]
    assert values(browser, ".measure data") == pytest.approx(
        [totals[name] for name in ("passengers", "on_time", "p90_wait_seconds", "tonnes")])
    assert texts(browser, ".measure data")[1:3] == ["92.0%", "1m 7s"]

    # The six that lead, and no other.
    lines = chart(browser)
    assert [label for label, _ in lines] == list(FERRIES[:6])
    assert [set(line) for _, line in lines] == [{100.0 - 10 * number} for number in range(6)]
    assert texts(browser, "key-list .row-name") == list(FERRIES)
    assert values(browser, "key-list .row-value")[0] == 100 * 61
    assert texts(browser, "rows-table thead th") == [
        "ferry", "pier", "window_start", "window_end", "passengers", "on_time", "p90_wait_seconds", "tonnes"]
    assert texts(browser, "rows-table tbody tr:first-child td")[:2] == ["Aurora", "0"]
    assert texts(browser, "definition-panel pre")[0] == CROSSINGS["sql"]


def test_the_words_of_an_axis_have_room_however_long_they_are(browser, dashboard_url, harbour):
    for row in harbour.rows:
        row["passengers"] *= 12_345
    open_explore(browser, dashboard_url)
    widths = """
        const chart = Chart.getChart(document.querySelector("series-chart canvas"));
        const scale = chart.scales.y;
        chart.ctx.font = Chart.helpers.toFont(scale.options.ticks.font).string;
        return [scale.width, Math.max(...scale.ticks.map(({ label }) => chart.ctx.measureText(label).width))];"""
    wait(browser, lambda: (lambda width, text: width >= text > 40)(*browser.execute_script(widths)), "words are cut")


def test_another_result_changes_chart_and_list_and_is_in_the_link(browser, dashboard_url, harbour):
    open_explore(browser, dashboard_url)
    find(browser, "[data-measure=on_time]").click()
    settle(browser)
    assert hash_of(browser) == {"of": "crossings", "minutes": "60", "show": "on_time"}
    assert texts(browser, "series-chart h2") == ["On time over time"]
    assert texts(browser, "key-list .row-value")[0] == "99.0%"
    find(browser, "key-list header > .button").click()
    settle(browser)
    wait(browser, lambda: texts(browser, "key-list .row-name") == list(FERRIES[::-1]), "the order stayed")
    # Those that are worst are the lines, too.
    assert {label for label, _ in chart(browser)} == set(FERRIES[2:])

    link, list_of = browser.current_url, texts(browser, "key-list .row-name")
    browser.get("about:blank")
    browser.get(link)
    settle(browser)
    assert texts(browser, "key-list .row-name") == list_of
    assert find(browser, "[data-measure=on_time]").get_attribute("aria-pressed") == "true"


def test_a_click_on_a_key_filters_everything_and_a_chip_takes_it_back(browser, dashboard_url, harbour, mock_api):
    open_explore(browser, dashboard_url)
    find(browser, "key-list li:nth-child(3) button").click()
    settle(browser)
    assert hash_of(browser)["key.ferry"] == "Corona"
    assert texts(browser, "filter-chips button") == ["ferry: Corona✕"]
    assert values(browser, ".measure data")[0] == 80 * 61
    # One ferry is told apart by its piers.
    assert texts(browser, "key-list h2") == ["By pier"]
    assert set(texts(browser, "rows-table tbody td:first-child")) == {"Corona"}
    find(browser, "key-list li button").click()
    settle(browser)
    assert hash_of(browser) | {"key.pier": "2"} == hash_of(browser)
    assert not find(browser, "key-list").is_displayed()
    # There is nothing left to tell apart: it is the page of one key, with a chart of each result.
    assert texts(browser, "relation-head h2") == ["Corona · 2"]
    assert texts(browser, "measure-charts h3") == ["Passengers", "On time", "P90 wait", "Tonnes"]
    assert not find(browser, "series-chart").is_displayed()
    find(browser, "filter-chips button").click()
    settle(browser)
    assert texts(browser, "filter-chips button") == ["pier: 2✕"]
    browser.back()
    wait(browser, lambda: len(texts(browser, "filter-chips button")) == 2, "back did not go back")


def test_the_page_of_a_key_has_what_other_aggregates_know_of_it_and_its_alerts(
        browser, dashboard_url, harbour, mock_api):
    harbour.relations = [CROSSINGS, DELAYS, WAITS, relation("others", WAITS["columns"]) | {"stream": "buses"}]
    catalogue = harbour.catalogue() | {
        "endpoints": [{"method": "GET", "path": "/api/stats/alerts", "summary": "Alerts."}]}
    mock_api.answer("catalogue", **catalogue)
    mock_api.recover()
    first = mock_api.answers("alerts")["data"][0]
    ours = {"aggregate": "delays", "key": {"ferry": "Corona", "pier": "2", "cause": "fog"}}
    theirs = {"aggregate": "crossings", "key": {"ferry": "Aurora", "pier": "0"}}
    mock_api.answer("alerts", data=[first | ours | {"id": 1}, first | theirs | {"id": 2}])
    noted = {"acknowledged_at": first["created_at"], "acknowledged_by": "mira"}
    mock_api.answer("acknowledged", data=[first | ours | noted | {"id": 3, "message": "Seen already"}])
    open_explore(browser, dashboard_url, "#of=crossings&key.ferry=Corona&key.pier=2&compare=on")
    related = "key-related "
    # Of the same columns first, without what is shown already; then told apart by one more.
    assert texts(browser, related + "h2") == ["How long passengers wait", "Delayed over time", "By cause"]
    assert texts(browser, related + "measure-charts h3") == ["P99 wait"]
    assert texts(browser, related + "key-list .row-name") == ["fog", "tide"]
    assert values(browser, related + "key-list .row-value") == [5 * 61, 2 * 61]
    lines = browser.execute_script("""
        const { data } = Chart.getChart(document.querySelector("key-related series-chart canvas"));
        return data.datasets.map(({ label }) => label);""")
    assert lines == ["fog", "tide"]
    before = """
        const { data } = Chart.getChart(document.querySelector("key-related measure-charts canvas"));
        return data.datasets.map(({ label }) => label);"""
    wait(browser, lambda: browser.execute_script(before) == ["P99 wait", "Before"], "nothing is behind it")
    wait(browser, lambda: texts(browser, "key-alerts .alert-message") == [first["message"], "Seen already"],
         "other alerts are shown")
    assert visible(browser, related + ".panel-head .button, " + related + ".choices") == []
    # A value of the other key has its own page, too.
    find(browser, related + "key-list li button").click()
    settle(browser)
    assert hash_of(browser) == {
        "of": "delays", "minutes": "60", "key.ferry": "Corona", "key.pier": "2", "key.cause": "fog", "compare": "on"}
    assert texts(browser, "measure-charts h3") == ["Delayed"]
    assert not find(browser, "key-related").is_displayed()
    assert console_errors(browser) == []


def test_a_definition_says_how_its_results_are_shown(browser, dashboard_url, harbour, mock_api):
    said = {
        "passengers": {"chart": "line"},
        "on_time": {"thresholds": {"warning": 0.97, "critical": 0.95, "bad": "below"}},
        "p90_wait_seconds": {"format": "number", "unit": "s", "thresholds": {
            "warning": None, "critical": 66, "bad": "above"}},
        "tonnes": {"chart": "none", "format": "currency", "unit": "EUR"},
    }
    columns = [each | said.get(each["name"], {}) for each in CROSSINGS["columns"]]
    harbour.relations = [CROSSINGS | {"columns": columns}]
    mock_api.answer("catalogue", **harbour.catalogue())
    open_explore(browser, dashboard_url, "#of=crossings&key.ferry=Fjord&key.pier=2")
    assert texts(browser, ".measure .stat-label") == ["Passengers", "On time", "P90 wait"]
    assert texts(browser, ".measure data")[1:] == ["89.0%", "65 s"]
    assert texts(browser, ".measure .badge:not([hidden])") == ["Critical"]
    labels = browser.execute_async_script("""
        const [columns, done] = arguments;
        import("/measures.js").then(({ labelOf }) => done(columns.map(labelOf)));""", [
        {"name": "p95_bytes", "format": "bytes"}, {"name": "donations_usd", "format": "currency", "unit": "USD"},
        {"name": "avg_duration_seconds"}])
    assert labels == ["P95 bytes", "Donations USD", "Average duration"]
    drawn = browser.execute_script("""
        return [...document.querySelectorAll("measure-charts canvas")].map((canvas) => {
          const { data, scales } = Chart.getChart(canvas);
          return [data.datasets[0].type, scales.y.min, scales.y.max];
        });""")
    assert [kind for kind, *_ in drawn] == ["line", "line", "line"]
    # The thresholds that values come near to are on the axes.
    assert drawn[1][1] < 0.95 and drawn[2][2] > 66
    assert "€7.50" in texts(browser, "rows-table tbody tr:first-child td")
    open_explore(browser, dashboard_url, "#of=crossings&show=on_time")
    levels = browser.execute_script(
        "return [...document.querySelectorAll('key-list .row')].map((row) => row.dataset.level ?? null)")
    # From 99 % down in steps of two: those about the thresholds may fall on either side.
    assert levels[0] is None and set(levels[3:]) == {"critical"}


def test_what_was_expected_of_a_key_is_drawn_behind_it_and_stands_in_the_figures(browser, dashboard_url, harbour, mock_api):
    columns = [each | ({"forecast": True} if each["name"] == "passengers" else {}) for each in CROSSINGS["columns"]]
    harbour.relations = [CROSSINGS | {"columns": columns}]
    endpoint = {"method": "GET", "path": "/api/stats/predictions", "summary": "What is expected."}
    mock_api.answer("catalogue", **harbour.catalogue() | {"endpoints": [endpoint]})
    mock_api.recover()
    rows = [
        {"aggregate": "crossings", "measure": "passengers", "key": {"ferry": "Fjord", "pier": 2}, "horizon_minutes": 5,
         "window_start": harbour.text(harbour.now - timedelta(minutes=back)), "expected": 50, "low95": 31.4,
         "high95": 222.6} for back in range(-5, 60)]
    mock_api.answer("predictions", data=rows)
    open_explore(browser, dashboard_url, "#of=crossings&key.ferry=Fjord&key.pier=2")
    legends = "measure-charts .legend:not([hidden])"
    wait(browser, lambda: texts(browser, legends) == ["Expected 5 minutes before: 19 of 20 values lie in it"],
         "no band is drawn, or more than one")
    # The band is on the axis of its chart, and no line of it.
    drawn = browser.execute_script("""
        const { data, scales } = Chart.getChart(document.querySelector("measure-charts canvas"));
        return [data.datasets.length, scales.y.max];""")
    assert drawn[0] == 1 and drawn[1] >= 222
    find(browser, "measure-charts summary").click()
    assert texts(browser, "measure-charts thead th")[1:3] == ["Passengers", "Passengers, expected"]
    assert texts(browser, "measure-charts tbody tr:nth-child(3) td")[:2] == ["50", "31 to 223"]
    asked = mock_api.last_query("predictions")
    assert {name: asked[name] for name in ("aggregate", "key", "horizon", "minutes")} == {
        "aggregate": "crossings", "key": "Fjord,2", "horizon": "5", "minutes": "60"}
    assert console_errors(browser) == []


def test_a_key_without_a_value_is_a_key_like_others(browser, dashboard_url, harbour, mock_api):
    open_explore(browser, dashboard_url, "#of=crossings&by=pier")
    assert "(none)" in texts(browser, "key-list .row-name")
    next(row for row in browser.find_elements(By.CSS_SELECTOR, ".row") if "(none)" in row.text).click()
    settle(browser)
    assert texts(browser, "filter-chips button") == ["pier: (none)✕"]
    assert mock_api.last_query("rows")["key.pier.null"] == "true"
    assert texts(browser, "key-list .row-name") == ["Halcyon"]


def test_the_range_reaches_every_question_and_long_ones_have_longer_steps(browser, dashboard_url, harbour, mock_api):
    open_explore(browser, dashboard_url)
    assert [query["step"] for name, query in mock_api.requests if "step" in query][0] == "1m"
    find(browser, "window-selector a[title='last 7 days']").click()
    settle(browser)
    asked = [query for name, query in mock_api.requests if name == "rows"][-4:]
    assert {query["minutes"] for query in asked} == {"10080"}
    assert {query["step"] for query in asked if "step" in query} == {"2h"}
    assert hash_of(browser)["of"] == "crossings"


def test_what_has_no_rows_says_so_and_what_is_not_there_too(browser, dashboard_url, harbour):
    open_explore(browser, dashboard_url, "#of=The+Quiet%2FOne", state="empty")
    assert texts(browser, "relation-head h2") == ["The Quiet/One"]
    assert texts(browser, ".measure data") == ["0"]
    assert texts(browser, "rows-table .panel-message p:first-child") == ["No rows in this range"]
    assert not find(browser, "key-list").is_displayed()
    find(browser, "relation-list li:first-child a").click()
    settle(browser)
    browser.execute_script("location.hash = '#of=whales'")
    wait(browser, lambda: find(browser, "#nothing").is_displayed(), "nothing is said")
    assert find(browser, "#nothing").text == "The project defines no whales. Choose one of the list."
    assert console_errors(browser) == []


def test_a_view_is_drawn_from_its_rows(browser, dashboard_url, harbour):
    open_explore(browser, dashboard_url, "#of=docks")
    assert [label for label, _ in chart(browser)] == ["South", "North"]
    assert texts(browser, "rows-table thead th") == ["dock", "day", "moored", "depth"]
    choices = browser.find_elements(By.CSS_SELECTOR, "series-chart .filter")
    next(choice for choice in choices if choice.text == "Depth").click()
    settle(browser)
    assert {value for _, line in chart(browser) for value in line} == {3.25}
    find(browser, "rows-table tbody button").click()
    settle(browser)
    assert hash_of(browser)["key.dock"] == "North"


def test_a_definition_that_is_saved_meanwhile_appears(browser, dashboard_url, harbour, mock_api):
    open_explore(browser, dashboard_url)
    harbour.relations = [*harbour.relations, relation("crews", [column("hands", role="count")])]
    mock_api.show(harbour)
    wait(browser, lambda: "crews" in texts(browser, ".relation-name"), "the list stayed")
    assert texts(browser, "relation-head h2") == ["crossings"]
    harbour.relations = []
    mock_api.show(harbour)
    wait(browser, lambda: find(browser, "#nothing").is_displayed(), "nothing is said")
    assert "sql/aggregates/" in find(browser, "#nothing").text


def test_the_figures_follow_the_api_and_an_outage_keeps_them(browser, dashboard_url, harbour, mock_api):
    open_explore(browser, dashboard_url)
    before = values(browser, ".measure data")[0]
    for row in harbour.rows:
        row["passengers"] += 1
    wait(browser, lambda: values(browser, ".measure data")[0] == before + 8 * 61, "the figures stayed")
    mock_api.fail("rows")
    wait(browser, lambda: "Not updated since" in find(browser, "rows-table .panel-note").text, "nothing is said")
    assert connection(browser) == "degraded"
    mock_api.stop()
    wait(browser, lambda: connection(browser) == "disconnected", "the loss was not noticed")
    assert values(browser, ".measure data")[0] == before + 8 * 61
    mock_api.recover()
    mock_api.start()
    # Where the page stands meanwhile, and what is over it, is not the question.
    browser.execute_script("arguments[0].click()", find(browser, "connection-banner button"))
    wait(browser, lambda: connection(browser) == "live", "the way back was not found")


def test_the_answer_before_is_not_taken_for_that_of_another_question(browser, dashboard_url, harbour, mock_api):
    open_explore(browser, dashboard_url)
    mock_api.hold("rows")
    find(browser, "window-selector a").click()
    wait(browser, lambda: set(shown(browser).values()) == {"waiting"}, "the old answer is not marked")
    mock_api.fail("rows")
    mock_api.release()
    wait(browser, lambda: shown(browser)["rows-table"] == "unavailable", "the old rows stayed")
    wait(browser, lambda: set(texts(browser, ".measure data")) == {"—"}, "the old figures stayed")


def test_an_answer_that_refuses_the_question_says_why(browser, dashboard_url, harbour, mock_api):
    mock_api.fail("rows", status=400)
    open_explore(browser, dashboard_url, state="unavailable")
    assert "The API answered 400" in find(browser, "rows-table .panel-message").text


def test_the_chart_is_a_table_for_those_who_do_not_see_it(browser, dashboard_url, harbour):
    open_explore(browser, dashboard_url)
    label = find(browser, "series-chart canvas").get_attribute("aria-label")
    assert label.startswith("Passengers over time, last hour, 61 points. Aurora: 100 to 100;")
    find(browser, "series-chart summary").click()
    wait(browser, lambda: len(texts(browser, "series-chart tbody tr")) == 61, "the table is not whole")
    assert texts(browser, "series-chart thead th") == ["From", *FERRIES[:6]]
    # The newest minute is on top, and not over.
    assert texts(browser, "series-chart tbody th")[0].endswith("(not complete)")
    assert texts(browser, "series-chart tbody tr:nth-child(2) td") == ["100", "90", "80", "70", "60", "50"]


def test_everything_can_be_done_by_keyboard(browser, dashboard_url, harbour):
    open_explore(browser, dashboard_url)
    find(browser, "body").send_keys(Keys.TAB, Keys.ENTER)
    assert browser.switch_to.active_element.tag_name == "main"
    assert hash_of(browser) == {"of": "crossings", "minutes": "60"}
    find(browser, "key-list li button").send_keys(Keys.ENTER)
    settle(browser)
    chip = find(browser, "filter-chips button")
    assert chip.accessible_name == "Remove the filter ferry: Aurora"
    chip.send_keys(Keys.ENTER)
    settle(browser)
    wait(browser, lambda: browser.switch_to.active_element.tag_name == "main", "the focus is lost")
    nodes = visible(browser, "a, button, summary, canvas, [role=region], [role=group]")
    assert len(nodes) > 25
    assert [node.get_attribute("outerHTML") for node in nodes if not node.accessible_name.strip()] == []


@pytest.mark.parametrize("width", [320, 390, 768, 1024, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_width_needs_horizontal_scrolling(browser, dashboard_url, harbour, mock_api, width, scheme):
    harbour.rows[0]["ferry"] = "Unbreakable" * 20
    long = relation("a_name_that_is_longer_than_a_phone_is_wide_and_more", CROSSINGS["columns"], comment="Word " * 60)
    harbour.relations = [*harbour.relations, long]
    mock_api.show(harbour)
    browser.execute_cdp_cmd(
        "Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": scheme}]})
    resize(browser, width, 800)
    open_explore(browser, dashboard_url, "#of=crossings&key.pier=0")
    assert browser.execute_script("return document.documentElement.scrollWidth") <= width
    # What scrolls by itself may be wider within.
    overflowing = browser.execute_script("""
        return [...document.querySelectorAll("body *")]
          .filter((node) => !node.closest(".visually-hidden, .skip-link, .scroller, pre, relation-list"))
          .filter((node) => node.getBoundingClientRect().right > innerWidth + 0.5)
          .map((node) => node.outerHTML.slice(0, 300))""")
    assert overflowing == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_lines_stand_out_from_the_ground(browser, dashboard_url, harbour, scheme):
    browser.execute_cdp_cmd(
        "Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": scheme}]})
    open_explore(browser, dashboard_url)
    surface, *lines = browser.execute_script("""
        const style = getComputedStyle(document.body);
        return ["surface", ...[1, 2, 3, 4, 5, 6].map((index) => `series-${index}`)]
          .map((name) => style.getPropertyValue(`--${name}`).trim());""")
    # WCAG 2.2, 1.4.11: 3 to 1 for what is not text.
    assert [line for line in lines if contrast(line, surface) < 3] == []
    assert len({json.dumps(line) for line in lines}) == 6


MARKUP = '<img src=x onerror="window.executed = true"><script>window.executed = true</script>'


def test_markup_in_names_and_data_is_shown_as_text(browser, dashboard_url, harbour, mock_api):
    harbour.relations = [dict(CROSSINGS, comment=MARKUP, sql=MARKUP), *harbour.relations[1:]]
    for row in harbour.rows:
        if row["ferry"] == "Aurora":
            row["ferry"] = MARKUP
    mock_api.show(harbour)
    open_explore(browser, dashboard_url)
    assert texts(browser, "relation-head p")[1] == MARKUP
    assert texts(browser, "definition-panel pre")[0] == MARKUP
    assert texts(browser, "key-list .row-name")[0] == MARKUP
    find(browser, "key-list li button").click()
    settle(browser)
    assert texts(browser, "filter-chips button") == [f"ferry: {MARKUP}✕"]
    assert browser.execute_script("return document.querySelectorAll('main img, main script').length") == 0
    assert browser.execute_script("return window.executed") is None
    assert console_errors(browser) == []


def test_the_addresses_that_the_page_shows_are_those_that_it_asks(browser, dashboard_url, harbour, mock_api):
    open_explore(browser, dashboard_url, "#of=crossings&key.ferry=Eos&show=tonnes&minutes=15")
    commands = texts(browser, "definition-panel pre")[1:]
    asked = [query for name, query in mock_api.requests if name == "rows"]
    for command in commands:
        address = urlsplit(command.removeprefix("curl '").removesuffix("'"))
        assert address.path == "/api/aggregates/crossings"
        query = {name: found[0] for name, found in parse_qs(address.query, keep_blank_values=True).items()}
        assert {"of": "crossings", **query} in asked
    link = find(browser, "definition-panel a")
    assert link.get_attribute("download") == "crossings.csv"
    assert parse_qs(urlsplit(link.get_attribute("href")).query)["format"] == ["csv"]


def test_rows_are_saved_with_the_token_that_a_link_cannot_send(browser, dashboard_url, harbour, mock_api, tmp_path):
    mock_api.token = "sp_right"
    browser.get(dashboard_url)
    browser.execute_script("sessionStorage.setItem('streampulse-token', 'sp_right')")
    browser.execute_cdp_cmd("Browser.setDownloadBehavior", {"behavior": "allow", "downloadPath": str(tmp_path)})
    open_explore(browser, dashboard_url, "#of=crossings")
    find(browser, "definition-panel a").click()
    wait(browser, lambda: (tmp_path / "crossings.csv").exists(), "nothing was saved")
    assert any(query.get("format") == "csv" for name, query in mock_api.requests if name == "rows")
    # Without it the server refuses, and the page says so.
    mock_api.fail("rows", status=403)
    find(browser, "definition-panel a").click()
    wait(browser, lambda: texts(browser, "definition-panel [role=alert]") == ["Not saved. The API answered 403: Service Unavailable"],
         lambda: texts(browser, "definition-panel [role=alert]"))


def test_a_hidden_page_and_a_paused_one_ask_nothing(browser, watched_page, dashboard_url, harbour, mock_api):
    open_explore(browser, dashboard_url)
    find(browser, "connection-status button").click()
    wait(browser, mock_api.is_idle, "requests are still under way")
    count = mock_api.count()
    assert browser.execute_script("return [...watched.timers.values()].filter((delay) => delay === 2000).length") == 0
    # Another view is asked for once all the same.
    find(browser, "[data-measure=tonnes]").click()
    settle(browser)
    assert mock_api.count() > count
    assert texts(browser, "series-chart h2") == ["Tonnes over time"]
