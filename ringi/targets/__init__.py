"""The targets that the policy must be expressible on: which ones a project names, and what cannot be said on them."""
