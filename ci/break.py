#!/usr/bin/env python3
"""Breaks the machines in the ways of bugs that others have shipped, and looks whether the model that is named after the
bug fails: `ci/break.py`. Works on a copy of the sources; a minute or two on two cores. `--check` takes a second and breaks
nothing: it looks whether the source still has what is to be broken, and the models are there.
"""

import pathlib
import re
import subprocess
import sys
import tempfile

import weaken

# (model, file, what is there, what is there instead)
BREAKAGES = [
    (
        "regressions::llvm_46357",
        "permits.rs",
        "let wake = mine != 0 && W::count(next) > 0 && next & PARKED != 0;",
        "let wake = false && mine != next;",
    ),
    (
        "regressions::llvm_77659",
        "permits.rs",
        "let wake = mine != 0 && W::count(next) > 0 && next & PARKED != 0;",
        "let wake = false && next != 0;",
    ),
    (
        "regressions::pytorch_177884",
        "permits.rs",
        "state & PARKED != 0 && !W::is_open(state)\n",
        "state != u64::MAX\n",
    ),
    ("regressions::rustfs_4498", "wait_queue.rs", "let n = n.min(self.count() as usize);", "let n = n.min(1);"),
    (
        "regressions::rsevents",
        "event.rs",
        "            if was_last {\n                self.word.fetch_and(!PARKED, Relaxed);",
        "            if was_last || true {\n                self.word.fetch_and(!PARKED, Relaxed);",
    ),
    (
        "regressions::cpython_a_notify",
        "wait_queue.rs",
        "Parked::TimedOut => Waited { notified: selected, awake: false },",
        "Parked::TimedOut => Waited { notified: false && selected, awake: false },",
    ),
    (
        "regressions::cpython_143424",
        "permits.rs",
        "                // Not on old news: a permit may have been taken that this thread has not seen taken.\n",
        "                return Ok(());\n                #[allow(unreachable_code)]\n",
    ),
    (
        "regressions::cpython_148820",
        "permits.rs",
        # The next function's comment tells this wake from the other.
        "unsafe { park::unpark_one(self.line(), callback) };\n    }\n\n    /// Wakes the oldest sleeper although",
        "if !unsafe { park::unpark_one(self.line(), callback) }.more {\n            self.word.clear(PARKED);\n        }\n    }\n\n    /// Wakes the oldest sleeper although",
    ),
    (
        "regressions::cpython_an_abort",
        "barrier.rs",
        "(Arrival::Party(index), Parked::Woken(TRIPPED)) => Ok(index),",
        "(Arrival::Party(index), Parked::Woken(TRIPPED)) if !self.is_broken() => Ok(index),",
    ),
    (
        "regressions::cpython_no_index",
        "barrier.rs",
        "        self.word.store(word, Relaxed);\n        self.round",
        "        self.word.store(word | self.word.load(Relaxed) & !BROKEN, Relaxed);\n        self.round",
    ),
    (
        "set_followed_by_clear_frees_who_has_begun_to_wait",
        "event.rs",
        "epoch(state).wrapping_add(EPOCH) | SET",
        "epoch(state) | SET",
    ),
]


def check():
    """Prints which breakage does not fit the source."""
    models = set()
    for path in [*(weaken.ROOT / "tests/loom").rglob("*.rs"), *(weaken.ROOT / "src/raw").rglob("*.rs")]:
        models.update(f"{path.stem}::{name}" for name in re.findall(r"\bfn (\w+)\(\)", path.read_text()))
    stale = 0
    for model, name, old, _ in BREAKAGES:
        path = weaken.ROOT / "src/raw" / name
        count = path.read_text().count(old) if path.exists() else 0
        if count != 1:
            print(f"break: {name} has {count} times {old!r}", file=sys.stderr)
        if not (named := any(model in known for known in models)):
            print(f"break: there is no model {model}", file=sys.stderr)
        stale += count != 1 or not named
    return 1 if stale else 0


def main():
    if sys.argv[1:] == ["--check"]:
        return check()
    print("| broken | model | |\n|---|---|---|")
    missed = 0
    with tempfile.TemporaryDirectory() as copy:
        weaken.copy_to(copy)
        for model, name, old, new in BREAKAGES:
            path = pathlib.Path(copy) / "src/raw" / name
            original = path.read_text()
            assert original.count(old) == 1, f"{name} has not {old!r} once"
            path.write_text(original.replace(old, new))
            binaries = weaken.build(copy)
            path.write_text(original)
            noticed = binaries and any(
                subprocess.run([binary, model], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode
                for binary in binaries
            )
            missed += not noticed
            print(f"| `{name}`: `{new.strip().splitlines()[0]}` | `{model}` | {'fails' if noticed else '**PASSES**'} |", flush=True)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
