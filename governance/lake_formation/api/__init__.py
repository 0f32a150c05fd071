"""The API's JSON and the canonical elements: read from one, written as calls of the other."""
