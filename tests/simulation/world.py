"""One seed's world: a storm of faults over users, pods and watchers, then a calm in which all ends well."""

from collections import Counter, defaultdict
from dataclasses import replace
from itertools import count
from uuid import UUID

from tests.simulation.actors import Pod, Watcher
from tests.simulation.cluster import Cluster
from tests.simulation.driver import Database
from tests.simulation.hub import Hub, Process
from tests.simulation.link import Link, Weather
from tests.simulation.operators import Operators
from tests.simulation.plan import Plan
from tests.simulation.promises import Promises, must
from tests.simulation.replica import Commit, Replica
from tests.simulation.stand_ins import Future
from tests.simulation.users import Request, User
from wallet.models import Entry, Kind, Posting, Wallet, WalletStatus
from wallet.store import documents

ENDS_WITHIN_S = 30.0
"""After the faults, by the simulated clock: a user whose request hangs asks again after ten seconds, and what
an incremental sweep may miss waits fifteen for a whole one."""

POISON_ENDS_WITHIN_S = 120.0
"""A transfer that is poison has five attempts, and when it is old each of them waits for a whole sweep."""

GRACE_S = 2.0
"""From SIGTERM to SIGKILL."""

ROUNDS = 4
"""In which operators may empty wallets that are too full for a refund: others may fill them again."""

LOOK_S = 0.1


class World:
    """Builds everything, lets it happen, and looks at what became of it."""

    def __init__(self, plan: Plan, hub: Hub) -> None:
        self.plan = plan
        self.hub = hub
        self.rng = hub.rng
        self.weather = replace(plan.weather)
        self.ringing = plan.ringing
        self.cluster = Cluster(self.hub, lag_s=plan.lag_s)
        self.promises = Promises(plan.cap)
        self.cluster.watch(self._committed, lambda: self.promises.recount(self.cluster.newest))
        self.posted: dict[int, set[UUID]] = defaultdict(set)
        """The ids of the operations that a request became, by its number: one for a key, else one a try."""
        self._numbers = count(1)
        self._names = count(1)
        self._inside = Link(self.cluster, Weather())
        self._people = [self._uuid() for _ in range(plan.people)]
        self._stranger = self._uuid()
        self._open_wallets()
        self.pods = [self._pod() for _ in range(plan.pods)]
        self.watchers = [self._watcher() for _ in range(plan.watchers)]
        self.users = [self._user(one) for one in self._people]
        self.operators = Operators(self.hub, Link(self.cluster, Weather()), self._people, plan.cap)
        self._schedule()

    def run(self) -> float:
        """Let it all happen; return how many seconds of calm it took to end well."""
        self.hub.run(self.plan.storm_s)
        self._calm_down()
        took = self._until_all_is_done()
        for _ in range(ROUNDS):
            self.operators.make_room()
            self._until_all_is_done()
        self._check_end()
        return took

    def close(self) -> None:
        """End every process, so that nothing of this world is left."""
        actors = [one.process for one in (*self.pods, *self.watchers, *self.users)]
        for process in [*actors, *self.operators.processes]:
            process.last_words.clear()
            self.hub.kill(process)

    def _uuid(self) -> UUID:
        return UUID(int=self.rng.getrandbits(128), version=4)

    def _open_wallets(self) -> None:
        wallets = [Wallet(one, 0, 0, WalletStatus.ACTIVE) for one in self._people]
        Database(self._inside)["wallets"].insert_many(map(documents.wallet_document, wallets))

    def _process(self, kind: str) -> Process:
        skew_s = self.rng.uniform(-1, 1) * self.plan.skew_s
        return Process(f"{kind}-{next(self._names)}", skew_s=skew_s)

    def _link(self) -> Link:
        return Link(self.cluster, self.weather)

    def _pod(self) -> Pod:
        return Pod(self.hub, self._process("pod"), self._link(), plan=self.plan, heard=self._heard)

    def _watcher(self) -> Watcher:
        process = self._process("watcher")
        return Watcher(self.hub, process, self._link(), self.ringing, plan=self.plan)

    def _user(self, one: UUID) -> User:
        process = Process(f"user-{self._people.index(one) + 1}")
        user = User(
            id=one,
            hub=self.hub,
            process=process,
            send=self._send,
            newest=lambda: self.cluster.newest,
            others=[other for other in [*self._people, self._stranger] if other != one],
            numbers=lambda: next(self._numbers),
            cap=self.plan.cap,
            pause_s=self.plan.pause_s,
        )
        self.hub.spawn(process, "app", lambda: user.run(self.plan.requests))
        return user

    def _send(self, request: Request) -> Future | None:
        """Bring a request to a pod, as the ingress does: to any that lives, and sometimes nowhere."""
        alive = [one for one in self.pods if one.process.alive]
        if not alive or self.rng.random() < self.weather.request_lost:
            return None
        return self.rng.choice(alive).serve(request)

    def _heard(self, posting: Posting) -> None:
        self.posted[int(posting.request_id)].add(posting.operation)

    def _committed(self, replica: Replica, index: int, commit: Commit) -> None:
        self.promises.committed(replica, index, commit)
        if not self.plan.poisoned:
            return
        for (collection, key), row in commit.writes.items():
            new = collection == "transfers" and replica.get(collection, key, index - 1) is None
            if new and row is not None and self.rng.random() < self.plan.poisoned:
                self._poison(replica, row["_id"])

    def _poison(self, replica: Replica, transfer: UUID) -> None:
        """Let its credit fail for a while or for ever, and at times its refund too."""
        replica.invalid.setdefault((transfer, Kind.TRANSFER_IN), self.rng.choice([1, 2, 99]))
        replica.invalid.setdefault((transfer, Kind.REFUND), self.rng.choice([0, 0, 0, 1]))

    # Faults

    def _schedule(self) -> None:
        plan = self.plan
        for times, strike in (
            (plan.crashes, self._crash),
            (plan.deploys, self._deploy),
            (plan.freezes, self._freeze),
            (plan.elections, self._elect),
            (plan.statuses, self.operators.change_status),
            (plan.operators, self.operators.decide),
            (plan.forgeries, self.operators.forge),
        ):
            for _ in range(times):
                self.hub.at(self.rng.random() * plan.storm_s, strike)

    def _victim(self) -> Pod | Watcher | None:
        alive = [one for one in (*self.pods, *self.watchers) if one.process.alive]
        return self.rng.choice(alive) if alive else None

    def _crash(self) -> None:
        victim = self._victim()
        if victim is None:
            return
        self.hub.tell(f"crash: {victim.process.name}")
        self.hub.kill(victim.process)
        self.hub.after(self.rng.uniform(0.05, 1.0), self._restart)

    def _deploy(self) -> None:
        """Ask a watcher to end, and end it when its grace is over."""
        alive = [one for one in self.watchers if one.process.alive]
        if not alive:
            return
        victim = self.rng.choice(alive)
        self.hub.tell("SIGTERM:", victim.process.name)
        victim.loop.stop()
        self.hub.after(GRACE_S, lambda: self._kill(victim.process))

    def _kill(self, process: Process) -> None:
        if process.alive:
            self.hub.kill(process)
        self._restart()

    def _restart(self) -> None:
        """Start again whatever is dead, as Kubernetes does: another process under another name."""
        self.pods = [one if one.process.alive else self._pod() for one in self.pods]
        self.watchers = [one if one.process.alive else self._watcher() for one in self.watchers]

    def _freeze(self) -> None:
        victim = self._victim()
        if victim is not None:
            seconds = self.rng.choice([0.1, 1.0, 4.0, 8.0])
            self.hub.tell(f"freeze: {victim.process.name} for {seconds} s")
            victim.process.frozen_until = self.hub.now + seconds

    def _elect(self) -> None:
        if self.cluster.primary is None:
            return
        stale_s = self.rng.uniform(0.2, 3.0) if self.plan.stale else 0.0
        old = self.cluster.elect(
            keep=self.rng.choice([0.0, 0.5, 1.0]),
            gap_s=self.rng.choice([0.02, 0.5, 2.0, 9.0]),
            stale_s=stale_s,
        )
        for actor in (*self.pods, *self.watchers):
            if self.rng.random() < 0.5:
                actor.link.stuck_to = old

    def _calm_down(self) -> None:
        self.hub.tell("calm")
        self.weather.request_lost = self.weather.reply_lost = self.weather.refused = self.weather.slow = 0.0
        self.ringing.lost = self.ringing.doubled = self.ringing.late = self.ringing.dead = 0.0
        for actor in (*self.pods, *self.watchers):
            actor.process.frozen_until = 0.0
        self._restart()

    # The end

    def _until_all_is_done(self) -> float:
        """Let the calm go on until nothing waits; liveness is that this comes soon enough."""
        began = self.hub.now
        bound_s = POISON_ENDS_WITHIN_S if self.plan.poisoned else ENDS_WITHIN_S
        while left := self._left():
            seconds = self.hub.now - began
            must(seconds < bound_s, f"liveness: {seconds:.0f} s after the faults there is left", *left)
            self.hub.run(self.hub.now + LOOK_S)
        return self.hub.now - began

    def _left(self) -> list[str]:
        users = [f"{one.process.name} without an answer" for one in self.users if not one.finished]
        busy = [one.name for one in self.operators.processes if any(not task.dead for task in one.tasks)]
        if users or busy:
            return users + busy
        replica = self.cluster.newest
        rows = replica.all("transfers", replica.majority)
        waiting = [str(one["_id"]) for one in rows if one["status"] == "PENDING" and not one["parked"]]
        return [*waiting, *(["a majority"] if replica.majority < len(replica.log) else [])]

    def _check_end(self) -> None:
        replica = self.cluster.newest
        self.promises.recount(replica)
        asked_for = set().union(*self.posted.values(), self.operators.paid_out)
        made: dict[UUID, list[Entry]] = defaultdict(list)
        told: Counter[str] = Counter()
        for document in replica.all("entries", replica.majority):
            entry = documents.entry(document)
            if entry.kind in {Kind.TOP_UP, Kind.PAYMENT, Kind.TRANSFER_OUT}:
                told[entry.remarks] += 1
                must(not entry.remarks or told[entry.remarks] == 1, "P3, P9: one request, two effects", entry)
                must(entry.operation in asked_for, "P8: not under the id of its request", entry)
                made[entry.operation].append(entry)
        for user in self.users:
            user.check_end(lambda number: [one for each in self.posted[number] for one in made[each]])
        for row in replica.all("transfers", replica.majority):
            settled = row["status"] != "PENDING"
            must(settled != (row["_id"] in self.operators.forged), "liveness: in the end there is", row)
