#!/usr/bin/env python3
"""Changes the machines and the contract model in every way that cargo-mutants knows, one at a time, and looks whether a
test notices: `ci/mutants.py [machines|contract] [lanes] [--only PATTERN]`. Without a name it does both.

`cargo install cargo-mutants` makes the list. The rest is done here, so that the models that are about the changed file
come first and the first failure is enough. `--only`: the mutants whose name has the pattern. `--check` changes nothing and
takes a second: it looks whether what `KNOWN` names is still in the source.

The machines: first the explorer, then the models beside the code, then the other loom models, without the few that take longer
than the others together; for what passes these, the tests on real threads; at the end, for what has passed these too, all
models.
The contract model: the models beside the code and all other models, under `--cfg loom` alone, and then the prices of
models. They take seconds.

Works on copies of the sources. The machines take some hours on two cores, with two lanes (the default); what it has found
so far it has printed. Fails where nothing notices a mutant that is not in `KNOWN`, and where fewer than `TARGET` per cent
are noticed of those that compile and change something.
"""

import concurrent.futures
import dataclasses
import json
import os
import pathlib
import queue
import re
import shutil
import subprocess
import sys
import tempfile
import time

import weaken

ROOT = weaken.ROOT

# Per cent of the mutants that compile and change something.
TARGET = 97


@dataclasses.dataclass(frozen=True)
class Known:
    """Mutants of one function that nothing notices, and why nothing needs to."""

    file: str  # below src/
    function: str  # as cargo-mutants calls it
    changes: tuple  # its words for the changes
    reason: str
    at: str = ""  # the code, where the same change elsewhere in the function must be noticed
    same: bool = False  # the mutant does what the code does


def known(file, function, changes, reason, **more):
    return Known(file, function, tuple(changes.split("; ")), reason, **more)


DISJOINT = "the bits are never both set: the same"
SLOW_PATH = "takes the slow path, which finds the same"
NOT_CALLED = "of a machine that has none, nobody asks for it: the same"
MARK = "a mark for the models, of what they have come by"
NOBODY_SLEEPS = "wakes although nobody sleeps: a system call more, no wake-up less"

KNOWN = [
    known("raw/event.rs", "RawEvent::announce", "replace | with ^", DISJOINT, same=True),
    known("raw/event.rs", "to_wake", "replace & with |", NOBODY_SLEEPS),
    known(
        "loom/sleeper.rs",
        "Patience::is_at_its_end",
        "replace > with >=; replace > with <; replace > with ==; replace - with /",
        "how often the others go first before a wait gives up: loom runs them as far as they come at the first time",
    ),
    known(
        "loom/contract/permits.rs",
        "Permits::release",
        "replace < with <=; replace < with >; replace < with ==",
        "which models begin with the dearer way: cost only",
        at="!Execution::is_careful_with(self.identity.created, most < Self::MOST)",
    ),
    known(
        "loom/contract/lock.rs",
        "RawLock::release",
        "replace || with &&",
        "a look that comes between is met in another execution, where it came before",
    ),
    known(
        "loom/contract/permits.rs",
        "State::serve",
        "replace > with <; replace > with >=; replace > with ==",
        "nobody can tell a newcomer that takes what lies for a waiter from one that came before the waiter: the same",
        same=True,
    ),
    known("loom/contract/permits.rs", "Permits::wait", "replace && with ||", "a step more, and no outcome", at="last && state"),
    known("loom/contract/meetings.rs", "Meetings::look", "replace + with -", "any other number does: the same", same=True),
    known("loom/contract/barrier.rs", "State::end", "replace + with -", "any other number does: the same", same=True),
    known("raw/wait_queue.rs", "WaitQueue::notify", "replace || with &&", SLOW_PATH),
    known("raw/permits.rs", "Permits::release", "replace & with |; replace * with +; replace * with /", SLOW_PATH),
    known("raw/lock.rs", "<impl Machine for RawLock>::serve", "replace | with ^", DISJOINT, same=True),
    known("raw/lock.rs", "<impl Machine for RawLock>::join", "replace | with ^", DISJOINT, same=True),
    known("raw/barrier.rs", "arrive", "replace | with ^", DISJOINT, same=True),
    known("raw/barrier.rs", "leave", "replace | with ^", DISJOINT, same=True),
    known("raw/barrier.rs", "failed", "replace + with *", "any other numbers do: the same", same=True),
    known("raw/lock.rs", "<impl Machine for RawLock>::pick", "delete field first from struct Walk expression", NOT_CALLED, same=True),
    known("raw/machine.rs", "Machine::is_alone", "replace Machine::is_alone -> bool with true", NOT_CALLED, same=True),
    known("raw/machine.rs", "Machine::set_side", "replace Machine::set_side with ()", NOT_CALLED, same=True),
    known("raw/machine.rs", "Machine::park", "replace && with ||; delete !", MARK, at="if request.woken && !served"),
    known(
        "raw/machine.rs",
        "Machine::walk",
        "delete match arm (Queue::Starving, 1.., _); delete match arm (Queue::Starving, 0, Then::Again)",
        MARK,
    ),
    known("raw/barrier.rs", "RawBarrier::enter", "replace == with !=", MARK, at="arrival == Arrival::Door"),
]


@dataclasses.dataclass(frozen=True)
class Half:
    files: tuple
    flags: str


HALVES = {
    "machines": Half(("src/raw/*.rs",), "--cfg loom --cfg sixfold_checked"),
    "contract": Half(("src/loom/contract/*.rs", "src/loom/sleeper.rs"), "--cfg loom"),
}

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


# It is about the clock, and takes as long as all others.
CONTRACT_SKIPS = ["running::a_model_that_takes_long"]

# Seconds. Where a mutant has lost a wake-up, a test hangs.
CONTRACT_LONGEST = 240


def build(tree, target, flags, beside=False):
    """The test binaries of `tree`, or None if it does not compile; `beside`: only the tests beside the code. Without
    `flags`: those on real threads."""
    env = os.environ | {"CARGO_TARGET_DIR": str(target), "RUSTFLAGS": f"{flags} -Awarnings"}
    command = ["cargo", "test", "--no-run", "--message-format", "json", "--lib"]
    if flags:
        # Built often and run once: less optimised than for a run of all models.
        env |= {"CARGO_PROFILE_LOOM_OPT_LEVEL": "1", "CARGO_PROFILE_LOOM_INCREMENTAL": "true"}
        command += ["--profile", "loom"]
        command += [] if beside else ["--test", "loom"]
    elif not beside:
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


def judge(half, mutant, tree, target, thorough):
    path = tree / mutant["file"]
    original = path.read_text()
    begin, end = (offset(original, mutant["span"][which]) for which in ["start", "end"])
    try:
        path.write_text(original[:begin] + mutant["replacement"] + original[end:])
        if half.flags == HALVES["contract"].flags:
            return judge_contract(path.name, tree, target / "contract")
        binaries = build(tree, target / "threads", "", beside=True)
        if binaries is None:
            return "unviable"
        if failed := first_failure([[binary, "raw::"] for binary in binaries], 120):
            return failed
        binaries = build(tree, target / "loom", half.flags, beside=True)
        if binaries is None:
            return "unviable"
        if failed := first_failure([[binary] for binary in binaries], 60):
            return failed
        binaries = build(tree, target / "loom", half.flags)
        if thorough:
            return first_failure([[binary] for binary in binaries], 1800) or "NOTHING"
        skip = [word for name in LONG for word in ("--skip", name)]
        first = FIRST.get(path.name, [])
        runs = [[binary, *first, *skip] for binary in binaries]
        if failed := first_failure(runs, 300):
            return failed
        return first_failure([[binary] for binary in build(tree, target / "threads", "") or []], 90) or "NOTHING"
    finally:
        path.write_text(original)


def judge_contract(name, tree, target):
    binaries = build(tree, target, HALVES["contract"].flags)
    if binaries is None:
        return "unviable"
    skip = [word for test in CONTRACT_SKIPS for word in ("--skip", test)]
    first = [[binary, *FIRST[name]] for binary in binaries if name in FIRST]
    if failed := first_failure(first + [[binary, *skip] for binary in binaries], CONTRACT_LONGEST):
        return failed
    # What changes no outcome may cost executions.
    env = os.environ | {"CARGO_TARGET_DIR": str(target / "prices")}
    try:
        prices = subprocess.run(["ci/prices.sh", "--check"], cwd=tree, env=env, capture_output=True, timeout=CONTRACT_LONGEST)
    except subprocess.TimeoutExpired:
        return "the prices"
    return "the prices" if prices.returncode != 0 else "NOTHING"


def baseline(tree, target):
    """What fails without a mutant, of the contract model's tests, or None. With it, all mutants would seem noticed."""
    verdict = judge_contract("", tree, target / "contract")
    return None if verdict == "NOTHING" else verdict


def offset(text, place):
    """Of a line and a column, both from 1, as cargo-mutants counts them: in characters."""
    return sum(len(line) for line in text.splitlines(keepends=True)[: place["line"] - 1]) + place["column"] - 1


def change(mutant):
    """cargo-mutants' name of it without the place and the function."""
    words = mutant["name"].split(": ", 1)[1] if re.match(r"\S+:\d+:\d+: ", mutant["name"]) else mutant["name"]
    return words.removesuffix(f" in {function(mutant)}")


def function(mutant):
    return (mutant.get("function") or {}).get("function_name", "")


def explanation(mutant):
    """The entry of `KNOWN` for it, or None."""
    for entry in KNOWN:
        if mutant["file"] != f"src/{entry.file}" or function(mutant) != entry.function or change(mutant) not in entry.changes:
            continue
        if not entry.at:
            return entry
        text = (ROOT / mutant["file"]).read_text()
        begin, end = (offset(text, mutant["function"]["span"][which]) for which in ["start", "end"])
        at = text.find(entry.at, begin, end)
        if at <= offset(text, mutant["span"]["start"]) < at + len(entry.at):
            return entry
    return None


def listed(half):
    """All mutants of that half."""
    files = [word for files in half.files for word in ("-f", files)]
    command = ["cargo", "mutants", "--no-config", "--list", "--json", *files]
    made = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return [mutant for mutant in json.loads(made.stdout) if mutant.get("span") and not function(mutant).startswith("tests::")]


def body(text, name):
    """The code of the functions of that name, from one `fn` to the next."""
    parts = re.split(rf"\bfn {re.escape(name)}\b", text)[1:]
    return "\n".join(re.split(r"\n(?=(?:impl|struct|enum|#\[cfg\(test)|.*\bfn \w)", part)[0] for part in parts)


def check():
    """What of `KNOWN` is not in the source, where cargo-mutants is there also what it does not know."""
    stale = []
    for entry in KNOWN:
        path = ROOT / "src" / entry.file
        code = body(path.read_text(), entry.function.split("::")[-1]) if path.exists() else ""
        if not code:
            stale.append(f"{entry.file} has no {entry.function}")
        elif entry.at and code.count(entry.at) != 1:
            stale.append(f"{entry.file}: {entry.function} has {code.count(entry.at)} times {entry.at!r}")
        else:
            for words in entry.changes:
                operator = re.fullmatch(r"replace (\W+) with \W+", words)
                if operator and operator[1] not in (entry.at or code):
                    stale.append(f"{entry.file}: {entry.function} has nothing to {words}")
    if not stale and shutil.which("cargo-mutants"):
        explained = [explanation(mutant) for half in HALVES.values() for mutant in listed(half)]
        stale = [f"cargo-mutants knows none of {entry}" for entry in KNOWN if entry not in explained]
    for line in stale:
        print(f"mutants: {line}", file=sys.stderr)
    return 1 if stale else 0


def run(name, half, lanes, only):
    """Judges the mutants of one half and prints what became of them. Whether that is good enough."""
    mutants = [mutant for mutant in listed(half) if re.search(only, mutant["name"])]
    # Interleaved, so that a run that is cut short has seen a bit of everything.
    mutants = [mutant for start in range(8) for mutant in mutants[start::8]]
    everything, results, free = {mutant["name"]: mutant for mutant in mutants}, {}, queue.Queue()
    print(f"## {name}: {len(mutants)} mutants\n", flush=True)
    with tempfile.TemporaryDirectory() as copies:
        for lane in range(lanes):
            # What a run that was stopped has left there is of its last mutant.
            shutil.rmtree(ROOT / f"target/mutants-{lane}", ignore_errors=True)
            tree = pathlib.Path(copies) / str(lane)
            tree.mkdir()
            weaken.copy_to(tree)
            free.put((tree, ROOT / f"target/mutants-{lane}"))

        if name == "contract" and (failed := baseline(tree, ROOT / f"target/mutants-{lane}")):
            print(f"{failed} fails without a mutant", file=sys.stderr)
            return False

        def work(mutant, thorough):
            place = free.get()
            try:
                return mutant, judge(half, mutant, *place, thorough)
            finally:
                free.put(place)

        with concurrent.futures.ThreadPoolExecutor(lanes) as pool:
            for thorough in [False, True] if name == "machines" else [False]:
                for done in concurrent.futures.as_completed([pool.submit(work, mutant, thorough) for mutant in mutants]):
                    mutant, verdict = done.result()
                    results[mutant["name"]] = verdict
                    print(f"{verdict:70} {mutant['name']}", flush=True)
                mutants = [mutant for mutant in mutants if results[mutant["name"]] == "NOTHING"]
    reasons = {missed: explanation(everything[missed]) for missed, verdict in results.items() if verdict == "NOTHING"}
    unviable = sum(verdict == "unviable" for verdict in results.values())
    same = sum(reason is not None and reason.same for reason in reasons.values())
    unexplained = sum(reason is None for reason in reasons.values())
    noticed = len(results) - unviable - len(reasons)
    of = len(results) - unviable - same
    share = 100 * noticed / of if of else 100.0
    print(f"\n{len(results)} mutants; {unviable} do not compile, {same} change nothing.")
    print(f"Of {of}, {noticed} are noticed: {share:.1f} % ({TARGET} % are wanted).")
    print(f"Not noticed: {len(reasons)}, of which explained: {len(reasons) - unexplained}.")
    for missed, reason in reasons.items():
        print(f"- {missed}: {reason.reason if reason else '**no explanation**'}")
    return unexplained == 0 and share >= TARGET


def main():
    words = sys.argv[1:]
    if words == ["--check"]:
        return check()
    only = ""
    if "--only" in words:
        at = words.index("--only")
        only, words = words[at + 1], words[:at] + words[at + 2 :]
    names = [word for word in words if word in HALVES] or list(HALVES)
    lanes = next((int(word) for word in words if word.isdigit()), 2)
    # Both, even if the first is not good enough.
    return 0 if all([run(name, HALVES[name], lanes, only) for name in names]) else 1


if __name__ == "__main__":
    sys.exit(main())
