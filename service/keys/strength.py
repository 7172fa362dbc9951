"""Which secrets nobody can guess."""

SHORTEST_SECRET = 32
"""Characters; RFC 7518 asks HS256 for a key of 256 bits."""

CURE = "is missing or easy to guess: make one with `openssl rand -base64 32`"

_FEWEST_CHARACTERS = 12
_PUBLISHED = frozenset(
    {
        # What the pages that explain JWT sign their examples with: long enough, and known to every forger.
        "a-string-secret-at-least-256-bits-long",
        "a-valid-string-secret-that-is-at-least-512-bits-long-which-is-very-long",
        "your-256-bit-secret-your-256-bit-secret",
        "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow",
    }
)


def is_strong(secret: str) -> bool:
    return (
        len(secret) >= SHORTEST_SECRET and len(set(secret)) >= _FEWEST_CHARACTERS and secret not in _PUBLISHED
    )
