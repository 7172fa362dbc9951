"""How tests are shared out when several processes run them (pytest-xdist)."""

from pathlib import PurePosixPath

from xdist.scheduler import LoadScopeScheduling

WHOLE = {"deploy", "e2e"}
"""Folders whose files share what takes long to start or to render: a file of theirs is never divided."""


class Sharing(LoadScopeScheduling):
    """Whole files first, for they take longest, in the order of their folders; then one test after the other.

    pytest-xdist's own groups stand in the ids of tests, where pytest 9.2 no longer looks for them.
    """

    def _split_scope(self, nodeid):
        file = nodeid.partition("::")[0]
        return file if PurePosixPath(file).parent.name in WHOLE else nodeid
