"""Apache Iceberg format 2 as values: table metadata, manifests and views, read and written without a catalog library.

Pure functions over bytes and JSON, shared by every adapter that stores tables; where the bytes lie and how a table's pointer
moves is the adapter's business (`infra/local`). Must never open a file or a database. See docs/adr/0004-write-audit-publish.md.
"""
