"""The policy as the state that an account should have, and what Lake Formation cannot be told."""
