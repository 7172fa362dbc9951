"""Why a case has no figures."""


class CaseFailed(Exception):
    """What was measured means nothing: requests failed, the books do not balance, something hung."""
