"""Programs that are no Python packages: without them a test is skipped on a laptop, and fails in CI."""

import os
import shutil

import pytest


def program(*names):
    """The first of ``names`` that is on the PATH."""
    for name in names:
        if shutil.which(name):
            return name
    if os.environ.get("CI"):
        pytest.fail(f"{names[0]} is not on the PATH")
    return pytest.skip(f"{names[0]} is not on the PATH")
