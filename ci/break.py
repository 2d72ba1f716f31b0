#!/usr/bin/env python3
"""Breaks the machines in the ways of bugs that others have shipped, and looks whether the model that is named after the
bug fails: `ci/break.py`. With `explored` it breaks what the explorer is to find, and prints what that says. Works on a copy of
the sources; some minutes on two cores. `--check` takes a second and breaks nothing: it looks whether the source still has what
is to be broken, and the models are there.
"""

import os
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
        "word & PARKED != 0 && available(word) > woken(word)",
        "word & PARKED != 0 && available(word) > 0 && woken(word) == 0",
    ),
    (
        "regressions::llvm_77659",
        "permits.rs",
        "Queue::Main if woken(word) == MOST_WOKEN || walk.picked == ROUND",
        "Queue::Main if woken(word) == MOST_WOKEN || walk.picked == 1",
    ),
    (
        "regressions::pytorch_177884",
        "permits.rs",
        "        if let Some((word, then)) = Self::serve(word, request) {\n",
        "        if let Some((word, then)) = Self::serve(word, request).filter(|_| request.woken) {\n",
    ),
    ("regressions::rustfs_4498", "wait_queue.rs", "let n = n.min(self.count() as usize);", "let n = n.min(1);"),
    (
        "regressions::rsevents",
        "event.rs",
        "            if last {\n                self.word.fetch_and(!PARKED, Relaxed);",
        "            if last || true {\n                self.word.fetch_and(!PARKED, Relaxed);",
    ),
    (
        "regressions::cpython_a_notify",
        "wait_queue.rs",
        "Parked::TimedOut => Waited { notified: selected, awake: false },",
        "Parked::TimedOut => Waited { notified: false && selected, awake: false },",
    ),
    (
        "regressions::cpython_143424",
        "machine.rs",
        "                    Ok(()) => return false,\n",
        "                    Ok(()) => return true,\n",
    ),
    (
        "regressions::cpython_148820",
        "machine.rs",
        "unsafe { park::unpark_filter(self.key(queue), pick, callback) };\n",
        "unsafe { park::unpark_filter(self.key(queue), pick, callback) };\n        while let Err(_) = self.word().replace(self.word().look(), self.word().look() & !1, Relaxed) {}\n",
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
        "set_followed_by_clear_frees_a_thread_that_has_begun_to_wait",
        "event.rs",
        "generation(word).wrapping_add(1).wrapping_mul(GENERATION) + SET",
        "generation(word).wrapping_mul(GENERATION) + SET",
    ),
]


# (file, what is there, what is there instead): for the explorer. The first line says what the break is.
EXPLORED = [
    # An owner does not pass on the duty to wake.
    ("lock.rs", "let duty = if request.woken { WAKE } else { 0 };", "let duty = 0;"),
    # A release does not see the starving queue.
    ("lock.rs", "} else if has(word, HANDOFF) {", "} else if has(word, HANDOFF) && has(word, HANDOFF << 1) {"),
    # The last to leave the starving queue leaves its flag.
    ("lock.rs", "quietly(Shared { word: without(shared.word, HANDOFF), ..shared }),", "quietly(shared),"),
    # A release of a free lock succeeds.
    ("lock.rs", "            Giving::Refused\n", "            Giving::To(0, Then::Nothing)\n"),
    # A waiter joins the starving queue and says nothing.
    ("lock.rs", "with(shared.word, HANDOFF | woken)", "with(shared.word, woken)"),
    # ... or does not pass on the duty.
    ("lock.rs", "with(shared.word, HANDOFF | woken)", "with(shared.word, HANDOFF)"),
    # A walk that finds nobody says that somebody has the duty.
    ("lock.rs", "(Queue::Main, 0) => quietly(Shared { side: 0, ..shared }),", "(Queue::Main, 0) => quietly(shared),"),
    # A woken thread that sleeps again does not pass on the duty.
    ("lock.rs", "Queue::Main if request.woken || shared.side == 0", "Queue::Main if shared.side == 0"),
    # A condition moves waiters to a held lock and tells nobody.
    ("lock.rs", "{ (armed(shared), false) }", "{ (shared, false) }"),
    # A time-out does not look.
    ("lock.rs", "(Queue::Main, _) if shared.word == u64::from(FREE) =>", "(Queue::Main, _) if shared.word == u64::MAX =>"),
    # A woken thread is counted for ever.
    ("permits.rs", "Some((next - WOKEN, if", "Some((next, if"),
    # One is woken at a time.
    ("permits.rs", "word & PARKED != 0 && available(word) > woken(word)", "word & PARKED != 0 && available(word) > 0 && woken(word) == 0"),
    # A woken thread that sleeps again leaves permits to nobody.
    ("permits.rs", "if request.woken { due(word) } else { Then::Nothing })", "Then::Nothing)"),
    # The last to leave the starving queue leaves permits to nobody.
    ("permits.rs", "change(word, served, due(word))", "change(word, served, Then::Nothing)"),
    # What was owed to one that has left is owed for ever.
    ("permits.rs", "served, Then::Walk(Queue::Starving))", "served, Then::Nothing)"),
    # A time-out does not look.
    ("permits.rs", "let served = available(word) >= u64::from(n);\n                let", "let served = n == 0;\n                let"),
    # Newcomers take what is owed.
    ("permits.rs", "count(word).saturating_sub(owed(word))", "count(word)"),
    # Whoever leaves the starving queue takes what gathers for the first.
    ("permits.rs", "let served = available(word) >= u64::from(n);\n                change", "let served = count(word) >= u64::from(n);\n                change"),
    # A grant leaves what was owed.
    ("permits.rs", "let word = owing(word - u64::from(walk.first) * ONE, walk.second);", "let word = word - u64::from(walk.first) * ONE;"),
    # A walk picks the first of the starving queue while newcomers may take what it counts on.
    ("permits.rs", "(picked, owing(word, n), Pick::Wake)", "(picked, word, Pick::Wake)"),
    # A set does not end the generation.
    ("event.rs", "generation(word).wrapping_add(1)", "generation(word).wrapping_add(0)"),
    # A waiter sleeps though the next set does not know of it.
    ("event.rs", "!is_over(word, mine) && word & PARKED != 0", "!is_over(word, mine)"),
    # A set wakes nobody if it has found the flag up.
    ("event.rs", "if word & PARKED == 0 { None }", "if word & (PARKED | SET) != PARKED | SET { None }"),
    # A round ends before a late party is back.
    ("barrier.rs", "_ if late > 0 => End::Late,", "_ if late > 9 => End::Late,"),
    # A time-out breaks a round that is complete.
    ("barrier.rs", "} else if word & COMPLETE != 0 {\n        GaveUp::Late", "} else if word & COMPLETE > 9 {\n        GaveUp::Late"),
    # A party that leaves completes a round that is complete already.
    ("barrier.rs", "word & (BROKEN | COMPLETE) == 0 && word > 0", "word & BROKEN == 0 && word > 0"),
    # A party that leaves is waited for.
    ("barrier.rs", "word > 0 && arrived(word) == parties", "word > 0 && arrived(word) > parties"),
    # A thread enters a barrier that is broken.
    ("barrier.rs", "    if word & BROKEN != 0 {\n        (word, Arrival::Broken)", "    if word & BROKEN > 1 {\n        (word, Arrival::Broken)"),
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
    for name, old, _ in EXPLORED:
        count = (weaken.ROOT / "src/raw" / name).read_text().count(old)
        if count != 1:
            print(f"break: {name} has {count} times {old!r}", file=sys.stderr)
        stale += count != 1
    return 1 if stale else 0


def explore():
    """Breaks what the explorer is to find, and prints what it says."""
    print("| broken | found |\n|---|---|")
    missed = 0
    command = ["cargo", "test", "--release", "--lib", "explore::"]
    env = os.environ | {"SIXFOLD_EXPLORE": "1", "CARGO_TARGET_DIR": str(weaken.ROOT / "target/break"), "RUSTFLAGS": "-Awarnings"}
    with tempfile.TemporaryDirectory() as copy:
        weaken.copy_to(copy)
        for name, old, new in EXPLORED:
            path = pathlib.Path(copy) / "src/raw" / name
            original = path.read_text()
            assert original.count(old) == 1, f"{name} has not {old!r} once"
            path.write_text(original.replace(old, new))
            built = subprocess.run([*command, "--no-run"], cwd=copy, env=env, capture_output=True, text=True)
            assert built.returncode == 0, built.stderr
            run = subprocess.run([*command, "--", "--test-threads", "1"], cwd=copy, env=env, capture_output=True, text=True, timeout=600)
            path.write_text(original)
            found = re.search(r"panicked at .*\n(.*?)(?:: State .*)?\n", run.stdout) if run.returncode else None
            missed += found is None
            code = " ".join(new.split()).replace("|", "\\|")
            print(f"| `{name}`: `{code}` | {found[1] if found else '**nothing**'} |", flush=True)
    return 1 if missed else 0


def main():
    if sys.argv[1:] == ["--check"]:
        return check()
    if sys.argv[1:] == ["explored"]:
        return explore()
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
