"""All cases, in the order in which they run."""

from bench.cases import (
    accept,
    celery,
    drain,
    exporting,
    history,
    hot_receiver,
    hot_sender,
    latency,
    scraped,
    second_pod,
    second_watcher,
    size,
    sustained,
    waiting,
    yardstick,
)

YARDSTICK = yardstick.CASE

CASES = (
    drain.CASE,
    accept.CASE,
    sustained.CASE,
    latency.CASE,
    scraped.CASE,
    waiting.CASE,
    exporting.CASE,
    hot_receiver.CASE,
    hot_sender.CASE,
    size.CASE,
    history.CASE,
    second_watcher.CASE,
    second_pod.CASE,
    celery.CASE,
    yardstick.DRIFT,
)
"""The yardstick itself is measured first in every run."""
