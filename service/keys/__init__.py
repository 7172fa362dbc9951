"""The keys that tokens are signed with: where they come from, and how they change unnoticed."""
