"""Keys beside the approval pages: registered, turned by GitHub reviews, still needed, and verified from the records."""
