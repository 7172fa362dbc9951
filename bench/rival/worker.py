"""The application of the Celery worker; the broker is the one of CELERY_BROKER_URL.

celery --app bench.rival.worker worker
"""

import os
from functools import cache
from uuid import UUID

from celery import Celery

from bench.rival.one_by_one import OneByOne
from wallet.store.client import connect, open_database

app = Celery("bench")
app.conf.update(
    task_ignore_result=True,
    # Without these a worker that dies takes its tasks with it: nobody would move money like that.
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    # The manual's advice for short tasks; its default is 4.
    worker_prefetch_multiplier=64,
)


@cache
def _settler() -> OneByOne:
    """Connect in the process that runs the tasks, after fork."""
    client = connect(os.environ["MONGODB_URI"], application="bench-rival")
    return OneByOne(open_database(client, os.environ["MONGODB_DATABASE"]))


def _settle(transfer: str) -> None:
    _settler().settle(UUID(transfer))


settle = app.task(name="settle")(_settle)
