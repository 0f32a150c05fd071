"""Everything that touches the outside world; foreign errors are translated here and nowhere else.

Must never hold business rules.
"""
