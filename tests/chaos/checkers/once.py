"""P3: an accepted transfer has one debit, and one credit or one refund."""

from tests.chaos.books import Books
from tests.chaos.evidence import Evidence, Violation


def check(evidence: Evidence, books: Books) -> list[Violation]:  # noqa: ARG001
    return [Violation(*mistake) for mistake in books.once()]
