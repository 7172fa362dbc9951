"""Dompet's core: the ledger, the store, the use cases and the ``dompet`` command."""
