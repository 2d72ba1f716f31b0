//! What the models share.
#![allow(unsafe_code)]

use loom::cell::UnsafeCell;
use loom::sync::Arc;
use loom::thread::{self, JoinHandle};
use std::fmt;
use std::sync::Mutex;
use std::time::Duration;

/// A plain variable without any synchronization of its own: loom fails the model if two threads touch it, one of them
/// to change it, and nothing orders the one before the other.
#[derive(Debug, Default)]
pub(crate) struct Plain<T>(UnsafeCell<T>);

// SAFETY: loom stops the model before an access that races.
unsafe impl<T: Send> Sync for Plain<T> {}

impl<T: Copy> Plain<T> {
    pub(crate) fn new(value: T) -> Self {
        Self(UnsafeCell::new(value))
    }

    pub(crate) fn get(&self) -> T {
        // SAFETY: loom stops the model before an access that races.
        self.0.with(|value| unsafe { *value })
    }

    pub(crate) fn set(&self, value: T) {
        // SAFETY: as in `get`.
        self.0.with_mut(|place| unsafe { *place = value });
    }
}

/// A time that is not up at once and does not last for ever: in a model, whenever the scheduler says so.
pub(crate) const A_WHILE: Duration = Duration::from_secs(1);

/// Spawns a thread of the model that shares `shared`.
pub(crate) fn spawn<S: 'static, T: 'static>(shared: &Arc<S>, body: fn(&S) -> T) -> JoinHandle<T> {
    let shared = shared.clone();
    thread::spawn(move || body(&shared))
}

/// Adds one, in two steps that another thread could get between.
pub(crate) fn bump(place: &Plain<usize>) {
    place.set(place.get() + 1);
}

/// Collects what the executions of one model came to, so that the test can say which outcomes there must be.
#[derive(Debug)]
pub(crate) struct Outcomes<T>(Mutex<Vec<T>>);

impl<T: Ord + fmt::Debug> Outcomes<T> {
    pub(crate) const fn new() -> Self {
        Self(Mutex::new(Vec::new()))
    }

    pub(crate) fn add(&self, outcome: T) {
        let mut seen = self.0.lock().unwrap();
        if let Err(place) = seen.binary_search(&outcome) {
            seen.insert(place, outcome);
        }
    }

    /// These are among the outcomes, on the real machines and on the contract model.
    #[track_caller]
    pub(crate) fn must_have(&self, expected: impl IntoIterator<Item = T>) {
        let seen = self.0.lock().unwrap();
        let missing: Vec<_> = expected.into_iter().filter(|outcome| !seen.contains(outcome)).collect();
        assert!(missing.is_empty(), "the executions do not come to {missing:?}, only to {seen:?}");
    }

    /// Whether an execution has come to `outcome`.
    pub(crate) fn contain(&self, outcome: T) -> bool {
        self.0.lock().unwrap().contains(&outcome)
    }

    /// All that the real machines come to, and no others. The contract model, which dependents build on, comes to these
    /// too, and may come to more: it would be worthless if it forbade something that the shipped code does.
    #[track_caller]
    pub(crate) fn are(&self, expected: impl IntoIterator<Item = T>) {
        let mut expected: Vec<T> = expected.into_iter().collect();
        expected.sort();
        let seen = self.0.lock().unwrap();
        if cfg!(sixfold_checked) {
            assert_eq!(*seen, expected, "the outcomes that the executions came to");
        } else {
            let missing: Vec<_> = expected.iter().filter(|outcome| !seen.contains(outcome)).collect();
            assert!(missing.is_empty(), "the contract model does not come to {missing:?}, only to {seen:?}");
        }
    }
}

/// The models of this test so far have come by all of these races inside of the real machines. The marks are in the
/// source, as `reached!`; the contract model has no such places.
#[track_caller]
pub(crate) fn must_have_reached(marks: &[&str]) {
    #[cfg(sixfold_checked)]
    {
        let reached = sixfold::reached();
        let missing: Vec<_> = marks.iter().filter(|mark| !reached.contains(mark)).collect();
        assert!(missing.is_empty(), "not explored: {missing:?}");
    }
    let _ = marks;
}

/// Explores all executions of `body`.
#[track_caller]
pub(crate) fn explore(body: impl Fn() + Send + Sync + 'static) {
    check(None, body);
}

/// Explores the executions of `body` that take a running thread off its core at most `preemptions` times.
#[track_caller]
pub(crate) fn explore_bounded(preemptions: usize, body: impl Fn() + Send + Sync + 'static) {
    check(Some(preemptions), body);
}

fn check(preemptions: Option<usize>, body: impl Fn() + Send + Sync + 'static) {
    use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

    let executions = std::sync::Arc::new(AtomicUsize::new(0));
    let count = executions.clone();
    let mut model = loom::model::Builder::new();
    model.preemption_bound = preemptions;
    model.max_branches = 10_000;
    let start = std::time::Instant::now();
    sixfold::model_with(&model, move || {
        count.fetch_add(1, Relaxed);
        body();
    });
    let name = std::thread::current().name().unwrap_or("model").to_owned();
    let bound = preemptions.map_or("complete".into(), |n| format!("at most {n} preemptions"));
    println!("{name}: {} executions, {bound}, {:.1} s", executions.load(Relaxed), start.elapsed().as_secs_f32());
    #[cfg(sixfold_checked)]
    println!("{name} reached {:?}", sixfold::reached());
}
