"""The registry: what a metric means, who agreed to it, and every rule a lake project's files must keep.

Must never touch the network, an engine (duckdb, pyspark), AWS (boto3) or the command line (typer).
"""
