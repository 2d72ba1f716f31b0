#!/usr/bin/env python3
"""Changes the machines in every way that cargo-mutants knows, one at a time, and looks whether a test notices:
`ci/mutants.py [lanes]`. Needs `cargo install cargo-mutants`, which makes the list; the rest is done here, so that the
models that are about the changed file come first and the first failure is enough.

First the models beside the code, then the other loom models of the real machines, without the few that take longer than the
others together; for what passes these, the tests on real threads; at the end, for what has passed these too, all models.
Works on copies of the sources.
Takes some hours on two cores, with two lanes (the default); what it has found so far it has printed.
"""

import concurrent.futures
import json
import os
import pathlib
import queue
import re
import subprocess
import sys
import tempfile
import time

import weaken

ROOT = weaken.ROOT

# Mutants that nothing notices, and why nothing needs to. A pattern of the mutant's name without its line, with its column
# where the same change elsewhere in the function must be noticed, and the reason.
KNOWN = [
    (r"permits.rs.*replace \| with \^ in (must_wake|Permits<W>::(give|wake_one|sleep_on_reservation))$", "the bits are never both set: the same"),
    (r"permits.rs:\d+:((51|55): replace \| with \^ in Permits<W>::wait_in_line|(37|55): replace \| with \^ in Permits<W>::hand_over|(24|32): replace \| with \^ in Permits<W>::admit)", "the bits are never both set: the same"),
    (r"permits.rs:\d+:(34: replace > with >=|38: replace && with \|\|) in Permits<W>::hand_over", "wakes although nothing is left: a system call more, no wake-up less"),
    (r"permits.rs:\d+:(33: replace & with [|^] in Permits<W>::give_slow|47: replace & with [|^] in Permits<W>::hand_over|60: replace & with [|^] in Permits<W>::take_in_line)", "wakes although nobody sleeps: a system call more, no wake-up less"),
    (r"permits.rs:\d+:47: replace && with \|\| in Permits<W>::give_slow", "wakes one more: never needed, never wrong"),
    (r"permits.rs:\d+:(44: replace == with !=|35: replace & with [|^]|(26|49): replace \|\| with &&) in Permits<W>::wait_in_line", "when to look once more: speed only"),
    (r"permits.rs:\d+:21: replace == with != in Permits<W>::wait_in_line", "for a marker of coverage only"),
    (r"permits.rs:\d+:(18: replace > with >=|52: replace & with [|^]) in Permits<W>::give$", "takes the slow path, which does the same; ci/instructions.py counts it"),
    (r"event.rs.*replace \| with \^ in", "the bits are never both set: the same"),
    (r"event.rs.*replace & with \| in RawEvent::set", "wakes although nobody sleeps: a system call more, no wake-up less"),
    (r"lock.rs.*left_line with \(\)", "a set PARKED with nobody in the line is harmless (permits, I4)"),
    (r"wait_queue.rs.*in WaitQueue::select", "says that others come along when none do: a set PARKED too much, harmless (permits, I4)"),
    (r"wait_queue.rs.*replace \|\| with && in WaitQueue::notify", "takes the slow path, which finds the same"),
]

LONG = [
    "two_permits_admit_two_of_three",
    "three_threads_exclude",
    "a_release_of_many_serves",
    "a_waiter_that_loses_again_and_again",
    "nested_sections_of_two_threads",
    "one_permit_excludes_three",
    "an_acquire_sees_all_releases",
    "two_releases_back_to_back",
    "promises::",
]

FIRST = weaken.FIRST | {
    "permits.rs": weaken.FIRST["permits.rs"] + ["a_stranger"],
    "rlock.rs": ["rlock::", "waiting_lets_go"],
    "lock.rs": ["lock::", "condition::over_a_lock"],
}

# On real threads.
TESTS = ["semaphore", "lock", "rlock", "condition", "event", "barrier"]


def build(tree, target, loom, beside=False):
    """The test binaries of `tree`, or None if it does not compile; `beside`: only the tests beside the code."""
    env = os.environ | {"CARGO_TARGET_DIR": str(target), "RUSTFLAGS": "-Awarnings"}
    command = ["cargo", "test", "--no-run", "--message-format", "json", "--lib"]
    if loom:
        # Built often and run once: less optimised than for a run of all models.
        env |= {"RUSTFLAGS": "--cfg loom --cfg sixfold_checked -Awarnings"}
        env |= {"CARGO_PROFILE_LOOM_OPT_LEVEL": "1", "CARGO_PROFILE_LOOM_INCREMENTAL": "true"}
        command += ["--profile", "loom"]
        command += [] if beside else ["--test", "loom"]
    else:
        for test in TESTS:
            command += ["--test", test]
    made = subprocess.run(command, cwd=tree, env=env, capture_output=True, text=True)
    if made.returncode != 0:
        return None
    found = [json.loads(line).get("executable") for line in made.stdout.splitlines() if line.startswith("{")]
    return [binary for binary in found if binary]


def first_failure(commands, longest):
    for command in commands:
        with tempfile.NamedTemporaryFile() as output:
            process = subprocess.Popen(command, stdout=open(output.name, "w"), stderr=subprocess.DEVNULL)
            deadline = time.monotonic() + longest
            while True:
                code = process.poll()
                output.seek(0)
                failed = re.search(r"test (\S+).* FAILED", output.read().decode(errors="replace"))
                if failed or time.monotonic() > deadline:
                    process.kill()
                    process.wait()
                    return failed[1] if failed else "the time limit"
                if code is not None:
                    break
                time.sleep(0.05)
            if code != 0:
                return "an abort"
    return None


def judge(mutant, tree, target, thorough):
    path = tree / mutant["file"]
    original = path.read_text()
    lines = original.splitlines(keepends=True)
    start, end = mutant["span"]["start"], mutant["span"]["end"]
    head = "".join(lines[: start["line"] - 1]) + lines[start["line"] - 1][: start["column"] - 1]
    tail = lines[end["line"] - 1][end["column"] - 1 :] + "".join(lines[end["line"] :])
    try:
        path.write_text(head + mutant["replacement"] + tail)
        binaries = build(tree, target / "loom", True, beside=True)
        if binaries is None:
            return "unviable"
        if failed := first_failure([[binary] for binary in binaries], 60):
            return failed
        binaries = build(tree, target / "loom", True)
        if thorough:
            return first_failure([[binary] for binary in binaries], 1800) or "NOTHING"
        skip = [word for name in LONG for word in ("--skip", name)]
        first = FIRST.get(path.name, [])
        runs = [[binary, *first, *skip] for binary in binaries]
        if failed := first_failure(runs, 300):
            return failed
        return first_failure([[binary] for binary in build(tree, target / "threads", False) or []], 90) or "NOTHING"
    finally:
        path.write_text(original)


def main():
    lanes = int(sys.argv[1]) if len(sys.argv) > 1 else 2
    made = subprocess.run(
        ["cargo", "mutants", "--list", "--json", "-f", "src/raw/*.rs"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    mutants = [mutant for mutant in json.loads(made.stdout) if mutant.get("span")]
    # Interleaved, so that a run that is cut short has seen a bit of everything.
    mutants = [mutant for start in range(8) for mutant in mutants[start::8]]
    results, free = {}, queue.Queue()
    with tempfile.TemporaryDirectory() as copies:
        for lane in range(lanes):
            tree = pathlib.Path(copies) / str(lane)
            tree.mkdir()
            weaken.copy_to(tree)
            free.put((tree, ROOT / f"target/mutants-{lane}"))

        def work(mutant, thorough):
            place = free.get()
            try:
                return mutant, judge(mutant, *place, thorough)
            finally:
                free.put(place)

        with concurrent.futures.ThreadPoolExecutor(lanes) as pool:
            for thorough in [False, True]:
                for done in concurrent.futures.as_completed([pool.submit(work, mutant, thorough) for mutant in mutants]):
                    mutant, verdict = done.result()
                    results[mutant["name"]] = verdict
                    print(f"{verdict:70} {mutant['name']}", flush=True)
                mutants = [mutant for mutant in mutants if results[mutant["name"]] == "NOTHING"]
    unviable = sum(verdict == "unviable" for verdict in results.values())
    missed = [name for name, verdict in results.items() if verdict == "NOTHING"]
    explained = [name for name in missed if any(re.search(pattern, name) for pattern, _ in KNOWN)]
    viable = len(results) - unviable
    caught = viable - len(missed)
    print(f"\n{len(results)} mutants, {unviable} do not compile; of {viable}, {caught} are noticed ({100 * caught / viable:.1f} %).")
    print(f"Not noticed: {len(missed)}, of which explained: {len(explained)}.")
    for name in missed:
        reason = next((reason for pattern, reason in KNOWN if re.search(pattern, name)), "**no explanation**")
        print(f"- {name}: {reason}")
    return 1 if len(explained) < len(missed) else 0


if __name__ == "__main__":
    sys.exit(main())
