//! From Python's `threading`: eight programs that tutorials use, side by side with their Rust versions.
//!
//! <style>
//! .beside { display: flex; flex-wrap: wrap; column-gap: 1em; }
//! .beside .example-wrap { flex: 1 1 24em; min-width: 0; }
//! </style>
//!
//! Each of them is an example in the repository that runs: `cargo run --release --example counter`, and so on. Its
//! first lines have the Python program in full. `ci/examples.sh` runs all eight and compares what they print with
//! `tests/examples`. Here are the lines that matter, and what is different. [The table of all calls](crate#from-python)
//! is on the crate's page.
//!
//! | program | types | example |
//! |---|---|---|
//! | [A shared counter](#a-shared-counter) | `Lock`, `Barrier` | `examples/counter.rs` |
//! | [Printing under one lock](#printing-under-one-lock) | `Lock` | `examples/printing.rs` |
//! | [Finishing in another order](#finishing-in-another-order) | `Condition`, `Event`, `Lock` | `examples/finishing_order` |
//! | [Reading and cleaning files](#reading-and-cleaning-files) | `Semaphore`, `Condition`, `Lock` | `examples/clean_files` |
//! | [Dining philosophers](#dining-philosophers) | `Lock`, `Semaphore`, `Condition`, `Barrier`, `Event` | `examples/philosophers` |
//! | [A global interpreter lock](#a-global-interpreter-lock) | `Condition` (two), `Lock`, `Event` | `examples/gil` |
//! | [A thread pool](#a-thread-pool) | `Condition`, `Lock`, `Semaphore`, `Event` | `examples/thread_pool` |
//! | [Producer and consumer](#producer-and-consumer) | `Condition` (three), `Lock` | `examples/task_queue` |
//!
//! # What is different everywhere
//!
//! - **Threads** come from std. [`thread::scope`](std::thread::scope) is the loop of `start` and the loop of `join`:
//!   its threads may borrow, and it joins them all. A thread that nobody joins is a daemon.
//! - **There is no GIL.** Threads run at the same time, and what Python's programs get away with because of the GIL
//!   does not compile: a value that threads share and change is an atomic, or inside of a lock.
//! - **A lock contains its value**, where it has one: `Lock::with_value(v)`. The guard of `hold` is the way to it.
//!   Without a value, a lock stands beside what it protects, as in Python, and can be used by hand.
//! - **`with`** is a guard in a variable: `let _held = lock.hold();`. It lasts to the end of the block that it is in,
//!   or to `drop(held)`. `lock.hold();` lets go at once, and the compiler warns of it; so does `let _ = lock.hold();`,
//!   without a warning.
//! - **Errors** are values: `release`, `wait` and `notify` without a hold return `Err(NotHeldError)` where Python
//!   raises `RuntimeError`. With guards there is nothing to go wrong, and no `Result`.
//! - **Exceptions** are `?` or a panic. Both drop the guards on their way, and no lock is poisoned. By-hand calls need
//!   what `try … finally` does there.
//! - **Timeouts** are a `Duration`, in calls of their own: `acquire(timeout=2)` is
//!   `acquire_timeout(Duration::from_secs(2))`. `None` is the call without a timeout, or `Duration::MAX`; zero is one
//!   try. For one deadline over several calls there is `…_deadline(Instant)`.
//! - **Nothing interrupts a wait**: there is no `KeyboardInterrupt`. To stop threads, set an `Event` that they look at.
//!
//! # A shared counter
//!
//! Two threads, 100,000 times `x += 1` each.
//!
//! <div class="beside">
//!
//! ```python
//! x = 0
//! lock = Lock()
//!
//! def add():
//!     global x
//!     for _ in range(100_000):
//!         with lock:
//!             x += 1
//!
//! threads = [Thread(target=add), Thread(target=add)]
//! for t in threads: t.start()
//! for t in threads: t.join()
//! assert x == 200_000
//! ```
//!
//! ```
//! # use sixfold::Lock;
//! # use std::thread;
//! let x = Lock::with_value(0);
//!
//! let add = || {
//!     for _ in 0..100_000 {
//!         *x.hold() += 1;
//!     }
//! };
//!
//! thread::scope(|scope| {
//!     scope.spawn(add);
//!     scope.spawn(add);
//! });
//! assert_eq!(x.into_inner(), 200_000);
//! ```
//!
//! </div>
//!
//! - Leave out `with lock`, and the Python program is wrong: `x += 1` is a load, an addition and a store, and another
//!   thread may come in between. (Since 3.10 it seldom does: threads switch at calls and at the ends of loops only.)
//!   Leave out the lock in Rust, and it does not compile. The example shows the race with an atomic that is loaded and
//!   stored.
//! - `*x.hold() += 1;` holds the lock for this statement. What is to happen under one hold needs the guard in a
//!   variable.
//!
//! # Printing under one lock
//!
//! By hand, from `acquire` to `release`, and scoped.
//!
//! <div class="beside">
//!
//! ```python
//! lock.acquire()
//! try:
//!     print("the square of", n, end=" ")
//!     print("is", n * n)
//! finally:
//!     lock.release()
//!
//! with lock:
//!     print("the cube of", n, end=" ")
//!     print("is", n ** 3)
//! ```
//!
//! ```
//! # use sixfold::{Lock, NotHeldError};
//! # let (lock, n) = (Lock::new(), 3);
//! lock.acquire();
//! print!("the square of {n} ");
//! println!("is {}", n * n);
//! lock.release()?;
//!
//! {
//!     let _held = lock.hold();
//!     print!("the cube of {n} ");
//!     println!("is {}", n * n * n);
//! }
//! # Ok::<(), NotHeldError>(())
//! ```
//!
//! </div>
//!
//! - `acquire` is a statement and always succeeds. `try_acquire` and `acquire_timeout` return a `bool` that has to be
//!   used.
//! - Any thread may release a `Lock`, there and here. If nobody holds it, that is an `Err` and changes nothing.
//! - A `?` between `acquire` and `release` leaves the lock locked, as an exception without `finally` does. Keep the
//!   `Result`, release, and then look at it; or use `hold`.
//!
//! # Finishing in another order
//!
//! Threads that sleep different times; how many are alive, and a `join` that gives up.
//!
//! <div class="beside">
//!
//! ```python
//! t = Thread(target=nap, args=(300,), name="sleeper")
//! t.start()
//! print(active_count())
//!
//! t.join(timeout=0.01)
//! if t.is_alive():
//!     print(t.name, "still sleeps")
//! t.join()
//! ```
//!
//! ```
//! # use sixfold::{Event, Lock};
//! # use std::{sync::Arc, thread, time::Duration};
//! # static LIVE: Lock<usize> = Lock::with_value(1);
//! # let awake = Arc::new(Event::new());
//! # let nap = { let awake = awake.clone(); move || awake.wait() };
//! let ended = Arc::new(Event::new());
//! let t = thread::Builder::new().name("sleeper".into()).spawn({
//!     *LIVE.hold() += 1;
//!     let ended = ended.clone();
//!     move || {
//!         nap();
//!         *LIVE.hold() -= 1;
//!         ended.set();
//!     }
//! })?;
//! println!("{}", LIVE.hold());
//!
//! if !ended.wait_timeout(Duration::from_millis(10)) {
//!     println!("{:?} still sleeps", t.thread().name());
//! }
//! # awake.set();
//! t.join().expect("it does not panic");
//! # assert_eq!(*LIVE.hold(), 1);
//! # Ok::<(), std::io::Error>(())
//! ```
//!
//! </div>
//!
//! - std counts no threads, and its `join` has no timeout. An `Event` that the thread sets at its end is a `join` with
//!   a timeout that also says whether it gave up. In the example a guard does this, so that a panic does not prevent
//!   it.
//! - `join` returns what the thread has returned, or its panic. `Thread.join` returns `None`.
//! - In the example, `--verify` lets the threads sleep by a clock of their own, which jumps to the next alarm when all
//!   sleep: a `Condition` and a predicate about time. So a program about sleeping can be tested without.
//!
//! # Reading and cleaning files
//!
//! One after the other, with a thread for each, and as a bounded pipeline. Here is how many threads are bounded:
//!
//! <div class="beside">
//!
//! ```python
//! running = Semaphore(8)
//!
//! def work(path):
//!     try:
//!         results[path] = clean(path)
//!     finally:
//!         running.release()
//!
//! for path in paths:
//!     running.acquire()
//!     Thread(target=work, args=(path,)).start()
//! ```
//!
//! ```
//! # use sixfold::{Lock, Semaphore};
//! # use std::{collections::HashMap, thread};
//! # let (paths, clean) = (["a", "b"], |path: &str| path.len());
//! let running = Semaphore::new(8);
//! let results = Lock::with_value(HashMap::new());
//! thread::scope(|scope| {
//!     for path in paths {
//!         let permit = running.hold();
//!         let results = &results;
//!         scope.spawn(move || {
//!             let _permit = permit;
//!             let cleaned = clean(path);
//!             results.hold().insert(path, cleaned);
//!         });
//!     }
//! });
//! # assert_eq!(results.into_inner().len(), 2);
//! # assert_eq!(running.value(), 8);
//! ```
//!
//! </div>
//!
//! - The guard of a semaphore may go to another thread. So the permit that the starter acquires is released when the
//!   thread ends, also by a panic, or when the thread could not be started. By hand it is as in Python: `acquire` here,
//!   `release` there.
//! - `results[path] = …` without a lock relies on the GIL, or on the lock that a `dict` of the free-threaded build has.
//! - Compute first, then hold: `results.hold().insert(path, clean(path))` would clean with the lock held.
//! - `while let Some(path) = paths.hold().next()` holds the lock in the loop's body too, since the guard lives as long
//!   as the condition's value. Take the next one in a function, or in a `let` of its own.
//!
//! # Dining philosophers
//!
//! The deadlock, noticed because of a timeout, and three cures. One is a monitor:
//!
//! <div class="beside">
//!
//! ```python
//! monitor = Condition()
//! eating = [False] * 5
//!
//! def dine(p, eat):
//!     left, right = (p - 1) % 5, (p + 1) % 5
//!     with monitor:
//!         monitor.wait_for(lambda:
//!             not eating[left] and not eating[right])
//!         eating[p] = True
//!     eat(p)
//!     with monitor:
//!         eating[p] = False
//!         monitor.notify_all()
//! ```
//!
//! ```
//! # use sixfold::{Condition, Lock};
//! let eats = Condition::with_lock(Lock::with_value([false; 5]));
//!
//! let dine = |p: usize, eat: fn(usize)| {
//!     let (left, right) = ((p + 4) % 5, (p + 1) % 5);
//!     let mut held = eats.hold();
//!     held.wait_for(|eats| !eats[left] && !eats[right]);
//!     held[p] = true;
//!     drop(held);
//!     eat(p);
//!     let mut held = eats.hold();
//!     held[p] = false;
//!     held.notify_all();
//! };
//! # std::thread::scope(|scope| (0..5).for_each(|p| _ = scope.spawn(move || dine(p, |_| ()))));
//! # assert_eq!(*eats.hold(), [false; 5]);
//! ```
//!
//! </div>
//!
//! - The predicate gets the guarded value, and cannot look at anything that the lock does not protect by mistake.
//! - `wait_for` returns nothing, and `wait_for_timeout` a `bool`. Python returns the last value of the predicate.
//! - `Condition()` makes an `RLock`, as `Condition::new()` does. With a value that is to be changed it is a `Lock`: the
//!   guard of an `RLock<T>` gives `&T` only, since the same thread may have several.
//! - `if not fork.acquire(timeout=0.05)` is `if !fork.acquire_timeout(…)`, or `fork.hold_timeout(…)` for an `Option` of
//!   a guard.
//!
//! # A global interpreter lock
//!
//! In miniature, with byte-code, a switch interval, and figures. This is how a thread gets the GIL, in Python's terms
//! and here:
//!
//! <div class="beside">
//!
//! ```python
//! lock = Lock()
//! free, switched = Condition(lock), Condition(lock)
//!
//! def take():
//!     global held, taken, wanted
//!     with lock:
//!         while held:
//!             before = taken
//!             if not free.wait_for(
//!                     lambda: not held, interval):
//!                 if taken == before:
//!                     wanted = True
//!         held, wanted = True, False
//!         taken += 1
//!         switched.notify_all()
//! ```
//!
//! ```
//! # use sixfold::{Condition, Lock};
//! # use std::{sync::Arc, time::Duration};
//! # #[derive(Default)] struct State { held: bool, taken: u64, wanted: bool }
//! # let interval = Duration::from_millis(5);
//! let lock = Arc::new(Lock::with_value(State::default()));
//! let free = Condition::with_lock(lock.clone());
//! let switched = Condition::with_lock(lock);
//!
//! let take = || {
//!     let mut state = free.hold();
//!     while state.held {
//!         let before = state.taken;
//!         let freed = state.wait_for_timeout(|s| !s.held, interval);
//!         if !freed && state.taken == before {
//!             state.wanted = true;
//!         }
//!     }
//!     (state.held, state.wanted) = (true, false);
//!     state.taken += 1;
//!     switched.notify_all().expect("the lock is held");
//! };
//! # take();
//! # assert_eq!(free.hold().taken, 1);
//! ```
//!
//! </div>
//!
//! - Conditions that share a lock are built over an `Arc` of it, or over references to it. Whichever one is held, the
//!   lock is held. The guard waits for its own condition; the others are notified by hand, with a `Result` that is `Ok`
//!   then.
//! - A timed wait ends because of a notify or because the time is over, and says which. None is spurious, none is lost.
//! - The example shows: two CPU-bound threads under a GIL are as fast as one, without it as fast as two; threads that
//!   read let go of it and read at the same time; without it, counts of references go wrong or have to be atomic.
//!
//! # A thread pool
//!
//! In the shape of `concurrent.futures`. The pool is a part of the example, and is made of these types alone. At its
//! heart is a result that one thread sets and others wait for:
//!
//! <div class="beside">
//!
//! ```python
//! class Future:
//!     def __init__(self):
//!         self.condition = Condition()
//!         self.outcome = None
//!
//!     def result(self, timeout=None):
//!         with self.condition:
//!             if not self.condition.wait_for(
//!                     lambda: self.outcome, timeout):
//!                 raise TimeoutError
//!             return self.outcome
//!
//!     def finish(self, outcome):
//!         with self.condition:
//!             self.outcome = outcome
//!             self.condition.notify_all()
//! ```
//!
//! ```
//! # use sixfold::{Condition, Lock};
//! # use std::time::Duration;
//! #[derive(Default)]
//! struct Future<T>(Condition<Lock<Option<T>>>);
//!
//! impl<T: Clone> Future<T> {
//!     /// None: not in time.
//!     fn result(&self, timeout: Duration) -> Option<T> {
//!         let mut held = self.0.hold();
//!         if !held.wait_for_timeout(Option::is_some, timeout) {
//!             return None;
//!         }
//!         held.clone()
//!     }
//!
//!     fn finish(&self, outcome: T) {
//!         let mut held = self.0.hold();
//!         *held = Some(outcome);
//!         held.notify_all();
//!     }
//! }
//! # let future = Future::default();
//! # assert_eq!(future.result(Duration::from_millis(1)), None);
//! # std::thread::scope(|scope| {
//! #     scope.spawn(|| future.finish(3));
//! #     assert_eq!(future.result(Duration::MAX), Some(3));
//! # });
//! ```
//!
//! </div>
//!
//! - `timeout=None` is `Duration::MAX`: one call for both.
//! - `result` raises what the job has raised. Here a panic of the job becomes an `Err`, and the thread takes the next
//!   job.
//! - A result can be asked for many times, so it is cloned. In Python everybody gets the same object, which is an
//!   `Arc`.
//! - `with ThreadPoolExecutor() as pool:` waits at the end for all jobs. So does dropping the pool.
//!
//! # Producer and consumer
//!
//! `queue.Queue`: three conditions over one lock.
//!
//! <div class="beside">
//!
//! ```python
//! def get(self, timeout=None):
//!     with self.not_empty:
//!         if not self.not_empty.wait_for(
//!                 lambda: self.items, timeout):
//!             raise Empty
//!         item = self.items.popleft()
//!         self.not_full.notify()
//!         return item
//!
//! def task_done(self):
//!     with self.all_tasks_done:
//!         if self.unfinished == 0:
//!             raise ValueError("called too many times")
//!         self.unfinished -= 1
//!         if self.unfinished == 0:
//!             self.all_tasks_done.notify_all()
//! ```
//!
//! ```
//! # use sixfold::{Condition, Lock};
//! # use std::{collections::VecDeque, sync::Arc, time::Duration};
//! # type Shared<T> = Condition<Arc<Lock<State<T>>>>;
//! # struct State<T> { items: VecDeque<T>, unfinished: usize }
//! # struct Queue<T> { not_empty: Shared<T>, not_full: Shared<T>, all_tasks_done: Shared<T> }
//! # #[derive(Debug, PartialEq)] struct TooManyTasksDone;
//! # impl<T> Queue<T> {
//! fn get(&self, timeout: Duration) -> Option<T> {
//!     let mut held = self.not_empty.hold();
//!     if !held.wait_for_timeout(|s| !s.items.is_empty(), timeout) {
//!         return None;
//!     }
//!     self.not_full.notify(1).expect("the same lock");
//!     held.items.pop_front()
//! }
//!
//! fn task_done(&self) -> Result<(), TooManyTasksDone> {
//!     let mut held = self.all_tasks_done.hold();
//!     held.unfinished =
//!         held.unfinished.checked_sub(1).ok_or(TooManyTasksDone)?;
//!     if held.unfinished == 0 {
//!         held.notify_all();
//!     }
//!     Ok(())
//! }
//! # }
//! # let lock = Arc::new(Lock::with_value(State { items: VecDeque::from([1]), unfinished: 1 }));
//! # let (not_empty, not_full) = (Condition::with_lock(lock.clone()), Condition::with_lock(lock.clone()));
//! # let queue = Queue { not_empty, not_full, all_tasks_done: Condition::with_lock(lock) };
//! # assert_eq!((queue.get(Duration::MAX), queue.get(Duration::ZERO)), (Some(1), None));
//! # assert_eq!((queue.task_done(), queue.task_done()), (Ok(()), Err(TooManyTasksDone)));
//! ```
//!
//! </div>
//!
//! - In Python a notify can go to a thread whose time is up, and is lost. `queue.Queue` looks again and gets by; `if
//!   not wait(t)` does not. Here either the wait reports the notify, or the notify goes to the next one.
//! - `Queue.join` has no timeout in Python; here it costs a line.
//! - What could not be put is given back in the error, since the queue would own it.
//! - Where each item takes one place and nothing else is waited for, two semaphores do: see
//!   `examples/wordcount/queues.rs`.
