"""Runs cases one after the other, on one server that nobody else uses."""

import secrets
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from bench import machine
from bench.case import Case, Outcome, Status
from bench.context import Bench
from bench.errors import CaseFailed
from bench.needs import Need
from bench.progress import console, say
from bench.report import Run, figure_line, yardstick_of
from bench.scale import Scale
from bench.writers import writers
from bench.yardstick import yardstick
from wallet.embedded import EmbeddedServer
from wallet.store.client import connect

_CACHE_GB = 2.0


def run(cases: Sequence[Case], scale: Scale) -> Run:
    """Run ``cases``; the first one is the yardstick."""
    for need in sorted({str(need) for case in cases for need in _missing(case)}):
        say(f"{need}; the cases that need it are skipped")
    with _bench(scale) as bench:
        facts = machine.describe(_mongod_version(bench.uri))
        outcomes: list[Outcome] = []
        for case in cases:
            outcomes.append(_run_case(case, bench))
            _tell(outcomes)
    return Run(scale.name, facts, outcomes)


@contextmanager
def _bench(scale: Scale) -> Iterator[Bench]:
    with TemporaryDirectory(prefix="dompet-bench-") as name:
        directory = Path(name)
        say("starting a replica set")
        with (
            EmbeddedServer(directory, cache_gb=_CACHE_GB) as server,
            writers() as pool,
            yardstick(server.uri, scale.yardstick_transfers) as n,
        ):
            yield Bench(server.uri, server.pid, scale, directory, secrets.token_urlsafe(32), pool, n)


def _mongod_version(uri: str) -> str:
    with connect(uri, application="bench") as client:
        return str(client.admin.command("buildInfo")["version"])


def _run_case(case: Case, bench: Bench) -> Outcome:
    say(f"{case.name}: {case.title}")
    if missing := _missing(case):
        return Outcome(case, Status.SKIPPED, 0.0, message="; ".join(map(str, missing)))
    started = time.monotonic()
    try:
        figures = case.measure(bench)
    except Exception as error:  # noqa: BLE001 - the other cases are worth having all the same
        if not isinstance(error, CaseFailed):
            console.print_exception()
        message = str(error) or repr(error)
        return Outcome(case, Status.FAILED, time.monotonic() - started, message=message)
    return Outcome(case, Status.OK, time.monotonic() - started, figures)


def _missing(case: Case) -> list[Need]:
    return [need for need in case.needs if need.missing]


def _tell(outcomes: Sequence[Outcome]) -> None:
    latest, n = outcomes[-1], yardstick_of(outcomes)
    for figure in latest.figures:
        say(f"  {figure_line(figure, n)}")
    if latest.message:
        say(f"  {latest.status}: {latest.message}")
