"""Why mongod does not run, and how to mend it."""

import re

from wallet.embedded.options import MongodOptions

DEBIAN_PACKAGES = {
    "libcurl.so.4": "libcurl4",
    "libcrypto.so.3": "libssl3",
    "libssl.so.3": "libssl3",
    "liblzma.so.5": "liblzma5",
}

CAUSES = {
    r"error while loading shared libraries: (?P<library>[^\s:]+)": (
        "The library {library} is missing. Install it (on Debian and Ubuntu: apt-get install {package}), "
        "or set MONGODB_URI to a replica set that runs elsewhere."
    ),
    r"GLIBC\w* not found|Exec format error|SIGILL": (
        "This mongod was built for another system (Linux x86-64 with glibc 2.35 or later, AVX). "
        "Set MONGODB_URI to a replica set that runs elsewhere."
    ),
    r"DBPathInUse": (
        "Another mongod{holder} already works on {db_path}. "
        "Stop it{kill}, or choose another data directory with DATA_DIR."
    ),
    r"Address already in use": (
        "Port {port} was taken by another program. Start again: a free port will be chosen."
    ),
    r"No space left on device": "The disk is full. Free some space for {data_dir}.",
    r"Permission denied|read-only": "It may not write to {data_dir}. Make that writable, or set DATA_DIR.",
    r"UPGRADE PROBLEM|unsupported WiredTiger file version|Wrong mongod version": (
        "The data in {db_path} was written by another version of MongoDB. Use that version, or choose "
        "another data directory with DATA_DIR."
    ),
}


def diagnose(options: MongodOptions, evidence: list[str]) -> str:
    """Return what to do about a mongod that left this evidence: its end, its output, its complaints."""
    said = "\n".join(evidence)
    for pattern, advice in CAUSES.items():
        if found := re.search(pattern, said):
            return f"mongod cannot start. {advice.format(**facts(options, found))}"
    return f"mongod cannot start. What it said last (more in {options.log}):\n{said}"


def facts(options: MongodOptions, found: re.Match[str]) -> dict[str, str]:
    library = found.groupdict().get("library", "")
    pid = lock_holder(options)
    return {
        "library": library,
        "package": DEBIAN_PACKAGES.get(library, f"the package with {library}"),
        "holder": f" (pid {pid})" if pid else "",
        "kill": f" (kill {pid})" if pid else "",
        "port": str(options.port),
        "db_path": str(options.db_path),
        "data_dir": str(options.data_dir),
    }


def lock_holder(options: MongodOptions) -> str:
    """Return the pid that mongod leaves in its lock file."""
    lock = options.db_path / "mongod.lock"
    return lock.read_text().strip() if lock.exists() else ""
