"""Each alert has its page and each page its alert; what a page says to type can be typed."""

import re
import shlex

import click
import pytest
from boards import ALERT_NAMES, ALERTS, BOARDS, GRAFANA, panels

from wallet.cli import main

RUNBOOKS = GRAFANA.parent / "docs" / "runbooks"
INDEX = (RUNBOOKS / "README.md").read_text()
PAGES = {path.stem: path.read_text() for path in sorted(RUNBOOKS.glob("*.md")) if path.stem != "README"}
OBJECTS = {"deployment/dompet-api", "deployment/dompet-watcher"}
SELECTORS = {
    "app.kubernetes.io/name=dompet-api",
    "app.kubernetes.io/name=dompet-watcher",
    "app.kubernetes.io/name=dompet-mongodb",
    "app.kubernetes.io/part-of=dompet",
}
KUBECTL = {"config", "describe", "exec", "get", "logs", "rollout", "scale"}

PAGE = pytest.mark.parametrize("page", PAGES.values(), ids=PAGES)


def commands(page):
    """What stands between backticks or after a prompt, a command a line."""
    prose, inline = page, []
    blocks = re.findall(r"```console\n(.*?)```", page, re.DOTALL)
    for block in blocks:
        prose = prose.replace(block, "")
    inline = [" ".join(one.split()) for one in re.findall(r"`([^`]+)`", prose)]
    prompted = [line.removeprefix("$ ") for block in blocks for line in block.splitlines()]
    return [one for one in (*prompted, *inline) if re.match(r"(kubectl|dompet) ", one)]


def dompet_commands(page):
    found = [re.search(r"(?:^|-- )dompet (.*)", one) for one in commands(page)]
    return [shlex.split(match[1]) for match in found if match]


def kubectl_commands(page):
    found = [one.split(" | ")[0].split(" -- ")[0] for one in commands(page) if one.startswith("kubectl ")]
    return [shlex.split(one)[1:] for one in found]


def test_each_alert_has_its_page_and_each_page_its_alert():
    assert sorted(PAGES) == ALERT_NAMES


def test_the_index_names_each_page_once():
    assert sorted(re.findall(r"^\| \[(\w+)]\(\1\.md\)", INDEX, re.MULTILINE)) == ALERT_NAMES


def test_the_index_says_how_urgent_each_is():
    for rule in ALERTS:
        urgency = re.search(rf"^\| \[{rule['alert']}]\S+ \| (.*?) \|", INDEX, re.MULTILINE)[1]
        assert rule["labels"]["severity"] in urgency


@PAGE
class TestPage:
    def test_it_says_what_it_means_where_to_look_and_what_to_do(self, page):
        assert re.findall(r"^## (.*)", page, re.MULTILINE) == ["What it means", "Look here", "Do this"]

    def test_its_links_lead_somewhere(self, page):
        for name in re.findall(r"]\((\w+)\.md\)", page):
            assert name in PAGES
        for uid in re.findall(r"/d/([\w-]+)\)", page):
            assert uid in {board["uid"] for board in BOARDS.values()}

    def test_the_panels_it_names_exist(self, page):
        """In italics, after a link to the dashboard."""
        titles = {panel["title"] for board in BOARDS.values() for panel in panels(board)}
        look = page.split("## Look here")[1].split("## Do this")[0]
        named = {" ".join(one.split()) for one in re.findall(r"(?<!\*)\*([A-Z][^*]+)\*(?!\*)", look)}
        assert named - {"New builds"} <= titles

    def test_the_commands_of_dompet_exist(self, page):
        for words in dompet_commands(page):
            assert_can_be_typed(words)

    def test_the_commands_of_kubectl_name_what_is_deployed(self, page):
        for words in kubectl_commands(page):
            assert words[0] in KUBECTL
            assert {one for one in words if "/" in one and "=" not in one} <= OBJECTS
            assert {one for one in words if one.startswith("app.kubernetes.io/")} <= SELECTORS


def assert_can_be_typed(words):
    """Follow the words through the groups of commands, then look for the options."""
    command = main
    context = click.Context(main)
    while isinstance(command, click.Group):
        assert words, "a command is missing"
        name, *words = words
        command = command.get_command(context, name)
        assert command is not None, name
    known = {option for parameter in command.params for option in parameter.opts}
    assert {word for word in words if word.startswith("--")} <= known | {"--help"}


def test_something_can_be_typed():
    """The reading of pages finds commands at all."""
    read = [words for page in PAGES.values() for words in dompet_commands(page)]
    assert ["transfers", "list", "--parked"] in read
    assert ["queue"] in read
    assert len(read) > len(PAGES)
