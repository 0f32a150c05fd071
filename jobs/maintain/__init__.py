"""Maintenance: the lake's tables stay within a budget of files and snapshots, and what nothing refers to is removed.

Used by `ringi maintain`. `plan.py` says what is to be done as a value, `work.py` walks it; `kept.py` is the rule of what stays.
"""
