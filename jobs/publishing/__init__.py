"""Publishing: saved copies and definer views of each country, from facts that passed their audit."""
