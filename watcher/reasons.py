"""Why an attempt at a transfer failed, in a word that anybody may be told."""

from wallet.errors import MalformedDocument, WalletError
from wallet.store.faults import AlreadyExists

KNOWN = (AlreadyExists.code, MalformedDocument.code)
OTHER = "other"


def reason_of(fault: Exception) -> str:
    """Return the code of ``fault``, or ``OTHER`` for whatever else can go wrong inside."""
    code = fault.code if isinstance(fault, WalletError) else OTHER
    return code if code in KNOWN else OTHER
