"""The catalog as doors show it: one definition, where metrics stand, and what search is made of."""
