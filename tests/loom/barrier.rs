//! `Barrier`: a round is decided once, for all who are in it.

use crate::common::{A_WHILE, Outcomes, Plain, explore, explore_bounded, must_have_reached, spawn};
use loom::sync::Arc;
use loom::thread;
use sixfold::{Barrier, BrokenBarrierError, BrokenBarrierKind};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::Duration;

const BROKEN: Result<usize, ()> = Err(());

fn plain(result: Result<usize, BrokenBarrierError>) -> Result<usize, ()> {
    result.map_err(drop)
}

#[test]
fn two_parties_meet_twice_and_see_what_the_other_did() {
    static SEEN: Outcomes<usize> = Outcomes::new();
    explore(|| {
        let shared = Arc::new((Barrier::new(2), [Plain::new(0), Plain::new(0)]));
        fn party((barrier, places): &(Barrier, [Plain<usize>; 2]), me: usize) -> usize {
            let mut indices = 0;
            for round in 1..=2 {
                places[me].set(round);
                indices = indices * 2 + barrier.wait().unwrap();
                assert_eq!(places[1 - me].get(), round);
                indices = indices * 2 + barrier.wait().unwrap();
            }
            indices
        }
        let other = spawn(&shared, |shared| party(shared, 1));
        let mine = party(&shared, 0);
        SEEN.add(mine);
        assert_eq!(mine + other.join().unwrap(), 0b1111, "one of each index in each round");
    });
    SEEN.are(0..16);
}

#[test]
fn three_parties_meet() {
    explore_bounded(4, || {
        let barrier = Arc::new(Barrier::new(3));
        let wait = |barrier: &Barrier| barrier.wait().unwrap();
        let others = [spawn(&barrier, wait), spawn(&barrier, wait)];
        let mut indices = vec![wait(&barrier)];
        indices.extend(others.map(|other| other.join().unwrap()));
        indices.sort();
        assert_eq!(indices, [0, 1, 2]);
        assert_eq!(barrier.n_waiting(), 0);
    });
}

#[test]
fn the_action_runs_once_after_all_have_come_and_before_any_leaves() {
    explore(|| {
        let done = std::sync::Arc::new((Plain::new(0), [Plain::new(0), Plain::new(0)]));
        let barrier = Barrier::with_action(2, {
            let done = done.clone();
            move || {
                assert_eq!(done.1[0].get() + done.1[1].get(), 2);
                done.0.set(done.0.get() + 1);
            }
        });
        let shared = Arc::new((barrier, done));
        let other = spawn(&shared, |(barrier, done)| {
            done.1[1].set(1);
            barrier.wait().unwrap();
            assert_eq!(done.0.get(), 1);
        });
        let (barrier, done) = &*shared;
        done.1[0].set(1);
        barrier.wait().unwrap();
        assert_eq!(done.0.get(), 1);
        other.join().unwrap();
    });
}

#[test]
fn a_party_whose_time_is_up_breaks_the_round_for_both_or_for_none() {
    static SEEN: Outcomes<(bool, bool)> = Outcomes::new();
    explore(|| {
        let barrier = Arc::new(Barrier::new(2));
        let timed = spawn(&barrier, |barrier| barrier.wait_timeout(A_WHILE).is_ok());
        let mine = barrier.wait().is_ok();
        let theirs = timed.join().unwrap();
        SEEN.add((mine, theirs));
        assert_eq!(barrier.broken(), !mine);
    });
    SEEN.are([(false, false), (true, true)]);
}

#[test]
fn two_parties_of_three_may_run_out_of_time_together() {
    static SEEN: Outcomes<[bool; 3]> = Outcomes::new();
    explore_bounded(2, || {
        let barrier = Arc::new(Barrier::new(3));
        let wait = |barrier: &Barrier| barrier.wait_timeout(A_WHILE).is_ok();
        let others = [spawn(&barrier, wait), spawn(&barrier, wait)];
        let mine = barrier.wait().is_ok();
        let [one, other] = others.map(|other| other.join().unwrap());
        SEEN.add([mine, one, other]);
    });
    SEEN.are([[false; 3], [true; 3]]);
}

/// The time of one party may be up while the other runs the action: that is too late to matter.
#[test]
fn a_deadline_that_passes_while_the_action_runs_does_not_break_the_round() {
    static SEEN: Outcomes<(bool, bool, bool)> = Outcomes::new();
    explore(|| {
        let began = std::sync::Arc::new(AtomicBool::new(false));
        let barrier = Barrier::with_action(2, {
            let began = began.clone();
            move || {
                began.store(true, Relaxed);
                thread::yield_now();
            }
        });
        let barrier = Arc::new(barrier);
        let timed = spawn(&barrier, |barrier| barrier.wait_timeout(A_WHILE).is_ok());
        let mine = barrier.wait().is_ok();
        SEEN.add((began.load(Relaxed), mine, timed.join().unwrap()));
    });
    SEEN.are([(false, false, false), (true, true, true)]);
    must_have_reached(&[
        "the time of a party was up while the action ran",
        "a round did not end before a late party was back",
    ]);
}

/// A party that came late to the queue again must be told of the abort, and the abort must wait for it.
#[test]
fn an_abort_while_the_action_runs_fails_the_round_for_all() {
    static SEEN: Outcomes<(bool, bool)> = Outcomes::new();
    explore_bounded(3, || {
        let barrier = Arc::new(Barrier::with_action(2, thread::yield_now));
        let timed = spawn(&barrier, |barrier| barrier.wait_timeout(A_WHILE).is_ok());
        let aborter = spawn(&barrier, Barrier::abort);
        let mine = barrier.wait().is_ok();
        SEEN.add((mine, timed.join().unwrap()));
        aborter.join().unwrap();
        assert!(barrier.broken());
    });
    SEEN.are([(false, false), (true, true)]);
    must_have_reached(&[
        "a round was ended while its action ran",
        "a round did not end before a late party was back",
        "the time of a party was up while the action ran",
    ]);
}
#[test]
fn an_abort_from_outside_fails_both_or_none() {
    static SEEN: Outcomes<(bool, bool)> = Outcomes::new();
    explore(|| {
        let barrier = Arc::new(Barrier::new(2));
        let other = spawn(&barrier, |barrier| barrier.wait().is_ok());
        let aborter = spawn(&barrier, Barrier::abort);
        let mine = barrier.wait().is_ok();
        SEEN.add((mine, other.join().unwrap()));
        aborter.join().unwrap();
    });
    SEEN.are([(false, false), (true, true)]);
}

/// Whoever is told that the barrier is broken sees what was done before it was: by an abort, or by a time-out.
#[test]
fn a_failure_publishes_what_was_done_before_it() {
    explore_bounded(4, || {
        let shared = Arc::new((Barrier::new(2), Plain::new(0)));
        let aborter = spawn(&shared, |(barrier, data)| {
            data.set(1);
            barrier.abort();
        });
        assert!(shared.0.wait().is_err());
        assert_eq!(shared.1.get(), 1);
        aborter.join().unwrap();
    });
    explore_bounded(4, || {
        let shared = Arc::new((Barrier::new(3), Plain::new(0)));
        let timed = spawn(&shared, |(barrier, data)| {
            data.set(1);
            assert!(barrier.wait_timeout(A_WHILE).is_err());
        });
        assert!(shared.0.wait().is_err());
        assert_eq!(shared.1.get(), 1);
        timed.join().unwrap();
    });
}

/// After a reset the barrier is as new: who failed tries again, and they meet. The reset may come before anybody, when
/// one waits, when both have come and the round has not tripped yet, and after that.
#[test]
fn a_reset_fails_who_waits_and_nobody_else() {
    static SEEN: Outcomes<(bool, bool)> = Outcomes::new();
    explore_bounded(3, || {
        fn meet(barrier: &Barrier) -> bool {
            let first = barrier.wait().is_ok();
            if !first {
                barrier.wait().unwrap();
            }
            first
        }
        let barrier = Arc::new(Barrier::new(2));
        let other = spawn(&barrier, meet);
        let resetter = spawn(&barrier, Barrier::reset);
        let mine = meet(&barrier);
        SEEN.add((mine, other.join().unwrap()));
        resetter.join().unwrap();
        assert!(!barrier.broken());
    });
    SEEN.are([(false, false), (false, true), (true, false), (true, true)]);
}

/// Who has timed out wakes the others of its round; by then that round may be over, and the next have begun.
#[test]
fn a_time_out_does_not_reach_into_the_round_after_a_reset() {
    explore_bounded(3, || {
        let barrier = Arc::new(Barrier::new(2));
        let timed = spawn(&barrier, |barrier| assert!(barrier.wait_timeout(A_WHILE).is_err()));
        while !barrier.broken() {
            thread::yield_now();
        }
        barrier.reset();
        let other = spawn(&barrier, |barrier| barrier.wait().unwrap());
        barrier.wait().unwrap();
        other.join().unwrap();
        timed.join().unwrap();
    });
}

fn of_two_whose_action_resets_it() -> std::sync::Arc<Barrier> {
    std::sync::Arc::new_cyclic(|weak: &std::sync::Weak<Barrier>| {
        let weak = weak.clone();
        Barrier::with_action(2, move || weak.upgrade().unwrap().reset())
    })
}

#[test]
fn an_action_that_resets_fails_its_own_round_and_leaves_a_new_barrier() {
    explore(|| {
        let shared = Arc::new(of_two_whose_action_resets_it());
        let other = spawn(&shared, |barrier| plain(barrier.wait()));
        assert_eq!(plain(shared.wait()), BROKEN);
        assert_eq!(other.join().unwrap(), BROKEN);
        assert!(!shared.broken() && shared.n_waiting() == 0);
    });
}

/// Four threads, two parties: each index is given twice, and nobody is left at the door.
#[test]
fn more_threads_than_parties_meet_in_rounds() {
    explore_bounded(2, || {
        let barrier = Arc::new(Barrier::with_action(2, thread::yield_now));
        let wait = |barrier: &Barrier| barrier.wait().unwrap();
        let others = [spawn(&barrier, wait), spawn(&barrier, wait), spawn(&barrier, wait)];
        let mut indices = vec![wait(&barrier)];
        indices.extend(others.map(|other| other.join().unwrap()));
        indices.sort();
        assert_eq!(indices, [0, 0, 1, 1]);
    });
    must_have_reached(&["a party came while the action ran"]);
}

/// The wait is for some time, for none, or for the default time of the barrier.
#[test]
fn a_timed_wait_inside_the_action_gives_up_and_the_round_goes_on() {
    type Wait = fn(&Barrier) -> Result<usize, BrokenBarrierError>;
    let waits: [Wait; 3] =
        [|barrier| barrier.wait_timeout(A_WHILE), |barrier| barrier.wait_timeout(Duration::ZERO), Barrier::wait];
    for inside in waits {
        explore(move || {
            let barrier = std::sync::Arc::new_cyclic(|weak: &std::sync::Weak<Barrier>| {
                let weak = weak.clone();
                let action = move || assert_eq!(plain(inside(&weak.upgrade().unwrap())), BROKEN);
                Barrier::with_action(2, action).with_timeout(A_WHILE)
            });
            let shared = Arc::new(barrier);
            let wait = |barrier: &std::sync::Arc<Barrier>| barrier.wait_timeout(Duration::MAX).unwrap();
            let other = spawn(&shared, wait);
            assert_eq!(wait(&shared) + other.join().unwrap(), 1);
            assert!(!shared.broken() && shared.n_waiting() == 0);
        });
    }
}

/// A party alone never waits for others, so that nobody can break its barrier but by waiting at the door.
#[test]
fn a_timed_wait_beside_an_action_is_served_or_gives_up_and_breaks_nothing() {
    static SEEN: Outcomes<bool> = Outcomes::new();
    explore(|| {
        let barrier = Arc::new(Barrier::with_action(1, thread::yield_now));
        let other = spawn(&barrier, |barrier| barrier.wait().unwrap());
        SEEN.add(barrier.wait_timeout(A_WHILE).is_ok());
        assert_eq!(other.join().unwrap(), 0);
        assert!(!barrier.broken() && barrier.n_waiting() == 0);
    });
    SEEN.are([false, true]);
    must_have_reached(&["a party came while the action ran", "the time of a thread at the door was up"]);
}

/// Whichever party comes last runs it, and the panic is that one's.
#[test]
fn an_action_that_panics_breaks_the_barrier_for_the_others() {
    static SEEN: Outcomes<bool> = Outcomes::new();
    explore(|| {
        let barrier = Arc::new(Barrier::with_action(2, || resume_unwind(Box::new("of the action"))));
        let wait = |barrier: &Barrier| catch_unwind(AssertUnwindSafe(|| plain(barrier.wait()))).ok();
        let other = spawn(&barrier, wait);
        let mine = wait(&barrier);
        SEEN.add(mine.is_none());
        let other = other.join().unwrap();
        assert!([(None, Some(BROKEN)), (Some(BROKEN), None)].contains(&(mine, other)));
        assert!(barrier.broken() && barrier.n_waiting() == 0);
        barrier.reset();
        assert!(!barrier.broken());
    });
    SEEN.are([false, true]);
}

/// Two may wait at the door. One of them gives up, and the end of the round wakes the other.
#[test]
fn a_thread_that_gives_up_beside_an_action_takes_nobody_along() {
    static SEEN: Outcomes<bool> = Outcomes::new();
    explore_bounded(2, || {
        let barrier = Arc::new(Barrier::with_action(1, thread::yield_now));
        let wait = |barrier: &Barrier| barrier.wait().unwrap();
        let others = [spawn(&barrier, wait), spawn(&barrier, wait)];
        SEEN.add(barrier.wait_timeout(A_WHILE).is_ok());
        assert_eq!(others.map(|other| other.join().unwrap()), [0, 0]);
        assert!(!barrier.broken());
    });
    SEEN.are([false, true]);
}

/// The third thread comes when the round is complete. It gives up while the round goes on, or as a party of the next, which
/// it breaks. The two meet in any case.
#[test]
fn a_thread_that_gives_up_before_the_next_round_leaves_that_of_the_others_alone() {
    static SEEN: Outcomes<(bool, bool)> = Outcomes::new();
    explore_bounded(2, || {
        let barrier = Arc::new(Barrier::with_action(2, thread::yield_now));
        let wait = |barrier: &Barrier| barrier.wait().unwrap();
        let others = [spawn(&barrier, wait), spawn(&barrier, wait)];
        let comes = barrier.n_waiting() == 2;
        if comes {
            assert_eq!(plain(barrier.wait_timeout(A_WHILE)), BROKEN);
        }
        assert_eq!(others.map(|other| other.join().unwrap()).iter().sum::<usize>(), 1);
        SEEN.add((comes, barrier.broken()));
    });
    SEEN.are([(false, false), (true, false), (true, true)]);
    must_have_reached(&["the time of a thread at the door was up"]);
}

#[test]
fn zero_lets_only_the_last_through_and_the_longest_time_waits() {
    static SEEN: Outcomes<(bool, bool)> = Outcomes::new();
    explore(|| {
        let barrier = Arc::new(Barrier::new(2));
        let other = spawn(&barrier, |barrier| barrier.wait_timeout(Duration::MAX).is_ok());
        let mine = barrier.wait_timeout(Duration::ZERO).is_ok();
        SEEN.add((mine, other.join().unwrap()));
    });
    SEEN.are([(false, false), (true, true)]);
}

/// A party that leaves in every moment: before the others come, while they wait, and after they have gone on.
#[test]
fn a_party_that_leaves_is_not_waited_for_and_what_it_did_is_seen() {
    static RAN: AtomicBool = AtomicBool::new(false);
    explore_bounded(3, || {
        let shared = Arc::new((Barrier::with_action(2, || RAN.store(true, Relaxed)), Plain::new(0)));
        let leaver = spawn(&shared, |(barrier, place): &(Barrier, Plain<usize>)| {
            let party = barrier.party();
            place.set(1);
            party.leave();
        });
        let (barrier, place) = &*shared;
        let index = barrier.wait();
        assert_eq!(index, Ok(0));
        assert_eq!(place.get(), 1);
        leaver.join().unwrap();
        assert_eq!((barrier.parties(), barrier.n_waiting()), (1, 0));
    });
    assert!(RAN.load(Relaxed));
}

#[test]
fn two_that_wait_meet_when_the_third_leaves() {
    explore_bounded(2, || {
        let barrier = Arc::new(Barrier::new(3));
        let other = spawn(&barrier, |barrier: &Barrier| barrier.wait());
        let leaver = spawn(&barrier, |barrier: &Barrier| barrier.party().leave());
        let mut indices = [barrier.wait().unwrap(), other.join().unwrap().unwrap()];
        indices.sort();
        assert_eq!(indices, [0, 1]);
        leaver.join().unwrap();
    });
}

#[test]
fn a_timed_party_is_told_that_the_last_one_left_or_that_its_time_was_up() {
    static SEEN: Outcomes<bool> = Outcomes::new();
    explore_bounded(3, || {
        let barrier = Arc::new(Barrier::new(2));
        let leaver = spawn(&barrier, |barrier: &Barrier| barrier.party().leave());
        let result = barrier.wait_timeout(A_WHILE);
        leaver.join().unwrap();
        match result {
            Ok(index) => assert_eq!((index, barrier.broken()), (0, false)),
            Err(error) => assert_eq!((error.kind(), barrier.broken()), (BrokenBarrierKind::TimedOut, true)),
        }
        SEEN.add(result.is_ok());
    });
    SEEN.must_have([false, true]);
}

#[test]
fn a_party_that_a_panic_drops_fails_the_others_or_comes_after_their_round() {
    static SEEN: Outcomes<(bool, bool)> = Outcomes::new();
    explore_bounded(3, || {
        let barrier = Arc::new(Barrier::new(2));
        let fails = spawn(&barrier, |barrier: &Barrier| {
            let panicked = catch_unwind(AssertUnwindSafe(|| {
                let _party = barrier.party();
                resume_unwind(Box::new("on purpose"));
            }));
            assert!(panicked.is_err());
        });
        let error = barrier.wait().expect_err("the other never comes");
        assert_eq!(error.kind(), BrokenBarrierKind::PartyPanicked);
        fails.join().unwrap();
        assert_eq!(barrier.parties(), 1);
        SEEN.add((error.was_broken(), barrier.broken()));
    });
    SEEN.must_have([(false, true), (true, true)]);
}

#[test]
fn a_round_completes_although_a_panic_drops_a_party_after_it() {
    explore_bounded(3, || {
        let barrier = Arc::new(Barrier::new(2));
        let fails = spawn(&barrier, |barrier: &Barrier| {
            let panicked = catch_unwind(AssertUnwindSafe(|| {
                let _party = barrier.party();
                barrier.wait().expect("nobody breaks this round");
                resume_unwind(Box::new("on purpose"));
            }));
            assert!(panicked.is_err());
        });
        barrier.wait().expect("it was complete before the panic");
        fails.join().unwrap();
        assert!(barrier.broken());
    });
}

/// The party that leaves does so before the others have come, while the action runs, or afterwards.
#[test]
fn a_party_that_leaves_while_the_action_runs_takes_nobody_out_of_the_round() {
    static SEEN: Outcomes<[usize; 2]> = Outcomes::new();
    explore_bounded(2, || {
        let barrier = Arc::new(Barrier::with_action(2, thread::yield_now));
        let leaver = spawn(&barrier, |barrier: &Barrier| barrier.party().leave());
        let other = spawn(&barrier, |barrier: &Barrier| barrier.wait().expect("nobody breaks it"));
        let mine = barrier.wait().expect("nobody breaks it");
        SEEN.add([mine, other.join().unwrap()]);
        leaver.join().unwrap();
        assert_eq!((barrier.parties(), barrier.n_waiting(), barrier.broken()), (1, 0, false));
    });
    // Both in one round of two, or each in one of its own.
    SEEN.are([[0, 0], [0, 1], [1, 0]]);
}

#[test]
fn who_runs_the_action_is_told_what_ended_its_round() {
    static SEEN: Outcomes<Option<&str>> = Outcomes::new();
    explore_bounded(3, || {
        let barrier = Arc::new(Barrier::with_action(1, thread::yield_now));
        let other = spawn(&barrier, |barrier: &Barrier| {
            barrier.reset();
            barrier.wait().is_ok()
        });
        let mine = barrier.wait();
        assert!(other.join().unwrap(), "nobody ends its round");
        SEEN.add(mine.err().map(|error| if error.kind() == BrokenBarrierKind::Reset { "reset" } else { "else" }));
    });
    SEEN.are([None, Some("reset")]);
}

#[test]
fn a_party_that_has_left_is_missed_by_nobody() {
    explore_bounded(3, || {
        let barrier = Arc::new(Barrier::with_action(2, thread::yield_now));
        let leaver = spawn(&barrier, |barrier: &Barrier| {
            let party = barrier.party();
            assert!(barrier.wait().is_ok());
            party.leave();
        });
        assert!(barrier.wait().is_ok());
        // Alone, after the other has left.
        assert_eq!(barrier.wait(), Ok(0));
        leaver.join().unwrap();
        assert_eq!(barrier.parties(), 1);
    });
}

#[test]
fn a_party_is_claimed_while_there_is_one_that_nobody_has_and_again_once_all_have_left() {
    explore(|| {
        let barrier = Barrier::new(2);
        let none_is_left = || assert!(catch_unwind(AssertUnwindSafe(|| drop(barrier.party()))).is_err());
        for _ in 0..2 {
            let (first, second) = (barrier.party(), barrier.party());
            none_is_left();
            first.leave();
            none_is_left();
            assert_eq!(barrier.parties(), 1);
            second.leave();
            assert_eq!(barrier.parties(), 2);
        }
    });
}

#[test]
fn the_last_of_two_that_leave_completes_the_round_of_the_third() {
    explore(|| {
        let barrier = Arc::new(Barrier::new(3));
        let waits = spawn(&barrier, |barrier: &Barrier| plain(barrier.wait()));
        barrier.party().leave();
        barrier.party().leave();
        assert_eq!(waits.join().unwrap(), Ok(0));
    });
}

#[test]
fn a_round_that_a_leaving_party_completes_is_complete_while_its_action_runs() {
    explore(|| {
        let shared = Arc::new(of_two_whose_action_resets_it());
        let waits = spawn(&shared, |barrier| barrier.wait());
        shared.party().leave();
        let error = waits.join().unwrap().unwrap_err();
        // It is told so only of a round that was complete.
        assert_eq!(error.kind(), BrokenBarrierKind::Reset);
    });
}
