"""P18: ``dompet audit``, which shares nothing with these checkers, comes to the same."""

from tests.chaos.books import Books
from tests.chaos.evidence import Evidence, Violation


def check(evidence: Evidence, books: Books) -> list[Violation]:  # noqa: ARG001
    if evidence.audit is None or evidence.audit.exit_code == 0:
        return []
    said = evidence.audit.output.strip()[-500:]
    return [Violation("P18", f"it exits with {evidence.audit.exit_code}: {said}", "dompet audit")]
