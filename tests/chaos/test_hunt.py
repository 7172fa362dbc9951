"""The hunt for planted bugs fires when something is wrong, not before; the table says what it found."""

import pytest
from factories import open_wallet
from watching import wait_until

from tests.chaos import planted
from tests.chaos.history import Asked, History, Told
from tests.chaos.hunt import Found, Hunt
from tests.chaos.planted import CONTROL, PLANTS, what_is
from tests.chaos.plants import as_markdown
from tests.chaos.result import Result


@pytest.fixture
def history(tmp_path):
    history = History(tmp_path / "clients.jsonl")
    yield history
    history.close()


@pytest.fixture
def hunt(database, tmp_path):
    hunt = Hunt(database, lambda: sorted(tmp_path.glob("*.jsonl")), list)
    yield hunt
    hunt.stop()


def acknowledge(database, history, user, amount):
    """Write into the history that the wallet's only entry was acknowledged with ``amount``."""
    entry = database["entries"].find_one({"wallet": user})
    result = {"top_up_id": str(entry["_id"]["operation"]), "balance_before": 0, "balance_after": amount}
    history.asked(Asked("c", "c", "top_up", user, "key", entry["amount"], None, "", 1))
    history.told(Told("c", 2, 201, {"result": result}))


def test_it_looks_again_and_again_and_finds_nothing_where_nothing_is(database, history, hunt):
    acknowledge(database, history, open_wallet(database, 1_000), 1_000)
    hunt.start()
    wait_until(lambda: len(hunt._samples) > 1)
    assert hunt.found is None


@pytest.mark.forged
def test_it_names_the_checker_that_fired_and_after_how_long(database, history, hunt):
    acknowledge(database, history, open_wallet(database, 1_000), 1_000)
    hunt.start()
    wait_until(lambda: hunt._samples)
    database["wallets"].update_one({}, {"$inc": {"balance": 1}})
    wait_until(lambda: hunt.found)
    assert (hunt.found.checker, hunt.found.promise) == ("totals", "P1")
    assert 0 <= hunt.found.seconds < 10


def test_an_answer_that_is_not_true_is_found(database, history, hunt):
    acknowledge(database, history, open_wallet(database, 1_000), 999)
    hunt.start()
    wait_until(lambda: hunt.found)
    assert (hunt.found.checker, hunt.found.promise) == ("acknowledged", "P5")


def test_promises_that_are_left_out_are_not_looked_at(database, history, tmp_path):
    acknowledge(database, history, open_wallet(database, 1_000), 999)
    hunt = Hunt(database, lambda: sorted(tmp_path.glob("*.jsonl")), list, {"P5"})
    hunt.start()
    wait_until(lambda: len(hunt._samples) > 1)
    hunt.stop()
    assert hunt.found is None


def test_a_result_comes_back_from_its_file_as_it_was():
    result = Result(1, "mixed", 300, "B4", found=Found("totals", "P1", "what", "where", 1.2))
    assert Result.of_json(result.as_json()) == result


def test_the_table_says_who_found_a_bug_and_who_was_not_found():
    found = Result(1, "mixed", 300, "B4", found=Found("totals", "P1", "what", "where", 1.2))
    lines = as_markdown([found, Result(1, "mixed", 300, "B5")]).splitlines()
    assert lines[2].endswith("| mixed | totals | P1 | 1.2 s |")
    assert lines[3].endswith("| mixed | nobody |  |  |")


@pytest.mark.parametrize("bug", PLANTS)
def test_every_bug_says_what_it_is(bug):
    assert planted._BUGS[bug].__doc__.startswith(f"{bug}: {what_is(bug)}")


def test_the_control_is_no_bug():
    changed = []
    PLANTS[CONTROL](lambda *what: changed.append(what))
    assert changed == []
    for bug in PLANTS.keys() - {CONTROL}:
        changed.clear()
        PLANTS[bug](lambda *what: changed.append(what))
        assert changed, bug
