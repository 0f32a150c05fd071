"""The numbers that Lake Formation's API and documentation set. Used by the calls, the compiler, and by whoever tells a person why.

Those of the API stand in botocore's model; the others are documented by AWS and were not tried on an account
(docs/access/lake-formation.md marks them).
"""

ENTRIES_A_BATCH = 20
"""Entries of BatchGrantPermissions and BatchRevokePermissions."""

TAG_VALUES_A_CALL = 50
"""Values of a tag in one call."""

TAGS_A_RESOURCE = 50
"""Tags on one database, table or column, and in one call."""

TAG_VALUES = 1000
"""Values of one tag."""

TAG_LENGTH = 50
"""Characters of a tag's key or value: the API takes 128 and 256, tag-based access control 50."""

NAME_LENGTH = 255
"""Characters of a filter's or row policy's name."""

IDENTITY_LENGTH = 255
"""Characters of an identity."""

SHARING_WITH_ROLES = 3
"""The version of sharing between accounts (CROSS_ACCOUNT_VERSION) from which roles and users elsewhere can be named."""

CONDITION_LENGTH = 2048
"""Characters of a row condition, in a filter or a row policy."""

FILTERS_A_PRINCIPAL = 100
"""Permissions on data cells filters that one principal may hold on one table."""

FILTERS_A_GRANT = 10
"""Filters in one grant. Ringi's entries name one filter each, so they never come near."""

ADMINISTRATORS = 30
"""Data lake administrators, and as many that only read."""
