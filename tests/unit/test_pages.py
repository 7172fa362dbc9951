"""What the pages point at is there: files, headings and the tests that they name as proof."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
_LINK = re.compile(r"\]\((?!\w+:)([^)\s#]*)(?:#([^)\s]+))?\)")
_FILE = re.compile(r"`((?:\w[\w.-]*/)+[\w.-]+\.\w+)(?:::([\w:]+))?`")


def _pages():
    found = (page.relative_to(ROOT) for page in ROOT.rglob("*.md"))
    return sorted(str(page) for page in found if not any(part.startswith(".") for part in page.parts))


PAGES = _pages()


def _anchors(page):
    headings = re.findall(r"^#+ (.+)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("name", PAGES)
def test_links_lead_somewhere(name):
    page = ROOT / name
    for target, anchor in _LINK.findall(page.read_text()):
        found = page.parent / target if target else page
        assert found.exists(), f"{target} is not there"
        assert not anchor or anchor in _anchors(found), f"{target}#{anchor} is not there"


@pytest.mark.parametrize("name", PAGES)
def test_files_and_tests_that_are_named_exist(name):
    for path, test in _FILE.findall((ROOT / name).read_text()):
        file = ROOT / path
        if file.parent.is_dir() and path.startswith("tests/"):
            assert file.is_file(), f"{path} is not there"
        for part in filter(None, test.split("::")):
            assert re.search(rf"^\s*(def|class) {part}\b", file.read_text(), re.MULTILINE), (
                f"{path} has no {part}"
            )


def test_a_dead_link_and_a_test_that_is_gone_would_be_seen(tmp_path, monkeypatch):
    monkeypatch.setitem(globals(), "ROOT", tmp_path)
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "test_it.py").write_text("def test_this():\n    pass\n")
    page = tmp_path / "page.md"

    page.write_text("[here](gone.md)")
    with pytest.raises(AssertionError, match=r"gone\.md"):
        test_links_lead_somewhere("page.md")

    page.write_text("`tests/test_it.py::test_that`")
    with pytest.raises(AssertionError, match="has no test_that"):
        test_files_and_tests_that_are_named_exist("page.md")
