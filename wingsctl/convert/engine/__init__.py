"""An engine, its command and its environment -> the profile."""
