"""The edges people touch: HTTP, the first pages and the command line."""
