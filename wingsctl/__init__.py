"""wingsctl renders small, checked Helm charts that run large language models on Kubernetes."""

__version__ = "0.1.0"
