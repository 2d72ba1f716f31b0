#!/usr/bin/env python3
"""Puts bugs into the companion crate `threads/`, one at a time, and looks whether the model that is named for it fails:
`ci/break_threads.py`. Works on a copy of the sources; some minutes on two cores. `--check` takes a second and breaks nothing: it
looks whether the source still has what is to be broken, and the models are there.
"""

import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

import weaken

# (model, file below threads/src, what is there, what is there instead)
BREAKAGES = [
    (
        "queue::two_that_put_into_one_place_are_both_served",
        "queue/mod.rs",
        "            self.queue.not_full.notify_with(self.state, 1);",
        "            self.queue.not_full.notify_with(self.state, 0);",
    ),
    (
        "queue::two_that_get_are_both_served",
        "queue/mod.rs",
        "            self.queue.not_empty.notify_with(self.state, 1);",
        "            self.queue.not_empty.notify_with(self.state, 0);",
    ),
    (
        "queue::two_that_join_are_both_told",
        "queue/mod.rs",
        "self.all_done.notify_all_with(state);",
        "self.all_done.notify_with(state, 1);",
    ),
    (
        "queue::a_shutdown_beside_a_put_and_a_get_loses_nothing_and_ends_both",
        "queue/mod.rs",
        "self.not_full.notify_all_with(&state);",
        "",
    ),
    (
        "queue::an_immediate_shutdown_beside_a_worker_lets_join_return",
        "queue/mod.rs",
        "            self.done(&mut state, left.len());\n",
        "",
    ),
    (
        "thread::a_thread_is_in_the_lists_until_it_has_ended",
        "thread/registry.rs",
        "        let ended = THREADS.hold().others.remove(&self.0.ident);\n        self.0.ended.set();",
        "        self.0.ended.set();\n        let ended = THREADS.hold().others.remove(&self.0.ident);",
    ),
    (
        "thread::a_timer_fires_or_is_cancelled_and_both_sides_know_which",
        "thread/timer.rs",
        "        if *state == State::Waits {",
        "        if *state != State::Cancelled {",
    ),
    (
        "futures::a_task_is_cancelled_or_runs",
        "futures/future.rs",
        "let begins = state.stage == Stage::Pending;",
        "let begins = state.stage != Stage::Running;",
    ),
    (
        "futures::two_callbacks_from_two_threads_beside_the_end_are_both_called",
        "futures/future.rs",
        "                if state.callbacks.is_empty() {",
        "                if true {",
    ),
    (
        "futures::a_shutdown_in_every_moment_runs_or_cancels_what_was_submitted",
        "futures/pool.rs",
        "            if let Some(task) = state.tasks.pop_front() {",
        "            if let Some(task) = state.tasks.pop_front().filter(|_| !state.is_shut_down) {",
    ),
    (
        "futures::two_that_shut_down_both_return",
        "futures/pool.rs",
        "        state.is_shut_down = true;\n",
        "        state.is_shut_down = !state.is_shut_down;\n",
    ),
    (
        "futures::wait_misses_no_end",
        "futures/future.rs",
        "        if state.stage.is_over() {\n            drop(state);\n            waiter.tell(index);\n        } else {",
        "        {",
    ),
    (
        "futures::a_worker_whose_task_panics_goes_on",
        "futures/pool.rs",
        "sys::catch(closure).map_err(Failure::Panicked)",
        "Ok(closure())",
    ),
]

THREADS = weaken.ROOT / "threads"


def check():
    """Prints which breakage does not fit the source."""
    models = set()
    for path in (THREADS / "tests/models").glob("*.rs"):
        models.update(f"{path.stem}::{name}" for name in re.findall(r"\bfn (\w+)\(\)", path.read_text()))
    stale = 0
    for model, name, old, _ in BREAKAGES:
        count = (THREADS / "src" / name).read_text().count(old)
        if count != 1:
            print(f"break_threads: {name} has {count} times {old!r}", file=sys.stderr)
        if model not in models:
            print(f"break_threads: there is no model {model}", file=sys.stderr)
        stale += count != 1 or model not in models
    return 1 if stale else 0


def main():
    if sys.argv[1:] == ["--check"]:
        return check()
    print("| broken | model | |\n|---|---|---|")
    missed = 0
    env = os.environ | {"CARGO_TARGET_DIR": str(weaken.ROOT / "target/break_threads"), "RUSTFLAGS": "--cfg loom -Awarnings"}
    command = ["cargo", "test", "--quiet", "--profile", "loom", "--test", "models"]
    with tempfile.TemporaryDirectory() as copy:
        weaken.copy_to(copy)
        tree = pathlib.Path(copy) / "threads"
        shutil.copytree(THREADS, tree, ignore=shutil.ignore_patterns("target"))
        for model, name, old, new in BREAKAGES:
            path = tree / "src" / name
            original = path.read_text()
            assert original.count(old) == 1, f"{name} has not {old!r} once"
            path.write_text(original.replace(old, new))
            built = subprocess.run([*command, "--no-run"], cwd=tree, env=env, capture_output=True, text=True)
            try:
                run = subprocess.run([*command, "--", f"models::{model}"], cwd=tree, env=env, capture_output=True, timeout=300)
                fails = built.returncode == 0 and run.returncode != 0
            except subprocess.TimeoutExpired:
                fails = True
            path.write_text(original)
            missed += not fails
            code = " ".join(new.split()).replace("|", "\\|") or "(nothing)"
            print(f"| `{name}`: `{code}` | `{model}` | {'fails' if fails else '**PASSES**'} |", flush=True)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
