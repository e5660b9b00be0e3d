"""The engine's life: orders, reports, states, probes."""
