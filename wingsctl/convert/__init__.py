"""What people run already -> a profile, and a report of what became of each of its fields."""
