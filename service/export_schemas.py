"""What requests for exports look like."""

from typing import Annotated

from pydantic import StrictStr, WithJsonSchema

from service.schemas import Body, example
from service.statement_shapes import MONTH
from wallet.export_job import Format

MonthName = Annotated[StrictStr, WithJsonSchema(MONTH)]
FormatName = Annotated[Format, WithJsonSchema({"type": "string", "enum": list(Format)})]


class ExportRequest(Body):
    model_config = example(month="2026-11", format="pdf")

    month: MonthName
    format: FormatName
