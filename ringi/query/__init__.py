"""Queries of an opened lake: what they are answered from, what one may use, and moments as people write them."""
