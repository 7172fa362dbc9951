"""How a bug is planted: attributes of the product are set, for good in a process or until a test ends."""

from collections.abc import Callable
from typing import Any

Patch = Callable[[Any, str, Any], None]
"""``setattr``, or that of pytest's monkeypatch."""
