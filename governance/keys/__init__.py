"""Keys: what one is turned with, how each kind is checked, and whether one turned key counts."""
