//! What the tests on real threads share: threads that can be watched falling asleep, and an end to every wait.
#![allow(dead_code)] // Each test binary uses its own part.

use std::io::Write as _;
use std::panic::{AssertUnwindSafe, Location, catch_unwind};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Mutex, OnceLock};
use std::thread::{self, Scope, ScopedJoinHandle};
use std::time::{Duration, Instant};

/// Longer than anything here takes, short enough to wait for.
pub const LONG: Duration = Duration::from_secs(60);

/// Long enough that a wait of this length shows, short enough for many.
pub const SHORT: Duration = Duration::from_millis(50);

/// Ends the process, with the name of the test, if the test takes longer than [`LONG`]: a lost wake-up fails, it does
/// not hang. `let _watchdog = watchdog();` is the first line of every test that waits.
#[must_use = "it watches until it is dropped"]
pub struct Watchdog(Option<Sender<()>>);

#[track_caller]
pub fn watchdog() -> Watchdog {
    let (alive, ended): (Sender<()>, Receiver<()>) = channel();
    let test = thread::current().name().unwrap_or("?").to_owned();
    let place = Location::caller();
    thread::spawn(move || {
        if ended.recv_timeout(LONG) == Err(RecvTimeoutError::Timeout) {
            // Not `eprintln`, which the test harness keeps to itself until the test ends.
            let _ = writeln!(std::io::stderr(), "test {test} ({place}) hangs: not done after {LONG:?}");
            std::process::abort();
        }
    });
    Watchdog(Some(alive))
}

/// Waits until `condition` holds. Says where it waited if that does not happen.
#[track_caller]
pub fn until(condition: impl Fn() -> bool) {
    let deadline = Instant::now() + LONG;
    while !condition() {
        assert!(Instant::now() < deadline, "what the test waits for does not happen");
        thread::yield_now();
    }
}

/// A thread of a scope that can be watched.
pub struct Watched<'scope, T> {
    handle: ScopedJoinHandle<'scope, T>,
    task: Task,
}

/// Spawns a thread that can be watched.
pub fn spawn<'scope, T: Send + 'scope>(
    scope: &'scope Scope<'scope, '_>,
    body: impl FnOnce() -> T + Send + 'scope,
) -> Watched<'scope, T> {
    let (tell, told) = channel();
    let handle = scope.spawn(move || {
        tell.send(Task::current()).unwrap();
        drop(tell);
        body()
    });
    Watched { handle, task: told.recv().unwrap() }
}

impl<T> Watched<'_, T> {
    /// Waits until the thread sleeps, and so has come as far as it can. It fails if the thread ends instead.
    ///
    /// What a test asserts afterwards must be right also for a thread that has not come that far: where the system does
    /// not tell who sleeps, this only gives it time.
    #[track_caller]
    pub fn until_asleep(&self) {
        // Twice in a row, since a thread may also sleep for a moment elsewhere, such as in the allocator.
        for _ in 0..2 {
            until(|| {
                assert!(!self.handle.is_finished(), "the thread has ended, and was to wait");
                self.task.is_asleep()
            });
            thread::yield_now();
        }
    }

    pub fn is_finished(&self) -> bool {
        self.handle.is_finished()
    }

    /// What the thread returned. A panic in it goes on here.
    pub fn join(self) -> T {
        self.handle.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    }

    /// What the thread returned, or its panic.
    pub fn try_join(self) -> thread::Result<T> {
        self.handle.join()
    }
}

/// A thread, as the system knows it.
struct Task {
    #[cfg(target_os = "linux")]
    stat: std::path::PathBuf,
}

#[cfg(target_os = "linux")]
impl Task {
    fn current() -> Self {
        let task = std::fs::read_link("/proc/thread-self").expect("proc is mounted");
        Self { stat: std::path::Path::new("/proc").join(task).join("stat") }
    }

    fn is_asleep(&self) -> bool {
        // "1234 (name) S ...": the state comes after the last parenthesis, since a name may contain some.
        let Ok(stat) = std::fs::read_to_string(&self.stat) else { return false };
        stat.rsplit_once(") ").is_some_and(|(_, state)| state.starts_with('S'))
    }
}

#[cfg(not(target_os = "linux"))]
impl Task {
    fn current() -> Self {
        Self {}
    }

    fn is_asleep(&self) -> bool {
        thread::sleep(Duration::from_millis(20));
        true
    }
}

/// Runs `call` and returns what it returned and how long it took.
pub fn timed<T>(call: impl FnOnce() -> T) -> (T, Duration) {
    let start = Instant::now();
    let result = call();
    (result, start.elapsed())
}

/// The message of a panic.
pub fn message(panic: Box<dyn std::any::Any + Send>) -> String {
    match panic.downcast::<String>() {
        Ok(text) => *text,
        Err(panic) => panic.downcast::<&str>().map_or_else(|_| "?".into(), |text| (*text).into()),
    }
}

/// What `call`, which must panic, says.
#[track_caller]
pub fn says<T>(call: impl FnOnce() -> T) -> String {
    match catch_unwind(AssertUnwindSafe(call)) {
        Ok(_) => panic!("it does not panic"),
        Err(panic) => message(panic),
    }
}

/// Where a call panics: file and line.
pub fn place_of_panic<T>(call: impl FnOnce() -> T) -> (String, u32) {
    static PLACES: Mutex<Vec<(thread::ThreadId, String, u32)>> = Mutex::new(Vec::new());
    static HOOK: OnceLock<()> = OnceLock::new();
    HOOK.get_or_init(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            let place =
                info.location().map_or((String::new(), 0), |place: &Location| (place.file().into(), place.line()));
            PLACES.lock().unwrap().push((thread::current().id(), place.0, place.1));
            before(info);
        }));
    });
    assert!(catch_unwind(AssertUnwindSafe(call)).is_err(), "it was to panic");
    let me = thread::current().id();
    let places = PLACES.lock().unwrap();
    let (_, file, line) = places.iter().rfind(|(thread, ..)| *thread == me).expect("the hook has seen it");
    (file.clone(), *line)
}
