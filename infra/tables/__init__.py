"""Iceberg tables through PyIceberg: shapes, listings of data files, commits.

Shared by every adapter whose catalog PyIceberg knows; where pointers lie is the adapter's business (`infra/local`).
"""
