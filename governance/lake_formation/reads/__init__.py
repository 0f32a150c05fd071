"""What an identity may read in an account's state, with every way that leads there."""
