"""The SQL views of a lake as a dbt project: generated from the contracts, one model a published view for all countries.

`project` makes the files, `copies` the relations over the saved copies that the models read, `report` reads what dbt said.
Country teams put their own models beside the generated ones. See docs/adr/0007-dbt-project-generated.md.
"""
