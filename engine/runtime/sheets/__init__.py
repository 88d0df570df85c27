"""Rows of registries as offices exchange them: Excel workbooks and CSV files, read and written."""
