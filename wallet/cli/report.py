"""An audit's report, for people and for programs."""

import orjson

from wallet.audit import Counts, Report
from wallet.models import Kind, TransferStatus


def as_text(report: Report) -> str:
    """Return what was counted, then the verdict and the first offenders."""
    return "\n".join([*_bounds(report), *_counted(report.counts), *_verdict(report)])


def as_json(report: Report) -> bytes:
    """Return ``clean``, ``counts`` (sums in rupiah), ``offence_count`` and the first ``offences``.

    ``since`` is null when everything was looked at.
    """
    document = {
        "clean": report.clean,
        "since": report.since,
        "counts": report.counts,
        "offence_count": report.offence_count,
        "offences": report.offences,
    }
    return orjson.dumps(document, option=orjson.OPT_NON_STR_KEYS)


def _bounds(report: Report) -> list[str]:
    if report.since is None:
        return []
    return [f"since {report.since:%Y-%m-%d %H:%M:%S %Z}: users and conservation (P1) are not looked at"]


def _counted(counts: Counts) -> list[str]:
    statuses = ", ".join(f"{counts.transfers[status]:,} {status}" for status in TransferStatus)
    return [
        f"users        {counts.users:>12,}",
        f"wallets      {counts.wallets:>12,}  Rp {counts.balances:,}",
        f"entries      {counts.entries.total():>12,}",
        *(f"  {kind:<12} {counts.entries[kind]:>10,}  Rp {counts.amounts[kind]:,}" for kind in Kind),
        f"transfers    {counts.transfers.total():>12,}  {statuses} ({counts.parked:,} parked)",
        f"in flight    {'':>12}  Rp {counts.in_flight:,}",
    ]


def _verdict(report: Report) -> list[str]:
    if report.clean:
        return ["ok: every promise is kept"]
    named = [f"  {offence}" for offence in report.offences]
    return [f"BROKEN: {report.offence_count:,} offences, the first {len(named)}:", *named]
