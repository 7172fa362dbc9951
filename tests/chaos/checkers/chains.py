"""P2, P6: each wallet's entries are 1..n without a gap, each goes on where the last ended, the wallet too."""

from tests.chaos.books import Books
from tests.chaos.evidence import Evidence, Violation


def check(evidence: Evidence, books: Books) -> list[Violation]:
    return [Violation(*mistake) for mistake in books.chains(evidence.cap)]
