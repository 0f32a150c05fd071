"""The search for a person in bytes: every file of the lake is unpacked and looked through, whatever its format."""
