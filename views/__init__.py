"""What is published for each country: column contracts, rendered definer views, the dbt project.

Must never know how facts were computed.
"""
