"""Measures Dompet with its real processes, on a replica set of its own: ``python -m bench``."""
