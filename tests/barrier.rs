//! Barrier: Python's `BarrierTests`, and what they leave out.
#![cfg(not(loom))]

mod common;

use common::{LONG, SHORT, message, place_of_panic, says, spawn, timed, until, watchdog};
use sixfold::{Barrier, BrokenBarrierError, BrokenBarrierKind, Event};
use std::panic::catch_unwind;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Weak};
use std::thread;
use std::time::{Duration, Instant};

const N: usize = 5;

/// Runs `party` in `n` threads and returns what they returned, in no order.
fn parties<T: Send>(n: usize, party: impl Fn(usize) -> T + Sync) -> Vec<T> {
    thread::scope(|scope| {
        let party = &party;
        let threads: Vec<_> = (0..n).map(|me| spawn(scope, move || party(me))).collect();
        threads.into_iter().map(|thread| thread.join()).collect()
    })
}

/// A barrier whose action gets the barrier itself.
fn with_own_action(parties: usize, action: impl Fn(&Barrier) + Send + Sync + 'static) -> Arc<Barrier> {
    Arc::new_cyclic(|weak: &Weak<Barrier>| {
        let weak = weak.clone();
        Barrier::with_action(parties, move || action(&weak.upgrade().expect("it is waited on")))
    })
}

/// Case 54, adapted: there is no -1.
#[test]
fn no_parties_panics_where_the_barrier_is_made() {
    type Make = fn() -> Barrier;
    let makes: [(Make, u32); 2] = [(|| Barrier::new(0), line!()), (|| Barrier::with_action(0, || ()), line!())];
    for (make, line) in makes {
        let place = place_of_panic(make);
        assert_eq!(place, (file!().to_owned(), line));
    }
}

/// Case 55 and 56.
#[test]
fn parties_pass_in_lockstep_ten_times() {
    let _watchdog = watchdog();
    let barrier = Barrier::new(N);
    let (before, after) = (AtomicUsize::new(0), AtomicUsize::new(0));
    parties(N, |_| {
        for round in 1..=10 {
            before.fetch_add(1, Relaxed);
            barrier.wait().unwrap();
            assert!(before.load(Relaxed) >= round * N, "nobody is past before all have arrived");
            after.fetch_add(1, Relaxed);
            barrier.wait().unwrap();
            assert!(after.load(Relaxed) >= round * N);
        }
    });
    assert_eq!((barrier.n_waiting(), barrier.broken()), (0, false));
}

/// Case 57; also for more parties than are woken in one go.
#[test]
fn each_index_is_given_once_a_round() {
    let _watchdog = watchdog();
    for n in [N, 9, 20] {
        let barrier = Barrier::new(n);
        for _ in 0..3 {
            let mut indices = parties(n, |_| barrier.wait().unwrap());
            indices.sort();
            assert_eq!(indices, (0..n).collect::<Vec<_>>());
        }
    }
}

/// Case 58.
#[test]
fn the_action_runs_once_a_round_before_anybody_leaves() {
    let _watchdog = watchdog();
    let runs = Arc::new(AtomicUsize::new(0));
    let barrier = Barrier::with_action(N, {
        let runs = runs.clone();
        move || _ = runs.fetch_add(1, Relaxed)
    });
    for round in 1..=3 {
        parties(N, |_| {
            barrier.wait().unwrap();
            assert_eq!(runs.load(Relaxed), round);
        });
    }
}

/// Case 59.
#[test]
fn an_abort_frees_who_waits_and_stays() {
    let _watchdog = watchdog();
    let barrier = Barrier::new(N);
    thread::scope(|scope| {
        let others: Vec<_> = (1..N).map(|_| spawn(scope, || barrier.wait())).collect();
        until(|| barrier.n_waiting() == N - 1);
        barrier.abort();
        others.into_iter().for_each(|other| assert!(other.join().is_err()));
    });
    assert!(barrier.broken());
    assert_eq!(barrier.n_waiting(), 0);
    barrier.abort();
    assert!(barrier.broken(), "again is no change");
}

/// Case 60.
#[test]
fn a_reset_frees_who_waits_with_an_error_and_leaves_a_new_barrier() {
    let _watchdog = watchdog();
    let barrier = Barrier::new(N);
    thread::scope(|scope| {
        let others: Vec<_> = (1..N).map(|_| spawn(scope, || barrier.wait())).collect();
        until(|| barrier.n_waiting() == N - 1);
        barrier.reset();
        assert_eq!((barrier.n_waiting(), barrier.broken()), (0, false));
        others.into_iter().for_each(|other| assert!(other.join().is_err()));
    });
    parties(N, |_| barrier.wait().unwrap());
}

/// Case 61.
#[test]
fn after_an_abort_and_a_reset_all_pass() {
    let _watchdog = watchdog();
    let barrier = Barrier::new(N);
    barrier.abort();
    assert!(parties(N, |_| barrier.wait()).iter().all(Result::is_err));
    barrier.reset();
    assert!(parties(N, |_| barrier.wait()).iter().all(Result::is_ok));
}

/// Case 62, C3.
#[test]
fn a_party_that_runs_out_of_time_breaks_it_for_all_and_for_the_late_one() {
    let _watchdog = watchdog();
    let barrier = Barrier::new(N);
    let results = parties(N - 1, |me| if me == 0 { barrier.wait_timeout(SHORT) } else { barrier.wait() });
    assert!(results.iter().all(Result::is_err));
    assert!(barrier.broken());
    let (late, took) = timed(|| barrier.wait());
    assert!(late.is_err() && took < LONG);
}

/// Case 63, C5.
#[test]
fn the_default_timeout_counts_for_wait_and_can_be_overridden_by_for_ever() {
    let _watchdog = watchdog();
    let barrier = Barrier::new(2).with_timeout(SHORT);
    let (result, took) = timed(|| barrier.wait());
    assert!(result.is_err() && took >= SHORT);
    barrier.reset();
    thread::scope(|scope| {
        let patient = spawn(scope, || barrier.wait_timeout(Duration::MAX));
        until(|| barrier.n_waiting() == 1);
        thread::sleep(2 * SHORT); // The default passes; it must not matter.
        barrier.wait().unwrap();
        patient.join().unwrap();
    });
}

/// Case 64.
#[test]
fn a_party_alone_never_waits() {
    let runs = Arc::new(AtomicUsize::new(0));
    let barrier = Barrier::with_action(1, {
        let runs = runs.clone();
        move || _ = runs.fetch_add(1, Relaxed)
    });
    assert_eq!((barrier.wait(), barrier.wait_timeout(Duration::ZERO)), (Ok(0), Ok(0)));
    assert_eq!(runs.load(Relaxed), 2);
}

/// Case 65.
#[test]
fn debug_shows_waiters_parties_and_whether_it_is_broken() {
    let _watchdog = watchdog();
    let barrier = Barrier::new(3);
    let shows = |waiting: usize, broken: bool| {
        let text = format!("Barrier {{ waiting: {waiting}, parties: 3, broken: {broken}, .. }}");
        assert_eq!(format!("{barrier:?}"), text);
    };
    shows(0, false);
    thread::scope(|scope| {
        let others: Vec<_> = (0..2).map(|_| spawn(scope, || barrier.wait())).collect();
        until(|| barrier.n_waiting() == 2);
        shows(2, false);
        barrier.wait().unwrap();
        others.into_iter().for_each(|other| _ = other.join().unwrap());
    });
    shows(0, false);
    barrier.abort();
    shows(0, true);
}

/// C1, adapted: the action runs under no lock.
#[test]
fn the_action_may_look_at_the_barrier() {
    let _watchdog = watchdog();
    let barrier = with_own_action(3, |barrier| {
        assert_eq!((barrier.n_waiting(), barrier.parties(), barrier.broken()), (3, 3, false));
    });
    parties(3, |_| barrier.wait().unwrap());
}

/// C1.
#[test]
fn an_action_that_aborts_fails_everybody_and_leaves_it_broken() {
    let _watchdog = watchdog();
    let barrier = with_own_action(3, Barrier::abort);
    assert!(parties(3, |_| barrier.wait()).iter().all(Result::is_err));
    assert!(barrier.broken());
}

/// C1.
#[test]
fn an_action_that_resets_fails_everybody_and_leaves_a_new_barrier() {
    let _watchdog = watchdog();
    let resets = AtomicBool::new(true);
    let barrier = with_own_action(3, move |barrier| {
        if resets.swap(false, Relaxed) {
            barrier.reset();
        }
    });
    assert!(parties(3, |_| barrier.wait()).iter().all(Result::is_err));
    assert!(!barrier.broken());
    assert!(parties(3, |_| barrier.wait()).iter().all(Result::is_ok));
}

/// C1: in CPython this waits for the action to end, and then does nothing.
#[test]
fn abort_and_reset_from_elsewhere_end_a_round_whose_action_runs() {
    let _watchdog = watchdog();
    for end in [Barrier::abort, Barrier::reset] {
        let gates = Arc::new((Event::new(), Event::new()));
        let barrier = Barrier::with_action(2, {
            let gates = gates.clone();
            move || {
                gates.0.set();
                gates.1.wait();
            }
        });
        thread::scope(|scope| {
            let both = [spawn(scope, || barrier.wait()), spawn(scope, || barrier.wait())];
            gates.0.wait();
            end(&barrier);
            until(|| both.iter().filter(|party| party.is_finished()).count() == 1); // The other runs the action.
            gates.1.set();
            both.into_iter().for_each(|party| assert!(party.join().is_err()));
        });
        barrier.reset();
        assert!(parties(2, |_| barrier.wait()).iter().all(Result::is_ok));
    }
}

/// C2.
#[test]
fn an_action_that_panics_breaks_the_barrier_and_the_panic_goes_on_in_one_thread() {
    let _watchdog = watchdog();
    let panics = Arc::new(AtomicBool::new(true));
    let barrier = Barrier::with_action(3, {
        let panics = panics.clone();
        move || assert!(!panics.load(Relaxed), "the action fails")
    });
    let results = parties(3, |_| catch_unwind(|| barrier.wait()));
    let (panicked, returned): (Vec<_>, Vec<_>) = results.into_iter().partition(Result::is_err);
    assert_eq!(panicked.len(), 1);
    assert_eq!(message(panicked.into_iter().next().unwrap().unwrap_err()), "the action fails");
    assert!(returned.into_iter().all(|result| result.unwrap().is_err()));
    assert!(barrier.broken());
    panics.store(false, Relaxed);
    barrier.reset();
    assert!(parties(3, |_| barrier.wait()).iter().all(Result::is_ok));
}

#[test]
fn an_action_that_panics_after_it_has_reset_leaves_the_new_round_alone() {
    let _watchdog = watchdog();
    let barrier = with_own_action(1, |barrier| {
        barrier.reset();
        panic!("after the reset");
    });
    assert!(catch_unwind(|| barrier.wait()).is_err());
    assert!(!barrier.broken());
}

/// C3.
#[test]
fn zero_and_the_past_let_the_last_party_through_and_nobody_else() {
    let _watchdog = watchdog();
    let past = Instant::now();
    type Try = fn(&Barrier, Instant) -> Result<usize, BrokenBarrierError>;
    let tries: [Try; 2] =
        [|barrier, _| barrier.wait_timeout(Duration::ZERO), |barrier, past| barrier.wait_deadline(past)];
    for last in tries {
        let barrier = Barrier::new(2);
        assert!(last(&barrier, past).is_err());
        assert!(barrier.broken());
        barrier.reset();
        thread::scope(|scope| {
            let other = spawn(scope, || barrier.wait_deadline(Instant::now() + LONG));
            until(|| barrier.n_waiting() == 1);
            assert_eq!(last(&barrier, past), Ok(1));
            assert_eq!(other.join(), Ok(0));
        });
    }
}

/// Whether `attempt` comes out right if the machine is fast enough for the time it is given. A test that has to be quicker
/// than a timeout gives itself more and more of it, and fails only if none is enough.
fn given_enough_time(attempt: impl Fn(Duration) -> bool) -> bool {
    [20, 200, 2_000, 20_000].into_iter().map(Duration::from_millis).any(attempt)
}

/// C3: the action, once begun, is waited for, whatever the time.
#[test]
fn a_deadline_that_passes_while_the_action_runs_is_no_time_out() {
    let _watchdog = watchdog();
    for abort in [false, true] {
        let attempt = |timeout| {
            let gates = Arc::new((Event::new(), Event::new()));
            let barrier = with_own_action(3, {
                let gates = gates.clone();
                move |barrier| {
                    gates.0.set();
                    gates.1.wait();
                    if abort {
                        barrier.abort();
                    }
                }
            });
            thread::scope(|scope| {
                let (barrier, timeout) = (&barrier, timeout);
                let early = [(); 2].map(|()| spawn(scope, move || timed(|| barrier.wait_timeout(timeout))));
                until(|| barrier.n_waiting() == 2 || barrier.broken());
                let last = spawn(scope, || barrier.wait());
                until(|| gates.0.is_set() || barrier.broken());
                if !gates.0.is_set() {
                    return false; // The last one was too late.
                }
                thread::sleep(2 * timeout);
                assert!(early.iter().all(|party| !party.is_finished()), "the round is not over, nor is the wait");
                gates.1.set();
                assert_eq!(last.join().is_ok(), !abort);
                for party in early {
                    let (result, took) = party.join();
                    assert_eq!(result.is_ok(), !abort);
                    assert!(took >= timeout);
                }
                assert_eq!(barrier.broken(), abort);
                true
            })
        };
        assert!(given_enough_time(attempt));
    }
}

/// While the action of two parties waits for an event, `late` comes to the barrier as a third thread. Returns what that came to
/// while the action still ran, what the two came to, and the barrier.
fn beside_an_action<T: Send>(late: impl Fn(&Barrier) -> T + Sync) -> (T, Vec<bool>, Barrier) {
    let gate = Arc::new(Event::new());
    let barrier = Barrier::with_action(2, {
        let gate = gate.clone();
        move || gate.wait()
    });
    let (late, two) = thread::scope(|scope| {
        let two = [(); 2].map(|()| spawn(scope, || barrier.wait()));
        until(|| barrier.n_waiting() == 2);
        let late = late(&barrier);
        gate.set();
        (late, two.into_iter().map(|party| party.join().is_ok()).collect())
    });
    (late, two, barrier)
}

/// C4, C8: a thread that comes while the action runs is no part of that round.
#[test]
fn a_time_out_before_the_round_begins_comes_in_time_and_breaks_nothing() {
    let _watchdog = watchdog();
    let past = Instant::now();
    let late: [fn(&Barrier, Instant) -> bool; 4] = [
        |barrier, _| barrier.wait_timeout(SHORT).is_err(),
        |barrier, _| barrier.wait_deadline(Instant::now() + SHORT).is_err(),
        |barrier, _| barrier.wait_timeout(Duration::ZERO).is_err(),
        |barrier, past| barrier.wait_deadline(past).is_err(),
    ];
    for late in late {
        let (gave_up, two, barrier) = beside_an_action(|barrier| late(barrier, past));
        assert!(gave_up && !barrier.broken());
        assert_eq!((two, barrier.n_waiting()), (vec![true, true], 0));
    }
}

#[test]
fn the_default_timeout_too_counts_before_the_round_begins() {
    let _watchdog = watchdog();
    let gate = Arc::new(Event::new());
    let barrier = Barrier::with_action(1, {
        let gate = gate.clone();
        move || gate.wait()
    })
    .with_timeout(SHORT);
    thread::scope(|scope| {
        let first = spawn(scope, || barrier.wait());
        until(|| barrier.n_waiting() == 1);
        assert!(barrier.wait().is_err());
        gate.set();
        assert_eq!(first.join(), Ok(0));
        assert!(!barrier.broken());
    });
}

#[test]
fn a_timed_wait_inside_of_the_action_returns_and_the_round_goes_on() {
    let _watchdog = watchdog();
    let barrier = with_own_action(1, |barrier| {
        assert!(barrier.wait_timeout(Duration::from_millis(1)).is_err());
        assert!(barrier.wait_timeout(Duration::ZERO).is_err());
    });
    assert_eq!(barrier.wait(), Ok(0));
    assert!(!barrier.broken());
}

#[test]
fn a_thread_with_time_enough_is_in_the_next_round() {
    let _watchdog = watchdog();
    let gate = Arc::new(Event::new());
    let barrier = Barrier::with_action(2, {
        let gate = gate.clone();
        move || gate.wait()
    });
    thread::scope(|scope| {
        let two = [(); 2].map(|()| spawn(scope, || barrier.wait()));
        until(|| barrier.n_waiting() == 2);
        let late = spawn(scope, || barrier.wait_timeout(Duration::from_secs(3600)));
        late.until_asleep();
        gate.set();
        two.into_iter().for_each(|party| assert!(party.join().is_ok()));
        assert!(barrier.wait().is_ok() && late.join().is_ok());
    });
}

/// C6, and case 59 with the sharper answer.
#[test]
fn an_abort_after_the_trip_does_not_reach_back() {
    let _watchdog = watchdog();
    for _ in 0..200 {
        let barrier = Barrier::new(3);
        let results = parties(3, |_| {
            let result = barrier.wait();
            if result == Ok(2) {
                barrier.abort();
            }
            result
        });
        assert!(results.iter().all(Result::is_ok));
        assert!(barrier.broken());
    }
}

/// Reset while draining, and `n_waiting` while draining.
#[test]
fn a_reset_after_the_trip_is_harmless_and_nobody_waits_any_more() {
    let _watchdog = watchdog();
    for _ in 0..200 {
        let barrier = Barrier::new(3);
        let results = parties(3, |_| {
            let result = barrier.wait();
            assert_eq!(barrier.n_waiting(), 0);
            barrier.reset();
            result
        });
        assert!(results.iter().all(Result::is_ok));
        assert!(!barrier.broken());
    }
}

/// C7, C8: twice as many threads as parties, some in a hurry, resets at any time. The action counts the rounds that it
/// was begun for; what each party got is checked at the end.
#[test]
fn no_index_is_given_twice_in_a_round_whatever_happens_around() {
    let _watchdog = watchdog();
    const ROUNDS: usize = 300;
    let round = Arc::new(AtomicUsize::new(0));
    let barrier = Barrier::with_action(2, {
        let round = round.clone();
        move || _ = round.fetch_add(1, Relaxed)
    });
    let done = AtomicBool::new(false);
    let passed = AtomicUsize::new(0);
    let sums: Vec<[usize; 2]> = thread::scope(|scope| {
        let party = |me: u64| {
            let (barrier, done, passed) = (&barrier, &done, &passed);
            spawn(scope, move || {
                let mut got = [0; 2];
                while !done.load(Relaxed) {
                    match barrier.wait_timeout(Duration::from_micros(200 * me)) {
                        Ok(index) => {
                            got[index] += 1;
                            passed.fetch_add(1, Relaxed);
                        }
                        // Only a broken one: else each reset would fail a round whose parties reset the next.
                        Err(_) if barrier.broken() => barrier.reset(),
                        Err(_) => {}
                    }
                }
                got
            })
        };
        let threads = [1, 2, 5, 5_000].map(party);
        until(|| passed.load(Relaxed) >= ROUNDS);
        done.store(true, Relaxed);
        threads.map(|thread| thread.join()).into()
    });
    let [first, second] = [0, 1].map(|index| sums.iter().map(|got| got[index]).sum::<usize>());
    assert_eq!(first, second, "each round that passed gave each index once");
    assert!(round.load(Relaxed) >= first, "and each had its action");
}

/// C8.
#[test]
fn more_threads_than_parties_share_a_barrier() {
    let _watchdog = watchdog();
    let barrier = Barrier::with_action(3, thread::yield_now);
    let got: Vec<[usize; 3]> = parties(9, |_| {
        let mut got = [0; 3];
        while let Ok(index) = barrier.wait() {
            got[index] += 1;
            if got[index] == 20 {
                barrier.abort(); // So that the last ones do not wait for those that are done.
            }
        }
        got
    });
    let [first, second, third] = [0, 1, 2].map(|index| got.iter().map(|got| got[index]).sum::<usize>());
    assert!(first >= 20 && first == second && second == third, "{got:?}");
}

/// C9.
#[test]
fn a_broken_barrier_never_blocks_and_never_runs_the_action() {
    let runs = Arc::new(AtomicUsize::new(0));
    let barrier = Barrier::with_action(1, {
        let runs = runs.clone();
        move || _ = runs.fetch_add(1, Relaxed)
    });
    barrier.abort();
    for _ in 0..3 {
        assert!(barrier.wait().is_err() && barrier.wait_timeout(Duration::MAX).is_err() && barrier.broken());
    }
    assert_eq!(runs.load(Relaxed), 0);
    barrier.reset();
    assert_eq!((barrier.wait(), runs.load(Relaxed)), (Ok(0), 1));
}

#[test]
fn what_a_party_did_before_is_seen_by_the_action_and_by_all_afterwards() {
    let _watchdog = watchdog();
    let places: Arc<Vec<AtomicUsize>> = Arc::new((0..N).map(|_| AtomicUsize::new(0)).collect());
    let sum = Arc::new(AtomicUsize::new(0));
    let barrier = Barrier::with_action(N, {
        let (places, sum) = (places.clone(), sum.clone());
        move || sum.store(places.iter().map(|place| place.load(Relaxed)).sum(), Relaxed)
    });
    parties(N, |me| {
        for round in 1..=100 {
            places[me].store(round, Relaxed);
            barrier.wait().unwrap();
            assert_eq!(sum.load(Relaxed), N * round);
            assert!(places.iter().all(|place| place.load(Relaxed) == round));
            barrier.wait().unwrap();
        }
    });
}

#[test]
fn a_party_that_dies_on_the_way_is_survived_by_a_timeout() {
    let _watchdog = watchdog();
    let barrier = Barrier::new(2).with_timeout(SHORT);
    thread::scope(|scope| {
        let dead = spawn(scope, || panic!("dies before it arrives"));
        assert!(barrier.wait().is_err());
        assert!(dead.try_join().is_err());
    });
}

#[test]
fn the_one_that_times_out_frees_many() {
    let _watchdog = watchdog();
    const MANY: usize = 20;
    let barrier = Barrier::new(MANY + 2);
    thread::scope(|scope| {
        let others: Vec<_> = (0..MANY).map(|_| spawn(scope, || barrier.wait())).collect();
        until(|| barrier.n_waiting() == MANY);
        assert!(barrier.wait_timeout(Duration::from_millis(1)).is_err());
        others.into_iter().for_each(|other| assert!(other.join().is_err()));
    });
}

#[test]
fn parties_that_time_out_at_the_same_moment_all_say_so() {
    let _watchdog = watchdog();
    let barrier = Barrier::new(4);
    for _ in 0..50 {
        let deadline = Instant::now() + Duration::from_millis(2);
        assert!(parties(3, |_| barrier.wait_deadline(deadline)).iter().all(Result::is_err));
        assert!(barrier.broken());
        barrier.reset();
    }
}

/// A time-out against the arrival of the last party: all pass or none does.
#[test]
fn a_time_out_that_races_the_last_party_decides_for_all() {
    let _watchdog = watchdog();
    let barrier = Barrier::new(3);
    for round in 0..300 {
        let results = parties(3, |me| barrier.wait_timeout(Duration::from_micros(round * (me as u64 % 2 + 1))));
        assert!(results.iter().all(Result::is_ok) || results.iter().all(Result::is_err), "{results:?}");
        barrier.reset();
    }
}

#[test]
fn a_reset_with_nobody_waiting_changes_nothing_but_broken() {
    let barrier = Barrier::new(2);
    barrier.reset();
    assert_eq!((barrier.n_waiting(), barrier.broken()), (0, false));
    barrier.abort();
    barrier.reset();
    assert_eq!((barrier.n_waiting(), barrier.broken()), (0, false));
}

#[test]
fn a_barrier_can_be_a_static() {
    static START: Barrier = Barrier::new(2).with_timeout(LONG);
    let _watchdog = watchdog();
    let other = thread::spawn(|| START.wait());
    assert_eq!(START.wait().unwrap() + other.join().unwrap().unwrap(), 1);
}

/// Why a wait failed, and whether the barrier was broken before it.
fn why(result: Result<usize, BrokenBarrierError>) -> (BrokenBarrierKind, bool) {
    let error = result.expect_err("it fails");
    (error.kind(), error.was_broken())
}

#[test]
fn the_first_cause_stays_until_reset() {
    use BrokenBarrierKind::{Aborted, OtherTimedOut, TimedOut};
    let barrier = Barrier::new(2);
    assert_eq!(why(barrier.wait_timeout(SHORT)), (TimedOut, false));
    barrier.abort();
    assert_eq!(why(barrier.wait()), (OtherTimedOut, true));
    barrier.reset();
    barrier.abort();
    assert_eq!(why(barrier.wait_timeout(SHORT)), (Aborted, true));
}

#[test]
fn each_party_that_waits_is_told_why_its_round_failed() {
    use BrokenBarrierKind::{Aborted, ActionPanicked, OtherTimedOut, PartyPanicked, Reset};
    type Act = fn(&Barrier);
    let acts: [(Act, BrokenBarrierKind); 4] = [
        (Barrier::abort, Aborted),
        (Barrier::reset, Reset),
        (|barrier| assert!(barrier.wait_timeout(Duration::ZERO).is_err()), OtherTimedOut),
        (
            |barrier| {
                let panicked = catch_unwind(|| {
                    let _party = barrier.party();
                    panic!("on purpose");
                });
                assert!(panicked.is_err());
            },
            PartyPanicked,
        ),
    ];
    let _watchdog = watchdog();
    for (act, kind) in acts {
        let barrier = Barrier::new(3);
        thread::scope(|scope| {
            let waits = spawn(scope, || barrier.wait());
            waits.until_asleep();
            act(&barrier);
            assert_eq!(why(waits.join()), (kind, false));
        });
    }
    let barrier = Barrier::with_action(2, || panic!("on purpose"));
    thread::scope(|scope| {
        let waits = spawn(scope, || barrier.wait());
        waits.until_asleep();
        assert!(catch_unwind(|| barrier.wait()).is_err());
        assert_eq!(why(waits.join()), (ActionPanicked, false));
    });
    assert_eq!(why(barrier.wait()), (ActionPanicked, true));
}

#[test]
fn who_runs_the_action_of_a_round_that_is_ended_meanwhile_is_told_why() {
    for (end, kind) in
        [(Barrier::abort as fn(&Barrier), BrokenBarrierKind::Aborted), (Barrier::reset, BrokenBarrierKind::Reset)]
    {
        let barrier = with_own_action(1, end);
        assert_eq!(why(barrier.wait()), (kind, false));
    }
}

#[test]
fn each_kind_of_failure_has_a_message_of_its_own() {
    let _watchdog = watchdog();
    let barrier = Barrier::new(2);
    let own = barrier.wait_timeout(Duration::ZERO).unwrap_err();
    let later = barrier.wait().unwrap_err();
    barrier.reset();
    barrier.abort();
    let aborted = barrier.wait().unwrap_err();
    let texts = [own, later, aborted].map(|error| error.to_string());
    assert!(texts[0].contains("in time") && texts[1].contains("before this call") && texts[2].contains("aborted"));
    assert!(own != later && later != aborted);
}

#[test]
fn a_party_that_leaves_completes_the_round_and_one_that_waits_runs_the_action() {
    let _watchdog = watchdog();
    let ran = Arc::new(AtomicUsize::new(0));
    let here = thread::current().id();
    let barrier = Barrier::with_action(3, {
        let ran = ran.clone();
        move || {
            assert_ne!(thread::current().id(), here);
            ran.fetch_add(1, Relaxed);
        }
    });
    thread::scope(|scope| {
        let party = barrier.party();
        let waits = [0, 1].map(|_| {
            spawn(scope, || {
                let _party = barrier.party();
                barrier.wait()
            })
        });
        waits.iter().for_each(|waits| waits.until_asleep());
        assert!(says(|| barrier.party().leave()).contains("all parties of this barrier are claimed"));
        party.leave();
        let mut indices = waits.map(|waits| waits.join().unwrap());
        indices.sort();
        assert_eq!((indices, ran.load(Relaxed)), ([0, 1], 1));
    });
    assert_eq!(barrier.parties(), 3, "as new, since all have left");
}

#[test]
fn a_party_leaves_on_every_way_out_of_its_scope() {
    fn stage(barrier: &Barrier, fails: bool) -> Result<(), BrokenBarrierError> {
        let _party = barrier.party();
        if fails {
            barrier.wait_timeout(Duration::ZERO)?;
        }
        Ok(())
    }
    let barrier = Barrier::new(3);
    stage(&barrier, false).unwrap();
    assert_eq!(barrier.parties(), 2);
    assert!(stage(&barrier, true).is_err());
    assert_eq!((barrier.parties(), barrier.broken()), (1, true));
    barrier.reset();
    assert_eq!((barrier.parties(), barrier.wait()), (1, Ok(0)));
    barrier.party().leave();
    assert_eq!((barrier.parties(), barrier.broken()), (3, false));
}

#[test]
fn a_panic_that_was_under_way_when_the_party_was_made_does_not_count() {
    struct Meets<'a>(&'a Barrier);
    impl Drop for Meets<'_> {
        fn drop(&mut self) {
            let _party = self.0.party();
        }
    }
    let barrier = Barrier::new(2);
    let panicked = catch_unwind(|| {
        let _meets = Meets(&barrier);
        panic!("on purpose");
    });
    assert!(panicked.is_err() && !barrier.broken());
    assert_eq!(barrier.parties(), 1);
}

#[test]
fn a_party_that_panics_after_its_round_breaks_only_what_comes() {
    let _watchdog = watchdog();
    let barrier = Barrier::new(2);
    thread::scope(|scope| {
        let other = spawn(scope, || barrier.wait());
        let fails = scope.spawn(|| {
            let _party = barrier.party();
            barrier.wait().unwrap();
            panic!("on purpose");
        });
        assert!(other.join().is_ok());
        assert!(fails.join().is_err());
    });
    assert_eq!((why(barrier.wait()), barrier.parties()), ((BrokenBarrierKind::PartyPanicked, true), 1));
}

#[test]
fn parties_that_leave_while_others_meet_never_leave_them_waiting() {
    let _watchdog = watchdog();
    for _ in 0..200 {
        let barrier = Barrier::new(4);
        let rounds = parties(4, |me| {
            let _party = barrier.party();
            (0..=me).filter(|_| barrier.wait().is_ok()).count()
        });
        assert_eq!(rounds.iter().sum::<usize>(), 1 + 2 + 3 + 4);
        assert_eq!(barrier.parties(), 4);
    }
}

#[test]
fn a_round_that_completes_meanwhile_does_not_change_why_an_earlier_one_failed() {
    let _watchdog = watchdog();
    let (first, runs, go) = (AtomicBool::new(true), Arc::new(Event::new()), Arc::new(Event::new()));
    let barrier = Barrier::with_action(1, {
        let (runs, go) = (runs.clone(), go.clone());
        move || {
            if first.swap(false, Relaxed) {
                runs.set();
                go.wait();
            }
        }
    });
    thread::scope(|scope| {
        let early = spawn(scope, || barrier.wait());
        runs.wait();
        barrier.reset();
        assert_eq!(barrier.wait(), Ok(0));
        go.set();
        assert_eq!(why(early.join()), (BrokenBarrierKind::Reset, false));
    });
}

#[test]
fn who_runs_the_action_is_told_what_ended_its_own_round_and_not_what_broke_a_later_one() {
    thread::scope(|scope| {
        let (tell, wait) = (Arc::new(Event::new()), Arc::new(Event::new()));
        let barrier = Arc::new(Barrier::with_action(1, {
            let (tell, wait) = (tell.clone(), wait.clone());
            move || {
                tell.set();
                wait.wait();
            }
        }));
        let leads = scope.spawn({
            let barrier = barrier.clone();
            move || barrier.wait()
        });
        tell.wait();
        barrier.reset();
        barrier.abort(); // nobody is in that round
        wait.set();
        assert_eq!(leads.join().unwrap().unwrap_err().kind(), BrokenBarrierKind::Reset);
    });
}
