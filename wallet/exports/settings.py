"""Where exports lie: what pods and watchers are told by their environment."""

from pydantic import Field

from wallet.settings import Settings


class ExportSettings(Settings):
    """Region and credentials are those of AWS's own environment, in a cluster those of the pod's identity."""

    exports_bucket: str | None = Field(None, min_length=3, description="of S3; without it exports are off")
    exports_prefix: str = Field("", pattern="^([!-~]*/)?$", description="before each key; ends with a slash")
    exports_endpoint: str | None = Field(
        None, pattern="^https?://", description="of something that speaks as S3 does, instead of S3"
    )
