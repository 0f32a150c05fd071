"""A Lake Formation that keeps what it is told, in the words of the real one, and says what a principal may read.

moto knows 20 of its 71 operations and enforces none. `server.py` of the lab puts these in their place, on the same address, so boto3,
awswrangler and Terraform meet one endpoint. It is written from what is known of Lake Formation (docs/lake-formation.md tells each
fact with its evidence), and from nothing of Ringi's own: what `governance/lake_formation` computes is compared with what this does.

`place` and `account` are its memory, `permissions`, `filters`, `opt_ins`, `tags`, `row_policies`, `settings`, `registrations` its
operations, `listing` how it tells permissions, `reading` what a principal may read, `catalog` the Glue catalog below it, `responses`
its face.
"""
