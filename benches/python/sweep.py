"""CPU seconds of a sweep of a thousand sets from Python beside the command's, in pairs.

    cargo build --release -p tickstep-backtest
    python benches/python/sweep.py [--command target/release/tickstep] [--pairs 7]

Both are release builds of one version. Each pair runs `examples/sweep.toml`, a thousand sets
with judgement and report, once by the command and once by `ts.sweep_file` in a fresh
interpreter, the two by turns first; what both spend is the whole process, start and imports
with it. The folders must be equal to the byte before a pair counts.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "examples" / "sweep.toml"
PROGRAM = """
import sys, time
import tickstep as ts
before = time.process_time()
ts.sweep_file(sys.argv[1], out=sys.argv[2], progress=False)
print(time.process_time() - before)
"""


def spent(made: list[str], trials: Path) -> tuple[float, str]:
    """CPU seconds of a process, and what it printed."""
    env = {**os.environ, "TICKSTEP_TRIALS": str(trials)}
    process = subprocess.Popen(made, env=env, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    said = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0, (made, process.returncode)
    return usage.ru_utime + usage.ru_stime, said


def files(folder: Path) -> dict[str, bytes]:
    found = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in found}


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--command", default=str(ROOT / "target" / "release" / "tickstep"))
    arguments.add_argument("--pairs", type=int, default=7)
    given = arguments.parse_args()
    pairs = []
    print(f"{'command':>9} {'process':>9} {'the call':>9}   CPU seconds")
    for number in range(given.pairs):
        with tempfile.TemporaryDirectory(prefix="tickstep-") as temporary:
            folder = Path(temporary)
            theirs = [given.command, "sweep", str(EXAMPLE), "-q", "--out", str(folder / "a")]
            ours = [sys.executable, "-c", PROGRAM, str(EXAMPLE), str(folder / "b")]
            runs = {}
            for name in ("theirs", "ours") if number % 2 else ("ours", "theirs"):
                made = theirs if name == "theirs" else ours
                runs[name] = spent(made, folder / f"{name}.jsonl")
            assert files(folder / "a") == files(folder / "b"), "the folders differ"
        command, process, call = runs["theirs"][0], runs["ours"][0], float(runs["ours"][1])
        pairs.append((process / command, call / command))
        print(f"{command:9.2f} {process:9.2f} {call:9.2f}")
    for what, at in (("the process", 0), ("the call", 1)):
        ratios = [pair[at] for pair in pairs]
        middle = statistics.median(ratios)
        print(
            f"{what} costs {100 * (middle - 1):+.1f} % of the command's (median of {len(ratios)} "
            f"pairs, {100 * (min(ratios) - 1):+.1f} to {100 * (max(ratios) - 1):+.1f}); at most +3"
        )


if __name__ == "__main__":
    main()
