"""The rendered chart on a real Kubernetes. `make test-cluster` runs these tests."""
