//! A state under a lock with two conditions.

use super::Rank;
use sixfold::{Condition, Lock};
use std::sync::{Arc, Condvar, Mutex};

/// Whom to tell about a change: those who wait for condition 0 or 1.
#[derive(Clone, Copy)]
pub enum Notify {
    Nobody,
    One(usize),
    All(usize),
}

pub trait Monitor<S>: Sync + 'static {
    const NAME: &'static str;
    const RANK: Rank = Rank::Peer;
    fn new(state: S) -> Self;
    /// Waits for condition `on` while `blocked`, changes the state, and notifies whom `change` says, in the way that is
    /// best for this kind.
    fn turn<R>(&self, on: usize, blocked: impl FnMut(&mut S) -> bool, change: impl FnOnce(&mut S) -> (R, Notify)) -> R;
}

pub struct Sixfold<S>([Condition<Arc<Lock<S>>>; 2]);

impl<S: Send + 'static> Monitor<S> for Sixfold<S> {
    const NAME: &'static str = "sixfold";
    const RANK: Rank = Rank::Ours;
    fn new(state: S) -> Self {
        let lock = Arc::new(Lock::with_value(state));
        Self([Condition::with_lock(lock.clone()), Condition::with_lock(lock)])
    }
    #[inline]
    fn turn<R>(
        &self,
        on: usize,
        mut blocked: impl FnMut(&mut S) -> bool,
        change: impl FnOnce(&mut S) -> (R, Notify),
    ) -> R {
        let mut state = self.0[on].hold();
        while blocked(&mut state) {
            state.wait();
        }
        let (result, notify) = change(&mut state);
        match notify {
            Notify::Nobody => {}
            Notify::One(whom) => _ = self.0[whom].notify(1).expect("we hold it"),
            Notify::All(whom) => _ = self.0[whom].notify_all().expect("we hold it"),
        }
        result
    }
}

/// With a guard of the lock instead of one of the condition.
pub struct WithGuard<S>(Arc<Lock<S>>, [Condition<Arc<Lock<S>>>; 2]);

impl<S: Send + 'static> Monitor<S> for WithGuard<S> {
    const NAME: &'static str = "sixfold";
    const RANK: Rank = Rank::Ours;
    fn new(state: S) -> Self {
        let lock = Arc::new(Lock::with_value(state));
        Self(lock.clone(), [Condition::with_lock(lock.clone()), Condition::with_lock(lock)])
    }
    #[inline]
    fn turn<R>(
        &self,
        on: usize,
        mut blocked: impl FnMut(&mut S) -> bool,
        change: impl FnOnce(&mut S) -> (R, Notify),
    ) -> R {
        let mut state = self.0.hold();
        while blocked(&mut state) {
            self.1[on].wait_with(&mut state);
        }
        let (result, notify) = change(&mut state);
        match notify {
            Notify::Nobody => {}
            Notify::One(whom) => _ = self.1[whom].notify_with(&state, 1),
            Notify::All(whom) => _ = self.1[whom].notify_all_with(&state),
        }
        result
    }
}

/// All wait on one condition, and whoever changes something has to wake all.
pub struct OneCondition<M>(M);

macro_rules! one_condition {
    ($($monitor:ident, $name:literal;)*) => {$(
        impl<S: Send + 'static> Monitor<S> for OneCondition<$monitor<S>> {
            const NAME: &'static str = $name;
            const RANK: Rank = if let Rank::Ours = $monitor::<S>::RANK { Rank::Shown } else { Rank::Peer };
            fn new(state: S) -> Self {
                Self($monitor::new(state))
            }
            #[inline]
            fn turn<R>(
                &self,
                _: usize,
                blocked: impl FnMut(&mut S) -> bool,
                change: impl FnOnce(&mut S) -> (R, Notify),
            ) -> R {
                self.0.turn(0, blocked, |state| match change(state) {
                    (result, Notify::Nobody) => (result, Notify::Nobody),
                    (result, _) => (result, Notify::All(0)),
                })
            }
        }
    )*};
}
one_condition! {
    Sixfold, "sixfold, one condition";
    Std, "std, one condition";
}

pub struct Std<S>(Mutex<S>, [Condvar; 2]);

impl<S: Send + 'static> Monitor<S> for Std<S> {
    const NAME: &'static str = "std";
    fn new(state: S) -> Self {
        Self(Mutex::new(state), Default::default())
    }
    #[inline]
    fn turn<R>(
        &self,
        on: usize,
        mut blocked: impl FnMut(&mut S) -> bool,
        change: impl FnOnce(&mut S) -> (R, Notify),
    ) -> R {
        let mut state = self.0.lock().expect("no section panics");
        while blocked(&mut state) {
            state = self.1[on].wait(state).expect("no section panics");
        }
        let (result, notify) = change(&mut state);
        drop(state);
        match notify {
            Notify::Nobody => {}
            Notify::One(whom) => self.1[whom].notify_one(),
            Notify::All(whom) => self.1[whom].notify_all(),
        }
        result
    }
}

macro_rules! lock_api {
    ($monitor:ident, $name:literal, $mutex:ty, $condvar:ty, $first_release:literal) => {
        pub struct $monitor<S>($mutex, [$condvar; 2]);

        impl<S: Send + 'static> Monitor<S> for $monitor<S> {
            const NAME: &'static str = $name;
            fn new(state: S) -> Self {
                Self(<$mutex>::new(state), Default::default())
            }
            #[inline]
            fn turn<R>(
                &self,
                on: usize,
                mut blocked: impl FnMut(&mut S) -> bool,
                change: impl FnOnce(&mut S) -> (R, Notify),
            ) -> R {
                let mut state = self.0.lock();
                while blocked(&mut state) {
                    self.1[on].wait(&mut state);
                }
                let (result, notify) = change(&mut state);
                let state = (!$first_release).then_some(state);
                match notify {
                    Notify::Nobody => {}
                    Notify::One(whom) => _ = self.1[whom].notify_one(),
                    Notify::All(whom) => _ = self.1[whom].notify_all(),
                }
                drop(state);
                result
            }
        }
    };
}
// As is advised for most condition variables: first release, then notify, so that nobody wakes up only to wait.
lock_api!(ParkingLot, "parking_lot", parking_lot::Mutex<S>, parking_lot::Condvar, true);
lock_api!(Usync, "usync", usync::Mutex<S>, usync::Condvar, true);
