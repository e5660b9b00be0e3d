"""Kubernetes' own objects, LeaderWorkerSet and ScaledObject -> the profile."""
