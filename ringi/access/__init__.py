"""What the commands of access share: the policy, the account and the plan between them, wired for an opened lake."""
