"""A small Athena over Trino: moto's Athena answers every query with nothing, so the lab's server runs them for real.

`responses` is the API's face, `execution` runs one query, `statements` turns Athena's own DDL into Trino's, `results` writes what
Athena writes to S3, `caller` says who asks, `governing` makes a query read
what Lake Formation lets its asker read. What differs from Athena is told in docs/lab.md.
"""
