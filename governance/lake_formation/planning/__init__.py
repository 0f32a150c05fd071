"""From the state that is to the state that should be: steps, their effects, their order, keys, and doing it."""
