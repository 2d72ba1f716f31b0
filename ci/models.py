#!/usr/bin/env python3
"""Runs the loom models on the real machines and on the contract model and prints which question each one answers, with the
executions that it took: `ci/models.py > docs/models.md`. Fails if a model that the table names is not there, or one that
is there is not in the table. Takes some minutes on two cores.
"""

import os
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent

# Type: (operations and property, models). A model is named by its module and the beginning of its name.
TABLE = {
    "Lock": [
        ("acquire and release, 2 threads: exclusion, publication", ["lock::two_threads_exclude_each_other_by_hand"]),
        ("the same twice: a waiter is woken by every release", ["lock::two_threads_exclude_each_other_twice"]),
        ("3 threads: exclusion, nobody is left asleep", ["lock::three_threads"]),
        ("try × acquire, release: exact if it succeeds", ["lock::a_try_takes", "promises::a_try_that_fails"]),
        ("look × acquire, release: may be old news, orders nothing", ["promises::a_look_may_come", "promises::a_look_after_a_join", "promises::to_see_a_lock"]),
        ("release, try × the same on two locks: both may fail", ["promises::two_threads_that_release_and_then_try"]),
        ("timed acquire × release: time-out racing a wake", ["lock::a_timed_acquire"]),
        ("timed × patient waiter × release: the wake goes on", ["lock::a_time_out_does_not"]),
        ("acquire × newcomers: barging has an end, hand-over", ["lock::a_waiter_that_loses"]),
        ("hand-over × time-out of its owner", ["lock::a_reservation_whose_owner"]),
        ("release by another thread: publication", ["lock::a_release_by_another"]),
        ("release × release × acquire: foreign release on the way", ["regressions::cpython_143424"]),
        ("zero, past, longest", ["lock::zero_and_the_past", "promises::what_is_there_is_taken"]),
        ("two locks in two orders, one of them timed: no deadlock", ["promises::a_timed_wait_resolves"]),
        ("deadlock: reported, and unwinds", ["promises::a_deadlock_unwinds", "promises::a_failure_while"]),
        ("two looks, look and try × 2 sections: all that was so, in order", ["promises::two_looks_at_a_lock", "promises::a_try_after_a_look"]),
        ("a release that fails orders nothing", ["promises::a_release_of_a_free_lock"]),
        ("holder × try, timed, look, hold: sees it locked", ["holders::a_holder_of_a_lock", "holders::a_holder_that_has_waited_for_a_lock"]),
    ],
    "RLock": [
        ("nested sections, 2 threads: exclusion, publication", ["rlock::nested_sections"]),
        ("3 threads: exclusion, nobody is left asleep", ["rlock::three_threads"]),
        ("release and look by others: only the owner owns", ["rlock::only_the_owner"]),
        ("owner that has ended × acquire", ["rlock::a_thread_that_ended"]),
        ("timed acquire × release: time-out racing a wake", ["rlock::a_timed_acquire"]),
        ("two looks × 2 sections: all that was so, in order", ["promises::two_looks_at_an_rlock"]),
        ("a release by another than the owner orders nothing", ["promises::a_release_by_one_that"]),
        ("holder × try, timed, look, hold: sees it locked, its own", ["holders::a_holder_of_an_rlock", "holders::a_holder_that_has_waited_for_an_rlock"]),
        ("barging, hand-over, time-out racing them", "the lock underneath is that of `Lock`, in the same code"),
    ],
    "Semaphore, BoundedSemaphore": [
        ("one permit, 2 and 3 threads: exclusion", ["semaphore::one_permit_excludes", "semaphore::one_permit_excludes_three"]),
        ("two permits, 3 threads: two inside, never three", ["semaphore::two_permits_admit"]),
        ("try × try for two permits: both succeed", ["semaphore::two_tries"]),
        ("release × acquire: publication, also of earlier releases", ["semaphore::a_release_publishes", "semaphore::an_acquire_sees_all"]),
        ("two holders are not ordered: the race is found", ["promises::two_holders", "promises::to_take_a_permit", "promises::a_release_does_not_happen"]),
        ("release, release × 2 waiters: both wake", ["regressions::llvm_46357"]),
        ("release of two × 2 waiters: both wake", ["regressions::llvm_77659"]),
        ("release × a waiter about to sleep", ["regressions::pytorch_177884"]),
        ("release × release × a waiter that comes twice: late waker", ["regressions::cpython_148820"]),
        ("timed acquire × release: permits are conserved", ["semaphore::a_timed_acquire"]),
        ("timed × patient waiter × release: the wake goes on", ["semaphore::a_time_out_does_not"]),
        ("acquire × newcomer: hand-over, and the rest is free", ["semaphore::a_waiter_that_loses", "semaphore::a_release_of_many_serves"]),
        ("hand-over × time-out of its owner", ["semaphore::a_reservation_may"]),
        ("give, try × the same on two: both may fail", ["promises::two_threads_that_give"]),
        ("release × release at the bound: one fails", ["semaphore::of_two_releases_with_room"]),
        ("release of too many × waiter: all or nothing", ["semaphore::a_bounded_release"]),
        ("a release of too many orders nothing", ["promises::a_release_of_a_permit_too_many", "promises::a_release_of_many_permits_too_many"]),
        ("two looks × 2 sections: all that was so, in order", ["promises::two_looks_at_a_semaphore"]),
        ("zero, longest", ["semaphore::zero_is_one_try"]),
        ("FIFO selection", "the parking lot's promise P4, tested in `park/tests.rs` on both halves"),
    ],
    "Condition (over Lock and over RLock)": [
        ("wait for × notify: no lost wake-up", ["condition::over_a_lock::a_waiter_for", "condition::over_an_rlock::a_waiter_for"]),
        ("wait × notify: no wake-up without one", ["condition::over_a_lock::a_wait_without", "condition::over_an_rlock::a_wait_without"]),
        ("timed wait × notify: requeue racing a time-out", ["condition::over_a_lock::a_timed_wait", "condition::over_an_rlock::a_timed_wait"]),
        ("2 timed waits × notify: spent on one that reports it", ["condition::over_a_lock::a_notify_is_not", "condition::over_an_rlock::a_notify_is_not", "regressions::cpython_a_notify"]),
        ("2 waits × notify all", ["condition::over_a_lock::two_waiters", "condition::over_an_rlock::two_waiters", "regressions::rustfs_4498"]),
        ("two conditions on one lock", ["condition::over_a_lock::two_conditions", "condition::over_an_rlock::two_conditions"]),
        ("zero: lets go and takes back", ["condition::over_a_lock::a_zero", "condition::over_an_rlock::a_zero"]),
        ("wait at depth 2: all levels let go and taken back", ["condition::waiting_lets_go"]),
        ("notify × release by a stranger", ["condition::a_waiter_selected", "condition::all_waiters_selected"]),
        ("notify all by a stranger × 2 waits in a row", ["condition::notify_all_is_for"]),
        ("selected waiter × newcomer at the lock", ["condition::a_selected_waiter"]),
        ("bounded queue, 1 × 1", ["condition::a_bounded_queue"]),
        ("notify by a stranger × wait: may be too early", ["condition::a_stranger_may"]),
        ("a notify that fails orders nothing", ["promises::a_notify_by_one_that", "promises::a_notify_of_a_condition"]),
        ("two looks × 2 sections: all that was so, in order", ["promises::two_looks_at_the_lock_of"]),
        ("holder × try, timed, look, hold: notifies, waits", ["holders::a_holder_of_a_condition_over_a_lock", "holders::a_holder_of_a_condition_over_an_rlock", "holders::a_holder_that_has_waited_for_the_lock", "holders::a_holder_that_has_waited_for_the_rlock", "holders::a_notified_waiter"]),
        ("over an Arc of loom's", ["promises::a_condition_goes_over"]),
        ("a loop that polls: ends", ["promises::a_loop_that_polls_a_condition"]),
    ],
    "Event": [
        ("set × wait × look: publication", ["event::a_set_publishes"]),
        ("set × 2 waits", ["event::two_waiters_are_freed"]),
        ("set, clear, set × wait: nobody stays behind", ["event::set_followed", "regressions::set_and_clear"]),
        ("waits of two epochs × set", ["event::two_waiters_of_different"]),
        ("late waker × clear × wait: the next epoch sleeps on", ["event::a_late_waker"]),
        ("timed wait × set: time-out racing a set", ["event::a_timed_wait", "promises::a_wait_that_gave_up"]),
        ("timed × patient wait × set", ["regressions::rsevents"]),
        ("clear, look for work × add work, set", ["event::work_added"]),
        ("set, look × the same on two: both may miss", ["promises::two_threads_that_set"]),
        ("data after the set: the race is found", ["promises::data_published"]),
        ("longest; loops that poll", ["event::the_longest", "promises::a_loop_that_polls_a_timed", "promises::two_threads_that_poll"]),
        ("two looks × set, clear, twice: all that was so, in order", ["promises::two_looks_at_an_event"]),
        ("token for the thread's own park", ["promises::a_token"]),
    ],
    "Barrier": [
        ("2 parties, two rounds: indices, publication", ["barrier::two_parties_meet_twice"]),
        ("3 parties", ["barrier::three_parties_meet"]),
        ("action: once, after all came, before any leaves", ["barrier::the_action"]),
        ("timed party × party: both or none", ["barrier::a_party_whose"]),
        ("2 timed parties of 3", ["barrier::two_parties_of_three"]),
        ("time-out × action: too late to matter", ["barrier::a_deadline_that"]),
        ("abort × action × time-out: cancellation while a round trips", ["barrier::an_abort_while"]),
        ("abort after the round has tripped", ["regressions::cpython_an_abort"]),
        ("abort from outside: both or none", ["barrier::an_abort_from"]),
        ("failure: publication", ["barrier::a_failure"]),
        ("reset × parties", ["barrier::a_reset"]),
        ("time-out × reset × next round", ["barrier::a_time_out_does_not"]),
        ("reset by the action", ["barrier::an_action_that_resets"]),
        ("4 threads at a barrier of 2: the door", ["barrier::more_threads"]),
        ("timed wait inside of the action: gives up", ["barrier::a_timed_wait_inside"]),
        ("timed wait × action: served or gives up at the door", ["barrier::a_timed_wait_beside"]),
        ("time-out at the door × round of others: nothing breaks", ["barrier::a_thread_that_gives_up"]),
        ("indices after a party has left", ["regressions::cpython_no_index"]),
        ("zero, longest", ["barrier::zero_lets"]),
        ("two looks × abort, reset, twice: all that was so, in order", ["promises::two_looks_at_a_barrier"]),
    ],
    "The feature lock_api": [
        ("generic mutex, 2 threads: exclusion, publication", ["lock_api::two_threads"]),
        ("generic re-entrant mutex, nested, 2 threads: exclusion", ["lock_api::nested_sections"]),
        ("generic timed try × unlock: time-out racing a wake", ["lock_api::a_generic_timed_try"]),
        ("wait while × notify without the mutex: no lost wake-up", ["lock_api::a_notify_without"]),
        ("generic timed wait × notify: the notify counts who reports it", ["lock_api::a_generic_timed_wait"]),
        ("statics are as new in every execution", ["lock_api::a_static"]),
        ("deadlock: unwinds", ["lock_api::a_deadlock_unwinds"]),
    ],
    "All": [
        ("statics are as new in every execution", ["promises::statics", "statics::a_static_that_is_left", "statics::a_static_that_another"]),
        ("the same after a failure", ["statics::a_static_is_as_new_after_a_model_that_failed"]),
        ("the same for objects made outside", ["statics::an_object_made"]),
        ("the same between two models at the same time", ["statics::two_models", "statics::two_explorations"]),
        ("past deadlines: what is there is taken", ["deadlines::a_past_deadline_is_one_try_that_succeeds"]),
        ("moved, and at the place of another", ["promises::an_object_that", "promises::an_object_at"]),
    ],
}


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
    named = set()
    print("# Models\n")
    print("Printed by `ci/models.py`: which question each loom model answers, and how many executions that took: on the real")
    print("machines (complete, or at most so many preemptions), and on the contract model, which is what other crates get.")
    print("The races inside of the machines that a model has to come by are in its source, as `must_have_reached`.")
    for kind, rows in TABLE.items():
        print(f"\n## {kind}\n\n| question | model | real machines | contract model |\n|---|---|---|---|")
        for question, models in rows:
            if isinstance(models, str):
                print(f"| {question} | {models} | | |")
                continue
            for begin in models:
                exact = [name for name in checked if name == begin]
                found = exact or [name for name in checked if name.startswith(begin)]
                if len(found) != 1:
                    sys.exit(f"{begin} stands for {found}")
                [name] = found
                named.add(name)
                counts = ["; ".join(took.get(name, ["?"])) for took in (checked, contract)]
                print(f"| {question} | `{name}` | {counts[0]} | {counts[1]} |")
    if left := set(checked) - named:
        sys.exit(f"not in the table: {sorted(left)}")
    print(f"\n{len(named)} models.")


if __name__ == "__main__":
    main()
