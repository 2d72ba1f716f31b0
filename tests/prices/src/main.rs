//! Prints how many executions loom needs for small models, of our types and of what a dependent would otherwise put in
//! their place. With `--check FILE`: compares our rows with those of a table printed before. See `ci/prices.sh`.

#[cfg(not(loom))]
fn main() {
    eprintln!("build with RUSTFLAGS=\"--cfg loom\", as ci/prices.sh does");
    std::process::exit(2);
}

#[cfg(loom)]
fn main() {
    prices::main();
}

#[cfg(loom)]
mod prices {
    use loom::sync::Arc;
    use loom::thread;
    use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
    use std::time::{Duration, Instant};

    /// A model that needs longer is stopped, and its row says "more than".
    const LONGEST: Duration = Duration::from_secs(25);

    /// The executions of a model, and whether that is all of them.
    struct Price(usize, bool, Duration);

    impl std::fmt::Display for Price {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            let Self(executions, all, time) = self;
            let more = if *all { "" } else { "more than " };
            write!(f, "{more}{executions} ({:.2} s)", time.as_secs_f32())
        }
    }

    fn explore(body: impl Fn() + Send + Sync + 'static) -> Price {
        let count = std::sync::Arc::new(AtomicUsize::new(0));
        let executions = count.clone();
        let mut model = loom::model::Builder::new();
        model.max_branches = 100_000;
        model.max_duration = Some(LONGEST);
        model.checkpoint_interval = 1_000;
        let start = Instant::now();
        sixfold::model_with(&model, move || {
            executions.fetch_add(1, Relaxed);
            body();
        });
        Price(count.load(Relaxed), start.elapsed() < LONGEST, start.elapsed())
    }

    /// The models of others, which are not ours to check.
    const OTHERS: [&str; 4] = ["loom ", "semaphore by hand", "`async_lock", "the same queue"];

    /// The file with the rows that are to be checked, if they are.
    fn to_check() -> Option<String> {
        let mut arguments = std::env::args().skip(1);
        arguments.find(|argument| argument == "--check").map(|_| arguments.next().expect("--check FILE"))
    }

    /// A model, or why there is no figure: each one is explored in a process of its own, since some abort theirs.
    fn cell(key: String, body: impl FnOnce() -> Price) -> String {
        match std::env::args().nth(1).filter(|_| to_check().is_none()) {
            None if to_check().is_some() && OTHERS.iter().any(|other| key.starts_with(other)) => String::new(),
            None => {
                let child = std::process::Command::new(std::env::current_exe().unwrap()).arg(&key).output().unwrap();
                match String::from_utf8_lossy(&child.stdout).trim() {
                    "" if String::from_utf8_lossy(&child.stderr).contains("fully deterministic") => {
                        "none: it looks at a clock, and loom aborts".into()
                    }
                    "" => format!("none: {}", child.status),
                    price => price.into(),
                }
            }
            Some(wanted) => {
                if wanted == key {
                    println!("{}", body());
                }
                String::new()
            }
        }
    }

    /// A row without its times.
    fn counts(row: &str) -> String {
        let mut parts = row.split('(');
        let first = parts.next().unwrap_or_default().to_owned();
        parts.fold(first, |counts, part| match part.split_once(" s)") {
            Some((time, rest)) if time.parse::<f32>().is_ok() => counts.trim_end().to_owned() + rest,
            _ => counts + "(" + part,
        })
    }

    /// Whether the table in `file` has `row`, but for its times.
    fn check(file: &str, row: &str) {
        let table = std::fs::read_to_string(file).unwrap();
        let is_ours = row.starts_with("| ") && !OTHERS.iter().any(|other| row[2..].starts_with(other));
        if is_ours && !table.lines().any(|line| counts(line) == counts(row)) {
            eprintln!("{file} has no such row: {row}");
            std::process::exit(1);
        }
    }

    fn line(line: std::fmt::Arguments<'_>) {
        match to_check() {
            Some(file) => line.to_string().lines().for_each(|row| check(&file, row)),
            None if std::env::args().len() == 1 => println!("{line}"),
            None => {}
        }
    }

    /// `threads` threads, one of them the main thread, that each run `section` once on the same object.
    fn sections<T: 'static>(threads: usize, make: fn() -> T, section: fn(&T)) -> Price {
        explore(move || {
            let shared = Arc::new(make());
            let others: Vec<_> = (1..threads)
                .map(|_| {
                    let shared = shared.clone();
                    thread::spawn(move || section(&shared))
                })
                .collect();
            section(&shared);
            others.into_iter().for_each(|other| other.join().unwrap());
        })
    }

    fn row<T: 'static>(name: &str, make: fn() -> T, section: fn(&T)) {
        let [two, three] =
            [2, 3].map(|threads| cell(format!("{name}, {threads}"), || sections(threads, make, section)));
        line(format_args!("| {name} | {two} | {three} |"));
    }

    /// What people write who have no semaphore.
    struct ByHand(loom::sync::Mutex<usize>, loom::sync::Condvar);

    impl ByHand {
        fn acquire(&self) {
            let mut permits = self.0.lock().unwrap();
            while *permits == 0 {
                permits = self.1.wait(permits).unwrap();
            }
            *permits -= 1;
        }

        fn release(&self) {
            *self.0.lock().unwrap() += 1;
            self.1.notify_one();
        }
    }

    fn by_hand(permits: usize) -> ByHand {
        ByHand(loom::sync::Mutex::new(permits), loom::sync::Condvar::new())
    }

    fn section_by_hand(semaphore: &ByHand) {
        semaphore.acquire();
        semaphore.release();
    }

    pub fn main() {
        let machines = if cfg!(sixfold_checked) { "real machines, `sixfold_checked`" } else { "contract model" };
        line(format_args!(
            "Executions that loom needs: threads that each acquire and release once (ours: {machines})."
        ));
        line(format_args!(""));
        line(format_args!("| | 2 threads | 3 threads |\n|---|---|---|"));
        row("**sixfold** `Lock`", sixfold::Lock::new, |lock| drop(lock.hold()));
        row("**sixfold** `RLock`", sixfold::RLock::new, |lock| drop(lock.hold()));
        row("**sixfold** `Semaphore`, 1 permit", || sixfold::Semaphore::new(1), |permits| drop(permits.hold()));
        row("**sixfold** `Semaphore`, 2 permits", || sixfold::Semaphore::new(2), |permits| drop(permits.hold()));
        row(
            "**sixfold** `BoundedSemaphore`, 1 permit",
            || sixfold::BoundedSemaphore::new(1),
            |permits| {
                drop(permits.hold());
            },
        );
        row(
            "**sixfold** `Lock`, `hold_arc`",
            || std::sync::Arc::new(sixfold::Lock::new()),
            |lock| drop(lock.hold_arc()),
        );
        row(
            "**sixfold** `Semaphore`, 2 permits, both at once",
            || sixfold::Semaphore::new(2),
            |permits| drop(permits.hold_many(2)),
        );
        row("loom `Mutex`", || loom::sync::Mutex::new(()), |lock| drop(lock.lock().unwrap()));
        row("semaphore by hand (loom `Mutex` and `Condvar`), 1 permit", || by_hand(1), section_by_hand);
        row("semaphore by hand (loom `Mutex` and `Condvar`), 2 permits", || by_hand(2), section_by_hand);
        row(
            "`async_lock::Mutex`, blocking, feature `loom`",
            || async_lock::Mutex::new(()),
            |lock| {
                drop(lock.lock_blocking());
            },
        );
        row(
            "`async_lock::Semaphore`, blocking, feature `loom`, 1 permit",
            || async_lock::Semaphore::new(1),
            |permits| {
                drop(permits.acquire_blocking());
            },
        );

        line(format_args!("\nOther models, complete.\n"));
        line(format_args!("| | executions |\n|---|---|"));
        other("`Event`: one sets, one waits", || {
            let event = Arc::new(sixfold::Event::new());
            let other = spawn(&event, sixfold::Event::set);
            event.wait();
            other.join().unwrap();
        });
        other("`Event`: one sets, one waits for a limited time", || {
            let event = Arc::new(sixfold::Event::new());
            let other = spawn(&event, sixfold::Event::set);
            let _ = event.wait_timeout(Duration::from_secs(1));
            other.join().unwrap();
        });
        other("`Event`: one sets, one polls until it is", || {
            let event = Arc::new(sixfold::Event::new());
            let other = spawn(&event, sixfold::Event::set);
            while !event.wait_timeout(Duration::from_millis(1)) {}
            other.join().unwrap();
        });
        two_threads("`Lock`: try, then acquire", sixfold::Lock::new, |lock| {
            if lock.try_acquire() {
                lock.release().unwrap();
            }
            drop(lock.hold());
        });
        two_threads("`Lock`: try, look, then acquire", sixfold::Lock::new, |lock| {
            if lock.try_acquire() {
                lock.release().unwrap();
            }
            let _ = lock.locked();
            drop(lock.hold());
        });
        other("`Lock` and two `Condition`s, a slot: one fills it twice, one empties it, `wait_with`", || {
            type Slot = std::sync::Arc<sixfold::Lock<bool>>;
            let slot: Slot = Default::default();
            let over = || sixfold::Condition::with_lock(slot.clone());
            let shared = std::sync::Arc::new((slot.clone(), over(), over()));
            let filler = loom::thread::spawn({
                let shared = shared.clone();
                move || {
                    let (slot, filled, emptied) = &*shared;
                    for _ in 0..2 {
                        let mut held = slot.hold();
                        while *held {
                            emptied.wait_with(&mut held);
                        }
                        *held = true;
                        filled.notify_with(&held, 1);
                    }
                }
            });
            let (slot, filled, emptied) = &*shared;
            for _ in 0..2 {
                let mut held = slot.hold();
                while !*held {
                    filled.wait_with(&mut held);
                }
                *held = false;
                emptied.notify_with(&held, 1);
            }
            filler.join().unwrap();
        });
        two_threads("`RLock`: try, then acquire", sixfold::RLock::new, |lock| {
            if lock.try_acquire() {
                lock.release().unwrap();
            }
            drop(lock.hold());
        });
        two_threads(
            "`Semaphore` of 1: try, then acquire",
            || sixfold::Semaphore::new(1),
            |permits| {
                if permits.try_acquire() {
                    permits.release();
                }
                drop(permits.hold());
            },
        );
        other("`Lock`: one acquires, one does for a limited time", || {
            let lock = Arc::new(sixfold::Lock::new());
            let other = spawn(&lock, |lock| drop(lock.hold_timeout(Duration::from_secs(1))));
            drop(lock.hold());
            other.join().unwrap();
        });
        two_threads("`Lock`: each looks three times, then acquires", sixfold::Lock::new, |lock| {
            let _ = (lock.locked(), lock.locked(), lock.locked());
            drop(lock.hold());
        });
        other("`Lock`: one acquires and uses an `Event` four times, one polls", || {
            let shared = Arc::new((sixfold::Lock::new(), sixfold::Event::new()));
            let other = spawn(&shared, |(lock, event)| {
                let _held = lock.hold();
                (0..2).for_each(|_| event.set());
                (0..2).for_each(|_| event.clear());
            });
            while shared.0.hold_timeout(Duration::from_millis(1)).is_none() {}
            other.join().unwrap();
        });
        two_threads("`Lock`: each acquires for a limited time", sixfold::Lock::new, |lock| {
            drop(lock.hold_timeout(Duration::from_secs(1)));
        });
        two_threads(
            "loom `Mutex`: try, then lock",
            || loom::sync::Mutex::new(()),
            |lock| {
                drop(lock.try_lock());
                drop(lock.lock().unwrap());
            },
        );
        two_threads("`Event`: each sets and waits", sixfold::Event::new, |event| {
            event.set();
            event.wait();
        });
        other("`Event`: each of three sets and waits", || {
            let event = Arc::new(sixfold::Event::new());
            let section = |event: &sixfold::Event| {
                event.set();
                event.wait();
            };
            let others = [spawn(&event, section), spawn(&event, section)];
            section(&event);
            others.into_iter().for_each(|other| other.join().unwrap());
        });
        other("`Barrier` of 2, two rounds", || {
            let barrier = Arc::new(sixfold::Barrier::new(2));
            let meet = |barrier: &sixfold::Barrier| {
                barrier.wait().unwrap();
                barrier.wait().unwrap();
            };
            let other = spawn(&barrier, meet);
            meet(&barrier);
            other.join().unwrap();
        });
        other("bounded queue of one place, `Lock` and two `Condition`s, 1 × 1 threads, 2 items", || {
            let lock = std::sync::Arc::new(sixfold::Lock::with_value(None));
            let [not_empty, not_full] = [(); 2].map(|()| sixfold::Condition::with_lock(lock.clone()));
            let shared = Arc::new((not_empty, not_full));
            let producer = spawn(&shared, |(not_empty, not_full)| {
                for item in 1..=2 {
                    let mut slot = not_full.hold();
                    slot.wait_for(Option::is_none);
                    *slot = Some(item);
                    not_empty.notify(1).unwrap();
                }
            });
            let (not_empty, not_full) = &*shared;
            for item in 1..=2 {
                let mut slot = not_empty.hold();
                slot.wait_for(Option::is_some);
                assert_eq!(slot.take(), Some(item));
                not_full.notify(1).unwrap();
            }
            producer.join().unwrap();
        });
        other("the same queue, loom `Mutex` and two `Condvar`s", || {
            use loom::sync::{Condvar, Mutex};
            let shared = Arc::new((Mutex::new(None), Condvar::new(), Condvar::new()));
            let producer = spawn(&shared, |(slot, not_empty, not_full)| {
                for item in 1..=2 {
                    let mut slot = slot.lock().unwrap();
                    while slot.is_some() {
                        slot = not_full.wait(slot).unwrap();
                    }
                    *slot = Some(item);
                    not_empty.notify_one();
                }
            });
            let (slot, not_empty, not_full) = &*shared;
            for item in 1..=2 {
                let mut slot = slot.lock().unwrap();
                while slot.is_none() {
                    slot = not_empty.wait(slot).unwrap();
                }
                assert_eq!(slot.take(), Some(item));
                not_full.notify_one();
            }
            producer.join().unwrap();
        });
    }

    fn spawn<T: 'static>(shared: &Arc<T>, body: fn(&T)) -> thread::JoinHandle<()> {
        let shared = shared.clone();
        thread::spawn(move || body(&shared))
    }

    fn two_threads<T: 'static>(name: &str, make: fn() -> T, section: fn(&T)) {
        line(format_args!("| {name} | {} |", cell(name.into(), || sections(2, make, section))));
    }

    fn other(name: &str, body: fn()) {
        line(format_args!("| {name} | {} |", cell(name.into(), || explore(body))));
    }
}
