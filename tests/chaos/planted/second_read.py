"""B10: the balances of an answer are read after the commit, from the wallet as it is by then."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from tests.chaos.planted.patch import Patch
from wallet.ledger import Outcome, Posted
from wallet.models import Posting, Side
from wallet.store.posting import PostingEngine


def plant(patch: Patch = setattr) -> None:
    post = PostingEngine.post

    def post_and_read(
        engine: PostingEngine, postings: Sequence[Posting], date: datetime
    ) -> tuple[Outcome, ...]:
        return tuple(_as_it_is_now(engine, outcome) for outcome in post(engine, postings, date))

    patch(PostingEngine, "post", post_and_read)


def _as_it_is_now(engine: PostingEngine, outcome: Outcome) -> Outcome:
    if not isinstance(outcome, Posted):
        return outcome
    entry = outcome.entry
    wallet = engine._books._wallets.find_one({"_id": entry.wallet})
    after = int(wallet["balance"]) if wallet else entry.after
    change = -entry.amount if entry.kind.side is Side.DEBIT else entry.amount
    return Posted(replace(entry, before=after - change, after=after))
