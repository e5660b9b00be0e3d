"""Several pods whose engines start, fail and end as one."""
