"""Deep proofs. A file is a part: it runs when something that it covers has changed."""
