"""The interactive documentation: what it serves to whom, and what it lets a page do."""

import re
from html.parser import HTMLParser

import pytest
from api import in_process

from service.swagger.assets import ASSETS

POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' data:",
    "connect-src": "'self'",
    "base-uri": "'none'",
    "form-action": "'none'",
    "frame-ancestors": "'none'",
}


@pytest.fixture
def get(app):
    return lambda path, method="GET", **headers: in_process(app)(method, path, None, headers)


@pytest.fixture
def addresses(get):
    """Of all that the page loads."""
    return re.findall(r'(?:href|src)="(/docs/[^"]+)"', get("/docs/").body.decode())


class Scripts(HTMLParser):
    """Collects what stands between the tags of scripts and styles, and attributes that are scripts."""

    def __init__(self, page):
        super().__init__()
        self.inline = []
        self.feed(page)

    def handle_starttag(self, _tag, attributes):
        self.inline += [name for name, _ in attributes if name.startswith("on") or name == "style"]

    def handle_data(self, data):
        if self.lasttag in ("script", "style") and data.strip():
            self.inline.append(data)


def test_people_are_sent_to_the_page(get):
    reply = get("/docs", Host="elsewhere.example")

    assert (reply.status, reply.headers["Location"]) == (308, "/docs/")


def test_the_page_loads_everything_from_here_and_nothing_inline(get, addresses):
    page = get("/docs/").body.decode()

    assert len(addresses) == len(ASSETS)
    assert "://" not in page
    assert Scripts(page).inline == []


def test_the_policy_lets_nothing_else_in(get, addresses):
    for path in ("/docs/", *addresses):
        told = dict(part.split(" ", 1) for part in get(path).headers["Content-Security-Policy"].split("; "))
        assert told == POLICY


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_assets_are_kept_for_ever_by_their_version(get, addresses, method):
    for address in addresses:
        reply = get(address, method)
        name = address.rpartition("/")[2]
        assert reply.status == 200
        assert reply.headers["Cache-Control"] == "public, max-age=31536000, immutable"
        assert reply.headers["Content-Type"].split(";")[0] == ASSETS[name].media_type
        assert reply.headers["X-Content-Type-Options"] == "nosniff"
        assert reply.body == (ASSETS[name].path.read_bytes() if method == "GET" else b"")
        assert int(reply.headers["Content-Length"]) == ASSETS[name].path.stat().st_size


def test_who_has_an_asset_is_told_so(get, addresses):
    reply = get(addresses[0])

    assert get(addresses[0], **{"If-None-Match": reply.headers["ETag"]}).status == 304


def test_another_version_is_served_but_not_kept(get):
    """While pods are replaced, the page is of one and its script of another."""
    reply = get("/docs/assets/0123456789abcdef/docs.js")

    assert (reply.status, reply.headers["Cache-Control"]) == (200, "no-store")


@pytest.mark.parametrize(
    "name",
    [
        "index.html",
        "oauth2-redirect.html",
        "docs.html",
        "../templates/docs.html",
        "..%2Ftemplates%2Fdocs.html",
        "%2e%2e/assets.py",
        "..%5Cassets.py",
        "%2Fetc%2Fpasswd",
        "docs.js%00.html",
        "docs.js/",
        "",
    ],
)
def test_nothing_else_is_served(get, name):
    """Files are found by name in a table: no part of an address ever becomes part of a path."""
    reply = get(f"/docs/assets/{ASSETS['docs.js'].version}/{name}")

    assert (reply.status, reply.json["code"]) == (404, "not_found")


def test_nothing_is_set_or_asked_of_the_browser(get, addresses):
    for path in ("/docs/", "/openapi.json", *addresses):
        assert "Set-Cookie" not in get(path).headers
        assert get(path, Authorization="Bearer x.y.z").status == 200


def test_it_can_be_switched_off(build):
    """The document stays: programs read it."""
    send = in_process(build(docs=False))

    assert send("GET", "/docs/", None, {}).status == 404
    assert send("GET", f"/docs/assets/{ASSETS['docs.js'].version}/docs.js", None, {}).status == 404
    assert send("GET", "/openapi.json", None, {}).status == 200
