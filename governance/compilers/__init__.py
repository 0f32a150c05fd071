"""Targets the access policy compiles to; each is tested cell by cell against the evaluator."""
