"""The console's arithmetic and words: charts, history, quantiles, verdicts, the gate."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from factories import make_entry
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from pydantic import SecretStr, ValidationError

from wallet import clock
from wallet.settlement import Refund
from wallet.store.watchers import WatcherRow
from watcher.console import charts, words
from watcher.console.charts import Scale, Series
from watcher.console.chronicle import ROOM, Chronicle
from watcher.console.gate import Gate
from watcher.console.history import History, Sample, arrived, done, highest, rate
from watcher.console.quantiles import quantile
from watcher.console.readings import Readings, read
from watcher.console.verdicts import Weight, verdicts
from watcher.settings import WatcherSettings

START = clock.now()
TOKEN = "a token as long as a token has to be"


def after(**span):
    return START + timedelta(**span)


class TestCharts:
    def draw(self, *points):
        series = [Series("it", "blue", points)]
        return charts.draw("key", "Title", "note", series, timedelta(hours=1), Scale(str, 1.0))

    def test_a_line_goes_from_the_floor_to_the_top(self):
        [line] = self.draw(0.0, 100.0).lines

        assert line.paths == [f"M{charts.LEFT + 153:.1f} {charts.BOTTOM:.1f} L350.0 {charts.TOP:.1f}"]

    def test_what_is_not_known_is_a_gap_and_not_a_nought(self):
        [line] = self.draw(1.0, None, 1.0, 1.0).lines

        assert len(line.paths) == 2

    def test_without_any_number_there_is_an_empty_chart(self):
        chart = self.draw(None, None)

        assert [line.paths for line in chart.lines] == [[]]
        assert chart.summary == "Title. it: now not known, at most not known."

    def test_says_itself_to_those_who_cannot_see_it(self):
        assert self.draw(3.0, 1.0).summary == "Title. it: now 1.0, at most 3.0."

    @pytest.mark.parametrize(
        ("highest", "top"), [(0, 1), (0.3, 1), (1, 1), (1.1, 2), (24, 25), (26, 50), (99, 100), (101, 200)]
    )
    def test_the_axis_ends_at_a_round_number(self, highest, top):
        assert charts.ceiling(highest, 1.0) == top

    @pytest.mark.parametrize("minutes", [5, 15, 60])
    def test_the_time_axis_ends_now(self, minutes):
        chart = charts.draw("key", "Title", "", [], timedelta(minutes=minutes), Scale(str, 1.0))

        assert (chart.x_ticks[0].label, chart.x_ticks[-1].label) == (f"-{minutes} min", "now")


class TestHistory:
    def history(self, *samples):
        history = History(5.0)
        for one in samples:
            history.add(one)
        return history

    def test_keeps_an_hour_and_no_more(self):
        history = self.history(*(Sample(after(seconds=5 * n), 5.0, depth=n) for n in range(1_000)))

        assert len(history.window().samples) == 720

    @pytest.mark.parametrize(("age_s", "minutes"), [(0, 5), (299, 5), (301, 15), (901, 60), (3_599, 60)])
    def test_spans_what_it_has(self, age_s, minutes):
        window = self.history(Sample(START, 5.0), Sample(after(seconds=age_s), 5.0)).window()

        assert window.span == timedelta(minutes=minutes)

    def test_is_empty_at_first(self):
        assert set(History(5.0).window().points(highest("depth"))) == {None}

    def test_a_point_is_the_highest_of_its_step(self):
        window = self.history(Sample(START, 5.0, depth=7), Sample(after(minutes=20), 5.0, depth=2)).window()

        points = window.points(highest("depth"))

        assert points[-1] == 2
        assert points[-1 - 40] == 7
        assert sum(point is not None for point in points) == 2

    def test_no_point_is_missing_when_samples_come_a_little_late(self):
        samples = (Sample(after(seconds=5.02 * n), 5.02, depth=1) for n in range(50))

        assert None not in self.history(*samples).window().points(highest("depth"))[-50:]

    def test_a_rate_is_what_happened_by_the_seconds_in_which_it_was_known(self):
        samples = [
            Sample(START, 5.0, done={"settled": 10}),
            Sample(after(seconds=5), 5.0, done=None),
            Sample(after(seconds=10), 10.0, done={"settled": 20}),
        ]

        assert rate(done("settled"))(samples) == 2.0
        assert rate(done("settled"), per_s=60.0)(samples) == 120.0
        assert rate(done("refunded"))(samples) == 0.0
        assert rate(arrived)(samples) is None

    def test_a_rate_reaches_over_steps(self):
        """A tally that is seen twice in one step and not in the next is no zigzag."""
        counts = [5, 0, 10, 0, 10, 5]
        samples = (
            Sample(after(seconds=5 * n), 5.0, done={"settled": count}) for n, count in enumerate(counts)
        )

        points = self.history(*samples).window().points(rate(done("settled")), reach=3)

        assert points[-4:] == [1.0, pytest.approx(10 / 15), pytest.approx(20 / 15), 1.0]


class TestQuantiles:
    @pytest.mark.parametrize(("q", "value"), [(0.5, 0.1), (0.75, 0.55), (1.0, 1.0)])
    def test_lie_within_their_bucket(self, q, value):
        assert quantile(q, {0.1: 50.0, 1.0: 100.0, float("inf"): 100.0}) == pytest.approx(value)

    def test_of_nothing_are_not_known(self):
        assert quantile(0.5, {}) is None
        assert quantile(0.5, {0.1: 0.0, float("inf"): 0.0}) is None

    def test_beyond_the_last_bound_are_that_bound(self):
        assert quantile(0.99, {0.1: 1.0, float("inf"): 100.0}) == 0.1


class TestReadings:
    def test_are_those_of_the_registry(self):
        registry = CollectorRegistry()
        Gauge("wallet_transfer_queue_depth", "", registry=registry).set(7)
        outcomes = Counter("wallet_transfers", "", ["outcome", "reason"], registry=registry)
        outcomes.labels("refunded", "poison").inc(2)
        outcomes.labels("refunded", "other").inc(3)
        Counter("wallet_transfer_retries", "", ["reason"], registry=registry).labels("other").inc(4)
        took = Histogram("wallet_transfer_settle_seconds", "", buckets=(0.1, 1.0), registry=registry)
        took.observe(0.5)

        readings = read(registry)

        assert (readings.depth, readings.parked) == (7, None)
        assert readings.tally == {"settled": 0, "refunded": 5, "parked": 0, "retried": 4}
        assert readings.took == {0.1: 0.0, 1.0: 1.0, float("inf"): 1.0}

    def test_of_an_empty_registry_nothing_is_known(self):
        readings = read(CollectorRegistry())

        assert readings.depth is None
        assert set(readings.tally.values()) == {0}


class TestVerdicts:
    FINE = Readings(depth=3, oldest_s=0.1, parked=0, stream_up=1.0, stream_lag_s=0.2, drift=0)
    ALIVE = WatcherRow("a", START, 0.2, {})
    SILENT = WatcherRow("a", START, 60.0, {})

    def of(self, watchers=(ALIVE,), parked=0, **changes):
        fields = {name: getattr(self.FINE, name) for name in Readings.__slots__}
        return verdicts(Readings(**fields | changes), watchers, parked)

    def test_there_are_none_when_all_is_well(self):
        assert self.of() == []

    @pytest.mark.parametrize(
        ("changes", "weight", "says"),
        [
            ({"drift": -5}, Weight.ALARM, "The books do not balance by Rp -5"),
            ({"oldest_s": 61.0}, Weight.ALARM, "has waited for 1 min 1 s"),
            ({"watchers": (SILENT,)}, Weight.ALARM, "No watcher is alive"),
            ({"parked": 1}, Weight.WARNING, "1 parked transfer waits"),
            ({"depth": None}, Weight.WARNING, "not known yet"),
            ({"stream_up": 0.0}, Weight.WARNING, "stream is down"),
            ({"stream_lag_s": 90.0}, Weight.WARNING, "said nothing for 1 min 30 s"),
        ],
    )
    def test_each_trouble_is_named(self, changes, weight, says):
        [verdict] = self.of(**changes)

        assert verdict.weight is weight
        assert says in verdict.sentence

    def test_parked_ones_are_told_even_when_no_metric_counts_them(self):
        fields = {name: getattr(self.FINE, name) for name in Readings.__slots__} | {"parked": None}

        [verdict] = verdicts(Readings(**fields), [self.ALIVE], 2)

        assert verdict.sentence.startswith("2 parked transfers wait")

    def test_the_worst_comes_first(self):
        assert [one.weight for one in self.of(parked=1, oldest_s=90.0)] == [Weight.ALARM, Weight.WARNING]


class TestChronicle:
    def test_forgets_the_oldest(self):
        chronicle = Chronicle(clock.now)
        for number in range(ROOM + 5):
            chronicle.parked(number, "poison")

        latest = chronicle.latest()
        assert len(latest) == ROOM
        assert (latest[0].transfer_id, latest[-1].transfer_id) == (ROOM + 4, 5)

    def test_a_storm_of_refunds_costs_no_more_than_it_can_remember(self):
        asked = []
        chronicle = Chronicle(lambda: asked.append(1) or START)

        chronicle.refunded([Refund(make_entry(), "poison", "")] * 10_000)

        assert len(asked) == ROOM

    def test_remembers_what_befell_one_transfer_in_order(self):
        chronicle = Chronicle(clock.now)
        chronicle.retried("a", 1, RuntimeError("boom"))
        chronicle.retried("b", 1, RuntimeError("bang"))
        chronicle.parked("a", "poison")

        assert [(one.name, one.detail) for one in reversed(chronicle.latest()) if one.transfer_id == "a"] == [
            ("attempt failed", "attempt 1: boom"),
            ("parked", "poison"),
        ]

    def test_says_when_watchers_come_and_go_but_not_at_every_beat(self):
        chronicle = Chronicle(clock.now)
        for alive in (["a"], ["a"], ["b", "a"], ["a", "b"]):
            chronicle.membership(alive, range(64 // len(alive)))

        assert [one.detail for one in chronicle.latest()] == [
            "2 alive, 32 partitions here",
            "1 alive, 64 partitions here",
        ]


class TestGate:
    def test_admits_the_token_and_nothing_else(self):
        gate = Gate(SecretStr(TOKEN))

        assert gate.is_open
        assert gate.admits(TOKEN)
        assert not any(map(gate.admits, ("", TOKEN[:-1], f"{TOKEN} ", TOKEN.upper(), "\udcff", "ünïcode")))

    def test_without_a_token_is_shut_even_for_an_empty_one(self):
        gate = Gate(None)

        assert not gate.is_open
        assert not gate.admits("")

    @pytest.mark.parametrize("token", ["guessable", "x" * 31])
    def test_a_token_that_could_be_guessed_is_refused_at_start_and_not_shown(self, token):
        with pytest.raises(ValidationError, match="console_token") as refusal:
            WatcherSettings(mongodb_uri="mongodb://x", console_token=token)

        assert token not in str(refusal.value)


class TestWords:
    @pytest.mark.parametrize(
        ("seconds", "said"),
        [
            (None, "-"),
            (0, "0 ms"),
            (0.0124, "12 ms"),
            (3.21, "3.2 s"),
            (61, "1 min 1 s"),
            (3_660, "1 h 1 min"),
            (90_000, "1 d 1 h"),
        ],
    )
    def test_durations(self, seconds, said):
        assert words.duration(seconds) == said

    @pytest.mark.parametrize(
        ("seconds", "said"),
        [(0, "0 ms"), (0.05, "50 ms"), (2.5, "2.5 s"), (100, "1.67 min"), (5_400, "1.5 h"), (5e5, "5.79 d")],
    )
    def test_durations_on_an_axis_have_one_unit(self, seconds, said):
        assert words.brief(seconds) == said

    @pytest.mark.parametrize(
        ("value", "said"), [(None, "-"), (0, "0"), (0.25, "0.25"), (999, "999"), (1_500, "1.5k"), (2e9, "2G")]
    )
    def test_numbers_on_an_axis(self, value, said):
        assert words.short(value) == said

    def test_whatever_another_hand_wrote_can_be_said(self):
        zone = ZoneInfo("Asia/Jakarta")
        assert words.date("soon", zone) == "'soon'"
        assert words.rupiah("much") == "'much'"
        assert words.date(None, zone) == "-"

    def test_dates_are_of_the_zone_in_milliseconds(self):
        date = datetime(2026, 1, 1, 18, 30, 0, 123_000, UTC)
        assert words.date(date, ZoneInfo("Asia/Jakarta")) == "2026-01-02 01:30:00.123"

    @pytest.mark.parametrize(
        ("numbers", "said"), [([], "none"), ([3], "3"), ([0, 1, 2, 5], "0-2, 5"), (list(range(64)), "0-63")]
    )
    def test_partitions_are_ranges(self, numbers, said):
        assert words.partitions(numbers) == said
