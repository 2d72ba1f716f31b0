//! Threads and timers: what Python's `threading` has beside the primitives.
//!
//! | Python | here |
//! |---|---|
//! | `t = Thread(target=f); t.start()` | [`let t = Thread::spawn(f)`](Thread::spawn) |
//! | `Thread(target=f, name="n", daemon=True)` | [`Builder::new().name("n").daemon(true).spawn(f)?`](Builder) |
//! | `t.join()`, `t.join(timeout)` | [`t.join()`](Thread::join), [`t.join_timeout(d)`](Thread::join_timeout), [`t.join_deadline(i)`](Thread::join_deadline): the closure's value, or its panic |
//! | `t.is_alive()`, `t.name`, `t.ident`, `t.native_id`, `t.daemon` | the calls of [`Handle`] |
//! | `current_thread()`, `main_thread()` | [`current`], [`main_thread`] |
//! | `active_count()`, `enumerate()` | [`active_count`], [`enumerate()`] |
//! | what the interpreter does at its end | [`join_all`] |
//! | `excepthook` | [`set_excepthook`] |
//! | (none) | [`ScopedThread::spawn(scope, f)`](ScopedThread::spawn), in a [`std::thread::scope`] |
//! | `t = Timer(2, f); t.start()` | [`let t = Timer::start(d, f)`](Timer::start) |
//!
//! A program of Rust ends when `main` returns, whatever other threads do. Python waits for all that are no daemons: so does
//! [`join_all`], as the last call of `main`.

mod registry;
#[cfg(not(loom))]
mod scope;
mod timer;

#[cfg(not(loom))]
pub use self::scope::ScopedThread;
pub use self::timer::Timer;

use self::registry::Info;
use crate::sys;
use sixfold::Lock;
use std::any::Any;
use std::fmt;
use std::io;
use std::num::NonZeroU64;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// A thread that runs, or has run, a closure. Python: `threading.Thread`.
///
/// Its drop lets the thread go on alone.
///
/// # Happens before
/// What was done before the spawn happens before the closure, and what the closure did before the return of a `join`.
///
/// # Examples
/// ```
/// use sixfold_threads::thread::Thread;
///
/// let thread = Thread::spawn(|| 6 * 7);
/// assert_eq!(thread.join().unwrap(), 42);
/// ```
pub struct Thread<T> {
    system: sys::JoinHandle<std::thread::Result<T>>,
    handle: Handle,
}

/// What can be known about a thread, and waited for, from anywhere.
///
/// Cheap to clone. Two handles are equal if they are of the same thread.
///
/// # Examples
/// ```
/// use sixfold_threads::thread;
///
/// let main = thread::current();
/// thread::Thread::spawn(move || assert_ne!(thread::current(), main)).join().unwrap();
/// ```
#[derive(Clone)]
pub struct Handle(Arc<Info>);

/// How a thread is to be. Python: the arguments of `Thread`.
///
/// # Examples
/// ```
/// use sixfold_threads::thread::{self, Builder};
///
/// let thread = Builder::new().name("worker").daemon(true).spawn(|| thread::current().name().to_owned())?;
/// assert_eq!(thread.join().unwrap(), "worker");
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug, Default)]
#[must_use = "it does nothing before `spawn`"]
pub struct Builder {
    name: Option<String>,
    stack_size: Option<usize>,
    is_daemon: bool,
}

impl Builder {
    /// A thread with a name of this crate's, the system's usual stack, and no daemon.
    ///
    /// # Examples
    /// ```
    /// let thread = sixfold_threads::thread::Builder::new().spawn(|| ())?;
    /// assert!(thread.handle().name().starts_with("Thread-"));
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn new() -> Self {
        Self::default()
    }

    /// Names it. The system may show the first 15 bytes. Python: `name`.
    ///
    /// # Panics
    /// The spawn panics if the name has a NUL byte.
    ///
    /// # Examples
    /// ```
    /// let thread = sixfold_threads::thread::Builder::new().name("reader").spawn(|| ())?;
    /// assert_eq!(thread.handle().name(), "reader");
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Gives it a stack of at least so many bytes. Python: `threading.stack_size(size)`.
    ///
    /// # Examples
    /// ```
    /// sixfold_threads::thread::Builder::new().stack_size(1 << 20).spawn(|| ())?.join().unwrap();
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn stack_size(mut self, bytes: usize) -> Self {
        self.stack_size = Some(bytes);
        self
    }

    /// Whether the program may end while it runs: [`join_all`] does not wait for it. Python: `daemon`.
    ///
    /// Unlike in Python, a thread does not get this from the one that starts it.
    ///
    /// # Examples
    /// ```
    /// use sixfold_threads::thread::{self, Builder};
    ///
    /// Builder::new().daemon(true).spawn(|| loop { std::thread::park() })?;
    /// thread::join_all(); // does not wait for that one
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn daemon(mut self, is_daemon: bool) -> Self {
        self.is_daemon = is_daemon;
        self
    }

    /// Starts a thread that runs `closure`. Python: `start()`.
    ///
    /// # Errors
    /// What the system says if it cannot.
    ///
    /// # Examples
    /// ```
    /// let thread = sixfold_threads::thread::Builder::new().spawn(|| 1)?;
    /// assert_eq!(thread.join().unwrap(), 1);
    /// # Ok::<(), std::io::Error>(())
    /// ```
    #[track_caller]
    pub fn spawn<T: Send + 'static>(self, closure: impl FnOnce() -> T + Send + 'static) -> io::Result<Thread<T>> {
        let (builder, handle) = self.prepare();
        let spawned = builder.spawn({
            let handle = handle.clone();
            move || run(&handle, closure)
        });
        match spawned {
            Ok(system) => Ok(Thread { system, handle }),
            Err(error) => {
                handle.end();
                Err(error)
            }
        }
    }

    /// In the lists from here on, so that whoever has started a thread finds it there.
    #[track_caller]
    fn prepare(self) -> (sys::Builder, Handle) {
        let has_nul = self.name.as_ref().is_some_and(|name| name.contains('\0'));
        assert!(!has_nul, "the name of a thread must have no NUL byte");
        let handle = Handle::new(self.name, self.is_daemon);
        let mut builder = sys::Builder::new().name(handle.name().to_owned());
        if let Some(bytes) = self.stack_size {
            builder = builder.stack_size(bytes);
        }
        handle.register();
        (builder, handle)
    }
}

/// What the thread does. Its value, or the panic, of which the hook has heard.
fn run<T>(handle: &Handle, closure: impl FnOnce() -> T) -> std::thread::Result<T> {
    registry::enter(handle);
    let result = sys::catch(closure);
    if let Err(payload) = &result {
        let hook = HOOK.hold().clone();
        if let Some(hook) = hook {
            // Its own panic has been shown by std, and is nobody's here.
            _ = sys::catch(|| hook(&Uncaught { thread: handle, payload: &**payload }));
        }
    }
    handle.end();
    result
}

impl<T: Send + 'static> Thread<T> {
    /// Starts a thread that runs `closure`. Python: `Thread(target=closure).start()`.
    ///
    /// # Panics
    /// If the system cannot start a thread; [`Builder::spawn`] returns that as an error.
    ///
    /// # Examples
    /// ```
    /// use sixfold_threads::thread::Thread;
    ///
    /// let threads: Vec<_> = (0..4).map(|n| Thread::spawn(move || n * n)).collect();
    /// let squares: Vec<i32> = threads.into_iter().map(|thread| thread.join().unwrap()).collect();
    /// assert_eq!(squares, [0, 1, 4, 9]);
    /// ```
    #[track_caller]
    pub fn spawn(closure: impl FnOnce() -> T + Send + 'static) -> Self {
        Builder::new().spawn(closure).expect("the system cannot start a thread")
    }
}

impl<T> Thread<T> {
    /// Waits until the thread has ended. Python: `join()`.
    ///
    /// # Errors
    /// What the closure panicked with.
    ///
    /// # Examples
    /// ```
    /// use sixfold_threads::thread::Thread;
    ///
    /// assert!(Thread::spawn(|| panic!("on purpose")).join().is_err());
    /// ```
    pub fn join(self) -> std::thread::Result<T> {
        self.system.join().and_then(|result| result)
    }

    /// Waits until the thread has ended, for at most `timeout`. Python: `join(timeout)` and then `is_alive()`.
    ///
    /// The thread may take a moment more to drop its thread-local values, for which this waits too.
    ///
    /// # Errors
    /// The thread itself, if the time was up.
    ///
    /// # Examples
    /// ```
    /// use sixfold::Event;
    /// use sixfold_threads::thread::Thread;
    /// use std::time::Duration;
    ///
    /// static GO: Event = Event::new();
    /// let thread = Thread::spawn(|| GO.wait());
    /// let thread = thread.join_timeout(Duration::from_millis(1)).unwrap_err(); // still alive
    /// GO.set();
    /// assert!(thread.join_timeout(Duration::from_secs(60)).unwrap().is_ok());
    /// ```
    pub fn join_timeout(self, timeout: Duration) -> Result<std::thread::Result<T>, Self> {
        if self.handle.wait_timeout(timeout) { Ok(self.join()) } else { Err(self) }
    }

    /// As [`join_timeout`](Self::join_timeout), until `deadline` at the latest.
    ///
    /// # Errors
    /// The thread itself, if the time was up.
    ///
    /// # Examples
    /// ```
    /// use sixfold_threads::thread::Thread;
    /// use std::time::{Duration, Instant};
    ///
    /// let thread = Thread::spawn(|| 1);
    /// let joined = thread.join_deadline(Instant::now() + Duration::from_secs(60));
    /// assert_eq!(joined.unwrap().unwrap(), 1);
    /// ```
    pub fn join_deadline(self, deadline: Instant) -> Result<std::thread::Result<T>, Self> {
        if self.handle.wait_deadline(deadline) { Ok(self.join()) } else { Err(self) }
    }

    /// What can be known about it.
    ///
    /// # Examples
    /// ```
    /// use sixfold_threads::thread::{self, Thread};
    ///
    /// let thread = Thread::spawn(thread::current);
    /// let handle = thread.handle().clone();
    /// assert_eq!(thread.join().unwrap(), handle);
    /// ```
    pub fn handle(&self) -> &Handle {
        &self.handle
    }

    /// Whether it has not ended yet: a snapshot. Python: `is_alive()`.
    ///
    /// # Examples
    /// ```
    /// use sixfold::Event;
    /// use sixfold_threads::thread::Thread;
    ///
    /// static GO: Event = Event::new();
    /// let thread = Thread::spawn(|| GO.wait());
    /// assert!(thread.is_alive());
    /// GO.set();
    /// thread.handle().wait();
    /// assert!(!thread.is_alive());
    /// ```
    pub fn is_alive(&self) -> bool {
        self.handle.is_alive()
    }
}

impl<T> fmt::Debug for Thread<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Thread").field(&self.handle).finish()
    }
}

impl Handle {
    /// Its name. Python: `name`.
    ///
    /// # Examples
    /// ```
    /// assert_eq!(sixfold_threads::thread::main_thread().name(), "main");
    /// ```
    #[must_use]
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// A number that no other thread of this process has or will have. Python: `ident`, which may be used again.
    ///
    /// # Examples
    /// ```
    /// use sixfold_threads::thread;
    ///
    /// assert_eq!(thread::current().ident(), thread::current().ident());
    /// ```
    #[must_use]
    pub fn ident(&self) -> NonZeroU64 {
        self.0.ident
    }

    /// The system's number for it: on Linux, once it runs. Python: `native_id`.
    ///
    /// Of a thread that this crate has not started, it is known once that has called [`current`].
    ///
    /// # Examples
    /// ```
    /// assert_eq!(sixfold_threads::thread::current().native_id().is_some(), cfg!(target_os = "linux"));
    /// ```
    #[must_use]
    pub fn native_id(&self) -> Option<u64> {
        self.0.native_id.get().copied().flatten()
    }

    /// Whether the program may end while it runs. Python: `daemon`.
    ///
    /// # Examples
    /// ```
    /// assert!(!sixfold_threads::thread::main_thread().is_daemon());
    /// ```
    #[must_use]
    pub fn is_daemon(&self) -> bool {
        self.0.is_daemon
    }

    /// Whether it has not ended yet: a snapshot. Python: `is_alive()`.
    ///
    /// # Examples
    /// ```
    /// assert!(sixfold_threads::thread::current().is_alive());
    /// ```
    #[must_use]
    pub fn is_alive(&self) -> bool {
        !self.0.ended.is_set()
    }

    /// Waits until it has ended. For the main thread, that is for ever. Python: `join()`.
    ///
    /// # Panics
    /// If it is the calling thread.
    ///
    /// # Examples
    /// ```
    /// use sixfold_threads::thread::Thread;
    ///
    /// let thread = Thread::spawn(|| ());
    /// thread.handle().wait();
    /// assert!(!thread.is_alive());
    /// ```
    #[track_caller]
    pub fn wait(&self) {
        assert!(registry::own_ident() != Some(self.0.ident), "a thread cannot wait for its own end");
        self.0.ended.wait();
    }

    /// Waits until it has ended, for at most `timeout`. False: the time was up. Python: `join(timeout)`.
    ///
    /// # Examples
    /// ```
    /// assert!(!sixfold_threads::thread::current().wait_timeout(std::time::Duration::from_millis(1)));
    /// ```
    #[must_use = "false means that the time was up"]
    #[track_caller]
    pub fn wait_timeout(&self, timeout: Duration) -> bool {
        self.0.ended.wait_timeout(timeout)
    }

    /// Waits until it has ended, until `deadline` at the latest. False: the time was up.
    ///
    /// # Examples
    /// ```
    /// assert!(!sixfold_threads::thread::current().wait_deadline(std::time::Instant::now()));
    /// ```
    #[must_use = "false means that the time was up"]
    #[track_caller]
    pub fn wait_deadline(&self, deadline: Instant) -> bool {
        self.0.ended.wait_deadline(deadline)
    }
}

impl PartialEq for Handle {
    fn eq(&self, other: &Self) -> bool {
        self.0.ident == other.0.ident
    }
}

impl Eq for Handle {}

impl std::hash::Hash for Handle {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.0.ident.hash(state);
    }
}

impl fmt::Debug for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = if self.is_alive() { "alive" } else { "ended" };
        let daemon = if self.is_daemon() { ", daemon" } else { "" };
        write!(f, "<{}, {state}{daemon}, {}>", self.name(), self.ident())
    }
}

/// The calling thread. Python: `current_thread()`.
///
/// A thread that this crate has not started is a daemon, is in the lists from this call on, and has ended for them when its
/// thread-local values are dropped.
///
/// # Examples
/// ```
/// use sixfold_threads::thread;
///
/// std::thread::Builder::new().name("of std".into()).spawn(|| assert_eq!(thread::current().name(), "of std"))?.join().unwrap();
/// # Ok::<(), std::io::Error>(())
/// ```
#[doc(alias = "current_thread")]
#[must_use]
pub fn current() -> Handle {
    registry::current()
}

/// The thread that runs `main`; in a model, the one that runs the closure. Python: `main_thread()`.
///
/// It is told by its name, which is `main`.
///
/// # Examples
/// ```
/// use sixfold_threads::thread::{self, Thread};
///
/// let seen = Thread::spawn(thread::main_thread).join().unwrap();
/// assert_eq!(seen, thread::main_thread());
/// ```
#[must_use]
pub fn main_thread() -> Handle {
    registry::main()
}

/// How many threads are alive, the main thread among them: a snapshot. Python: `active_count()`.
///
/// # Examples
/// ```
/// assert!(sixfold_threads::thread::active_count() >= 1);
/// ```
#[must_use]
pub fn active_count() -> usize {
    registry::count()
}

/// The threads that are alive, the main thread first, the others in the order in which they were started: a snapshot. Python:
/// `enumerate()`.
///
/// # Examples
/// ```
/// use sixfold_threads::thread;
///
/// assert_eq!(thread::enumerate()[0], thread::main_thread());
/// ```
#[must_use]
pub fn enumerate() -> Vec<Handle> {
    registry::all()
}

/// Waits until all threads of this crate have ended that are no daemons, also those that are started meanwhile, and not the
/// calling one. As the last call of `main` it does what Python does at the end of a program.
///
/// # Examples
/// ```
/// use sixfold_threads::thread::{self, Thread};
///
/// Thread::spawn(|| println!("nobody joins me"));
/// thread::join_all();
/// ```
#[track_caller]
pub fn join_all() {
    while let Some(thread) = registry::first_to_wait_for() {
        thread.wait();
    }
}

/// As [`join_all`], for at most `timeout`. False: the time was up.
///
/// # Examples
/// ```
/// use sixfold_threads::thread::{self, Thread};
/// use std::time::Duration;
///
/// Thread::spawn(|| ());
/// assert!(thread::join_all_timeout(Duration::from_secs(60)));
/// ```
#[must_use = "false means that the time was up"]
#[track_caller]
pub fn join_all_timeout(timeout: Duration) -> bool {
    if let Some(deadline) = Instant::now().checked_add(timeout) {
        return join_all_deadline(deadline);
    }
    join_all();
    true
}

/// As [`join_all`], until `deadline` at the latest. False: the time was up.
///
/// # Examples
/// ```
/// assert!(sixfold_threads::thread::join_all_deadline(std::time::Instant::now()));
/// ```
#[must_use = "false means that the time was up"]
#[track_caller]
pub fn join_all_deadline(deadline: Instant) -> bool {
    while let Some(thread) = registry::first_to_wait_for() {
        if !thread.wait_deadline(deadline) {
            return false;
        }
    }
    true
}

type Hook = Arc<dyn Fn(&Uncaught<'_>) + Send + Sync>;

static HOOK: Lock<Option<Hook>> = Lock::with_value(None);

/// A panic that has ended a thread of this crate. Python: the argument of `threading.excepthook`.
///
/// # Examples
/// See [`set_excepthook`].
#[derive(Debug)]
pub struct Uncaught<'a> {
    thread: &'a Handle,
    payload: &'a (dyn Any + Send),
}

impl Uncaught<'_> {
    /// The thread, which is about to end.
    #[must_use]
    pub fn thread(&self) -> &Handle {
        self.thread
    }

    /// What it panicked with; [`Thread::join`] returns the same.
    #[must_use]
    pub fn payload(&self) -> &(dyn Any + Send) {
        self.payload
    }

    /// The same as text, if it is one, as that of `panic!` is.
    #[must_use]
    pub fn message(&self) -> Option<&str> {
        let text = self.payload.downcast_ref::<&str>().copied();
        text.or_else(|| self.payload.downcast_ref::<String>().map(String::as_str))
    }
}

/// Lets `hook` hear of every panic that ends a thread of this crate, in that thread. Python: `threading.excepthook = hook`.
///
/// std has shown the message by then, with the place: see [`std::panic::set_hook`] to change that. A hook that panics ends nothing else.
///
/// # Examples
/// ```
/// use sixfold_threads::queue::SimpleQueue;
/// use sixfold_threads::thread::{self, Builder};
/// use std::sync::Arc;
///
/// let failures = Arc::new(SimpleQueue::new());
/// thread::set_excepthook({
///     let failures = failures.clone();
///     move |uncaught| failures.put(format!("{}: {}", uncaught.thread().name(), uncaught.message().unwrap_or("?")))
/// });
/// _ = Builder::new().name("worker").spawn(|| panic!("no luck"))?.join();
/// assert_eq!(failures.get(), "worker: no luck");
/// thread::reset_excepthook();
/// # Ok::<(), std::io::Error>(())
/// ```
pub fn set_excepthook(hook: impl Fn(&Uncaught<'_>) + Send + Sync + 'static) {
    let before = HOOK.hold().replace(Arc::new(hook));
    drop(before); // not under the lock
}

/// From now on nobody hears of panics but who joins. Python: `threading.excepthook = threading.__excepthook__`.
///
/// # Examples
/// ```
/// sixfold_threads::thread::reset_excepthook(); // as at first
/// ```
pub fn reset_excepthook() {
    let before = HOOK.hold().take();
    drop(before);
}
