"""Metrics that say the same twice: found at the proposal, before two numbers with one meaning drift apart.

`find` is the way in. It compares normal forms of expressions and filters (`normal`), and finds the few files worth reading by
their words (`words`), so that one new metric among 12,000 costs a look at their bytes and not their YAML.
"""
