"""Tests that meet real servers and engines: moto, Trino, Spark, dbt. How they run is told in docs/lab.md."""
