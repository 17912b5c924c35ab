"""Looking after what Easel keeps: backup and restore, retention, and what a person may see and have erased."""
