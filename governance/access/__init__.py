"""What the policy means: the evaluator, its row conditions, and why somebody may or may not read something."""
