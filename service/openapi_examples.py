"""Examples in the OpenAPI document: one day of Guntur, as the original request tells it."""

from typing import Any

from service.replies import Json

_GUNTUR = "bc1c823e-b0fb-4b20-88c0-dff25e283252"
_TOM = "b7342e8e-e8e7-4a5d-873e-b1b1bfcdeddb"
_TRANSFER = "a7d39cf6-44b6-41fc-b3e9-7b16df5321c5"
_EXPORTED = "0e2f6a0e-6c1c-5b7e-9f0a-3a53c1b0c7b4"

_REGISTERED: Json = {
    "user_id": _GUNTUR,
    "first_name": "Guntur",
    "last_name": "Saputro",
    "phone_number": "0811255501",
    "address": "Jl. Kebon Sirih No. 1",
    "created_date": "2021-04-01 22:21:20",
}
_TOKENS: Json = {name: f"{{{name}}}" for name in ("access_token", "refresh_token")}
_TOPPED_UP: Json = {"balance_before": 0, "balance_after": 500_000, "created_date": "2021-04-01 22:21:21"}
_TOP_UP: Json = {"top_up_id": "201ddde1-f797-484b-b1a0-07d1190e790a", "amount_top_up": 500_000, **_TOPPED_UP}
_PAID: Json = {
    "amount": 100_000,
    "remarks": "Pulsa Telkomsel 100k",
    "balance_before": 500_000,
    "balance_after": 400_000,
    "created_date": "2021-04-01 22:22:00",
}
_PAYMENT: Json = {"payment_id": "13bcb11c-111e-4a65-9afd-90a86a01cd21", **_PAID}
_SENT: Json = {
    "amount": 30_000,
    "remarks": "Hadiah Ultah",
    "balance_before": 400_000,
    "balance_after": 370_000,
    "created_date": "2021-04-01 22:23:20",
}

_WISH: Json = {"target_user": _TOM, "amount": 30_000, "remarks": "Hadiah Ultah"}
_ACCEPTED: Json = {"transfer_id": _TRANSFER, "status": "PENDING", "target_user": _TOM, **_SENT}
_END: Json = {"failure": None, "settled_date": "2021-04-01 22:23:20", "refunded": False}
SETTLED: Json = {**_ACCEPTED, "status": "SUCCESS", **_END}
"""What ``POST /transfer`` answers to who waits for it."""

PREVIEWED: Json = {"dry_run": True, **_WISH, "balance_before": 400_000, "balance_after": 370_000}
"""What ``POST /transfer?dry_run=true`` answers."""

_LINES: list[Json] = [
    {
        "transfer_id": _TRANSFER,
        "user_id": _GUNTUR,
        "transaction_type": "DEBIT",
        "kind": "TRANSFER_OUT",
        "counterparty": _TOM,
        **_SENT,
    },
    {
        "payment_id": _PAYMENT["payment_id"],
        "user_id": _GUNTUR,
        "transaction_type": "DEBIT",
        "kind": "PAYMENT",
        "counterparty": None,
        **_PAID,
    },
    {
        "top_up_id": _TOP_UP["top_up_id"],
        "user_id": _GUNTUR,
        "transaction_type": "CREDIT",
        "kind": "TOP_UP",
        "amount": 500_000,
        "remarks": "",
        "counterparty": None,
        **_TOPPED_UP,
    },
]
"""Newest first."""

STATEMENT_CSV = """\
seq,date,kind,id,counterparty,remarks,debit,credit,balance,count,total
,,OPENING_BALANCE,,,,,,0,,
1,2021-04-01 22:21:21,TOP_UP,201ddde1-f797-484b-b1a0-07d1190e790a,,,,500000,500000,,
"""
"""How ``GET /statements/2021-04?format=csv`` begins."""

_EXPORT: Json = {
    "export_id": _EXPORTED,
    "month": "2021-04",
    "format": "pdf",
    "state": "QUEUED",
    "created_date": "2021-05-02 08:00:00",
}

SUCCESSES: dict[str, Any] = {
    "POST /register": _REGISTERED,
    "POST /login": _TOKENS,
    "POST /refresh": _TOKENS,
    "GET /profile": {
        **_REGISTERED,
        "updated_date": "2021-04-01 22:21:20",
        "balance": 370_000,
        "wallet_status": "ACTIVE",
    },
    "PUT /profile": {
        "user_id": _GUNTUR,
        "first_name": "Tom",
        "last_name": "Araya",
        "address": "Jl. Diponegoro No. 215",
        "updated_date": "2021-04-01 23:00:20",
    },
    "POST /lookup": {"user_id": _TOM, "name": "To*** Ar***"},
    "POST /topup": _TOP_UP,
    "POST /topup/webhook": _TOP_UP,
    "POST /pay": _PAYMENT,
    "POST /transfer": _ACCEPTED,
    "GET /transfers/{transfer_id}": {
        "transfer_id": _TRANSFER,
        "status": "SUCCESS",
        "user_id": _GUNTUR,
        "target_user": _TOM,
        "amount": 30_000,
        "remarks": "Hadiah Ultah",
        "created_date": "2021-04-01 22:23:20",
        **_END,
    },
    "GET /transfers/{transfer_id}/timeline": [
        {"step": "accepted", "at": "2021-04-01T22:23:20.118+07:00", "after_ms": None, "reason": None},
        {"step": "picked_up", "at": "2021-04-01T22:23:20.121+07:00", "after_ms": 3, "reason": None},
        {"step": "settled", "at": "2021-04-01T22:23:20.123+07:00", "after_ms": 2, "reason": None},
    ],
    "POST /exports": _EXPORT,
    "GET /exports/{export_id}": {
        **_EXPORT,
        "state": "DONE",
        "attempts": 1,
        "failure": None,
        "started_date": "2021-05-02 08:00:00",
        "finished_date": "2021-05-02 08:00:01",
        "size": 24_512,
        "url": f"https://statements.s3.amazonaws.com/{_GUNTUR}/2021-04/{_EXPORTED}.pdf?X-Amz-Signature=...",
        "url_seconds": 300,
    },
    "GET /events": (
        "retry: 1000\n\n"
        "id: 3\nevent: transfer_out\n"
        f'data: {{"transfer_id": "{_TRANSFER}", "status": "PENDING", "amount": 30000, "seq": 3}}\n\n'
    ),
    "GET /transactions": [{**line, "status": "SUCCESS"} for line in _LINES],
    "GET /statements/{month}": {
        "month": "2021-04",
        "user_id": _GUNTUR,
        "as_of": "2021-05-02 08:00:00",
        "complete": True,
        "opening_balance": 0,
        "closing_balance": 370_000,
        "totals": {
            "debits": {"count": 2, "amount": 130_000},
            "credits": {"count": 1, "amount": 500_000},
            "by_kind": {
                "TOP_UP": {"count": 1, "amount": 500_000},
                "PAYMENT": {"count": 1, "amount": 100_000},
                "TRANSFER_OUT": {"count": 1, "amount": 30_000},
                "TRANSFER_IN": {"count": 0, "amount": 0},
                "REFUND": {"count": 0, "amount": 0},
            },
        },
        "entries": [{**line, "seq": seq} for seq, line in enumerate(reversed(_LINES), 1)],
    },
}
"""The result of each route that has one."""

PARAMETERS: dict[str, Any] = {
    "transfer_id": _TRANSFER,
    "export_id": _EXPORTED,
    "month": "2021-04",
    "limit": 20,
}
"""Of what stands in a path, and of what is worth filling in for people in a query, by name."""
