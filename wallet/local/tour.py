"""The tour: from registering to the list of transactions, to paste into bash."""

import json
from collections.abc import Mapping
from shlex import quote
from string import Template

from wallet.local.example_data import DemoUser

# Nobody in the example data has these phone numbers.
NEWCOMER = {
    "first_name": "Guntur",
    "last_name": "Saputro",
    "phone_number": "0811255501",
    "address": "Jl. Kebon Sirih No. 1",
    "pin": "123456",
}
FRIEND = {
    "first_name": "Tom",
    "last_name": "Araya",
    "phone_number": "0811255502",
    "address": "Jl. Diponegoro No. 215",
    "pin": "654321",
}


class Script(Template):
    """A template of bash, where the dollar sign is taken."""

    delimiter = "@"


REGISTER = Script("""\
curl -sw '\\n' $API/register -H "$JSON" -d @body
""")

TOUR = Script("""\
API=@api
JSON='Content-Type: application/json'
result() { python3 -c 'import json, sys; print(json.load(sys.stdin)["result"][sys.argv[1]])' "$1"; }

@{register}ME="Authorization: Bearer $(curl -s $API/login -H "$JSON" -d @me | result access_token)"
curl -sw '\\n' $API/topup -H "$ME" -H "$JSON" -d '{"amount": 500000}'
curl -sw '\\n' $API/pay -H "$ME" -H "$JSON" -d '{"amount": 100000, "remarks": "Pulsa Telkomsel 100k"}'

FRIEND="Authorization: Bearer $(curl -s $API/login -H "$JSON" -d @friend | result access_token)"
TARGET=$(curl -s $API/profile -H "$FRIEND" | result user_id)
curl -sw '\\n' $API/transfer -H "$ME" -H "$JSON" \\
  -d '{"target_user": "'$TARGET'", "amount": 30000, "remarks": "Hadiah Ultah"}'
curl -sw '\\n' $API/transactions -H "$ME"
""")


def tour(api: str, demo_user: DemoUser | None) -> str:
    """Return commands that work as often as they are pasted: who is registered can still log in."""
    newcomers = [NEWCOMER] if demo_user else [NEWCOMER, FRIEND]
    return TOUR.substitute(
        api=api,
        register="".join(REGISTER.substitute(body=argument(newcomer)) for newcomer in newcomers),
        me=argument(credentials(NEWCOMER)),
        friend=argument(credentials(vars(demo_user) if demo_user else FRIEND)),
    )


def credentials(user: Mapping[str, str]) -> dict[str, str]:
    return {"phone_number": user["phone_number"], "pin": user["pin"]}


def argument(body: Mapping[str, str]) -> str:
    return quote(json.dumps(body))
