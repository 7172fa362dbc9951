"""A pod of two workers and a watcher, for the tests that leave them running."""

from contextlib import ExitStack

import pytest
from processes import Deployment
from storage import Bucket


@pytest.fixture(scope="module")
def running(mongod, migrated, tmp_path_factory):  # noqa: ARG001 - the processes work on it
    """A pod of two workers and a watcher, for the tests that leave them running."""
    cwd = tmp_path_factory.mktemp("deployment")
    deployment = Deployment(mongod, cwd, **Bucket(cwd).env)
    with ExitStack() as stack:
        deployment.processes = [
            stack.enter_context(start()) for start in (deployment.pod, deployment.watcher)
        ]
        yield deployment
        for process in deployment.processes:
            process.terminate()


@pytest.fixture
def deployment(running, database):  # noqa: ARG001 - it is empty afterwards
    return running
