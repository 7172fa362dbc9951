"""How often Python looks for garbage that reference counting misses. Call it once, in a composition root."""

import gc

_ALLOCATIONS = 50_000
"""Between two looks at what is new; Python's own 700 are one look for each dozen of transfers."""


def collect_seldom() -> None:
    """Look seldom, and never again at what is there now: modules, the app, the connections.

    A batch holds tens of thousands of objects that all die by reference counting; to walk over them again
    and again was a third of a watcher's time.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(_ALLOCATIONS, 20, 50)
