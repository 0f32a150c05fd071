"""A model of a lake at a size that this machine cannot hold: files, commits, metadata, work and price of some days.

Used by an operator before a lake grows (`python -m jobs.scale`) and by `docs/scale.md`, whose figures it computes. It is
deterministic and works on whole numbers of events: the same arguments give the same table. It knows nothing of a real lake; what it
starts from was measured (`measured.py`) or is a dated price (`prices.toml`).
"""
