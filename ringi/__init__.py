"""The doors: command line, and later portal, notebook and API. Must never hold logic a second door would repeat."""
