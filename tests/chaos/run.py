"""One run: python -m tests.chaos.run --folder DIR --seed N; what starts it gives it its namespaces.

Build, migrate, move in, load and faults, heal, wait until nothing is pending, repeat what nobody knows,
check. The last thing it does is to write ``result.json`` into the folder.
"""

import argparse
import json
import sys
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import asdict, replace
from pathlib import Path

from pymongo.errors import PyMongoError

from tests.chaos import folders
from tests.chaos.books import read_books
from tests.chaos.caller import Caller
from tests.chaos.checkers import verdict
from tests.chaos.checkers.resolved import unknowns
from tests.chaos.command_line import STOPPED, say
from tests.chaos.evidence import Audit, Evidence
from tests.chaos.faults import FAULTS
from tests.chaos.history import History, read
from tests.chaos.hunt import Found, Hunt
from tests.chaos.lanes import lanes_of
from tests.chaos.load import Load
from tests.chaos.measures import measures
from tests.chaos.moves import MoveRecorder
from tests.chaos.nemesis import Nemesis
from tests.chaos.observer import Observer
from tests.chaos.people import Person, move_in
from tests.chaos.planted import OF_TIME
from tests.chaos.resolver import resolve
from tests.chaos.result import SPEED, Result
from tests.chaos.schedule import draw
from tests.chaos.stage import Stage
from tests.chaos.waiting import wait_until
from tests.chaos.wish import Wish
from wallet.supervisor.errors import StopRequested
from wallet.supervisor.stop_signals import StopSignals

PEOPLE = 40
OPENING = 10_000_000
DRAIN_S = 120.0
_SAY_EVERY_S = 5.0
_HEARD_S = 1.5
"""What has happened is heard through a change stream so much later at most."""


class Run:
    def __init__(self, options: argparse.Namespace, signals: StopSignals) -> None:
        self._options = options
        self._signals = signals
        self._folder: Path = options.folder
        self._result = Result(options.seed, options.faults, options.seconds, options.plant)

    def play(self) -> Result:
        """Play it and return what it came to. Nothing of it runs any more then."""
        options = self._options
        with ExitStack() as stack:
            self._stage = Stage(self._folder, options.seed, isolated=options.isolated, plant=options.plant)
            stack.callback(self._stage.close)
            self._stage.open()
            people = move_in(self._stage.database, PEOPLE, self._stage.secret)
            self._top_up(people)
            recorder, observer = MoveRecorder(self._stage.database), Observer(self._stage.database)
            recorder.start()
            observer.start()
            self._hunt = Hunt(
                self._stage.database,
                self._histories,
                lambda: recorder.moves,
                () if options.plant in OF_TIME else SPEED,
            )
            stack.callback(self._hunt.stop)
            nemesis = self._trouble(people, observer)
            if self._hunt.found:
                return self._caught(self._hunt.found)
            drained_s = self._drain()
            if self._hunt.found:
                return self._caught(self._hunt.found)
            resolve(
                read(self._histories())[0], people, self._stage.addresses, self._folder / "resolver.jsonl"
            )
            self._drain()
            self._signals.pause(_HEARD_S)
            observer.stop()
            recorder.stop()
            evidence = self._evidence(recorder, observer)
            violations = verdict(evidence, read_books(self._stage.database))
            return self._judged(evidence, violations, nemesis, drained_s)

    def _top_up(self, people: Sequence[Person]) -> None:
        history = History(self._folder / "opening.jsonl")
        caller = Caller("opening", self._stage.addresses, history, "opening")
        for number, person in enumerate(people):
            told = caller.call(Wish("top_up", person, f"opening-{number}", OPENING))
            if told.status != 201:
                raise RuntimeError(f"the first top-up was told {told}")
        caller.close()
        history.close()

    def _trouble(self, people: Sequence[Person], observer: Observer) -> Nemesis:
        options, stage = self._options, self._stage
        lanes = [
            draw(lane, FAULTS, options.seed, options.seconds)
            for lane in lanes_of(options.faults, isolated=options.isolated)
        ]
        nemesis = Nemesis(stage, lanes, self._folder / "faults.jsonl")
        load = Load(people, stage.addresses, self._folder, stage.starter, options.seed)
        load.start()
        nemesis.start()
        if options.plant:
            self._hunt.start()
        self._watch(load, nemesis, observer)
        nemesis.stop()
        load.stop()
        self._load_ended_ns = time.monotonic_ns()
        if not self._hunt.found:
            stage.heal()
        return nemesis

    def _watch(self, load: Load, nemesis: Nemesis, observer: Observer) -> None:
        began, before = time.monotonic(), 0
        next_s = _SAY_EVERY_S
        while (passed := time.monotonic() - began) < self._options.seconds and not self._hunt.found:
            self._signals.pause(0.1)
            if passed >= next_s:
                acks, accepted = load.counts
                on = ", ".join(f"{name} ({target})" for name, target in nemesis.on.items()) or "quiet"
                say(
                    f"{passed:4.0f} s  {acks:6,} acks ({(acks - before) / _SAY_EVERY_S:4.0f}/s)"
                    f"  {accepted:6,} accepted  {observer.pending:4} pending  {on}"
                )
                before, next_s = acks, next_s + _SAY_EVERY_S

    def _drain(self) -> float:
        began = time.monotonic()
        wait_until(self._nothing_pending, "nothing is pending", within_s=DRAIN_S)
        return round(time.monotonic() - began, 2)

    def _nothing_pending(self) -> bool:
        self._signals.pause(0.0)
        if self._hunt.found:
            return True
        try:
            return not self._stage.database["transfers"].count_documents(
                {"status": "PENDING", "parked": {"$ne": True}}
            )
        except PyMongoError:
            return False

    def _histories(self) -> list[Path]:
        return sorted(self._folder.glob("*.jsonl"))

    def _evidence(self, recorder: MoveRecorder, observer: Observer) -> Evidence:
        scrapes = self._stage.scrapes()
        code, said = self._stage.dompet("audit")
        exchanges, faults = read(self._histories())
        return Evidence(
            exchanges=exchanges,
            faults=faults,
            samples=observer.samples,
            moves=recorder.moves if recorder.complete else (),
            scrapes=scrapes,
            audit=Audit(code, said),
            load_ended_ns=self._load_ended_ns,
        )

    def _judged(self, evidence: Evidence, violations: Sequence, nemesis: Nemesis, drained_s: float) -> Result:
        ok = [one for one in evidence.exchanges if one.told and one.told.status in range(200, 300)]
        kills = [fault.name for fault in evidence.faults]
        return replace(
            self._result,
            calls=len(evidence.exchanges),
            acknowledged=len(ok),
            accepted=sum(one.asked.kind == "transfer" and not one.told.replayed for one in ok if one.told),
            unknowns=asdict(unknowns(evidence.exchanges)),
            watchers=len(self._stage.watchers),
            watcher_kills=sum(watcher.deaths for watcher in self._stage.watchers),
            primary_kills=kills.count("primary-killed") + 2 * kills.count("primaries-killed"),
            violations=[asdict(one) for one in violations],
            measures=measures(evidence),
            skipped=nemesis.skipped,
            drained_s=drained_s,
        )

    def _caught(self, found: Found) -> Result:
        said = f"{found.promise}: {found.what} ({found.where})"
        say(f"caught by {found.checker} after {found.seconds:.1f} s: {said}")
        broken = {"promise": found.promise, "what": found.what, "where": found.where}
        return replace(self._result, violations=[broken], found=found)

    @property
    def unfinished(self) -> Result:
        return self._result


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos.run", description=__doc__)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--seconds", type=float, default=120)
    parser.add_argument("--faults", default="mixed")
    parser.add_argument("--plant", default="")
    parser.add_argument("--isolated", action="store_true")
    options = parser.parse_args(arguments)
    with StopSignals() as signals:
        run = Run(options, signals)
        try:
            result = run.play()
        except StopRequested:
            return STOPPED
        except Exception as fault:  # noqa: BLE001 - whatever it is, the campaign goes on and tells
            result = replace(run.unfinished, failure=f"{type(fault).__name__}: {fault}")
    (options.folder / folders.RESULT).write_text(json.dumps(result.as_json(), indent=1))
    return 0 if result.clean else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
