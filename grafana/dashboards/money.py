"""Where the money is: what moved, what is in flight, and whether the books are right."""

from grafana.board import Board, Row
from grafana.panels import (
    COUNT,
    GREEN,
    PER_SECOND,
    RED,
    RUPIAH,
    SECONDS,
    YELLOW,
    Look,
    Query,
    lines,
    stat_of,
)
from grafana.promql import in_range, rate, select, shared
from grafana.rules.causes import STALE_CHECK_S

_ZERO_OR_PAGE = ((float("-inf"), RED), (0, GREEN), (1, RED))
_CHECK_AGE = f"min({select('wallet_drift_check_age_seconds')})"

_BOOKS = [
    stat_of(
        "Drift of the books",
        "Balances + money in flight - (top-ups - payments). Anything but 0: money was made or lost.",
        Look(RUPIAH, _ZERO_OR_PAGE, alert="DompetConservationDrift", width=6),
        shared("wallet_conservation_drift_rupiah"),
    ),
    stat_of(
        "Wallets that drifted",
        "Wallets whose balance or chain of entries disagrees with the ledger, as of the last look at each.",
        Look(COUNT, ((0, GREEN), (1, RED)), alert="DompetWalletDrift", width=6),
        shared("wallet_wallets_drifted"),
    ),
    stat_of(
        "Last full check",
        "How long ago every wallet had been compared with the ledger once.",
        Look(
            SECONDS,
            ((0, GREEN), (STALE_CHECK_S / 2, YELLOW), (STALE_CHECK_S, RED)),
            alert="DompetDriftCheckStale",
            width=6,
        ),
        _CHECK_AGE,
    ),
    stat_of(
        "Parked transfers",
        "Transfers whose money waits until an operator decides.",
        Look(COUNT, ((0, GREEN), (1, RED)), alert="DompetTransfersParked", width=6),
        shared("wallet_transfers_parked"),
    ),
    lines(
        "Drift",
        "The books as a whole, over time.",
        Look(RUPIAH, ((float("-inf"), RED), (0, GREEN), (1, RED)), lowest=None, width=6),
        Query(shared("wallet_conservation_drift_rupiah"), "drift"),
    ),
    lines(
        "Age of the last full check",
        "It falls to 0 whenever a pass over all wallets is complete.",
        Look(SECONDS, ((0, GREEN), (STALE_CHECK_S, RED)), alert="DompetDriftCheckStale", width=6),
        Query(_CHECK_AGE, "age"),
    ),
    lines(
        "Entries compared",
        "Entries of the ledger that were compared with their wallets.",
        Look(PER_SECOND, width=6),
        Query(rate("wallet_drift_checked_entries_total"), "entries"),
    ),
    lines(
        "Entries not compared yet",
        "New entries that the last pass left for later: so far behind is the proof of the chains.",
        Look(COUNT, width=6),
        Query(shared("wallet_drift_unproven_entries"), "entries"),
    ),
]

_FLOW = [
    lines(
        "Money in flight",
        "Debited from senders, and not yet credited or refunded; parked transfers included.",
        Look(RUPIAH),
        Query(shared("wallet_transfers_pending_rupiah"), "in flight"),
    ),
    lines(
        "Money that moves",
        "Rupiah a second that are topped up, paid and sent.",
        Look(RUPIAH),
        Query(rate("wallet_postings_rupiah_total", by="kind"), "{{kind}}"),
    ),
    lines(
        "Money of transfers",
        "Rupiah a second that reach their receivers, and that go back to their senders.",
        Look(RUPIAH),
        Query(rate("wallet_transfers_rupiah_total", by="outcome"), "{{outcome}}"),
    ),
    lines(
        "Accepted postings",
        "Top-ups, payments and transfers that were posted.",
        Look(PER_SECOND),
        Query(rate("wallet_postings_total", 'outcome="posted"', by="kind"), "{{kind}}"),
    ),
    lines(
        "Refused postings",
        "By the code of the refusal. A replay is the answer to a repeated request, not a refusal.",
        Look(PER_SECOND, stacked=True),
        Query(rate("wallet_postings_total", 'outcome!~"posted|replayed"', by="outcome"), "{{outcome}}"),
    ),
    lines(
        "Replays",
        "Requests that were answered from what an earlier one had done, by their Idempotency-Key.",
        Look(PER_SECOND),
        Query(rate("wallet_postings_total", 'outcome="replayed"', by="kind"), "{{kind}}"),
    ),
]

_VOLUME = [
    stat_of(
        title,
        f"Rupiah {what} in the time that is shown.",
        Look(RUPIAH, width=6),
        in_range(name, matcher),
    )
    for title, what, name, matcher in (
        ("Topped up", "topped up", "wallet_postings_rupiah_total", 'kind="TOP_UP"'),
        ("Paid", "paid", "wallet_postings_rupiah_total", 'kind="PAYMENT"'),
        ("Transferred", "that reached their receivers", "wallet_transfers_rupiah_total", 'outcome="settled"'),
        (
            "Refunded",
            "that went back to their senders",
            "wallet_transfers_rupiah_total",
            'outcome="refunded"',
        ),
    )
]

BOARD = Board(
    "dompet-money",
    "Dompet: money",
    "Where the money is: what moved, what is in flight, and whether the books are right.",
    [
        Row("Books", _BOOKS),
        Row("Volume", _VOLUME),
        Row("Flow", _FLOW),
    ],
)
