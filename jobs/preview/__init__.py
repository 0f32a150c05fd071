"""Preview: what a change does to a metric's numbers, on the lake at hand, by the very code of a run; nothing is written.

`scan` computes metrics by country and day over a sample of whole country-days, or over all of them; `comparison` says country by
country what differs between two meanings, and what of the world's change is known; `statement` and `price` are the SQL and the
cost. Used by `ringi preview` and `ringi report`.
"""
