"""Whether a server and a database are fit for Dompet: one finding a question, each with its remedy."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from wallet.errors import WalletError
from wallet.store.inspection import INDEXES, VALIDATED, Inspection, Member
from wallet.store.opening import Store, check_reachable

_OLDEST = (6, 0, 0)
_LARGEST_SKEW_S = 1.0
_LIFETIME_S = 2
_FAILOVER = {"electionTimeoutMillis": 5_000, "heartbeatIntervalMillis": 200}
_POLL_S = 0.25

# CVE-2025-14847: a malformed zlib message is answered with memory of the server. The first release of each
# series without it: https://jira.mongodb.org/browse/SERVER-115508
_LAST_SERIES_WITH_LEAK = (8, 2)
_WITHOUT_LEAK = {(6, 0): 27, (7, 0): 28, (8, 0): 17, (8, 2): 3}

_MIGRATE = "run `dompet migrate`"
_GIVE_ROLES = "run `dompet roles`, give each user one of them and nothing else, and demand that they log in"
_MIGRATE_AGAIN = (
    "run `dompet migrate`; if it finds nothing to do, somebody changed this by hand: forget the migrations "
    "with db.migrations.deleteMany({}) and run it again, which keeps all data"
)


class Grade(StrEnum):
    OK = "ok"
    WARN = "WARN"
    FAIL = "FAIL"


class Verdict(NamedTuple):
    """An answer, and what to do when it is not a good one."""

    grade: Grade
    answer: str
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """A question and its verdict."""

    question: str
    verdict: Verdict


def wait_until_migrated(database: Store, patience_s: float) -> None:
    """Return when a server takes writes and all migrations are applied, or when patience ends."""
    deadline = time.monotonic() + patience_s
    while time.monotonic() < deadline and not _is_migrated(database):
        time.sleep(_POLL_S)


def _is_migrated(database: Store) -> bool:
    try:
        check_reachable(database)
        return not Inspection(database).missing_migrations()
    except WalletError:
        return False


def examine(database: Store) -> Iterator[Finding]:
    """Yield the findings as they come; when no server answers, that is the only one."""
    inspection = Inspection(database)
    try:
        check_reachable(database)
        member = inspection.member()
    except WalletError as fault:
        yield Finding("server", Verdict(Grade.FAIL, str(fault), "start it, or correct MONGODB_URI"))
        return
    for question, judge_member in _OF_THE_MEMBER.items():
        yield Finding(question, judge_member(member))
    for question, judge_database in _OF_THE_DATABASE.items():
        yield Finding(question, _ask(judge_database, inspection))


def _ask(judge: Callable[[Inspection], Verdict], inspection: Inspection) -> Verdict:
    try:
        return judge(inspection)
    except WalletError as fault:
        answer = f"{fault} ({fault.__cause__})"
        return Verdict(Grade.FAIL, answer, "see the server's log, and the user's roles")


def judge_version(member: Member) -> Verdict:
    version = ".".join(map(str, member.version))
    if member.version < _OLDEST:
        return Verdict(Grade.FAIL, version, "Dompet needs MongoDB 6.0 or later")
    return Verdict(Grade.OK, version)


def judge_compression(member: Member) -> Verdict:
    if not member.offers_zlib:
        return Verdict(Grade.OK, "zlib is not offered")
    if not _leaks(member.version):
        return Verdict(Grade.OK, "zlib is offered, by a release without CVE-2025-14847")
    return Verdict(
        Grade.WARN,
        "zlib is offered by a release that leaks memory (CVE-2025-14847)",
        "upgrade, or start mongod with --networkMessageCompressors snappy,zstd",
    )


def _leaks(version: tuple[int, int, int]) -> bool:
    major, minor, patch = version
    first_without = _WITHOUT_LEAK.get((major, minor))
    return (major, minor) <= _LAST_SERIES_WITH_LEAK and (first_without is None or patch < first_without)


def judge_replica_set(member: Member) -> Verdict:
    if member.replica_set is None:
        remedy = "start mongod with --replSet and run rs.initiate(): transactions and change streams need it"
        return Verdict(Grade.FAIL, "the server is not in a replica set", remedy)
    return Verdict(Grade.OK, f"{member.replica_set}, and its primary answers")


def judge_clock(member: Member) -> Verdict:
    skew_s = abs(member.clock_ahead_s)
    answer = f"the server is {skew_s:.3f} s {'ahead' if member.clock_ahead_s > 0 else 'behind'}"
    if skew_s >= _LARGEST_SKEW_S:
        remedy = "let NTP keep both clocks: the dates of entries are those of the machine that made them"
        return Verdict(Grade.FAIL, answer, remedy)
    return Verdict(Grade.OK, answer)


def judge_write_concern(inspection: Inspection) -> Verdict:
    took_ms = inspection.write_durably() * 1_000
    return Verdict(Grade.OK, f"a majority had a write in its journal after {took_ms:.1f} ms")


def judge_migrations(inspection: Inspection) -> Verdict:
    missing = inspection.missing_migrations()
    if missing:
        return Verdict(Grade.FAIL, f"{', '.join(missing)} not applied", _MIGRATE)
    return Verdict(Grade.OK, "all applied")


def judge_indexes(inspection: Inspection) -> Verdict:
    missing = INDEXES - inspection.indexes()
    if missing:
        names = ", ".join(sorted(map(str, missing)))
        return Verdict(Grade.FAIL, f"{names} missing or changed", _MIGRATE_AGAIN)
    return Verdict(Grade.OK, f"all {len(INDEXES)} there")


def judge_validators(inspection: Inspection) -> Verdict:
    missing = VALIDATED - inspection.validated()
    if missing:
        return Verdict(Grade.FAIL, f"{', '.join(sorted(missing))} take anything", _MIGRATE_AGAIN)
    return Verdict(Grade.OK, f"all {len(VALIDATED)} refuse what does not fit")


def judge_lifetime(inspection: Inspection) -> Verdict:
    lifetime_s = inspection.transaction_lifetime_s()
    if lifetime_s is None:
        return Verdict(Grade.OK, "not known: this user may not ask")
    if lifetime_s > _LIFETIME_S:
        remedy = f"db.adminCommand({{setParameter: 1, transactionLifetimeLimitSeconds: {_LIFETIME_S}}})"
        return Verdict(Grade.WARN, f"{lifetime_s} s: a dead pod holds its wallets for that long", remedy)
    return Verdict(Grade.OK, f"{lifetime_s} s")


def judge_failover(inspection: Inspection) -> Verdict:
    settings = inspection.failover()
    if settings is None:
        return Verdict(Grade.OK, "not known: one member, or this user may not ask")
    election_s, heartbeat_s = (settings[name] / 1_000 for name in _FAILOVER)
    answer = f"a silent primary is replaced after {election_s:g} s; heartbeats every {heartbeat_s:g} s"
    changes = [f"c.settings.{name} = {most}" for name, most in _FAILOVER.items() if settings[name] > most]
    if changes:
        remedy = "; ".join(["c = rs.conf()", *changes, "rs.reconfig(c)"])
        return Verdict(Grade.WARN, f"{answer}: writes may wait for both", remedy)
    return Verdict(Grade.OK, answer)


def judge_ledger(inspection: Inspection) -> Verdict:
    changes = inspection.may_change_entries()
    if changes is None:
        return Verdict(Grade.WARN, "nobody needs a user: anybody may change entries", _GIVE_ROLES)
    if changes:
        answer = f"this user may change entries ({', '.join(sorted(changes))})"
        return Verdict(Grade.WARN, answer, _GIVE_ROLES)
    return Verdict(Grade.OK, "this user may not change or remove an entry")


def judge_users(inspection: Inspection) -> Verdict:
    users = inspection.users()
    hint = "" if users else "; `dompet seed example_data` brings some"
    return Verdict(Grade.OK, f"{users}{hint}")


_OF_THE_MEMBER: dict[str, Callable[[Member], Verdict]] = {
    "server version": judge_version,
    "compression": judge_compression,
    "replica set": judge_replica_set,
    "clock": judge_clock,
}

_OF_THE_DATABASE: dict[str, Callable[[Inspection], Verdict]] = {
    "write concern": judge_write_concern,
    "migrations": judge_migrations,
    "indexes": judge_indexes,
    "validators": judge_validators,
    "transaction limit": judge_lifetime,
    "failover": judge_failover,
    "ledger": judge_ledger,
    "users": judge_users,
}
