"""Tables as CSV in the reference's own layout: 17 digits, NA for what is missing, no dates but ISO ones."""

import csv
import math
from datetime import date
from typing import TextIO

import pyarrow as pa


def cell(value: object) -> str:
    """One value as the reference writes it."""
    if value is None:
        return "NA"
    if isinstance(value, float):
        if math.isnan(value):
            return "NA"
        if math.isinf(value):
            return "Inf" if value > 0 else "-Inf"
        return f"{value:.17g}"
    return value.isoformat() if isinstance(value, date) else str(value)


def write_table(table: pa.Table, file: TextIO) -> None:
    """Write a table with its header; lines end as on Unix."""
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(table.column_names)
    columns = ([cell(value) for value in column.to_pylist()] for column in table.columns)
    writer.writerows(zip(*columns, strict=True))
