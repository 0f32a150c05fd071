"""Verification from the records alone: who turned which key over which meaning, and what no keys covered."""
