"""Adapters for a lake in a local folder: Iceberg on SQLite, files, locks, the locked query process."""
