"""Search over a catalogue, in English and Japanese: metrics, views, dimensions, sources, hearings, countries.

`service.search` is the way in. It imports neither models nor engines, so that a cold process answers at once: what is searched
lies in a SQLite file below `<lake>/.ringi/search/`, made from the catalog (`collect`) whenever the project's files changed.
"""
