"""What a process knows of ended sessions: within a second, without asking each time, and never too little."""

from datetime import timedelta
from uuid import uuid4

import pytest
from factories import make_session
from processes import wait_for

from wallet import clock
from wallet.errors import Unavailable
from wallet.store import documents
from wallet.store.sessions import SessionStore
from wallet.store.transactions import Transactions
from wallet.use_cases import revocations
from wallet.use_cases.revocations import FRESH_S, FeedObserver, Revocations


class Watch:
    """A clock that goes when it is told to."""

    def __init__(self):
        self.now = 1_000.0

    def __call__(self):
        return self.now


class Counted(FeedObserver):
    def __init__(self):
        self.heard_of = self.asked_of = 0
        self.faults = []

    def heard(self):
        self.heard_of += 1

    def asked(self):
        self.asked_of += 1

    def failed(self, fault):
        self.faults.append(fault)


@pytest.fixture
def store(database):
    return SessionStore(database, Transactions(database.client), remembered=timedelta(minutes=20))


@pytest.fixture
def session(database):
    return alive(database)


@pytest.fixture
def watch():
    return Watch()


@pytest.fixture
def observer():
    return Counted()


@pytest.fixture
def feed(store, observer, watch):
    return Revocations(store, observer=observer, clock=watch)


def alive(database):
    session = make_session()
    database["sessions"].insert_one(documents.session_document(session))
    return session.id


@pytest.fixture
def unreachable(client):
    """The database answers no query of the API's, as when there is no primary."""
    fault = {"failCommands": ["find"], "errorCode": 91, "appName": "tests"}
    client.admin.command("configureFailPoint", "failCommand", mode="alwaysOn", data=fault)
    yield
    client.admin.command("configureFailPoint", "failCommand", mode="off")


def test_a_look_tells_of_every_end_and_of_no_other(feed, store, session, database):
    other = alive(database)
    store.end(session)
    feed.look()

    assert feed.ended(session)
    assert not feed.ended(other)
    assert not feed.ended(uuid4())


def test_a_fresh_feed_asks_the_database_nothing(feed, session, observer, watch, unreachable):  # noqa: ARG001
    feed._as_of = watch.now

    watch.now += FRESH_S
    assert not feed.ended(session)
    assert observer.asked_of == 0


def test_a_feed_that_is_too_old_asks_the_database(feed, store, session, observer, watch):
    """So a second after an end nobody is let in, whatever became of the feed."""
    feed.look()
    store.end(session)
    assert not feed.ended(session), "it was right a moment ago"

    watch.now += FRESH_S + 0.001

    assert feed.ended(session)
    assert observer.asked_of == 1


def test_where_neither_knows_nobody_is_let_in(feed, session, watch, unreachable):  # noqa: ARG001
    watch.now += FRESH_S + 0.001

    with pytest.raises(Unavailable):
        feed.ended(session)


def test_an_old_feed_still_turns_away_those_it_knows(feed, store, session, observer, watch):
    store.end(session)
    feed.look()
    watch.now += 3_600

    assert feed.ended(session)
    assert observer.asked_of == 0


def test_the_feed_is_as_old_as_its_question(store, session, watch, observer):
    """An answer that took long tells of the moment when it was asked for."""

    class Slow:
        def ended(self, after):
            found = store.ended(after)
            watch.now += 5
            return found

        has_ended = store.has_ended

    feed = Revocations(Slow(), observer=observer, clock=watch)
    feed.look()
    store.end(session)

    assert feed.ended(session)
    assert observer.asked_of == 1


def test_an_end_that_is_committed_late_is_not_missed(feed, store, session, database):
    """Its date is before one that the feed has seen already."""
    other = alive(database)
    store.end(other)
    feed.look()
    early = clock.now() - timedelta(seconds=20)
    database["sessions"].update_one({"_id": session}, {"$set": {"ended_at": early}})

    feed.look()

    assert feed.ended(session)


def test_now_and_then_everything_is_read_anew(feed, store, session, watch, database):
    """What is no longer remembered is forgotten, and an end of whatever date is found."""
    store.end(session)
    feed.look()
    other = alive(database)
    database["sessions"].update_one({"_id": other}, {"$set": {"ended_at": clock.now() - timedelta(hours=1)}})
    database["sessions"].delete_one({"_id": session})
    feed.look()
    assert (feed.ended(session), feed.ended(other)) == (True, False)

    watch.now += revocations._RELOAD_S
    feed.look()

    assert (feed.ended(session), feed.ended(other)) == (False, True)


def test_a_look_reads_what_is_new_by_an_index(store, session, database):
    store.end(session)
    plan = database["sessions"].find({"ended_at": {"$gt": clock.now() - timedelta(minutes=1)}}).explain()

    assert plan["queryPlanner"]["winningPlan"]["inputStage"]["indexName"] == "ended_at"


def test_a_look_that_fails_is_told_and_the_next_one_heals_it(store, session, observer, client):
    feed = Revocations(store, observer=observer)
    fault = {"failCommands": ["find"], "errorCode": 91, "appName": "tests"}
    store.end(session)
    client.admin.command("configureFailPoint", "failCommand", mode={"times": 4}, data=fault)
    feed.start()
    try:
        wait_for(lambda: observer.faults and observer.heard_of)
        assert feed.ended(session)
    finally:
        feed.close()
        client.admin.command("configureFailPoint", "failCommand", mode="off")
    assert observer.asked_of == 0
