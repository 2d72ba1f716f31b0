//! What Python's `Thread` has and std's has not: a count and the names of live threads, and a `join` that gives up.

use sixfold::{Condition, Event, Lock};
use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Clock {
    /// Sleeping lasts.
    Wall,
    /// Sleeping lasts until all others sleep, wait for another thread or have ended; then the next alarm rings.
    Virtual,
}

/// The live threads, and the clock that they sleep by.
pub struct Threads {
    clock: Clock,
    state: Condition<Lock<State>>,
}

struct State {
    /// Names in the order of starting.
    live: Vec<String>,
    /// Those that neither sleep nor join.
    awake: usize,
    /// The virtual time, and at which times how many threads wake up.
    now: Duration,
    alarms: BTreeMap<Duration, usize>,
}

impl State {
    /// The caller stops being awake. If it was the last one, time goes on to the next alarm.
    fn falls_asleep(&mut self) {
        self.awake -= 1;
        if self.awake == 0
            && let Some((alarm, sleepers)) = self.alarms.pop_first()
        {
            (self.now, self.awake) = (alarm, sleepers);
        }
    }
}

impl Threads {
    /// The main thread is one of them, as in Python.
    pub fn new(clock: Clock) -> Self {
        let state = State { live: vec!["MainThread".into()], awake: 1, now: Duration::ZERO, alarms: BTreeMap::new() };
        Self { clock, state: Condition::with_lock(Lock::with_value(state)) }
    }

    /// Python: `active_count()`.
    pub fn active_count(&self) -> usize {
        self.state.hold().live.len()
    }

    /// Python: `[thread.name for thread in enumerate()]`.
    pub fn enumerate(&self) -> Vec<String> {
        self.state.hold().live.clone()
    }

    /// Python: `time.sleep`.
    pub fn sleep(&self, time: Duration) {
        if self.clock == Clock::Wall {
            return thread::sleep(time);
        }
        let mut state = self.state.hold();
        let alarm = state.now + time;
        *state.alarms.entry(alarm).or_default() += 1;
        state.falls_asleep();
        state.notify_all();
        state.wait_for(|state| state.now >= alarm);
    }

    /// Python: `Thread(target=body, name=name)` and `start()`. It counts as live when this returns.
    pub fn start<T: Send + 'static>(
        self: &Arc<Self>,
        name: &str,
        body: impl FnOnce() -> T + Send + 'static,
    ) -> io::Result<Thread<T>> {
        let mut state = self.state.hold();
        state.live.push(name.into());
        state.awake += 1;
        drop(state);

        let finished = Arc::new(Event::new());
        // If the thread cannot be started, it is dropped with the closure.
        let leaving = Leaving { threads: self.clone(), name: name.into(), finished: finished.clone() };
        let handle = thread::Builder::new().name(name.into()).spawn(move || {
            let _leaving = leaving;
            body()
        })?;
        Ok(Thread { threads: self.clone(), handle, finished })
    }

    /// Lets virtual time go on while this thread waits for another.
    fn while_blocked<T>(&self, wait: impl FnOnce() -> T) -> T {
        let mut state = self.state.hold();
        state.falls_asleep();
        state.notify_all();
        drop(state);
        let result = wait();
        self.state.hold().awake += 1;
        result
    }
}

/// A thread's end, however it comes about.
struct Leaving {
    threads: Arc<Threads>,
    name: String,
    finished: Arc<Event>,
}

impl Drop for Leaving {
    fn drop(&mut self) {
        let mut state = self.threads.state.hold();
        if let Some(place) = state.live.iter().position(|name| *name == self.name) {
            state.live.remove(place);
        }
        self.finished.set();
        state.falls_asleep();
        state.notify_all();
    }
}

/// Python: `Thread`, once it has been started.
pub struct Thread<T> {
    threads: Arc<Threads>,
    handle: JoinHandle<T>,
    finished: Arc<Event>,
}

impl<T> Thread<T> {
    pub fn name(&self) -> &str {
        self.handle.thread().name().unwrap_or("")
    }

    pub fn is_alive(&self) -> bool {
        !self.finished.is_set()
    }

    /// What the thread has returned; an error is its panic.
    pub fn join(self) -> thread::Result<T> {
        self.threads.while_blocked(|| self.handle.join())
    }

    /// Python: `join(timeout)`. False: the time was up. The timeout is one of the clock on the wall.
    pub fn join_timeout(&self, timeout: Duration) -> bool {
        self.threads.while_blocked(|| self.finished.wait_timeout(timeout))
    }
}

/// Python: `current_thread().name`.
pub fn name() -> String {
    thread::current().name().unwrap_or("").into()
}
