"""Helpers that tests of several rooms share; one file a concern."""
