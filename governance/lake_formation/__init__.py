"""Lake Formation as plain values: what an account holds, what the policy wants there, and the steps from one to the other.

Nothing here calls AWS; `infra/aws/lake_formation` reads an account into `state.AccountState` and does the calls of a plan.
"""
