"""Two processes that fill databases; they live as long as the bench, so that each case finds them warm."""

import signal
from collections.abc import Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context

_WRITERS = 2


@contextmanager
def writers() -> Iterator[Executor]:
    # A forked child would inherit the locks of the driver's threads.
    pool = ProcessPoolExecutor(
        _WRITERS, mp_context=get_context("spawn"), initializer=_leave_ctrl_c_to_the_parent
    )
    try:
        yield pool
    finally:
        pool.shutdown(cancel_futures=True)


def _leave_ctrl_c_to_the_parent() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
