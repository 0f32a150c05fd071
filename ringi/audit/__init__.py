"""The audit of an opened lake: what its ledgers say in one list, whether they are as they were written, and what runs write there."""
