"""docker run and compose files -> the profile."""
