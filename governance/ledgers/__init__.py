"""The lines of the ledgers of audit and of queries, as values, and how lines of queries are chained."""
