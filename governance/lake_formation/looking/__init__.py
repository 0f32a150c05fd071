"""What an account holds otherwise than the policy, and why somebody reads a table."""
