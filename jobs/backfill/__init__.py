"""Backfill: the facts of some periods and countries of one view are computed anew, in pieces that can be resumed.

Used by `ringi backfill`. `plan.py` cuts the pieces as a value, `estimate.py` says what they will cost, `work.py` walks them,
`state.py` keeps in the lake how far it is.
"""
