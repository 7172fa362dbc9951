"""The composition roots of simulated processes: a pod and a watcher, of the same parts as the real ones."""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

from tests.simulation.driver import Database
from tests.simulation.hub import Hub, Process
from tests.simulation.link import Link
from tests.simulation.plan import Plan
from tests.simulation.replica import EPOCH
from tests.simulation.stand_ins import Future
from tests.simulation.stream import Ringing
from tests.simulation.users import Answer, Request
from wallet.errors import WalletError
from wallet.group_commit import LARGEST_BATCH, LONGEST_QUEUE, PATIENCE_S, GroupCommitter
from wallet.ledger import Outcome
from wallet.models import Kind, Posting
from wallet.store.arrivals import arrivals
from wallet.store.membership import Membership
from wallet.store.posting import PostingEngine
from wallet.store.queue import Queue
from wallet.store.settling import SettlementEngine
from wallet.store.transactions import Transactions
from wallet.use_cases.movements import Caller, Movements
from watcher.doorbell import Doorbell
from watcher.executor import Executor
from watcher.loop import Loop
from watcher.observer import Observer
from watcher.share import DEAD_AFTER_S, Share
from watcher.sweeper import Sweeper
from watcher.transfers import Transfers
from watcher.window import Window

FEW = 2
"""Postings that a crowded pod has room for."""

IMPATIENCE_S = 0.3

Heard = Callable[[Posting], None]


def clock(hub: Hub, process: Process) -> datetime:
    """Return the time that a process believes it is, in whole milliseconds."""
    return EPOCH + timedelta(milliseconds=int((hub.now + process.skew_s) * 1_000))


class Pod:
    """An API process: one group committer, a handler for each request."""

    def __init__(self, hub: Hub, process: Process, link: Link, *, plan: Plan, heard: Heard) -> None:
        self.hub = hub
        self.process = process
        self.link = link
        self._heard = heard
        self._open: dict[Future, None] = {}
        database = Database(link)
        engine = PostingEngine(database, Transactions(database.client), cap=plan.cap)
        self._committer: GroupCommitter = hub.build(
            process,
            lambda: GroupCommitter(
                lambda postings: engine.post(postings, clock(hub, process)),
                largest_batch=FEW if plan.crowded else LARGEST_BATCH,
                longest_queue=FEW if plan.crowded else LONGEST_QUEUE,
                patience_s=IMPATIENCE_S if plan.crowded else PATIENCE_S,
            ),
        )
        self._movements = Movements(self._submit, cap=plan.cap)
        process.last_words.append(self._hang_up)

    def serve(self, request: Request) -> Future:
        """Begin to answer; the answer is ``None`` when the pod dies before."""
        reply = Future()
        self._open[reply] = None
        self.hub.spawn(self.process, f"#{request.number}", lambda: self._answer(request, reply))
        return reply

    def _answer(self, request: Request, reply: Future) -> None:
        answer = self._asked(request)
        lost = self.hub.rng.random() < self.link.weather.reply_lost
        self._open.pop(reply, None)
        reply.set_result(None if lost else answer)

    def _asked(self, request: Request) -> Answer:
        caller = Caller(request.user, request.key, str(request.number))
        try:
            if request.kind is Kind.TOP_UP:
                return self._movements.top_up(caller, request.amount)
            if request.kind is Kind.PAYMENT or request.target is None:
                return self._movements.pay(caller, request.amount, request.remarks)
            return self._movements.transfer(caller, request.target, request.amount, request.remarks)
        except WalletError as reason:
            return reason

    def _submit(self, posting: Posting) -> Outcome:
        self._heard(posting)
        return self._committer.submit(posting)

    def _hang_up(self) -> None:
        for reply in self._open:
            self.hub.after(0.01, partial(reply.set_result, None))


class Watcher:
    """A watcher process: the loop and the doorbell."""

    def __init__(self, hub: Hub, process: Process, link: Link, ringing: Ringing, *, plan: Plan) -> None:
        self.process = process
        self.link = link
        self.hub = hub
        database = Database(link, ringing)
        queue = Queue(database)
        engine = SettlementEngine(database, Transactions(database.client), cap=plan.cap)
        window, observer = Window(plan.batch), _Narrator(hub)
        executor = Executor(
            engine, queue, window, observer, lambda: clock(hub, process), monotonic=lambda: hub.now
        )
        membership = Membership(database, process.name, dead_after_s=DEAD_AFTER_S)
        share = Share(membership, observer, name=process.name, monotonic=lambda: hub.now)
        work = Transfers(queue, executor, window, Sweeper(queue, lambda: hub.now), share, observer=observer)
        self.loop = Loop(work, observer, monotonic=lambda: hub.now)
        doorbell = Doorbell(partial(arrivals, database), self.loop, observer)
        hub.spawn(process, "loop", self.loop.run)
        hub.spawn(process, "doorbell", doorbell.run)


class _Narrator(Observer):
    """Tells the trace what the loop does."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub

    def credited(self, transfers, seconds):  # noqa: ARG002 - an observer's
        self._hub.tell("credited", *(one.id for one in transfers))

    def refunded(self, refunds):
        self._hub.tell("refunded", *((str(one.debit.operation), one.reason) for one in refunds))

    def retried(self, transfer_id, attempts, fault):
        self._hub.tell("attempt", attempts, "failed:", transfer_id, repr(fault))

    def parked(self, transfer_id, reason):
        self._hub.tell("parked", transfer_id, reason)

    def paused(self, fault):
        self._hub.tell("pauses:", repr(fault))

    def stream_lost(self, fault):
        self._hub.tell("deaf:", repr(fault))
