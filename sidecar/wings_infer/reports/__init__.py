"""What others read: health, status, metrics, log, documentation."""
