"""The ledgers of the lake: chained tables of runs, publications, restatements and deeds, and their check."""
