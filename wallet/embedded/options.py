"""How mongod is started."""

from dataclasses import dataclass
from pathlib import Path

from wallet.embedded import replica_set
from wallet.embedded.ports import LOOPBACK

# Our transactions take milliseconds; one that a dead process left behind must free its wallets within the
# five seconds of a takeover. The server looks for such only now and then: 2 means up to 4, 5 up to 8.
TRANSACTION_LIFETIME_SECONDS = 2
# Without zlib: mongod 6.0.5 leaks memory to whoever sends a malformed zlib message (CVE-2025-14847).
NETWORK_COMPRESSORS = "snappy,zstd"


@dataclass(frozen=True)
class MongodOptions:
    data_dir: Path
    port: int
    test_commands: bool
    cache_gb: float

    @property
    def host(self) -> str:
        return f"{LOOPBACK}:{self.port}"

    @property
    def db_path(self) -> Path:
        return self.data_dir / "mongodb"

    @property
    def log(self) -> Path:
        return self.data_dir / "mongod.log"

    def argv(self, mongod: Path) -> list[str]:
        return [
            *(str(mongod), "--quiet", "--replSet", replica_set.NAME),
            *("--bind_ip", LOOPBACK, "--port", str(self.port)),
            *("--dbpath", str(self.db_path)),
            *("--logpath", str(self.log), "--logappend"),
            *("--wiredTigerCacheSizeGB", str(self.cache_gb)),
            *("--networkMessageCompressors", NETWORK_COMPRESSORS),
            *("--setParameter", f"transactionLifetimeLimitSeconds={TRANSACTION_LIFETIME_SECONDS}"),
            *("--setParameter", f"enableTestCommands={int(self.test_commands)}"),
        ]
