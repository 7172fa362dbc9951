"""Proof, from the ledger alone, that the promises about money hold."""

from wallet.audit.auditor import audit
from wallet.audit.report import Counts, Offence, Promise, Report
from wallet.audit.since import audit_since

__all__ = ["Counts", "Offence", "Promise", "Report", "audit", "audit_since"]
