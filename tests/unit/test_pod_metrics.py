"""What a pod counts: each posting once, by what the ledger did; every series from 0."""

import time
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest
from factories import make_entry, make_posting
from prometheus_client import CollectorRegistry

from service.keys.sources import SourceFault
from service.metrics.accounts import AccountMetrics
from service.metrics.postings import PostingMetrics
from service.metrics.rate_limits import SCOPES, RateLimitMetrics
from service.metrics.sessions import FeedMetrics, KeyMetrics, SessionMetrics
from service.rate_limits import Door
from wallet.errors import InsufficientBalance, OutcomeUnknown, Unavailable
from wallet.group_commit import GroupCommitter, Overloaded
from wallet.ledger import Declined, Posted, Replayed
from wallet.models import Kind
from wallet.store.faults import StoreFault

OUTCOMES = (
    "posted",
    "replayed",
    "insufficient_balance",
    "balance_cap_exceeded",
    "wallet_frozen",
    "wallet_closed",
    "receiver_not_active",
    "receiver_not_found",
    "idempotency_key_reused",
    "unauthenticated",
    "unavailable",
    "outcome_unknown",
    "overloaded",
    "internal_error",
)


@pytest.fixture
def registry():
    return CollectorRegistry()


@pytest.fixture
def value(registry):
    return lambda name, **labels: registry.get_sample_value(name, labels)


@pytest.fixture
def metrics(registry):
    return PostingMetrics(registry)


@pytest.fixture
def counted(registry):
    """Return the postings that are counted, by kind and outcome."""

    def counted():
        samples = (sample for metric in registry.collect() for sample in metric.samples)
        return {
            (sample.labels["kind"], sample.labels["outcome"]): sample.value
            for sample in samples
            if sample.name == "wallet_postings_total" and sample.value
        }

    return counted


@pytest.mark.usefixtures("metrics")
def test_every_series_is_there_at_0_before_its_first_event(value):
    for kind in ("TOP_UP", "PAYMENT", "TRANSFER_OUT"):
        assert value("wallet_postings_rupiah_total", kind=kind) == 0
        for outcome in OUTCOMES:
            assert value("wallet_postings_total", kind=kind, outcome=outcome) == 0
    assert value("wallet_group_commit_queue_depth") == 0
    assert value("wallet_group_commit_batch_postings_count") == 0
    assert value("wallet_group_commit_seconds_count") == 0


def test_so_are_logins_and_registrations(registry, value):
    AccountMetrics(registry)

    for outcome in ("success", "invalid_input", *OUTCOMES[-4:]):
        assert value("wallet_logins_total", outcome=outcome) == 0
        assert value("wallet_registrations_total", outcome=outcome) == 0
    for outcome in ("wrong_credentials", "too_many_attempts"):
        assert value("wallet_logins_total", outcome=outcome) == 0
    assert value("wallet_login_locks_total") == 0
    assert value("wallet_registrations_total", outcome="phone_number_taken") == 0


def test_so_are_refreshes_the_feed_and_the_keys(registry, value):
    SessionMetrics(registry)
    feed = FeedMetrics(registry)
    keys = KeyMetrics(registry)

    for outcome in ("rotated", "repeated", "replayed", "unauthenticated", "unavailable", "internal_error"):
        assert value("wallet_refreshes_total", outcome=outcome) == 0
    assert value("wallet_revocation_lookups_total") == 0
    assert value("wallet_key_ring_failures_total") == 0
    assert value("wallet_revocation_feed_timestamp_seconds") == pytest.approx(time.time(), abs=5)

    feed.asked()
    keys.failed(SourceFault("AWS is away"))
    assert value("wallet_revocation_lookups_total") == 1
    assert value("wallet_key_ring_failures_total") == 1


def test_and_what_limits_turn_away_at_every_door(registry, value):
    RateLimitMetrics(registry)

    assert set(SCOPES) == set(Door)
    for door, scopes in SCOPES.items():
        for scope in scopes:
            assert value("wallet_requests_limited_total", door=door, scope=scope) == 0
    assert value("wallet_requests_limited_total", door="lookup", scope="user") == 0


def test_a_batch_is_counted_by_kind_and_outcome_and_only_what_was_posted_has_money(metrics, counted, value):
    kinds = (Kind.TOP_UP, Kind.TOP_UP, Kind.TRANSFER_OUT, Kind.PAYMENT)
    postings = [make_posting(kind=kind, amount=10 ** (power + 1)) for power, kind in enumerate(kinds)]
    outcomes = [
        Posted(make_entry()),
        Replayed(make_entry()),
        Posted(make_entry()),
        Declined(InsufficientBalance()),
    ]

    metrics.committed(postings, outcomes)

    assert counted() == {
        ("TOP_UP", "posted"): 1,
        ("TOP_UP", "replayed"): 1,
        ("TRANSFER_OUT", "posted"): 1,
        ("PAYMENT", "insufficient_balance"): 1,
    }
    assert value("wallet_postings_rupiah_total", kind="TOP_UP") == 10
    assert value("wallet_postings_rupiah_total", kind="TRANSFER_OUT") == 1_000
    assert value("wallet_postings_rupiah_total", kind="PAYMENT") == 0


class TestThroughTheGroupCommit:
    """Whatever happens to a posting, it is counted once."""

    @pytest.fixture
    def committing(self, metrics):
        """Return a committer whose commits do what they are told; closed in the end."""
        made = []

        def make(commit, **bounds):
            made.append(GroupCommitter(commit, observer=metrics, **bounds))
            return made[-1]

        yield make
        for one in made:
            one.close()

    @pytest.mark.parametrize(
        ("fault", "outcome"),
        [
            (Unavailable(), "unavailable"),
            (OutcomeUnknown(), "outcome_unknown"),
            (StoreFault(), "internal_error"),
            (ZeroDivisionError(), "internal_error"),
        ],
        ids=repr,
    )
    def test_a_fault(self, committing, counted, value, fault, outcome):
        def commit(_postings):
            raise fault

        with pytest.raises(type(fault)):
            committing(commit).submit(make_posting())

        assert counted() == {("TOP_UP", outcome): 1}
        assert value("wallet_group_commit_seconds_count") == 1, "an attempt that failed took its time, too"

    def test_lost_patience_before_and_amid_the_commit_and_no_room(self, committing, counted, value):
        go, begun = Event(), Event()

        def commit(postings):
            begun.set()
            assert go.wait(10)
            return [Posted(make_entry()) for _ in postings]

        committer = committing(commit, patience_s=0.3, longest_queue=1)
        with ThreadPoolExecutor(2) as pool:
            amid = pool.submit(committer.submit, make_posting(kind=Kind.TRANSFER_OUT))
            assert begun.wait(10)
            before = pool.submit(committer.submit, make_posting(kind=Kind.PAYMENT))
            while value("wallet_group_commit_queue_depth") != 1:
                go.wait(0.01)
            with pytest.raises(Overloaded):
                committer.submit(make_posting(kind=Kind.TOP_UP))
            assert isinstance(amid.exception(10), OutcomeUnknown)
            assert type(before.exception(10)) is Unavailable
        go.set()
        committer.close()

        assert counted() == {
            ("TRANSFER_OUT", "posted"): 1,
            ("PAYMENT", "unavailable"): 1,
            ("TOP_UP", "overloaded"): 1,
        }
        assert value("wallet_group_commit_queue_depth") == 0
        assert value("wallet_group_commit_batch_postings_sum") == 1
