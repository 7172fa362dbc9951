"""Builds what the views call, from the settings down to one client of MongoDB."""

from zoneinfo import ZoneInfo

from service.context import Context
from service.replies import Replies
from service.settings import ServiceSettings
from wallet import clock
from wallet.pins import PinHasher
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


def compose(settings: ServiceSettings) -> Context:
    """Return the context of one process. It owns the process's only client."""
    client = connect(settings.mongodb_uri, application="dompet-api", pool_size=settings.threads + 2)
    database = open_database(client, settings.mongodb_database)
    transactions = Transactions(client)
    engine = PostingEngine(database, transactions, cap=settings.balance_cap)
    hasher = PinHasher(settings.pin_pepper.get_secret_value())
    return Context(
        accounts=Accounts(AccountStore(database, transactions), hasher, clock.now),
        movements=Movements(lambda posting: engine.post([posting], clock.now())[0], cap=settings.balance_cap),
        history=History(HistoryStore(database)),
        readiness=Readiness(Health(database)),
        replies=Replies(ZoneInfo(settings.timezone)),
    )
