"""`docker run` as the input."""
