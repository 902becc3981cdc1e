"""Fixtures of all tests here: a headless Chromium, a mock or the real product for it to look at, servers, scratch space."""

import os
import shutil
import tempfile
from pathlib import Path

import descendants
import pytest
from clean_system import CleanSystem
from dashboard import resize
from mock_api import MockApi
from postgres_server import PostgresServer
from product import PATIENCE, ROOT, Product
from selenium import webdriver
from selenium.webdriver.chrome.service import Service

HERE = Path(__file__).parent
SHARED = ROOT.parent / "shared"
DESKTOP = (1280, 900)


def pytest_configure(config):
    config.addinivalue_line("markers", "deep: takes minutes; make test-deep runs these")
    config.addinivalue_line("markers", "long: waits for long; begins first")
    config.addinivalue_line("markers", "xdist_group: pytest-xdist runs the tests of a group in one worker")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    """For pytest-xdist: tests that share a product stay together, and nobody is left alone with a long one at the end."""
    for item in items:
        if "new_product" in item.fixturenames:
            item.add_marker(pytest.mark.xdist_group(item.module.__name__))
    items.sort(key=lambda item: item.get_closest_marker("long") is None)


def pytest_terminal_summary(terminalreporter):
    """Figures that tests have measured, which their bounds say little of."""
    reports = [report for reports in terminalreporter.stats.values() for report in reports]
    figures = [value for report in reports if getattr(report, "when", None) == "call"
               for name, value in report.user_properties if name == "figure"]
    if figures:
        terminalreporter.section("measured")
        for figure in sorted(figures):
            terminalreporter.write_line(figure)


@pytest.fixture(scope="session", autouse=True)
def nothing_stays_behind():
    """No process outlives the tests."""
    descendants.adopt_orphans()
    yield
    descendants.assert_none_left(except_below=())


def scratch_folder(name):
    """A new folder that other users, postgres among them, can reach."""
    folder = Path(tempfile.mkdtemp(prefix=f"streampulse-tests-{name}-"))
    folder.chmod(0o755)
    return folder


@pytest.fixture
def scratch():
    """A new folder, also for servers that run as another user; what is left in it goes with it."""
    folder = scratch_folder("scratch")
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def new_product():
    """Makes products for a whole file of tests; whatever they started ends with it."""
    products = []

    def make(**settings):
        products.append(Product(scratch_folder("product"), **settings))
        return products[-1]

    yield make
    for product in products:
        product.close()
    try:
        descendants.assert_none_left()
    finally:
        for product in products:
            shutil.rmtree(product.folder)


@pytest.fixture
def product():
    """A product of the test's own, which has to end everything that it starts."""
    product = Product(scratch_folder("product"))
    yield product
    product.close()
    try:
        descendants.assert_none_left()
    finally:
        shutil.rmtree(product.folder)


@pytest.fixture(scope="session")
def postgres_server(nothing_stays_behind):
    """One Postgres for all tests that bring their own."""
    folder = scratch_folder("postgres")
    server = PostgresServer(folder)
    yield server
    server.stop()
    shutil.rmtree(folder)


@pytest.fixture
def parts(product, postgres_server):
    """A product with a database of its own, migrated, and an in-process broker in a process of its own."""
    product.settings["DATABASE_URL"] = postgres_server.new_database()
    product.broker()
    product.must("migrate")
    return product


@pytest.fixture(scope="session")
def clean_system():
    """A root file system of Debian, of which a test makes a copy."""
    if os.geteuid() != 0 or not shutil.which("mmdebstrap"):
        pytest.skip("only root can make a clean system, with mmdebstrap")
    folder = scratch_folder("clean")
    yield CleanSystem.build(folder)
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def shared():
    """Finds a file of the shared data; a test whose data is not there is skipped."""
    def find(path):
        found = SHARED / path
        if not found.exists():
            pytest.skip(f"../shared/{path} is not here")
        return found
    return find


@pytest.fixture(scope="session")
def flink():
    """A Python that has Flink 2.3: FLINK_PYTHON, else the one that make test-deep makes."""
    python = Path(os.environ.get("FLINK_PYTHON", ROOT / ".build/flink/bin/python"))
    if not shutil.which("java"):
        pytest.skip("there is no java")
    if not python.exists():
        pytest.skip("apache-flink is not installed: .ci/install-python .build/flink apache-flink==2.3.0")
    return python


@pytest.fixture(scope="session")
def chromium(nothing_stays_behind):
    """One Chromium for all tests; `browser` gives it out clean."""
    options = webdriver.ChromeOptions()
    options.binary_location = "/usr/bin/chromium"
    for argument in (
        "--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu", "--lang=en-US",
        "--disable-background-networking", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
    ):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(options=options, service=Service("/usr/bin/chromedriver"))
    driver.set_page_load_timeout(PATIENCE)
    yield driver
    driver.quit()


@pytest.fixture
def browser(chromium):
    """A Chromium on an empty page, 1280×900, with an empty console and no emulation left over."""
    chromium.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "", "features": []})
    resize(chromium, *DESKTOP)
    chromium.get("about:blank")
    chromium.get_log("browser")
    yield chromium
    # The page goes before its server does.
    chromium.get("about:blank")


@pytest.fixture
def watched_page(browser):
    """Pages loaded from now on note what they do; `poll_timers`, `most_in_flight` and `states_so_far` read it."""
    source = (HERE / "watch.js").read_text()
    script = browser.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": source})
    yield
    browser.execute_cdp_cmd("Page.removeScriptToEvaluateOnNewDocument", script)


@pytest.fixture
def mock_api():
    """The product's HTTP side, under the test's control."""
    api = MockApi()
    yield api
    api.stop()


@pytest.fixture
def dashboard_url(mock_api):
    """Where the dashboard is."""
    return mock_api.url
