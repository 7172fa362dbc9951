"""An export is never in the way of money, whatever shares the processors out."""

import subprocess
import sys
from pathlib import Path

import pytest

AUTOGROUP = Path("/proc/self/autogroup")
TOLD = "import os; from wallet.exports.__main__ import give_way; give_way(); print(os.nice(0))"
GROUP = f"{TOLD}; print(open({str(AUTOGROUP)!r}).read())"


def told(code):
    """What a process in a session of its own prints, as that of an export is."""
    return subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True, start_new_session=True
    ).stdout


def test_it_is_as_nice_as_can_be():
    assert told(TOLD).split() == ["19"]


@pytest.mark.skipif(not AUTOGROUP.exists(), reason="processes are not grouped by sessions here")
def test_so_is_its_session():
    """Niceness counts among those of one session: four transfers of ten were lost to exports that ran."""
    assert told(GROUP).split()[-2:] == ["nice", "19"]


def test_nothing_is_imported_before():
    """To import what an export needs is half of its work."""
    lines = (Path(__file__).parents[2] / "wallet" / "exports" / "__main__.py").read_text().splitlines()
    imported = {line.split()[1] for line in lines if line.startswith(("import ", "from "))}
    assert imported <= sys.stdlib_module_names
