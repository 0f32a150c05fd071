"""The AWS adapters: everything that talks to S3, Glue, KMS and Athena. Only here is boto3 imported."""
