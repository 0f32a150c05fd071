"""The gate: how the keys of each metric add up, and what is published for it."""
