"""Money is spent once, however many requests at how many pods want it at the same moment."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor

from api import User, in_process
from books import assert_balanced

AT_ONCE = 100


def test_of_100_transfers_of_the_whole_balance_on_two_pods_one_is_accepted(build, api, database):
    """Distinct keys: each is a wish of its own."""
    guntur, tom = api.sign_up(), api.sign_up()
    guntur.top_up(1_000_000)
    pods = [User(in_process(build()), guntur.id, guntur.token) for _ in range(2)]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        wish = {"target": tom.id, "amount": 1_000_000}
        replies = list(pool.map(lambda i: pods[i % 2].transfer(**wish, key=f"k{i}"), range(AT_ONCE)))

    assert Counter(reply.status for reply in replies) == {202: 1, 409: AT_ONCE - 1}
    assert {reply.json.get("code") for reply in replies} == {None, "insufficient_balance"}
    assert database["transfers"].count_documents({}) == 1
    assert guntur.balance == 0
    assert_balanced(database)
