//! Why it is built like this: a page for those who maintain the crate, or who want to know what they rely on.
//!
//! # A parking lot
//!
//! A thread that has to wait sleeps in a queue that belongs to an *address*, in a table that all primitives of the process
//! share (`parking_lot_core`). So a lock is two bytes and a semaphore eight, nothing is allocated to wait, and a constructor
//! is `const`. The queue is first in, first out, and has a lock of its own, under which a waiter asks once more whether it
//! must sleep, and a waker decides whom to wake. Most of what is subtle elsewhere is done there, in one step.
//!
//! # Machines and faces
//!
//! A *machine* is a word and the rules by which it changes. It knows no value, no user's type and no clock. A *face* is what
//! you call: it holds the value, makes the guard, turns a timeout into a deadline, and is mostly documentation. All machines
//! stand on one parking layer with two halves, the real one and its model on loom's objects. They exist once: the code that
//! ships is the code that loom runs.
//!
//! # Lock and permits
//!
//! A lock has one permit, a release that may have to fail, and a byte. Permits have a count, a release that is one `fetch_add`,
//! and eight bytes. They are two machines (`raw/lock.rs`, `raw/permits.rs`) with one idea: each has two queues. A sleeper of
//! the main queue is woken and competes with newcomers, so that a release need not wait for a thread that takes microseconds
//! to get going. A sleeper of the starving queue is granted what it waits for, first come first served, and nobody passes it.
//!
//! The file heads have the words and the invariants. Their transitions are pure functions. `raw/machine.rs` runs them on
//! real words and queues, and `raw/explore/` through every interleaving of a few threads.
//!
//! - At a lock one woken thread is on its way at a time. While it is, the word shows no flag, and the others stay on the
//!   fast path: one compare-exchange each way, without a look before it.
//! - Permits count the woken threads. A release wakes as many more as can be served.
//! - Whoever joins a queue, or leaves it because its time is up, takes what is there in the same step. So no call fails
//!   beside a permit that it could have had.
//!
//! # Waiting
//!
//! How long a thread looks again, whether it yields its core in between, and when a waiter starves: all that is policy, and
//! lies in `park/spin.rs`, which has a clock. At a lock the number of looks is fixed, since two threads that stay awake for
//! it pass its cache line to and fro. Where a thread waits for something to happen, a budget learns by address what pays. The
//! machines are right whatever the policy says.
//!
//! A machine that can look at what it waits for does so before it joins a queue (`Spin`). One that cannot, because to join
//! *is* to arrive, joins and stays awake for a while (`park_watchfully`). Whoever takes a thread out of a queue says so on the
//! thread's ticket, which lies on its stack; the parking lot itself tells it only by ending its sleep.
//!
//! # Condition
//!
//! A waiter joins the condition's queue and only then releases the lock; so a notifier, who holds the lock, finds it there.
//! A notify moves waiters to the lock's main queue, under both queues' locks, and wakes nobody: they could not run anyway.
//! Whether a waiter was selected or timed out is decided by whoever takes it out of the queue.
//!
//! # Event
//!
//! Each raising of the flag begins an epoch. A waiter belongs to the epoch in which it began, and is free as soon as that is
//! over: so it does not matter whether the flag is down again when it looks, and a waker that is late cannot free waiters of
//! the next epoch.
//!
//! # Barrier
//!
//! A party arrives under the queue's lock, in the same step in which it falls asleep, and a round ends in the step that takes
//! its sleepers out. So no thread is ever in between, not knowing how its round ended, and no history of rounds has to be
//! kept. The one exception, a party whose time is up while the action runs, is counted, and no round ends before it is back.
//!
//! # Two models
//!
//! Under `--cfg loom` a dependent gets a *contract model* (`src/loom/contract`), in which a call is one step of loom's where that is
//! possible. The real machines run under a second flag, `sixfold_checked`, on loom's atomics and a twin of the parking lot.
//! The models in `tests/loom` run on both. Their outcomes on the real machines are listed in the source and must be met
//! exactly; the contract model must come to all of them. So a dependent's proof holds for the code that ships.
//!
//! Three things were learnt on the way. A loom mutex that is held exactly while a lock is costs a dependent no more than a
//! mutex of loom's; but loom makes a `try_lock` wait if another thread gets there first, so a try does not go through it. An
//! atomic is in loom's eyes made by a thread at a moment, and who does not happen after that moment must not touch it; so
//! that constructors can be `const`, each execution begins with a supply of them. And loom remembers only the last access
//! to an atomic, so that of a load by one thread, and a load and a store by another, it does not try the store first: a look
//! that could come after a lock was taken seemed to come before it always. So loads are in conflict with each other here.
//!
//! # What is checked by what
//!
//! | what | by |
//! |---|---|
//! | the contract of `threading`, edge by edge, on real threads | `tests/*.rs`; the case numbers are those of Python's own suite |
//! | random programs of calls against a plain model | `tests/properties.rs` |
//! | histories of real threads: some order of the calls explains them | `tests/linearizable.rs` |
//! | exclusion, no lost wake-up, happens-before, time-outs at every moment | `tests/loom`, and beside the machines; the tables below |
//! | that the races meant were explored | `Outcomes` and `must_have_reached` in the models |
//! | that the contract model allows what the machines do | `ci/loom.sh`: the same models on both |
//! | that the model of the parking lot may stand for the real one | `src/park/contract.rs`, run on both |
//! | the invariants of lock and permits, that nobody sleeps beside a free permit, and that a starving waiter is served | `ci/explore.sh`; in the gate with fewer threads |
//! | that every ordering is needed | `ci/weaken.py`; the table below |
//! | that bugs of others would be found | `ci/break.py`, with `tests/loom/regressions.rs` |
//! | that a crate of yours can do the same | `ci/dependent.sh`, with `tests/dependent` |
//! | conservation of permits, items, rounds and notifications under faults | `ci/soak.sh` |
//! | data races in what is compiled | `ci/tsan.sh`, `ci/miri.sh` |
//! | that likely mistakes are refused with words that help, and which lints see the others | `ci/compile_errors.sh`, with `tests/ui` |
//! | that other crates' generic types hold what they promise over our lock | `tests/lock_api.rs`, `tests/loom/lock_api.rs` |
//! | what the programs of the porting guide print | `ci/examples.sh`, with `tests/examples` |
//! | contents, licences, features, versions and surface of the package | `ci/package.sh`, `deny.sh`, `features.sh`, `minimal_versions.sh`, `msrv.sh`, `semver.sh` |
//! | sizes | assertions in the source |
//!
//! The slow ones were last run as follows, on Linux on x86-64 with two cores. What stands with a date before 2026-11-26 was run
//! before the lock and the permits were two machines.
//!
//! | what | when | result |
//! |---|---|---|
//! | `ci/explore.sh` | 2026-11-26 | what must hold holds in all programs; each of 26 breaks is found (`docs/explored.md`) |
//! | `ci/break.py` | 2026-11-21 | all 11 broken machines fail the model that is named after the bug |
//! | `ci/soak.sh 120` | 2026-11-21 | all laws held |
//! | `ci/tsan.sh 30`, nightly 1.97 of 2026-05-19, std not instrumented | 2026-11-21 | no report; with `Acquire` taken from a lock's fast path it reports the race |
//! | `ci/miri.sh` | | no Miri on that machine: not run |
//! | `ci/mutants.py machines` | 2026-11-21 | of 393 mutants of the machines of that time, 37 were not noticed |
//! | `ci/weaken.py` | 2026-11-21 | each of the 13 weaker orderings of that time fails a model |
//! | `ci/package.sh`, `features.sh`, `minimal_versions.sh`, `msrv.sh` | 2026-11-21 | pass |
//! | `ci/deny.sh` | 2026-11-21 | licences, bans and sources pass; the advisories could not be fetched there: not run |
//! | `ci/semver.sh` | 2026-11-21 | there is no release to compare with; against an earlier commit 202 checks pass, and it finds two breaks that were put in |
//! | `.github/workflows/ci.yml` | | checked as a workflow, and not run yet: nothing has run on macOS, Windows or AArch64 |
//! | `ci/repeat.sh` | 2026-11-21 | 1,000 rounds without a failure, before the contract model was added |
//!
//! # Orderings
//!
#![doc = include_str!("../docs/orderings.md")]
//!
#![doc = include_str!("../docs/models.md")]
