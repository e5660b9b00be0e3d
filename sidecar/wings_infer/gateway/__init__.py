"""The path of a request from a client to the engine and back."""
