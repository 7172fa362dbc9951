"""``dompet queue``."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime

import click

from wallet import clock
from wallet.cli.connection import connection_options, reach_store
from wallet.cli.transfers_report import dumps, rupiah
from wallet.rules.partition import PARTITIONS, owned
from wallet.store.census import Census, Crowd
from wallet.store.watchers import Watchers

_EXAMPLE = """\b
Example:
  dompet queue --json

Exit codes: 0 told, 1 the database did not answer in time.
"""

_NOBODY = "nobody"


@click.command(epilog=_EXAMPLE)
@click.option("--json", "as_json", is_flag=True, help="Print an object.")
@connection_options
def queue(uri: str | None, database_name: str, *, as_json: bool) -> None:
    """Count what waits and what is parked, by partition and by the watcher that prefers it."""
    with reach_store(uri, database_name, "queue") as store:
        crowds = Census(store).crowds()
        alive = [one.name for one in Watchers(store).all() if one.alive]
    now = clock.now()
    prefers = _preferences(alive)
    click.echo(dumps(_as_json(crowds, prefers, now)) if as_json else "\n".join(_lines(crowds, prefers, now)))


def _preferences(alive: list[str]) -> dict[object, str]:
    return {partition: name for name in alive for partition in owned(name, alive)}


def _age_s(oldest: datetime | None, now: datetime) -> float:
    return max(0.0, (now - oldest).total_seconds()) if oldest else 0.0


def _totals(crowds: Iterable[Crowd]) -> Crowd:
    listed = list(crowds)
    return Crowd(
        partition=None,
        waiting=sum(one.waiting for one in listed),
        parked=sum(one.parked for one in listed),
        rupiah=sum(one.rupiah for one in listed),
        oldest=min((one.oldest for one in listed if one.oldest), default=None),
    )


def _by_watcher(crowds: Iterable[Crowd], prefers: dict[object, str]) -> dict[str, Crowd]:
    grouped: dict[str, list[Crowd]] = defaultdict(list)
    for crowd in crowds:
        grouped[prefers.get(_key(crowd.partition), _NOBODY)].append(crowd)
    return {name: _totals(group) for name, group in sorted(grouped.items())}


def _key(partition: object) -> object:
    return partition if isinstance(partition, int) and 0 <= partition < PARTITIONS else None


def _as_json(crowds: list[Crowd], prefers: dict[object, str], now: datetime) -> dict[str, object]:
    return {
        **_sums(_totals(crowds), now),
        "watchers": {name: _sums(one, now) for name, one in _by_watcher(crowds, prefers).items()},
        "partitions": [{"partition": one.partition, **_sums(one, now)} for one in crowds],
    }


def _sums(crowd: Crowd, now: datetime) -> dict[str, object]:
    return {
        "waiting": crowd.waiting,
        "parked": crowd.parked,
        "in_flight_rupiah": crowd.rupiah,
        "oldest_age_seconds": round(_age_s(crowd.oldest, now), 3),
    }


def _lines(crowds: list[Crowd], prefers: dict[object, str], now: datetime) -> Iterator[str]:
    total = _totals(crowds)
    yield f"waiting      {total.waiting:>12,}  oldest {_age_s(total.oldest, now):,.1f} s"
    yield f"parked       {total.parked:>12,}"
    yield f"in flight    {'':>12}  {rupiah(total.rupiah)}"
    for name, crowd in _by_watcher(crowds, prefers).items():
        yield f"\n{name}"
        yield f"  all        {_sum_line(crowd, now)}"
        for one in crowds:
            if prefers.get(_key(one.partition), _NOBODY) == name:
                yield f"  {one.partition!s:<9}  {_sum_line(one, now)}"


def _sum_line(crowd: Crowd, now: datetime) -> str:
    return (
        f"{crowd.waiting:>12,} waiting  {crowd.parked:>8,} parked  "
        f"oldest {_age_s(crowd.oldest, now):>10,.1f} s  {rupiah(crowd.rupiah)}"
    )
