"""The way of a post: brief, candidates, verdicts, review, publications. Pure composition of the rooms."""
