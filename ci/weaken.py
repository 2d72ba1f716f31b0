#!/usr/bin/env python3
"""Weakens every ordering of the machines, one at a time, and looks whether a loom model notices: `ci/weaken.py`.

Works on a copy of the sources. Prints a table, and fails if a weaker ordering passes that is not in `KNOWN` with the
reason why. Takes about a quarter of an hour on two cores; run it alone. `--check` takes a second and weakens nothing: it
looks whether there is something to weaken, and whether what `KNOWN` and `FIRST` name is still there.
"""

import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time

WEAKER = {
    "Acquire": ["Relaxed"],
    "Release": ["Relaxed"],
    "AcqRel": ["Acquire", "Release"],
    "SeqCst": ["AcqRel"],
}

# (file, function, ordering, weaker): why loom cannot notice, and what does.
KNOWN = {}

# The models that are most likely to notice come first; the others follow if they do not.
FIRST = {
    "machine.rs": ["semaphore", "permits::", "lock::", "edges::"],
    "permits.rs": ["semaphore", "permits::", "edges::"],
    "lock.rs": ["lock::"],
    "rlock.rs": ["rlock::"],
    "event.rs": ["event"],
    "barrier.rs": ["barrier"],
    "wait_queue.rs": ["condition"],
}

# A suite that takes longer has lost a wake-up.
LONGEST = 1200

ROOT = pathlib.Path(__file__).resolve().parent.parent


def sites():
    """Every ordering in the code of a machine that could be weaker, and how many could not."""
    found, relaxed = [], 0
    for path in sorted((ROOT / "src/raw").glob("*.rs")):
        function = ""
        for number, line in enumerate(path.read_text().splitlines()):
            if re.match(r"#\[cfg\((test|all\(test)", line):
                break
            code = line.split("//")[0]
            if re.match(r"\s*use ", code):
                continue
            if name := re.search(r"\bfn (\w+)", code):
                function = name[1]
            relaxed += len(re.findall(r"\bRelaxed\b", code))
            for match in re.finditer(r"\b(Acquire|Release|AcqRel|SeqCst)\b|\bfence\(", code):
                for weaker in WEAKER.get(match[0], [""]):
                    found.append((path.relative_to(ROOT), number, match.span(), function, match[0], weaker))
    return found, relaxed


def copy_to(tree):
    """What there is to build, for breaking."""
    for entry in ["src", "tests", "benches", "examples", "docs", "ci", "Cargo.toml", "Cargo.lock", "README.md"]:
        source = ROOT / entry
        (shutil.copytree if source.is_dir() else shutil.copy)(source, pathlib.Path(tree) / entry)


def build(tree):
    """The test binaries of `tree`, or None if it does not compile."""
    env = os.environ | {"RUSTFLAGS": "--cfg loom --cfg sixfold_checked -Awarnings", "CARGO_TARGET_DIR": str(ROOT / "target/weaken")}
    command = ["cargo", "test", "--profile", "loom", "--lib", "--test", "loom", "--no-run", "--message-format", "json"]
    made = subprocess.run(command, cwd=tree, env=env, capture_output=True, text=True)
    if made.returncode != 0:
        return None
    binaries = []
    for line in made.stdout.splitlines():
        binary = json.loads(line).get("executable") if line.startswith("{") else None
        if binary:
            binaries.append(binary)
    return binaries


def first_failure(binaries, name):
    """The first model that fails, or None if all pass."""
    runs = [[binary, *FIRST.get(name, [])] for binary in binaries] + [[binary] for binary in binaries]
    for command in runs:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        start = time.monotonic()
        for line in process.stdout:
            failed = re.match(r"test (\S+).* FAILED", line)
            if failed or time.monotonic() - start > LONGEST:
                process.kill()
                process.wait()
                return failed[1] if failed else "the time limit"
        if process.wait() != 0:
            return "an abort"
    return None


def check():
    """Prints what of `KNOWN` and `FIRST` does not fit the source."""
    found, _ = sites()
    places = {(path.name, function, ordering, weaker) for path, _, _, function, ordering, weaker in found}
    stale = [f"there is no {entry}" for entry in KNOWN if entry not in places]
    stale += [f"there is no src/raw/{name}" for name in FIRST if not (ROOT / "src/raw" / name).exists()]
    if not found:
        stale.append("there is nothing to weaken")
    for line in stale:
        print(f"weaken: {line}", file=sys.stderr)
    return 1 if stale else 0


def main():
    if sys.argv[1:] == ["--check"]:
        return check()
    found, relaxed = sites()
    print(f"{len(found)} ways to weaken an ordering; {relaxed} are Relaxed already.\n")
    print("| file | in | ordering | weakened to | noticed by | s |\n|---|---|---|---|---|---|", flush=True)
    unexplained = 0
    with tempfile.TemporaryDirectory() as copy:
        copy_to(copy)
        for path, number, (begin, end), function, ordering, weaker in found:
            target = pathlib.Path(copy) / path
            original = target.read_text()
            lines = original.splitlines(keepends=True)
            lines[number] = lines[number][:begin] + weaker + lines[number][end:]
            target.write_text("".join(lines))
            start = time.monotonic()
            binaries = build(copy)
            noticed = first_failure(binaries, path.name) if binaries else "the compiler"
            target.write_text(original)
            if noticed is None:
                reason = KNOWN.get((path.name, function, ordering, weaker))
                noticed = f"nothing: {reason}" if reason else "**NOTHING**"
                unexplained += reason is None
            else:
                noticed = f"`{noticed}`"
            seconds = time.monotonic() - start
            print(f"| `{path.name}` | `{function}` | {ordering} | {weaker} | {noticed} | {seconds:.0f} |", flush=True)
    print(f"\n{unexplained} without an explanation.")
    return 1 if unexplained else 0


if __name__ == "__main__":
    sys.exit(main())
