#!/usr/bin/env python3
"""Counts the instructions of the paths on which nobody waits, and compares them with docs/printed/instructions.md:
`ci/instructions.py`, or `ci/instructions.py --write` to write that file anew.

Callgrind counts the same whatever else the machine is doing. Each case is run with two numbers of rounds; the difference
is what a round costs. Fails if a path has become longer. Another compiler makes other code: then it only prints.
"""

import json
import pathlib
import re
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
TABLE = ROOT / "docs/printed/instructions.md"
FEW, MANY = 1000, 3000


def build():
    command = ["cargo", "bench", "--no-run", "--bench", "instructions", "--message-format", "json"]
    made = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True)
    messages = (json.loads(line) for line in made.stdout.splitlines() if line.startswith("{"))
    return next(m["executable"] for m in messages if m.get("executable") and m["target"]["name"] == "instructions")


def total(binary, case, rounds):
    command = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", binary, case, str(rounds)]
    run = subprocess.run(command, check=True, capture_output=True, text=True)
    return int(re.search(r"Collected : (\d+)", run.stderr)[1])


def main():
    compiler = subprocess.run(["rustc", "--version"], cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout.strip()
    if shutil.which("valgrind") is None:
        print("instructions: there is no valgrind here, so nothing is counted")
        return 0
    binary = build()
    cases = subprocess.run([binary], check=True, stdout=subprocess.PIPE, text=True).stdout.splitlines()
    found = {case: round((total(binary, case, MANY) - total(binary, case, FEW)) / (MANY - FEW)) for case in cases}
    # The loop itself.
    idle = found.pop("nothing")
    found = {case: count - idle for case, count in found.items()}
    if "--write" in sys.argv:
        rows = "".join(f"| {case} | {count} |\n" for case, count in found.items())
        head = f"Printed by `ci/instructions.py --write` with {compiler}, x86_64. Loop and `black_box` included as far as they are there.\n"
        TABLE.write_text(f"{head}\n| path | instructions |\n|---|--:|\n{rows}")
        return 0
    text = TABLE.read_text()
    known = {case: int(count) for case, count in re.findall(r"^\| (.*) \| (\d+) \|$", text, re.M)}
    same = compiler in text
    longer = 0
    for case, count in found.items():
        before = known.get(case)
        note = "" if count == before else f"  (was {before})"
        print(f"{count:5}  {case}{note}")
        longer += before is None or count > before
    if not same:
        print(f"The table was made with another compiler than {compiler}: not compared.")
        return 0
    if longer:
        print(f"{longer} paths have become longer or are new. If that is meant: ci/instructions.py --write")
    return 1 if longer else 0


if __name__ == "__main__":
    sys.exit(main())
