"""Engines that run compiled statements: `duckdb` on one machine, `spark` when the data outgrows it."""
