"""A counter day that was made: sixty services, talk between colleagues, private calls, and silence."""
