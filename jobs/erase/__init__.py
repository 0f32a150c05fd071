"""Erasure: a person is taken out of every place of the lake, and a signed receipt says so with evidence.

Used by `ringi erase`. Plans are values (`plan.py`), `work.py` walks them, `search/` looks through every byte that is left.
"""
