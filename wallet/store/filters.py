"""Filters as queries of ``entries``. What clients send is always a value, never a part of the query."""

import re

from wallet.models import Kind
from wallet.rules.filters import Filter
from wallet.store.client import Document


def conditions(wanted: Filter) -> Document:
    """Return what an entry must be; the status of a transfer does not stand in it."""
    found: Document = {}
    if len(wanted.kinds) < len(Kind):
        found["kind"] = {"$in": sorted(kind.value for kind in wanted.kinds)}
    dates = {"$gte": wanted.since, "$lt": wanted.until}
    if bounds := {name: date for name, date in dates.items() if date is not None}:
        found["date"] = bounds
    if wanted.counterparty is not None:
        found["counterparty"] = wanted.counterparty
    if wanted.text:
        found["remarks"] = {"$regex": re.escape(wanted.text), "$options": "i"}
    return found
