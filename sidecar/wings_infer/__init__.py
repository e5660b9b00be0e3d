"""Gateway and control beside one inference engine."""

__version__ = "0.1.0"
