#!/usr/bin/env python3
"""Runs the loom models on the real machines and on the contract model, and prints what each one asks and how many executions
that took: `ci/models.py > docs/printed/models.md`. The question is the model's name, and what its doc comment adds. Takes some
minutes on two cores.
"""

import os
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent


def models():
    """(file, what the file says of itself, {test: what its doc comment says})."""
    for path in sorted((ROOT / "tests/loom").glob("*.rs")):
        text = path.read_text()
        about = " ".join(line[4:] for line in re.match(r"(//!.*\n)*", text)[0].splitlines())
        # Modules inside of a file, such as one for each lock that a condition goes over, run the same tests.
        found = {}
        for comment, name in re.findall(r"((?:[ \t]*///.*\n)*)[ \t]*#\[test\]\n(?:[ \t]*#\[.*\n)*[ \t]*fn (\w+)", text):
            found[name] = " ".join(line.strip()[4:] for line in comment.splitlines())
        if found:
            yield path.stem, about, found


def executions(machines):
    """What each model took."""
    env = os.environ | {"RUSTFLAGS": f"--cfg loom {machines} -Awarnings", "CARGO_TARGET_DIR": str(ROOT / "target/models")}
    command = ["cargo", "test", "--profile", "loom", "--features", "lock_api", "--test", "loom", "--", "--nocapture"]
    run = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True)
    if run.returncode != 0:
        sys.exit(run.stdout[-5000:])
    took = {}
    for name, count, bound in re.findall(r"(\w+(?:::\w+)+): (\d+) executions, (complete|at most \d+ preemptions)", run.stdout):
        counts = took.setdefault(name, [])
        counts.append(f"{int(count):,}, {'complete' if bound == 'complete' else bound.split()[2] + ' preemptions'}")
    for name, counts in took.items():
        # A test that goes through many calls has a model for each.
        if len(counts) > 4:
            total = sum(int(count.split(", ")[0].replace(",", "")) for count in counts)
            took[name] = [f"{total:,} in {len(counts)} models"]
    # Those that are to fail do not get so far as to count; and the others are all in there.
    for name in re.findall(r"test (\S+) - should panic \.\.\. ok", run.stdout):
        took.setdefault(name, ["fails, as it must"])
    return took


def main():
    checked, contract = executions("--cfg sixfold_checked"), executions("")
    print("# Models\n")
    print("Printed by `ci/models.py`: which question each loom model answers, and how many executions that took: on the real")
    print("machines (complete, or at most so many preemptions), and on the contract model, which is what other crates get.")
    print("The races inside of the machines that a model has to come by are in its source, as `must_have_reached`.")
    count = 0
    for file, about, tests in models():
        of_file = sorted({name for name in checked | contract if name.split("::")[0] == file})
        if not of_file:
            continue
        print(f"\n## {file}\n\n{about}\n\n| model | real machines | contract model |\n|---|---|---|")
        for name in of_file:
            count += 1
            comment = tests.get(name.split("::")[-1], "")
            took = ["; ".join(of.get(name, ["–"])) for of in (checked, contract)]
            print(f"| `{'::'.join(name.split('::')[1:])}` {comment} | {took[0]} | {took[1]} |")
    print(f"\n{count} models.")


if __name__ == "__main__":
    main()
