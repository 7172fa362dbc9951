"""Builds what the views call, from the settings down to one client of MongoDB."""

from contextlib import ExitStack
from zoneinfo import ZoneInfo

from service.context import Context
from service.replies import Replies
from service.settings import ServiceSettings
from wallet import clock
from wallet.group_commit import GroupCommitter
from wallet.pins import Apart, PinHasher, here
from wallet.store.accounts import AccountStore
from wallet.store.client import connect, open_database
from wallet.store.health import Health
from wallet.store.history import HistoryStore
from wallet.store.posting import PostingEngine
from wallet.store.transactions import Transactions
from wallet.use_cases.accounts import Accounts
from wallet.use_cases.history import History
from wallet.use_cases.movements import Movements
from wallet.use_cases.readiness import Readiness


def compose(settings: ServiceSettings, stack: ExitStack, apart: Apart = here) -> Context:
    """Return the context of one process. Closing ``stack`` commits what waits and disconnects.

    Args:
        settings: the process's.
        stack: what is opened is closed by it.
        apart: where PINs are hashed.
    """
    client = stack.enter_context(connect(settings.mongodb_uri, application="dompet-api"))
    database = open_database(client, settings.mongodb_database)
    transactions = Transactions(client)
    engine = PostingEngine(database, transactions, cap=settings.balance_cap)
    committer = GroupCommitter(lambda postings: engine.post(postings, clock.now()))
    stack.callback(committer.close)
    hasher = PinHasher(settings.pin_pepper.get_secret_value(), apart)
    return Context(
        accounts=Accounts(AccountStore(database, transactions), hasher, clock.now),
        movements=Movements(committer.submit, cap=settings.balance_cap),
        history=History(HistoryStore(database)),
        readiness=Readiness(Health(database)),
        replies=Replies(ZoneInfo(settings.timezone)),
    )
