"""Rows of registries as offices exchange them: Excel workbooks and CSV files, read and written."""

XLSX, CSV = "xlsx", "csv"
MEDIA_TYPES = {XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", CSV: "text/csv"}
