"""What a watcher is told by its environment."""

from pydantic import Field, SecretStr

from wallet.exports.settings import ExportSettings


class WatcherSettings(ExportSettings):
    """The watcher's own port is METRICS_PORT + 1 + WATCHER_INDEX, so that a machine can hold several."""

    watcher_index: int = Field(0, ge=0)
    batch_size: int = Field(1_000, ge=1, le=2_000, description="transfers taken at once, at most")

    console_token: SecretStr | None = Field(
        None, min_length=32, description="what operators type to act on the console; without it they cannot"
    )
    drift_share: float = Field(
        0.01, gt=0, le=0.5, description="of the time, at most, for the check of the books"
    )
    drift_pass_seconds: float = Field(10, gt=0, description="from pass to pass, on a small database")

    @property
    def own_port(self) -> int:
        return self.metrics_port + 1 + self.watcher_index if self.metrics_port else 0
