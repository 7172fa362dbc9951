"""What runs the pages for clients: nothing on them escapes it, and it sees what is not as written."""

import re

import guide
import pytest
from guide import Block, Unfit, blocks, check, differences, last_json

BASH = "```bash\n{}\n```\n"
FOUNDATION = "# Guide\n\n## Five minutes\n\n" + BASH.format("API=http://127.0.0.1:8000")


@pytest.fixture
def page(tmp_path):
    """A function that writes a page and returns where it is."""

    def page(text, name="page.md"):
        (tmp_path / name).write_text(text)
        return tmp_path / name

    return page


@pytest.fixture
def run(page):
    """A function that runs pages after a guide that only says where the API is."""

    def run(*texts):
        pages = [page(text, f"{number}.md") for number, text in enumerate(texts)]
        check(page(FOUNDATION, "guide.md"), pages, "http://127.0.0.1:4711")

    return run


class TestPages:
    """Those of the repository."""

    PAGES = sorted((guide.DOCS / "api").glob("*.md"))

    @pytest.mark.parametrize("name", ["api.md", *(f"api/{page.name}" for page in PAGES)])
    def test_each_has_something_to_run(self, name):
        assert blocks(guide.DOCS / name)

    def test_the_guide_has_what_the_others_build_upon(self):
        told = "\n".join(block.text for block in blocks(guide.GUIDE) if block.section == guide.FOUNDATION)
        assert guide.ADDRESS in told
        for name in ("API=", "JSON=", "result()", "ME=", "FRIEND=", "TARGET=", "TRANSFER="):
            assert re.search(f"^{re.escape(name)}", told, re.MULTILINE), name

    def test_the_guide_leads_to_each_of_them(self):
        leads = set(re.findall(r"\]\((api/\w+\.md)\)", guide.GUIDE.read_text()))
        assert leads == {f"api/{page.name}" for page in self.PAGES}


class TestReading:
    def test_blocks_know_where_they_stand(self, page):
        (first, second) = blocks(page("# One\n" + BASH.format("a") + "## Two\n" + BASH.format("b")))

        assert first == Block("page.md:2", "One", "a\n")
        assert second == Block("page.md:6", "Two", "b\n")

    def test_json_behind_a_block_is_its_answer(self, page):
        (block,) = blocks(page(BASH.format("a") + "\nwhich says\n\n```json\n[1]\n```\n"))

        assert block.answer == [1]

    @pytest.mark.parametrize("between", ["\n# Another\n", "\n```text\n```\n"])
    def test_json_that_stands_elsewhere_is_not(self, page, between):
        (block,) = blocks(page(BASH.format("a") + between + "```json\n[1]\n```\n"))

        assert block.answer is None

    @pytest.mark.parametrize("fence", ["```sh", "```shell", "```console", "  ```bash"])
    def test_no_shell_escapes(self, page, fence):
        with pytest.raises(Unfit, match=r"page\.md:1"):
            blocks(page(f"{fence}\na\n```\n"))

    def test_what_cannot_run_says_why(self, page):
        assert blocks(page("<!-- not run: it needs two machines -->\n" + BASH.format("a"))) == []
        with pytest.raises(Unfit, match="nothing says why"):
            blocks(page("<!-- not run: -->\n" + BASH.format("a")))


class TestRunning:
    def test_the_address_is_put_in_and_a_page_keeps_its_variables(self, run, capsys):
        run(BASH.format("MINE=$API") + BASH.format('echo "[\\"$MINE\\"]"') + '```json\n["text"]\n```\n')

        assert "3 blocks of 2 pages" in capsys.readouterr().out

    def test_no_page_sees_the_variables_of_another(self, run):
        with pytest.raises(Unfit, match=r"1\.md:1: it ended with 1"):
            run(BASH.format("MINE=1"), BASH.format('echo "$MINE"'))

    @pytest.mark.parametrize("command", ["false", "false | cat", "x=$(false)", "cat absent"])
    def test_a_command_that_fails_is_found(self, run, command):
        with pytest.raises(Unfit, match=r"0\.md:4: it ended with"):
            run(BASH.format("true") + BASH.format(command) + BASH.format("true"))

    def test_an_answer_that_is_another_is_found(self, run):
        with pytest.raises(Unfit, match=r"0\.md:1: .*status is 'FAILED', not 'SUCCESS'"):
            run(BASH.format("""echo '{"status": "FAILED"}'""") + '```json\n{"status": "SUCCESS"}\n```\n')

    def test_all_that_is_not_as_written_is_told(self, run):
        page = BASH.format("echo '[]'") + "```json\n{}\n```\n"
        with pytest.raises(Unfit, match=r"(?s)0\.md:1: .*\n1\.md:1: "):
            run(page, page)

    def test_an_answer_that_is_none_is_found(self, run):
        with pytest.raises(Unfit, match="null"):
            run(BASH.format("true") + '```json\n{"status": "SUCCESS"}\n```\n')


class TestAnswers:
    @pytest.mark.parametrize(
        ("told", "found"),
        [
            ({"amount": 1}, {"amount": 2}),
            ({"user_id": "a", "failure": None}, {"user_id": "b", "failure": None}),
            ([{"kind": "PAYMENT"}], [{"kind": "PAYMENT"}, {"kind": "TOP_UP"}]),
            ([], [1]),
        ],
    )
    def test_other_values_are_as_good(self, told, found):
        assert list(differences(told, found)) == []

    @pytest.mark.parametrize(
        ("told", "found"),
        [
            ({"amount": 1}, {"amount": "1"}),
            ({"amount": 1}, {"amount": True}),
            ({"amount": 1}, {"amount": None}),
            ({"amount": 1}, {}),
            ({"amount": 1}, {"amount": 1, "balance": 2}),
            ({"code": "unavailable"}, {"code": "overloaded"}),
            ({"result": [{"kind": "PAYMENT"}]}, {"result": [{"kind": "TOP_UP"}]}),
            ([{"kind": "PAYMENT"}], []),
            ({}, []),
        ],
    )
    def test_others_are_told(self, told, found):
        assert len(list(differences(told, found))) == 1

    def test_the_last_one_counts(self):
        assert last_json('HTTP/1.1 200 OK\n[not json]\n{"a": [1]}{"b": 2}\n') == {"b": 2}
        assert last_json("nothing") is None
