"""What differs between two versions of a lake project, in words and as values."""
