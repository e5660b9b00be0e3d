"""Scenarios that CI runs each time: fifteen minutes on two clusters."""
