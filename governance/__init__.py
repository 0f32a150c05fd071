"""Who may see what and what may be published: policy, evaluator, gate, keys, ledger.

Must never import an engine or boto3, nor decide anything from a naming convention.
"""
