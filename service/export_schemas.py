"""What requests for exports look like."""

from typing import Annotated

from pydantic import Field, StrictStr, WithJsonSchema

from service.schemas import _Body, _example
from wallet.export_job import Format
from wallet.rules.month import PATTERN

MonthName = Annotated[StrictStr, Field(json_schema_extra={"pattern": f"^{PATTERN}$"})]
FormatName = Annotated[Format, WithJsonSchema({"type": "string", "enum": list(Format)})]


class ExportRequest(_Body):
    model_config = _example(month="2026-11", format="pdf")

    month: MonthName
    format: FormatName
