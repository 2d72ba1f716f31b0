//! The face of [`RawBarrier`].

use crate::deadline::Deadline;
use crate::error::BrokenBarrierError;
use crate::raw::RawBarrier;
use crate::shim::thread;
use core::fmt;
use core::panic::{RefUnwindSafe, UnwindSafe};
use std::time::{Duration, Instant};

/// A meeting point: each of a number of threads waits until all of them have arrived. Then it can be used again.
///
/// Python: [`threading.Barrier`](https://docs.python.org/3/library/threading.html#barrier-objects).
///
/// Unlike std's it need not hang when a party stays away. A party whose time is up **breaks** the barrier, and so does
/// [`abort`](Self::abort): all waiting parties, and all that come later, get a [`BrokenBarrierError`] until
/// [`reset`](Self::reset). A thread that holds a [`BarrierParty`] cannot be waited for in vain: if it ends early the others go on
/// without it, and if it panics they are told.
///
/// # What you can rely on
/// - What any party did before `wait`, or before it left, is seen by the action, and by all parties afterwards.
/// - The action, if there is one, runs once per round, before anybody goes on, in the thread that arrived last; if a party that
///   left was the last that was missing, in one of those that wait. It runs under no lock and may use the barrier, except
///   `wait` without a timeout, with which it would wait for itself.
/// - A round is decided once. It **trips** when the action returns; after that neither `abort` nor `reset` nor a deadline
///   takes it back. Before that, `abort` and `reset` fail it for all its parties, also for the one that runs the action;
///   a deadline that passes while the action runs does not.
/// - Within a round each party gets its own index: `0..` the number of arrivals. More threads than parties may use the
///   barrier: a thread that comes while the action runs waits for the next round.
///
/// # Examples
/// Two phases, and something to do between them:
/// ```
/// use sixfold::Barrier;
/// use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
///
/// let read = AtomicU32::new(0);
/// let barrier = Barrier::new(3);
/// std::thread::scope(|scope| {
///     for _ in 0..3 {
///         scope.spawn(|| {
///             read.fetch_add(1, Relaxed);
///             let index = barrier.wait().expect("nobody breaks it");
///             assert_eq!(read.load(Relaxed), 3, "all have read");
///             if index == 0 {
///                 // One of them prints the summary ...
///             }
///         });
///     }
/// });
/// ```
/// A party that fails frees the others:
/// ```
/// use sixfold::Barrier;
///
/// let barrier = Barrier::new(2);
/// std::thread::scope(|scope| {
///     scope.spawn(|| assert!(barrier.wait().is_err()));
///     // This party cannot do its part:
///     barrier.abort();
/// });
/// ```
///
/// # Blocking
/// A party that waits sleeps. A timeout, the default one too, counts from the call. A call that comes while an action
/// runs waits at most so long for the end of that round, then returns
/// [`NotEntered`](crate::BrokenBarrierKind::NotEntered).
#[doc(alias("threading.Barrier", "CyclicBarrier", "rendezvous"))]
pub struct Barrier {
    machine: RawBarrier,
    parties: usize,
    timeout: Option<Duration>,
    action: Option<Box<dyn Fn() + Send + Sync>>,
}

/// A panic in the action breaks the barrier, and that can be seen.
impl UnwindSafe for Barrier {}
impl RefUnwindSafe for Barrier {}

impl Barrier {
    /// A barrier for `parties` threads. Python: `Barrier(parties)`.
    ///
    /// # Panics
    /// If `parties` is 0.
    ///
    /// # Examples
    /// ```
    /// static START: sixfold::Barrier = sixfold::Barrier::new(2);
    /// assert_eq!(START.parties(), 2);
    /// ```
    #[must_use]
    #[track_caller]
    pub const fn new(parties: usize /* with an action: `with_action` */) -> Self {
        assert!(parties > 0, "a barrier has at least one party, not 0");
        Self { machine: RawBarrier::new(), parties, timeout: None, action: None }
    }

    /// A barrier for `parties` threads, the last of which to arrive runs `action`, each round. Python:
    /// `Barrier(parties, action)`.
    ///
    /// If the action panics, the barrier breaks; the panic goes on in the thread that ran it.
    ///
    /// The action owns what it uses, or shares it in an `Arc`. What has to borrow can be done by the party whose index is
    /// 0, where it does no harm that the others go on meanwhile; where it does, let all meet once more.
    ///
    /// # Panics
    /// If `parties` is 0.
    ///
    /// # Examples
    /// ```
    /// use sixfold::Barrier;
    /// use std::sync::Arc;
    /// use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
    ///
    /// let rounds = Arc::new(AtomicU32::new(0));
    /// let barrier = Barrier::with_action(2, {
    ///     let rounds = rounds.clone();
    ///     move || _ = rounds.fetch_add(1, Relaxed)
    /// });
    /// std::thread::scope(|scope| {
    ///     for _ in 0..2 {
    ///         scope.spawn(|| barrier.wait().expect("nobody breaks it"));
    ///     }
    /// });
    /// assert_eq!(rounds.load(Relaxed), 1);
    /// ```
    #[must_use]
    #[track_caller]
    pub fn with_action(parties: usize, action: impl Fn() + Send + Sync + 'static) -> Self {
        Self { action: Some(Box::new(action)), ..Self::new(parties) }
    }

    /// The timeout for [`wait`](Self::wait). Python: `Barrier(parties, timeout=seconds)`.
    ///
    /// A single call waits for ever with `wait_timeout(Duration::MAX)`.
    ///
    /// # Examples
    /// ```
    /// use sixfold::Barrier;
    /// use std::time::Duration;
    ///
    /// static MEETING: Barrier = Barrier::new(2).with_timeout(Duration::from_millis(1));
    /// assert!(MEETING.wait().is_err(), "the other party did not come in time");
    /// ```
    #[must_use]
    pub const fn with_timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// Waits until all parties have arrived. Python: `wait()`.
    ///
    /// Returns the index of this party in the round: from 0, in the order of arrival.
    ///
    /// # Errors
    /// [`BrokenBarrierError`] if the barrier is broken, breaks, or is reset meanwhile; also if the default timeout runs
    /// out. That breaks the barrier if the round still waits for parties.
    ///
    /// # Panics
    /// If the action panics in this thread; the barrier is broken then.
    ///
    /// # Examples
    /// ```
    /// let alone = sixfold::Barrier::new(1);
    /// assert_eq!(alone.wait(), Ok(0));
    /// assert_eq!(alone.wait(), Ok(0));
    /// ```
    #[cfg_attr(loom, track_caller)]
    pub fn wait(&self) -> Result<usize, BrokenBarrierError> {
        self.wait_until(self.timeout.map_or(Deadline::Never, Deadline::after))
    }

    /// As [`wait`](Self::wait), for at most `timeout` in place of the default one. Python: `wait(timeout)`.
    ///
    /// Running out of time breaks the barrier for all if the round still waits for parties. Zero: only the last to
    /// arrive gets through. Too large to be added to now: for ever. The time counts from the call.
    ///
    /// A call that comes while the action of a round runs is no part of that round. It waits until that has ended, and if its
    /// time is up before, it breaks nothing and returns [`NotEntered`](crate::BrokenBarrierKind::NotEntered). So a timed wait
    /// that an action makes returns, too. (In Python the time counts from when the party enters, and such a wait never
    /// returns.)
    ///
    /// # Errors
    /// As [`wait`](Self::wait).
    ///
    /// # Panics
    /// As [`wait`](Self::wait).
    ///
    /// # Examples
    /// ```
    /// use std::time::Duration;
    ///
    /// let barrier = sixfold::Barrier::new(2);
    /// assert!(barrier.wait_timeout(Duration::from_millis(1)).is_err());
    /// assert!(barrier.broken());
    /// ```
    #[cfg_attr(loom, track_caller)]
    pub fn wait_timeout(&self, timeout: Duration) -> Result<usize, BrokenBarrierError> {
        self.wait_until(Deadline::after(timeout))
    }

    /// As [`wait`](Self::wait), until `deadline` at the latest. Running out of time breaks the barrier for all if the
    /// round still waits for parties. Python has timeouts only.
    ///
    /// # Errors
    /// As [`wait`](Self::wait).
    ///
    /// # Panics
    /// As [`wait`](Self::wait).
    ///
    /// # Examples
    /// ```
    /// use std::time::{Duration, Instant};
    ///
    /// let alone = sixfold::Barrier::new(1);
    /// assert_eq!(alone.wait_deadline(Instant::now() + Duration::from_secs(1)), Ok(0));
    /// ```
    #[doc(alias = "wait_until")]
    #[cfg_attr(loom, track_caller)]
    pub fn wait_deadline(&self, deadline: Instant) -> Result<usize, BrokenBarrierError> {
        self.wait_until(Deadline::at(deadline))
    }

    #[cfg_attr(loom, track_caller)]
    fn wait_until(&self, deadline: Deadline) -> Result<usize, BrokenBarrierError> {
        self.machine.wait(self.parties, deadline, || {
            if let Some(action) = &self.action {
                action();
            }
        })
    }

    /// Makes the barrier as new. Waiting parties get a [`BrokenBarrierError`]. Python: `reset()`.
    ///
    /// After a failure, call it once, when all parties know of it: a party that comes late to a barrier that is new again
    /// waits for the next round.
    ///
    /// # Examples
    /// One party does not come; the others go on without it:
    /// ```
    /// use sixfold::Barrier;
    /// use std::time::Duration;
    ///
    /// let barrier = Barrier::new(2);
    /// assert!(barrier.wait_timeout(Duration::from_millis(1)).is_err(), "the other party did not come");
    /// assert!(barrier.broken());
    ///
    /// barrier.reset();
    /// std::thread::scope(|scope| {
    ///     let other = scope.spawn(|| barrier.wait());
    ///     assert!(barrier.wait().is_ok() && other.join().unwrap().is_ok());
    /// });
    /// ```
    /// ```
    /// let barrier = sixfold::Barrier::new(2);
    /// barrier.abort();
    /// barrier.reset();
    /// assert!(!barrier.broken());
    /// ```
    pub fn reset(&self) {
        self.machine.reset();
    }

    /// Breaks the barrier: all waiting parties, and all that come until [`reset`](Self::reset), get a [`BrokenBarrierError`].
    /// Python: `abort()`.
    ///
    /// # Examples
    /// ```
    /// let barrier = sixfold::Barrier::new(2);
    /// barrier.abort();
    /// assert!(barrier.wait().is_err());
    /// ```
    pub fn abort(&self) {
        self.machine.abort();
    }

    /// How many threads meet here: a snapshot. Python: `parties`.
    ///
    /// It is the number that the barrier was made with, less those whose [`BarrierParty`] has left.
    ///
    /// # Examples
    /// ```
    /// assert_eq!(sixfold::Barrier::new(3).parties(), 3);
    /// ```
    #[must_use]
    pub fn parties(&self) -> usize {
        self.machine.parties(self.parties)
    }

    /// Claims one of the parties for as long as the token lives, so that nobody waits for a thread that is gone.
    ///
    /// A token that a panic drops **aborts** the barrier ([`PartyPanicked`](crate::BrokenBarrierKind::PartyPanicked)) and leaves. Any
    /// other drop, also on `?`, **leaves**: from then on there is one party less. If only that one was missing, the round of the
    /// others is complete, and one of them runs the action. The drop itself never runs it, so it neither panics nor waits for it.
    ///
    /// The token adds no party: threads without one count as before. After the last party has left, [`parties`](Self::parties) is
    /// the number that the barrier was made with, so that the next group can use it. A [`reset`](Self::reset) brings no party back.
    ///
    /// Give it a name: `let _ = barrier.party();` leaves at once.
    ///
    /// In a loom model all threads share an OS thread, which is asked whether it panics. So while one thread unwinds through
    /// steps of the model, a party that another thread drops counts as dropped by a panic.
    ///
    /// # Panics
    /// If all [`parties`](Self::parties) are claimed.
    ///
    /// # Examples
    /// A stage of a pipeline that loses a worker and goes on:
    /// ```
    /// use sixfold::Barrier;
    ///
    /// let stage = Barrier::new(3);
    /// let work = |rounds: usize| {
    ///     let _party = stage.party();
    ///     for _ in 0..rounds {
    ///         stage.wait().expect("nobody breaks it");
    ///     }
    /// };
    /// std::thread::scope(|scope| {
    ///     scope.spawn(|| work(1)); // has less to do, and leaves after one round
    ///     scope.spawn(|| work(4));
    ///     scope.spawn(|| work(4));
    /// });
    /// ```
    #[doc(alias("arrive_and_drop", "Phaser"))]
    #[must_use = "a token that is not bound leaves at once: write `let _party =`, not `let _ =`"]
    #[track_caller]
    pub fn party(&self) -> BarrierParty<'_> {
        assert!(
            self.machine.claim(self.parties),
            "all parties of this barrier are claimed: make the barrier for more, or drop a BarrierParty first"
        );
        BarrierParty { barrier: self, was_panicking: std::thread::panicking() }
    }

    /// How many have arrived and wait: a snapshot. All of them while the action runs; 0 if broken. Python: `n_waiting`.
    ///
    /// # Examples
    /// ```
    /// assert_eq!(sixfold::Barrier::new(3).n_waiting(), 0);
    /// ```
    #[must_use]
    pub fn n_waiting(&self) -> usize {
        self.machine.waiting()
    }

    /// Whether it is broken: a snapshot, which orders nothing. Python: `broken`.
    ///
    /// # Examples
    /// ```
    /// assert!(!sixfold::Barrier::new(3).broken());
    /// ```
    #[doc(alias = "is_broken")]
    #[must_use]
    pub fn broken(&self) -> bool {
        self.machine.is_broken()
    }
}

impl fmt::Debug for Barrier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Barrier")
            .field("waiting", &self.n_waiting())
            .field("parties", &self.parties())
            .field("broken", &self.broken())
            .finish_non_exhaustive()
    }
}

/// One of the parties of a [`Barrier`], made by [`Barrier::party`]: its drop leaves the barrier, and aborts it if a panic drops it.
///
/// # Examples
/// A party that panics frees the others:
/// ```
/// use sixfold::{Barrier, BrokenBarrierKind};
///
/// let barrier = Barrier::new(2);
/// std::thread::scope(|scope| {
///     let waits = scope.spawn(|| barrier.wait());
///     let fails = scope.spawn(|| {
///         let _party = barrier.party();
///         panic!("on purpose");
///     });
///     assert!(fails.join().is_err());
///     let error = waits.join().unwrap().unwrap_err();
///     assert_eq!(error.kind(), BrokenBarrierKind::PartyPanicked);
/// });
/// ```
#[clippy::has_significant_drop]
#[must_use = "a token that is not bound leaves at once: bind it with `let _party =`, not `let _ =`"]
pub struct BarrierParty<'a> {
    barrier: &'a Barrier,
    /// A panic was under way when it was made, which is not this party's.
    was_panicking: bool,
}

impl BarrierParty<'_> {
    /// Leaves the barrier, as the drop does where no panic is under way: from now on there is one party less.
    ///
    /// # Examples
    /// ```
    /// let barrier = sixfold::Barrier::new(2);
    /// let party = barrier.party();
    /// party.leave();
    /// assert_eq!(barrier.parties(), 1);
    /// assert_eq!(barrier.wait(), Ok(0));
    /// ```
    pub fn leave(self) {
        drop(self);
    }
}

impl Drop for BarrierParty<'_> {
    fn drop(&mut self) {
        let panicked = !self.was_panicking && std::thread::panicking();
        thread::in_drop(|| self.barrier.machine.leave(self.barrier.parties, panicked));
    }
}

impl fmt::Debug for BarrierParty<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BarrierParty").field("barrier", self.barrier).finish()
    }
}
