"""Run every benchmark in turn, each as a process of its own, so that none warms the next one's caches."""

import subprocess
import sys

NAMES = ["start", "recovery", "latency", "first_paint", "worker_speed", "watched", "follow", "stepping", "graph",
         "scalar", "attention_live", "tokens_page", "generate_page", "projection", "recipes"]

if __name__ == "__main__":
    failed = [name for name in NAMES if subprocess.run([sys.executable, "-m", f"benchmarks.{name}"]).returncode]
    sys.exit(f"failed: {', '.join(failed)}" if failed else 0)
