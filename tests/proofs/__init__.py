"""The machinery of deep proofs, without a cluster."""
