"""The endings of files, which decide how a file is read and written."""

DELIMITED = (".csv", ".tsv", ".txt")
PARQUET = (".parquet", ".pq")
