"""Asking for a statement as a file, and seeing what became of it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import tzinfo
from uuid import UUID

from wallet.clock import Clock
from wallet.errors import ExportsOff, KeyReused, NotFound, TooManyExports, Unauthenticated
from wallet.export_job import MOST_UNFINISHED, ExportJob, Format, State
from wallet.models import User
from wallet.rules import month as months
from wallet.rules.identity import differing, id_of
from wallet.rules.phone import masked
from wallet.store.accounts import AccountStore
from wallet.store.faults import AlreadyExists
from wallet.store.jobs import Jobs
from wallet.use_cases.movements import Caller

_WHAT = "EXPORT"
"""Among the kinds of what a key can be for."""

_RACES = 2 * MOST_UNFINISHED
"""Slots are lost to requests at the same moment, each of which got one: it cannot go on for long."""

Link = Callable[[ExportJob], str]
"""Makes an address from which the object can be downloaded for a while."""


@dataclass(frozen=True, slots=True)
class Requested:
    """An export that was asked for, now or the first time it was sent."""

    job: ExportJob
    replayed: bool


@dataclass(frozen=True, slots=True)
class Export:
    """What became of an export; there is a link when it is done."""

    job: ExportJob
    link: str | None


class Exports:
    """Without ``link`` exports are off."""

    def __init__(
        self, jobs: Jobs, users: AccountStore, link: Link | None, clock: Clock, zone: tzinfo
    ) -> None:
        self._jobs = jobs
        self._users = users
        self._link = link
        self._clock = clock
        self._zone = zone

    def request(self, caller: Caller, month: str, kind: Format) -> Requested:
        """Queue an export of what the caller's wallet did in ``month``.

        Raises:
            ExportsOff: not here.
            InvalidInput: no such month, or it has not begun, or no key.
            KeyReused: the key belongs to another export.
            TooManyExports: nothing was written.
        """
        self._check_on()
        wanted = self._wanted(caller, month, kind)
        if caller.key is not None and (known := self._jobs.by_id(wanted.id)):
            return _replayed(known, wanted)
        for slot in self._free_slots(caller.user):
            try:
                self._jobs.add(wanted, slot)
            except AlreadyExists:
                if known := self._jobs.by_id(wanted.id):
                    return _replayed(known, wanted)
            else:
                return Requested(wanted, replayed=False)
        raise TooManyExports

    def read(self, user: UUID, export_id: UUID) -> Export:
        """Return what became of an export of ``user``'s.

        Raises:
            ExportsOff: not here.
            NotFound: there is none, or it is somebody else's.
        """
        link = self._check_on()
        job = self._jobs.by_id(export_id)
        if job is None or job.user != user:
            raise NotFound
        return Export(job, link(job) if job.state is State.DONE else None)

    def _check_on(self) -> Link:
        if self._link is None:
            raise ExportsOff
        return self._link

    def _wanted(self, caller: Caller, month: str, kind: Format) -> ExportJob:
        now = self._clock()
        months.check_begun(months.parse(month), self._zone, now)
        user, wallet = self._users.by_id(caller.user), self._users.wallet(caller.user)
        if user is None or wallet is None:
            raise Unauthenticated
        return ExportJob(
            id=id_of(caller.user, _WHAT, caller.key),
            user=caller.user,
            owner=_name(user),
            phone=masked(user.phone_number),
            month=month,
            seq=wallet.seq,
            format=kind,
            created_at=now,
            request_id=caller.request_id,
        )

    def _free_slots(self, user: UUID) -> Iterator[int]:
        """Yield slots that were free a moment ago; no two requests get the same one."""
        for _ in range(_RACES):
            free = set(range(MOST_UNFINISHED)) - self._jobs.slots_taken(user)
            if not free:
                return
            yield min(free)


def _name(user: User) -> str:
    return f"{user.first_name} {user.last_name}"


def _replayed(known: ExportJob, wanted: ExportJob) -> Requested:
    different = differing({"month": (wanted.month, known.month), "format": (wanted.format, known.format)})
    if different:
        raise KeyReused(different)
    return Requested(known, replayed=True)
