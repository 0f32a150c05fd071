"""From bronze to gold: what must be computed, computing it, and the audit of what was written."""
