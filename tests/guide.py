"""Runs the shell of docs/api.md and of each page in docs/api/, as readers paste it, against a running API.

python -m tests.guide http://127.0.0.1:8000

All blocks of a page run in one bash, after those of the section that every page builds upon. A block of JSON
behind one of bash is what that answers: names and types must be the same, and the values that are words of
the API.
"""

import json
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

DOCS = Path(__file__).parents[1] / "docs"
GUIDE = DOCS / "api.md"
FOUNDATION = "Five minutes"
"""The section of the guide that every page builds upon."""

ADDRESS = "http://127.0.0.1:8000"
"""Where the guide says that the API is."""

SHELLS = {"bash", "sh", "shell", "console"}
WORDS = {"status", "code", "message", "transaction_type", "kind"}
"""Fields whose values are the API's own: they must be as written."""

LONGEST_S = 300
_FENCE = re.compile(r"^([ \t]*)```([^\n]*)\n(.*?)^[ \t]*```$", re.MULTILINE | re.DOTALL)
_EXCUSE = re.compile(r"<!-- not run:(.*)-->\n\Z")
_MARK = "\x1e"
"""Stands before the output of each block, with its number."""


class Unfit(Exception):
    """The page is not written as the guide says, or does not tell the truth."""


@dataclass(frozen=True)
class Block:
    """A block of bash: where it stands, and what it answers if the page says so."""

    where: str
    section: str
    text: str
    answer: Any = None


def blocks(page: Path) -> list[Block]:
    """Return what is to be run of a page.

    Raises:
        Unfit: there is something that neither runs nor says why.
    """
    text, found, end = page.read_text(), [], 0
    asked = None
    for fence in _FENCE.finditer(text):
        indent, language, body = fence.groups()
        before, end = text[end : fence.start()], fence.end()
        where = f"{page.name}:{text.count(chr(10), 0, fence.start()) + 1}"
        if language == "json" and asked is not None and not re.search("^#", before, re.MULTILINE):
            found[-1] = replace(asked, answer=json.loads(body))
        asked = None
        if language in SHELLS and not excused(before, where):
            if indent or language != "bash":
                raise Unfit(f"{where}: shell that runs is fenced as bash, at the margin")
            asked = Block(where, _section(text[: fence.start()]), body)
            found.append(asked)
    return found


def excused(before: str, where: str) -> bool:
    """Tell whether what stands before a block says why it is not run."""
    excuse = _EXCUSE.search(before)
    if excuse and not excuse[1].strip():
        raise Unfit(f"{where}: it is not run, and nothing says why")
    return excuse is not None


def _section(before: str) -> str:
    headings = re.findall(r"^#+ (.*)$", before, re.MULTILINE)
    return headings[-1] if headings else ""


def script(foundation: Sequence[Block], pages: Sequence[Sequence[Block]]) -> str:
    """Return one bash script: what all build upon, then each page in a shell of its own."""
    numbers = count()
    parts = ["set -euo pipefail", *(_marked(block, next(numbers)) for block in foundation)]
    for page in pages:
        parts += ["(", *(_marked(block, next(numbers)) for block in page), ":", ")"]
    return "\n".join(parts) + "\n"


def _marked(block: Block, number: int) -> str:
    return f"printf '{_MARK}{number}\\n'\n{block.text}"


def run(commands: str) -> tuple[int, dict[int, str]]:
    """Run a script in a directory of its own; return its exit code, and what each block printed."""
    with TemporaryDirectory() as elsewhere:
        file = Path(elsewhere, "guide.sh")
        file.write_text(commands)
        ended = subprocess.run(
            ["bash", file],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            text=True,
            cwd=elsewhere,
            timeout=LONGEST_S,
            check=False,
        )
    outputs = (one.partition("\n") for one in ended.stdout.split(_MARK)[1:])
    return ended.returncode, {int(number): output for number, _, output in outputs}


def last_json(output: str) -> Any:
    """Return the last value of JSON in what was printed; ``None`` when there is none."""
    decoder, found, at = json.JSONDecoder(), None, 0
    while (begin := re.compile(r"[{\[]").search(output, at)) is not None:
        try:
            found, at = decoder.raw_decode(output, begin.start())
        except ValueError:
            at = begin.end()
    return found


def differences(told: Any, found: Any, name: str = "the answer") -> Iterator[str]:
    """Say where an answer is not as the page tells it."""
    if type(told) is not type(found):
        yield f"{name} is {json.dumps(found)}, not like {json.dumps(told)}"
    elif isinstance(told, dict):
        if told.keys() != found.keys():
            yield f"{name} has {sorted(found)}, not {sorted(told)}"
        for key in told.keys() & found.keys():
            yield from differences(told[key], found[key], f"{name}'s {key}")
            if key in WORDS and told[key] != found[key]:
                yield f"{name}'s {key} is {found[key]!r}, not {told[key]!r}"
    elif isinstance(told, list) and told:
        yield from differences(told[0], found[0], f"{name}'s first") if found else (f"{name} is empty",)


def check(guide: Path, pages: Sequence[Path], address: str) -> None:
    """Run it all, and hold the answers to the pages.

    Raises:
        Unfit: a page is not written as the guide says, a command failed, or an answer is another.
    """
    whole = blocks(guide)
    foundation = [block for block in whole if block.section == FOUNDATION]
    rest = [[block for block in whole if block.section != FOUNDATION], *map(blocks, pages)]
    every = [*foundation, *(block for page in rest for block in page)]
    code, outputs = run(script(foundation, rest).replace(ADDRESS, address))
    if code:
        failed = max(outputs)
        raise Unfit(f"{every[failed].where}: it ended with {code}, having printed\n{outputs[failed]}")
    untrue = [
        f"{block.where}: {difference}"
        for block, output in zip(every, outputs.values(), strict=True)
        if block.answer is not None
        for difference in differences(block.answer, last_json(output))
    ]
    if untrue:
        raise Unfit("\n".join(untrue))
    sys.stdout.write(f"guide: {len(every)} blocks of {len(pages) + 1} pages run, and answer as written\n")


if __name__ == "__main__":
    check(GUIDE, sorted((DOCS / "api").glob("*.md")), sys.argv[1])
