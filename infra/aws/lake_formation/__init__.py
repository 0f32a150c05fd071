"""Lake Formation and the Glue catalog of an account: reading all that decides who reads, doing one call, keeping journals."""
