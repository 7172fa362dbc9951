"""Users who ask, ask again when no answer comes, and know what they may be told."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from uuid import UUID

from tests.simulation.hub import Hub, Process
from tests.simulation.promises import must
from tests.simulation.query import key_of
from tests.simulation.replica import Replica
from tests.simulation.stand_ins import Future
from wallet.errors import (
    BalanceCapExceeded,
    InsufficientBalance,
    KeyReused,
    OutcomeUnknown,
    ReceiverNotActive,
    ReceiverNotFound,
    Refused,
    Unavailable,
    WalletError,
    WalletNotActive,
)
from wallet.models import Entry, Kind
from wallet.rules.money import check_amount
from wallet.store import documents
from wallet.use_cases.movements import Receipt

PATIENCE_S = 10.0
"""A request is answered within this, or its user gives up on the answer."""

Answer = Receipt | WalletError | None
"""``None``: no answer came, and nobody knows."""


@dataclass(frozen=True, slots=True)
class Request:
    number: int
    user: UUID
    kind: Kind
    amount: int
    target: UUID | None
    key: str | None

    @property
    def remarks(self) -> str:
        """What tells this request's entries from all others; a top-up has no remarks."""
        return "" if self.kind is Kind.TOP_UP else f"request {self.number}"

    def __str__(self) -> str:
        to = f" to {self.target}" if self.target else ""
        return f"#{self.number} {self.kind} {self.amount}{to}" + (f" key {self.key}" if self.key else "")


@dataclass(slots=True)
class Story:
    """A request, and what its user has been told of it."""

    request: Request
    since: int
    """What a majority had when it was sent first."""
    after_seq: int
    accepted: Entry | None = None
    refused: bool = False
    sent_twice: bool = False
    key_passed_on: bool = False
    uncertain: bool = False
    """An attempt was left without an answer, or with one that leaves the outcome open."""


Send = Callable[[Request], Future | None]


@dataclass(slots=True, eq=False)
class User:
    """One of them: what is asked one after the other has rising seq."""

    id: UUID
    hub: Hub
    process: Process
    send: Send
    newest: Callable[[], Replica]
    others: list[UUID]
    numbers: Callable[[], int]
    cap: int
    pause_s: float
    stories: list[Story] = field(default_factory=list)
    finished: bool = False
    _seq: int = 0
    _spare: list[Story] = field(default_factory=list)
    """Refused ones, whose keys are as good as new."""

    def run(self, requests: int) -> None:
        self._ask(self._story(self._request(Kind.TOP_UP, self.cap // 2)))
        for _ in range(requests):
            self.hub.sleep(self.pause_s * self.hub.rng.random() + 1e-6)
            self._something()
        self.finished = True

    def _something(self) -> None:
        rng = self.hub.rng
        known = [one for one in self.stories if one.request.key is not None and one.accepted is not None]
        what = rng.random()
        if known and what < 0.15:
            self._ask(rng.choice(known))
        elif known and what < 0.25:
            self._reuse(rng.choice(known))
        else:
            kind = rng.choice([Kind.TOP_UP, Kind.PAYMENT, *[Kind.TRANSFER_OUT] * 4])
            story = self._story(self._request(kind, rng.randint(1, max(1, self.cap // 4))))
            if story.request.key is not None and rng.random() < 0.3:
                self._twice(story)
            else:
                self._ask(story)

    def _request(self, kind: Kind, amount: int) -> Request:
        rng, number = self.hub.rng, self.numbers()
        key = self._key() if rng.random() < 0.6 else None
        target = rng.choice(self.others) if kind is Kind.TRANSFER_OUT else None
        return Request(number, self.id, kind, check_amount(amount), target, key)

    def _key(self) -> str:
        """Return the same words as everybody's: the keys of two users never meet."""
        if self._spare and self.hub.rng.random() < 0.5:
            refused = self._spare.pop()
            refused.key_passed_on = True
            return str(refused.request.key)
        return f"key-{len(self.stories)}"

    def _story(self, request: Request) -> Story:
        story = Story(request, self.newest().majority, self._seq)
        self.stories.append(story)
        return story

    def _twice(self, story: Story) -> None:
        """P8: two at once, as an impatient app sends them; both must end in the same entry."""
        story.sent_twice = True
        second = self.hub.spawn(self.process, "again", lambda: self._ask(story))
        self._ask(story)
        while not second.dead:
            self.hub.sleep(0.01)

    def _reuse(self, story: Story) -> None:
        """P8: another body under a key that is taken."""
        other = replace(story.request, amount=story.request.amount + 1, number=self.numbers())
        while not isinstance(answer := self._attempt(other), Refused | Receipt):
            self.hub.sleep(0.1)
        must(isinstance(answer, KeyReused), "P8: a key took another body", story.request, other, answer)

    def _ask(self, story: Story) -> None:
        """Ask until there is an answer. Without a key, asking again would be another request."""
        while True:
            accepted = story.accepted
            answer = self._attempt(story.request)
            self.hub.tell("is answered:", story.request, answer)
            if isinstance(answer, Receipt):
                self._accepted(story, answer.entry)
                return
            if isinstance(answer, Refused):
                must(accepted is None, "P8: accepted, then refused", accepted, repr(answer))
                self._refused(story, answer)
                return
            must(answer is None or isinstance(answer, Unavailable), "not an answer for users", repr(answer))
            if answer is None or isinstance(answer, OutcomeUnknown):
                story.uncertain = True
            if story.request.key is None:
                return
            self.hub.sleep(self.hub.rng.uniform(0.02, 0.3))

    def _attempt(self, request: Request) -> Answer:
        hub = self.hub
        hub.tell("asks:", request)
        hub.sleep(hub.rng.random() * 0.002)
        reply = self.send(request)
        if reply is None:
            hub.sleep(0.05)
            return None
        try:
            answer: Answer = reply.result(PATIENCE_S)
        except TimeoutError:
            return None
        return answer

    def _accepted(self, story: Story, entry: Entry) -> None:
        asked = story.request
        told = (entry.wallet, entry.kind, entry.amount, entry.counterparty, entry.remarks)
        wanted = (asked.user, asked.kind, asked.amount, asked.target, asked.remarks)
        must(told == wanted, "P5: the answer is not to this request", asked, entry)
        must(story.accepted in {None, entry}, "P8: one key, two entries", story.accepted, entry)
        written = self._written(entry)
        must(written is not None, "P4: acknowledged without a majority", entry)
        must(written == entry, "P5: told otherwise than it is written", entry, written)
        must(entry.seq > story.after_seq, "P7: before what its user had done before it", asked, entry)
        story.accepted = entry
        self._seq = max(self._seq, entry.seq)

    def _written(self, entry: Entry) -> Entry | None:
        replica = self.newest()
        found = replica.get("entries", key_of(documents.entry_key(entry.id)), replica.majority)
        return None if found is None else documents.entry(found)

    def _refused(self, story: Story, reason: Refused) -> None:
        asked = story.request
        must(self._is_true(story, reason), "a refusal that was at no time true", asked, repr(reason))
        story.refused = True
        if asked.key is not None and not story.uncertain and not story.sent_twice:
            self._spare.append(story)

    def _is_true(self, story: Story, reason: Refused) -> bool:
        asked = story.request
        match reason:
            case InsufficientBalance():
                return min(self._balances(story)) < asked.amount
            case BalanceCapExceeded():
                return max(self._balances(story)) + asked.amount > self.cap
            case WalletNotActive():
                return self._was_inactive(asked.user, story)
            case ReceiverNotActive() if asked.target is not None:
                return self._was_inactive(asked.target, story)
            case ReceiverNotFound() if asked.target is not None:
                return self.newest().get("wallets", key_of(asked.target), self.newest().majority) is None
        return False

    def _balances(self, story: Story) -> list[int]:
        """Return all balances since the request was sent, those between the postings of a batch as well."""
        replica = self.newest()
        versions = replica.history("wallets", key_of(self.id), story.since)
        first = versions[0]["seq"]
        own = [one for one in replica.all("entries", len(replica.log)) if one["wallet"] == self.id]
        return [one["balance"] for one in versions] + [one["after"] for one in own if one["seq"] >= first]

    def _was_inactive(self, wallet: UUID, story: Story) -> bool:
        versions = self.newest().history("wallets", key_of(wallet), story.since)
        return any(one["status"] != "ACTIVE" for one in versions)

    def check_end(self, made: Callable[[int], list[Entry]]) -> None:
        """Hold what was told to what was made, by the number of the request, when all is over."""
        for story in self.stories:
            entries = made(story.request.number)
            must(len(entries) <= 1, "P3, P9: it took effect more than once", *entries)
            if story.accepted is not None:
                must(entries == [story.accepted], "P4: acknowledged, and lost", story.accepted)
            elif not story.uncertain and not story.key_passed_on:
                must(not entries, "P4: not accepted, and yet it took effect", *entries)
            if story.request.key is not None:
                must(story.accepted or story.refused, "P9: no answer in the end", story.request)
