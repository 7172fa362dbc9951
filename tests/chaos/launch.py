"""Run one of our programs with patches: python -m tests.chaos.launch [OPTION...] -- MODULE [ARGUMENT...]

What is patched is patched in this process, before the module runs as ``__main__``: it is the real program.
"""

import argparse
import json
import runpy
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import partial, wraps
from pathlib import Path
from threading import Timer
from typing import Any

from tests.chaos import crash_points

RINGS_AGAIN_AFTER_S = 0.3

Patch = Callable[[], None]


def main(arguments: Sequence[str]) -> None:
    cut = arguments.index("--")
    module, *rest = arguments[cut + 1 :]
    patches = _patches(_parser().parse_args(arguments[:cut]), module)
    if module == "gunicorn":
        _in_each_worker(patches)
    else:
        _apply(patches)
    sys.argv = [module, *rest]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos.launch", description=__doc__)
    parser.add_argument("--plant", metavar="Bn", help="a bug of tests.chaos.planted")
    parser.add_argument("--crash-at", metavar="STEP[:N]", help="die at this step, the N-th time")
    parser.add_argument(
        "--crash-file", type=Path, help="die at the step that this file names, once it is there"
    )
    parser.add_argument("--routes", type=json.loads, help="JSON: reach these hosts of MongoDB at others")
    parser.add_argument("--ring-twice", action="store_true", help="deliver every arrival twice")
    return parser


def _patches(options: argparse.Namespace, module: str) -> list[Patch]:
    steps = crash_points.ACCEPT if module == "gunicorn" else crash_points.EXECUTE
    patches: list[Patch] = []
    if options.plant:
        patches.append(partial(_plant, options.plant))
    if options.crash_at:
        patches.append(partial(crash_points.install, steps, crash_points.CrashAt(options.crash_at)))
    if options.crash_file:
        patches.append(partial(crash_points.install, steps, crash_points.CrashWhenTold(options.crash_file)))
    if options.routes:
        patches.append(partial(_route, options.routes))
    if options.ring_twice:
        patches.append(_ring_twice)
    return patches


def _apply(patches: Sequence[Patch]) -> None:
    for patch in patches:
        patch()


def _in_each_worker(patches: Sequence[Patch]) -> None:
    """Patch when a worker loads the application: gevent must have patched the modules of Python before."""
    from gunicorn.app.wsgiapp import WSGIApplication  # noqa: PLC0415

    load = WSGIApplication.load

    @wraps(load)
    def patched(application: Any) -> Any:
        _apply(patches)
        return load(application)

    WSGIApplication.load = patched


def _plant(bug: str) -> None:
    from tests.chaos.planted import PLANTS  # noqa: PLC0415 - it imports what it breaks

    PLANTS[bug]()


def _route(routes: Mapping[str, str]) -> None:
    """Have the driver connect elsewhere: it must believe what the replica set says of its hosts."""
    from pymongo import pool_shared  # noqa: PLC0415

    connect = pool_shared._create_connection

    @wraps(connect)
    def elsewhere(address: tuple[str, int], options: Any) -> Any:
        host, _, port = routes.get(f"{address[0]}:{address[1]}", f"{address[0]}:{address[1]}").rpartition(":")
        return connect((host, int(port)), options)

    pool_shared._create_connection = elsewhere


def _ring_twice() -> None:
    from watcher.loop import Loop  # noqa: PLC0415

    ring = Loop.ring

    @wraps(ring)
    def twice(loop: Loop, arrival: Any) -> None:
        ring(loop, arrival)
        again = Timer(RINGS_AGAIN_AFTER_S, ring, (loop, arrival))
        again.daemon = True
        again.start()

    Loop.ring = twice


if __name__ == "__main__":
    main(sys.argv[1:])
