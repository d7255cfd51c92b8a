"""Who may log in: accounts with their posts. Nothing here is a fact about the region."""
