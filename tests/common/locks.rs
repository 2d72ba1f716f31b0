//! The tests that `Lock` and `RLock` share: Python's `BaseLockTests`, and the rules of timeouts and faults.

/// Makes them for one of the two. In all of them a thread that is to find the lock held is another one than the holder.
#[macro_export]
macro_rules! lock_tests {
    ($lock:ident) => {
        use sixfold::$lock;
        use std::panic::{AssertUnwindSafe, catch_unwind};
        use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
        use std::thread;
        use std::time::{Duration, Instant};
        use $crate::common::{LONG, SHORT, spawn, timed, watchdog};

        /// What another thread returns.
        fn elsewhere<T: Send>(call: impl FnOnce() -> T + Send) -> T {
            thread::scope(|scope| spawn(scope, call).join())
        }

        /// Cases 1 and 4.
        #[test]
        fn a_lock_can_be_dropped_unused_and_held() {
            drop(Box::new($lock::new()));
            let held = Box::new($lock::new());
            held.acquire();
            drop(held);
            let guarded = $lock::with_value(String::from("value"));
            std::mem::forget(guarded.hold());
            assert_eq!(guarded.into_inner(), "value");
        }

        /// Cases 5 and 6.
        #[test]
        fn acquire_try_and_release_take_turns() {
            let lock = $lock::new();
            assert!(!lock.locked());
            lock.acquire();
            assert!(lock.locked());
            lock.release().unwrap();
            assert!(!lock.locked());
            assert!(lock.try_acquire());
            lock.release().unwrap();
        }

        /// Case 7.
        #[test]
        fn a_try_fails_at_once_if_another_thread_holds_it() {
            let lock = $lock::new();
            let _held = lock.hold();
            assert!(!elsewhere(|| lock.try_acquire()));
            assert!(elsewhere(|| lock.try_hold().is_none()));
        }

        /// Case 8, and no thread spins: they are seen asleep.
        #[test]
        fn five_threads_sleep_while_it_is_held_and_pass_in_turn_after_one_release() {
            let _watchdog = watchdog();
            let (lock, passed) = ($lock::new(), AtomicUsize::new(0));
            thread::scope(|scope| {
                lock.acquire();
                let threads = [(); 5].map(|()| {
                    spawn(scope, || {
                        lock.acquire();
                        passed.fetch_add(1, Relaxed);
                        lock.release().unwrap();
                    })
                });
                threads.iter().for_each(|thread| thread.until_asleep());
                assert_eq!(passed.load(Relaxed), 0);
                lock.release().unwrap();
                threads.into_iter().for_each(|thread| thread.join());
            });
            assert_eq!((passed.load(Relaxed), lock.locked()), (5, false));
        }

        /// Case 9.
        #[test]
        fn a_scope_releases_at_its_end_and_on_panic_and_poisons_nothing() {
            let _watchdog = watchdog();
            let lock = $lock::with_value(1);
            {
                let _held = lock.hold();
                assert!(elsewhere(|| lock.try_hold().is_none()));
            }
            let panicked = catch_unwind(|| {
                let _held = lock.hold();
                panic!("inside");
            });
            assert_eq!($crate::common::message(panicked.unwrap_err()), "inside");
            assert_eq!(elsewhere(|| *lock.hold()), 1);
            assert!(!lock.locked());
        }

        /// Case 10.
        #[test]
        fn threads_of_any_origin_may_use_it() {
            let _watchdog = watchdog();
            let lock = std::sync::Arc::new($lock::new());
            let threads: Vec<_> = (0..15)
                .map(|_| {
                    let lock = lock.clone();
                    thread::spawn(move || drop(lock.hold()))
                })
                .collect();
            threads.into_iter().for_each(|thread| thread.join().unwrap());
            assert_eq!(std::sync::Arc::strong_count(&lock), 1);
        }

        type Timed = (&'static str, fn(&$lock, Duration) -> bool);

        /// All timed calls; those that take a deadline get the one that is so far ahead.
        const TIMED: [Timed; 4] = [
            ("acquire_timeout", |lock, time| lock.acquire_timeout(time)),
            ("acquire_deadline", |lock, time| lock.acquire_deadline(Instant::now() + time)),
            ("hold_timeout", |lock, time| lock.hold_timeout(time).map(std::mem::forget).is_some()),
            ("hold_deadline", |lock, time| lock.hold_deadline(Instant::now() + time).map(std::mem::forget).is_some()),
        ];

        /// Case 11, adapted: what is no time in Rust cannot be passed.
        #[test]
        fn a_timed_call_succeeds_at_once_if_it_is_free() {
            for (name, call) in TIMED {
                for time in [Duration::ZERO, SHORT, LONG] {
                    let lock = $lock::new();
                    let (served, took) = timed(|| call(&lock, time));
                    assert!(served && took < LONG && lock.locked(), "{name}");
                }
            }
            for time in [Duration::ZERO, Duration::MAX] {
                let lock = $lock::new();
                assert!(lock.acquire_timeout(time));
                lock.release().unwrap();
                assert!(lock.hold_timeout(time).is_some());
            }
            let (lock, past) = ($lock::new(), Instant::now());
            assert!(lock.acquire_deadline(past));
            lock.release().unwrap();
            assert!(lock.hold_deadline(past).is_some());
        }

        /// Case 11.
        #[test]
        fn a_timed_call_gives_up_after_its_time_and_not_before() {
            let _watchdog = watchdog();
            for (name, call) in TIMED {
                let lock = $lock::new();
                lock.acquire();
                let (served, took) = elsewhere(|| timed(|| call(&lock, SHORT)));
                assert!(!served && took >= SHORT, "{name} after {took:?}");
            }
        }

        #[test]
        fn zero_and_the_past_are_one_try() {
            let _watchdog = watchdog();
            let lock = $lock::new();
            lock.acquire();
            let past = Instant::now();
            assert!(!elsewhere(|| lock.acquire_timeout(Duration::ZERO) || lock.acquire_deadline(past)));
            assert!(elsewhere(|| lock.hold_timeout(Duration::ZERO).or(lock.hold_deadline(past)).is_none()));
        }

        #[test]
        fn the_longest_time_waits_until_served() {
            let _watchdog = watchdog();
            let calls: [fn(&$lock) -> bool; 2] = [
                |lock| lock.acquire_timeout(Duration::MAX),
                |lock| lock.hold_timeout(Duration::MAX).map(std::mem::forget).is_some(),
            ];
            for call in calls {
                let lock = $lock::new();
                lock.acquire();
                thread::scope(|scope| {
                    let waiter = spawn(scope, || call(&lock));
                    waiter.until_asleep();
                    lock.release().unwrap();
                    assert!(waiter.join());
                });
            }
        }

        /// Case 16.
        #[test]
        fn a_time_out_leaves_no_trace() {
            let _watchdog = watchdog();
            let lock = $lock::new();
            lock.acquire();
            assert!(!elsewhere(|| lock.acquire_timeout(Duration::from_millis(1))));
            lock.release().unwrap();
            assert!(!lock.locked());
            assert!(elsewhere(|| lock.try_acquire()));
        }

        /// Time-outs that race the release: whoever is told so has it, and nobody else.
        #[test]
        fn a_timed_wait_that_races_a_release_is_served_or_not_and_the_lock_agrees() {
            let _watchdog = watchdog();
            let (lock, inside) = ($lock::new(), AtomicUsize::new(0));
            thread::scope(|scope| {
                for n in 0..4 {
                    let (lock, inside) = (&lock, &inside);
                    scope.spawn(move || {
                        for round in 0..300 {
                            if lock.acquire_timeout(Duration::from_micros((round * 7 + n) % 40)) {
                                assert_eq!(inside.fetch_add(1, Relaxed), 0);
                                std::hint::spin_loop();
                                inside.fetch_sub(1, Relaxed);
                                lock.release().unwrap();
                            }
                        }
                    });
                }
            });
            assert!(!lock.locked() && lock.try_acquire());
        }

        #[test]
        fn releasing_what_is_not_held_is_an_error_and_changes_nothing() {
            let lock = $lock::new();
            for _ in 0..2 {
                let error = lock.release().unwrap_err();
                assert!(error.to_string().contains("not held"), "{error}");
                assert!(!lock.locked());
                lock.acquire();
                lock.release().unwrap();
            }
        }

        #[test]
        fn a_guard_whose_hold_was_released_by_hand_gives_nothing_back() {
            let lock = $lock::new();
            let held = lock.hold();
            lock.release().unwrap();
            assert!(!lock.locked());
            drop(held);
            assert!(lock.release().is_err());
            assert!(lock.try_acquire());
        }

        #[test]
        fn a_forgotten_guard_leaves_it_held_until_it_is_released_by_hand() {
            let lock = $lock::new();
            std::mem::forget(lock.hold());
            assert!(lock.locked());
            lock.release().unwrap();
            assert!(!lock.locked());
        }

        #[test]
        fn a_plain_value_survives_many_writers() {
            let _watchdog = watchdog();
            let (lock, count) = ($lock::new(), AtomicUsize::new(0));
            thread::scope(|scope| {
                for _ in 0..4 {
                    scope.spawn(|| {
                        for n in 0..1000 {
                            // A load and a store: only the lock keeps them together.
                            let add = || count.store(count.load(Relaxed) + 1, Relaxed);
                            match n % 3 {
                                0 => {
                                    lock.acquire();
                                    add();
                                    lock.release().unwrap();
                                }
                                1 => {
                                    let _held = lock.hold();
                                    add();
                                }
                                _ => {
                                    let _held = lock.hold_timeout(LONG).unwrap();
                                    add();
                                }
                            }
                        }
                    });
                }
            });
            assert_eq!(count.load(Relaxed), 4000);
        }

        /// The promise: a sleeper that has been losing for a millisecond is handed the lock. It loses to one that releases
        /// when it is seen asleep, and takes the lock again at once.
        #[test]
        fn a_sleeper_is_not_passed_for_ever_by_those_who_never_sleep() {
            /// Once the millisecond is over, one time is promised. Somewhat more, for a sleep that is not in the line.
            const MOST: usize = 20;
            const LONG_ENOUGH: Duration = Duration::from_millis(2);
            let _watchdog = watchdog();
            let start = Instant::now();
            // Many short waits: how often the sleeper loses is up to the system.
            while start.elapsed() < 10 * SHORT {
                let (lock, mut passed, mut since) = ($lock::new(), 0, None::<Instant>);
                lock.acquire();
                thread::scope(|scope| {
                    let sleeper = spawn(scope, || lock.acquire());
                    for turn in 0.. {
                        sleeper.until_asleep();
                        if turn == 1 {
                            since = Some(Instant::now()); // It has lost, and knows it.
                        }
                        lock.release().unwrap();
                        // It has been woken, and is not as fast as this.
                        if passed > MOST || !lock.try_acquire() {
                            break;
                        }
                        passed += usize::from(since.is_some_and(|since| since.elapsed() > LONG_ENOUGH));
                    }
                });
                assert!(passed <= MOST, "a sleeper was passed {passed} times after it had lost for long enough");
            }
        }

        #[test]
        fn the_value_is_reached_without_locking_where_nobody_else_can_be() {
            let mut lock = $lock::with_value(vec![1]);
            lock.get_mut().push(2);
            assert_eq!(lock.into_inner(), [1, 2]);
            assert_eq!(*$lock::<u8>::default().hold(), 0);
            assert_eq!(*$lock::from("text").hold(), "text");
        }

        #[test]
        fn it_can_guard_what_has_no_size() {
            let lock: Box<$lock<dyn std::fmt::Debug + Send>> = Box::new($lock::with_value(7));
            assert_eq!(format!("{:?}", &*lock.hold()), "7");
        }

        #[test]
        fn guards_show_the_value_and_locks_if_nobody_else_holds_them() {
            let lock = $lock::with_value("secret");
            assert!(format!("{lock:?}").contains("secret") && !lock.locked());
            let held = lock.hold();
            assert_eq!((format!("{held:?}"), format!("{held}")), ("\"secret\"".into(), "secret".into()));
            thread::scope(|scope| {
                scope.spawn(|| assert!(format!("{lock:?}").contains("<locked>")));
            });
        }

        #[test]
        fn a_panic_while_others_wait_lets_them_in() {
            let _watchdog = watchdog();
            let lock = $lock::with_value(());
            thread::scope(|scope| {
                let mut waiter = None;
                let panicked = catch_unwind(AssertUnwindSafe(|| {
                    let _held = lock.hold();
                    let other = spawn(scope, || drop(lock.hold()));
                    other.until_asleep();
                    waiter = Some(other);
                    panic!("inside");
                }));
                assert!(panicked.is_err());
                waiter.unwrap().join();
            });
        }
    };
}
