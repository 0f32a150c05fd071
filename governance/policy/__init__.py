"""The policy as it is written: principals, grants, masks, definers, and the rules that all of them keep."""
