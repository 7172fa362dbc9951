"""How long to wait after tries of a PIN that were not right: longer each time, then a lock.

Tries in a row count until one is right, whatever time lies between them, or until nobody has tried for a day.
So somebody who guesses gets five tries at once, fourteen on the first day and six on each that follows;
of PSD2's five before a block (RTS 2018/389, article 4(3)(b)) and NIST's hundred in all (SP 800-63B, 5.2.2)
neither is passed within a fortnight.
"""

WAITS_S = (0, 0, 1, 5, 900, 1_800, 3_600, 7_200, 14_400)
"""Seconds to wait after the first try, the second, and so on; the last one stays."""

LOCKS_AT = 5
"""The try in a row whose wait is called a lock."""

FORGOTTEN_AFTER_S = 86_400
"""Seconds without a try, from the end of the wait, after which the tries no longer count."""


def wait_after(tries: int) -> int:
    """Return the seconds to wait after so many tries in a row, of which there was at least one."""
    return WAITS_S[min(tries, len(WAITS_S)) - 1]


def locks(tries: int) -> bool:
    return tries >= LOCKS_AT
