"""HTTP/1.1 as bytes: heads, body framing, answers."""
