"""Objects and values of other projects' operators and charts -> Kubernetes' own objects."""
