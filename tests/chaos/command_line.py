"""What the programs here have in common for those who call them."""

import argparse
import sys

from tests.chaos.campaign import Campaign
from wallet.supervisor.errors import KillRequested, StopRequested

STOPPED = 130


def of_campaign(prog: str, about: str | None, examples: str) -> argparse.ArgumentParser:
    """Return the parser of a program that plays a campaign."""
    parser = argparse.ArgumentParser(
        prog=prog,
        description=about,
        epilog=examples,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--parallel", type=int, default=1, metavar="N", help="so many runs at a time")
    parser.add_argument("--keep", action="store_true", help="keep histories, logs and data of every run")
    return parser


def played(campaign: Campaign) -> int:
    """Play ``campaign``; return 0, or the exit code of whoever was stopped amid it."""
    try:
        campaign.play()
    except StopRequested:
        return STOPPED
    except KillRequested as request:
        return request.exit_code
    return 0


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()
