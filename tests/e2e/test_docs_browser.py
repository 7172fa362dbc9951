"""The interactive documentation of a real pod in a real browser: it is all there, and works."""

import pytest
import requests
from api import User, over_http
from browser import CHROMIUM, Page, chromium

pytestmark = [
    pytest.mark.alone,  # a page has only so long to be filled
    pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed"),
]

HELPERS = """
window.all = selector => [...document.querySelectorAll(selector)];
window.block = id => document.querySelector(`.opblock[id$="-${id}"]`);
window.part = (id, selector) => block(id).querySelector(selector);
window.unfold = id => { if (!block(id).matches(".is-open")) part(id, ".opblock-control-arrow").click(); };
"""
STATUS = ".live-responses-table tbody .response-col_status"


@pytest.fixture
def page(deployment, tmp_path):
    """The documentation as it is when it has been filled."""
    with chromium(tmp_path / "profile") as browser:
        page = Page(browser)
        page.resize(1280, 900)
        page.open(f"{deployment.url}/docs")
        page.wait_for("document.querySelectorAll('.opblock').length > 0")
        page.value(HELPERS)
        yield page


@pytest.fixture
def operations(deployment):
    """All operations of the document: the id of each, by method and path."""
    paths = requests.get(f"{deployment.url}/openapi.json", timeout=10).json()["paths"]
    return {
        f"{method.upper()} {path}": operation["operationId"]
        for path, methods in paths.items()
        for method, operation in methods.items()
    }


@pytest.fixture
def try_out(page, operations):
    """A function that executes a route with the example that stands there, and returns the status."""

    def try_out(route):
        one = operations[route]
        method, path = route.lower().split()
        page.value(f"unfold('{one}')")
        # A click would be lost while the page is still looking up what the operation refers to.
        page.wait_for(
            f"page.specSelectors.specResolvedSubtree(['paths', '{path}', '{method}']) !== undefined"
        )
        page.wait_for(
            f"part('{one}', 'textarea') === null || page.oas3Selectors.requestBodyValue('{path}', '{method}')"
        )
        page.value(f"part('{one}', '.execute').click()")
        return int(page.wait_for(f"part('{one}', '{STATUS}')?.innerText.slice(0, 3)"))

    return try_out


@pytest.mark.parametrize("width", [1280, 390])
def test_every_operation_is_there_and_nothing_of_elsewhere(page, deployment, operations, width, tmp_path):
    page.resize(width, 900)
    for one in operations.values():
        page.value(f"unfold('{one}')")
        page.wait_for(f"part('{one}', '.opblock-body .responses-wrapper') !== null")
    page.screenshot(tmp_path / "docs.png")

    assert page.value("all('.opblock').length") == len(operations)
    assert page.value("document.documentElement.scrollWidth") <= width, "nobody has to scroll sideways"
    assert page.complaints == []
    assert {address for address in page.asked if not address.startswith((deployment.url, "data:"))} == set()


def test_whoever_logs_in_there_tops_up_and_pays_with_the_examples_as_they_stand(page, try_out, deployment):
    assert try_out("POST /register") == 201
    assert try_out("POST /login") == 200
    assert try_out("POST /topup") == 201
    assert try_out("POST /pay") == 201
    assert page.complaints == []

    token = deployment.api.login("0811255501", "123456").result["access_token"]
    guntur = User(over_http(deployment.url), "", token)
    assert [(line["kind"], line["amount"]) for line in guntur.transactions().result] == [
        ("PAYMENT", 100_000),
        ("TOP_UP", 500_000),
    ]


def test_whoever_logs_out_there_is_nobody(try_out):
    try_out("POST /register")
    try_out("POST /login")
    assert try_out("POST /logout") == 200

    assert try_out("GET /profile") == 401


def test_nothing_is_left_in_the_browser(page, try_out):
    try_out("POST /register")
    try_out("POST /login")

    assert page.value("localStorage.length + sessionStorage.length") == 0
    assert page.value("document.cookie") == ""


def test_the_browser_would_complain(page):
    """So that its silence above means something: the policy of the page lets no script of elsewhere in."""
    page.value(
        "document.head.append(Object.assign(document.createElement('script'), {src: 'https://x.example/'}))"
    )
    page.wait_for("true")

    assert "Content Security Policy" in page.complaints[0]
