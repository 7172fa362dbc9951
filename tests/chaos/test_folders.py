"""What a killed campaign leaves behind is thrown away by the next one, and nothing else is."""

import os

from tests.chaos import folders

DEAD = 2**22 + 1
"""More than any process may be called."""


def test_only_what_a_dead_campaign_left_without_a_result_is_thrown_away(tmp_path):
    names = ("left", "finished", "alive")
    left, finished, alive = (
        tmp_path / f"dompet-chaos-{pid}-{name}"
        for pid, name in zip((DEAD, DEAD, os.getpid()), names, strict=True)
    )
    for folder in (left, finished, alive):
        folder.mkdir()
    (finished / folders.RESULT).write_text("{}")

    folders.sweep(tmp_path)

    assert not left.exists()
    assert finished.exists()
    assert alive.exists()
