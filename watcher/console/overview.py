"""The first page: what is wrong, the numbers now, the last hour, the watchers, what happened."""

from dataclasses import dataclass

from flask import Blueprint, render_template

from wallet.cases import Row
from wallet.errors import WalletError
from wallet.rules.partition import owned
from wallet.store.case_lists import View
from wallet.store.watchers import WatcherRow
from watcher.console import charts
from watcher.console.charts import Chart, Scale, Series
from watcher.console.history import MINUTE, Count, Window, arrived, done, highest, rate
from watcher.console.readings import PARKED, REFUNDED, RETRIED, SETTLED
from watcher.console.site import Site
from watcher.console.verdicts import verdicts
from watcher.console.words import brief, short

_PARKED_SHOWN = 5
_HAPPENINGS_SHOWN = 12
_PER_MINUTE = 60.0
_REACH = 3
"""Steps: rates and rare readings are seen over more than one."""

_COUNTS, _MONEY = Scale(short, 10), Scale(short, 1_000)
_AGES, _LATENCIES = Scale(brief, 1.0), Scale(brief, 0.1)


@dataclass(frozen=True, slots=True)
class Stored:
    """What is asked of the store for this page; ``fault`` when it did not answer."""

    watchers: list[WatcherRow]
    parked: list[Row]
    fault: str = ""


def add_pages(bp: Blueprint, site: Site) -> None:
    @bp.get("/")
    def overview() -> str:
        stored = _stored(site)
        readings = site.readings()
        window = site.history.window()
        alive = [one.name for one in stored.watchers if one.alive]
        return render_template(
            "overview.html",
            readings=readings,
            verdicts=[] if stored.fault else verdicts(readings, stored.watchers, len(stored.parked)),
            span=window.span,
            fault=stored.fault,
            watchers=[(one, owned(one.name, alive) if one.alive else []) for one in stored.watchers],
            alive=len(alive),
            parked=stored.parked,
            arriving=rate(arrived)(window.latest(MINUTE)),
            settling=rate(done(SETTLED))(window.latest(MINUTE)),
            charts=_charts(window),
            drawing=charts,
            happenings=site.chronicle.latest(_HAPPENINGS_SHOWN),
        )


def _stored(site: Site) -> Stored:
    """Ask for little, and for nothing more once something was not answered."""
    try:
        return Stored(site.watchers.all(), site.lists.page(View.PARKED, _PARKED_SHOWN))
    except WalletError as fault:
        return Stored([], [], str(fault))


def _charts(window: Window) -> list[Chart]:
    def gauge(name: str, colour: str, field: str, reach: int = 1) -> Series:
        return Series(name, colour, window.points(highest(field), reach))

    def pace(name: str, colour: str, count: Count, per_s: float = 1.0) -> Series:
        return Series(name, colour, window.points(rate(count, per_s), _REACH))

    drawn: tuple[tuple[str, str, str, list[Series], Scale], ...] = (
        ("depth", "Queue depth", "transfers", [gauge("waiting", "blue", "depth")], _COUNTS),
        ("age", "Age of the oldest", "that waits", [gauge("oldest", "amber", "oldest_s")], _AGES),
        (
            "rates",
            "Arrivals and settlements",
            "per second, all watchers",
            [pace("settled", "green", done(SETTLED)), pace("arrived", "violet", arrived)],
            _COUNTS,
        ),
        (
            "outcomes",
            "What went otherwise",
            "per minute, all watchers",
            [
                pace("retried", "amber", done(RETRIED), _PER_MINUTE),
                pace("refunded", "red", done(REFUNDED), _PER_MINUTE),
                pace("parked", "violet", done(PARKED), _PER_MINUTE),
            ],
            _COUNTS,
        ),
        (
            "latency",
            "Accepted to settled",
            "this watcher",
            [
                gauge("half within", "green", "median_s", _REACH),
                gauge("99% within", "amber", "slowest_s", _REACH),
            ],
            _LATENCIES,
        ),
        ("money", "Money in flight", "rupiah", [gauge("all", "blue", "rupiah")], _MONEY),
    )
    return [
        charts.draw(key, title, note, series, window.span, scale) for key, title, note, series, scale in drawn
    ]
