"""Processes that work until they are told to stop: workers, and the one of `easel serve` that watches over them all."""
