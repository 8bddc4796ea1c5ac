"""What docs/performance.md claims, as programs that print JSON. `python -m benchmarks` runs them all in turn."""
