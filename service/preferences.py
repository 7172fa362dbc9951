"""What a client would like, in the header Prefer: https://www.rfc-editor.org/rfc/rfc7240."""

import re

from werkzeug.http import parse_list_header

HEADER = "Prefer"
APPLIED = "Preference-Applied"

_SECONDS = re.compile(r"[0-9]{1,9}")


def wait_s(header: str | None) -> int:
    """Return for how many seconds a client would like to wait; 0 when it does not say.

    What cannot be understood is ignored, as if it were not there; of two, the first counts.
    """
    for preference in parse_list_header(header) if header else ():
        name, _, value = preference.partition(";")[0].partition("=")
        if name.strip().lower() == "wait":
            seconds = value.strip().strip('"')
            return int(seconds) if _SECONDS.fullmatch(seconds) else 0
    return 0


def applied(seconds: int) -> str:
    """Return what the header Preference-Applied says of a wait."""
    return f"wait={seconds}"
