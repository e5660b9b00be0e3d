"""The second mode: one door before all pods of a release, which lives on while there is none."""
