"""Examples in the OpenAPI document: one day of Guntur, as the original request tells it."""

from typing import Any

from service.replies import Json

_GUNTUR = "bc1c823e-b0fb-4b20-88c0-dff25e283252"
_TOM = "b7342e8e-e8e7-4a5d-873e-b1b1bfcdeddb"
_TRANSFER = "a7d39cf6-44b6-41fc-b3e9-7b16df5321c5"

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
    "POST /topup": _TOP_UP,
    "POST /topup/webhook": _TOP_UP,
    "POST /pay": _PAYMENT,
    "POST /transfer": {"transfer_id": _TRANSFER, "status": "PENDING", "target_user": _TOM, **_SENT},
    "GET /transfers/{transfer_id}": {
        "transfer_id": _TRANSFER,
        "status": "SUCCESS",
        "user_id": _GUNTUR,
        "target_user": _TOM,
        "amount": 30_000,
        "remarks": "Hadiah Ultah",
        "failure": None,
        "created_date": "2021-04-01 22:23:20",
        "settled_date": "2021-04-01 22:23:20",
    },
    "GET /transactions": [
        {
            "transfer_id": _TRANSFER,
            "status": "SUCCESS",
            "user_id": _GUNTUR,
            "transaction_type": "DEBIT",
            "kind": "TRANSFER_OUT",
            **_SENT,
        },
        {
            "payment_id": _PAYMENT["payment_id"],
            "status": "SUCCESS",
            "user_id": _GUNTUR,
            "transaction_type": "DEBIT",
            "kind": "PAYMENT",
            **_PAID,
        },
        {
            "top_up_id": _TOP_UP["top_up_id"],
            "status": "SUCCESS",
            "user_id": _GUNTUR,
            "transaction_type": "CREDIT",
            "kind": "TOP_UP",
            "amount": 500_000,
            "remarks": "",
            **_TOPPED_UP,
        },
    ],
}
"""The result of each route that has one."""

PARAMETERS: dict[str, Any] = {
    "transfer_id": _TRANSFER,
    "limit": 20,
}
"""Of what stands in a path, and of what is worth filling in for people in a query, by name."""
