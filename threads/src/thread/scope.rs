//! Threads that may borrow, since they end before their scope does.

use super::{Builder, Handle, run};
use std::fmt;
use std::io;
use std::panic::resume_unwind;
use std::thread::Scope;
use std::time::{Duration, Instant};

/// A thread that may borrow, since its [`std::thread::scope`] ends after it. Python has none; its `with` over an executor comes
/// nearest.
///
/// Not under `--cfg loom`, which has no such threads. If it panics and nobody joins it, the scope panics.
///
/// # Examples
/// ```
/// use sixfold_threads::thread::ScopedThread;
///
/// let words = ["one", "three"];
/// let lengths = std::thread::scope(|scope| {
///     words.map(|word| ScopedThread::spawn(scope, || word.len())).map(|thread| thread.join().unwrap())
/// });
/// assert_eq!(lengths, [3, 5]);
/// ```
pub struct ScopedThread<'scope, T> {
    system: std::thread::ScopedJoinHandle<'scope, T>,
    handle: Handle,
}

impl<'scope, T: Send + 'scope> ScopedThread<'scope, T> {
    /// Starts a thread of `scope` that runs `closure`.
    ///
    /// # Panics
    /// If the system cannot start a thread; [`Builder::spawn_scoped`] returns that as an error.
    ///
    /// # Examples
    /// ```
    /// use sixfold_threads::thread::ScopedThread;
    ///
    /// let mut numbers = vec![1, 2, 3];
    /// std::thread::scope(|scope| {
    ///     for number in &mut numbers {
    ///         ScopedThread::spawn(scope, || *number *= 2);
    ///     }
    /// });
    /// assert_eq!(numbers, [2, 4, 6]);
    /// ```
    #[track_caller]
    pub fn spawn(scope: &'scope Scope<'scope, '_>, closure: impl FnOnce() -> T + Send + 'scope) -> Self {
        Builder::new().spawn_scoped(scope, closure).expect("the system cannot start a thread")
    }
}

impl Builder {
    /// Starts a thread in a scope.
    ///
    /// # Errors
    /// What the system says if it cannot.
    ///
    /// # Examples
    /// ```
    /// use sixfold_threads::thread::Builder;
    ///
    /// std::thread::scope(|scope| Builder::new().name("scoped").spawn_scoped(scope, || ()).map(drop))?;
    /// # Ok::<(), std::io::Error>(())
    /// ```
    #[track_caller]
    pub fn spawn_scoped<'scope, T: Send + 'scope>(
        self,
        scope: &'scope Scope<'scope, '_>,
        closure: impl FnOnce() -> T + Send + 'scope,
    ) -> io::Result<ScopedThread<'scope, T>> {
        let (builder, handle) = self.prepare();
        let spawned = builder.spawn_scoped(scope, {
            let handle = handle.clone();
            // The scope is to know of a panic that nobody joins.
            move || run(&handle, closure).unwrap_or_else(|panic| resume_unwind(panic))
        });
        match spawned {
            Ok(system) => Ok(ScopedThread { system, handle }),
            Err(error) => {
                handle.end();
                Err(error)
            }
        }
    }
}

impl<T> ScopedThread<'_, T> {
    /// Waits until the thread has ended. See [`Thread::join`](super::Thread::join).
    ///
    /// # Errors
    /// What the closure panicked with.
    ///
    /// # Examples
    /// ```
    /// use sixfold_threads::thread::ScopedThread;
    ///
    /// std::thread::scope(|scope| assert!(ScopedThread::spawn(scope, || panic!("on purpose")).join().is_err()));
    /// ```
    pub fn join(self) -> std::thread::Result<T> {
        self.system.join()
    }

    /// Waits until the thread has ended, for at most `timeout`.
    ///
    /// # Errors
    /// The thread itself, if the time was up.
    ///
    /// # Examples
    /// ```
    /// use sixfold_threads::thread::ScopedThread;
    /// use std::time::Duration;
    ///
    /// std::thread::scope(|scope| {
    ///     assert!(ScopedThread::spawn(scope, || 1).join_timeout(Duration::from_secs(60)).is_ok());
    /// });
    /// ```
    pub fn join_timeout(self, timeout: Duration) -> Result<std::thread::Result<T>, Self> {
        if self.handle.wait_timeout(timeout) { Ok(self.join()) } else { Err(self) }
    }

    /// Waits until the thread has ended, until `deadline` at the latest.
    ///
    /// # Errors
    /// The thread itself, if the time was up.
    ///
    /// # Examples
    /// ```
    /// use sixfold_threads::thread::ScopedThread;
    /// use std::time::{Duration, Instant};
    ///
    /// std::thread::scope(|scope| {
    ///     let thread = ScopedThread::spawn(scope, || 1);
    ///     assert!(thread.join_deadline(Instant::now() + Duration::from_secs(60)).is_ok());
    /// });
    /// ```
    pub fn join_deadline(self, deadline: Instant) -> Result<std::thread::Result<T>, Self> {
        if self.handle.wait_deadline(deadline) { Ok(self.join()) } else { Err(self) }
    }

    /// What can be known about it.
    ///
    /// # Examples
    /// ```
    /// use sixfold_threads::thread::ScopedThread;
    ///
    /// std::thread::scope(|scope| assert!(!ScopedThread::spawn(scope, || ()).handle().is_daemon()));
    /// ```
    pub fn handle(&self) -> &Handle {
        &self.handle
    }

    /// Whether it has not ended yet: a snapshot.
    ///
    /// # Examples
    /// ```
    /// use sixfold_threads::thread::ScopedThread;
    ///
    /// std::thread::scope(|scope| {
    ///     let thread = ScopedThread::spawn(scope, || ());
    ///     thread.handle().wait();
    ///     assert!(!thread.is_alive());
    /// });
    /// ```
    pub fn is_alive(&self) -> bool {
        self.handle.is_alive()
    }
}

impl<T> fmt::Debug for ScopedThread<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ScopedThread").field(&self.handle).finish()
    }
}
