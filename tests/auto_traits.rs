//! What may be sent, shared and carried through a panic, and what may not.
#![cfg(not(loom))]

use sixfold::*;
use std::cell::Cell;
use std::fmt::Debug;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::rc::Rc;
use std::sync::{Arc, MutexGuard};

/// Whether a type has a trait, as a value: an inherent constant is found before the one of the blanket trait.
macro_rules! has {
    ($type:ty: $($bound:tt)+) => {{
        #[allow(dead_code)]
        trait No {
            const HAS: bool = false;
        }
        impl<T: ?Sized> No for T {}
        struct Asked<T: ?Sized>(std::marker::PhantomData<T>);
        #[allow(dead_code)]
        impl<T: ?Sized + $($bound)+> Asked<T> {
            const HAS: bool = true;
        }
        <Asked<$type>>::HAS
    }};
}

#[test]
fn primitives_are_sent_shared_and_unwound_past() {
    fn all<T: Debug + Send + Sync + UnwindSafe + RefUnwindSafe>() {}
    all::<Lock>();
    all::<RLock>();
    all::<Condition>();
    all::<Condition<&Lock>>();
    all::<Condition<Arc<Lock<Cell<u8>>>>>();
    all::<Semaphore>();
    all::<BoundedSemaphore>();
    all::<Event>();
    all::<Barrier>();
    all::<Lock<Cell<u8>>>();
    all::<RLock<Cell<u8>>>();
}

#[test]
fn a_lock_is_sent_and_shared_if_its_value_can_be_sent() {
    assert!(has!(Lock<Cell<u8>>: Send) && has!(Lock<Cell<u8>>: Sync));
    assert!(has!(RLock<Cell<u8>>: Send) && has!(RLock<Cell<u8>>: Sync));
    assert!(!has!(Lock<Rc<u8>>: Send) && !has!(Lock<Rc<u8>>: Sync));
    assert!(!has!(RLock<Rc<u8>>: Send) && !has!(RLock<Rc<u8>>: Sync));
    assert!(!has!(Condition<Lock<Rc<u8>>>: Sync));
}

/// A std guard can be shared and not be sent.
type Shared = MutexGuard<'static, u8>;

#[test]
fn a_guard_of_a_lock_is_sent_and_shared_as_its_value() {
    assert!(has!(LockGuard<'static, Cell<u8>>: Send) && !has!(LockGuard<'static, Cell<u8>>: Sync));
    assert!(!has!(LockGuard<'static, Shared>: Send) && has!(LockGuard<'static, Shared>: Sync));
    assert!(
        has!(ConditionGuard<'static, Lock<Cell<u8>>>: Send) && !has!(ConditionGuard<'static, Lock<Cell<u8>>>: Sync)
    );
    assert!(!has!(ConditionGuard<'static, Lock<Shared>>: Send) && has!(ConditionGuard<'static, Lock<Shared>>: Sync));
    assert!(
        has!(ConditionGuard<'static, Arc<Lock<u8>>>: Send) && has!(ConditionGuard<'static, &'static Lock<u8>>: Sync)
    );
}

#[test]
fn a_guard_of_an_rlock_stays_in_its_thread() {
    assert!(!has!(RLockGuard<'static, u8>: Send) && !has!(RLockGuard<'static, u8>: Sync));
    assert!(!has!(ConditionGuard<'static, RLock>: Send) && !has!(ConditionGuard<'static, RLock>: Sync));
    assert!(!has!(ConditionGuard<'static, Arc<RLock<u8>>>: Send));
}

#[test]
fn a_guard_is_unwound_past_and_moved() {
    fn all<T: UnwindSafe + RefUnwindSafe + Unpin>() {}
    all::<LockGuard<'static, Cell<u8>>>();
    all::<ConditionGuard<'static, Lock<Cell<u8>>>>();
    all::<SemaphoreGuard<'static>>();
    all::<BoundedSemaphoreGuard<'static>>();
    all::<RLockGuard<'static, Cell<u8>>>();
    all::<ConditionGuard<'static, RLock>>();
    all::<ConditionGuard<'static, Arc<RLock<u8>>>>();
}

#[test]
fn a_condition_goes_over_our_locks_only_and_by_hand_without_a_value_only() {
    assert!(has!(Lock<Cell<u8>>: Lockable) && has!(RLock<u8>: Lockable) && !has!(RLock<Cell<u8>>: Lockable));
    assert!(has!(Arc<RLock>: RawLockable) && has!(&'static Lock: RawLockable));
    assert!(!has!(Lock<u8>: RawLockable) && !has!(Arc<Lock<u8>>: RawLockable) && !has!(RLock<u8>: RawLockable));
    assert!(!has!(Semaphore: Lockable) && !has!(std::sync::Mutex<u8>: Lockable));
}

#[test]
fn a_guard_that_owns_its_lock_is_sent_and_shared_as_what_it_can_drop() {
    assert!(has!(ArcLockGuard<Cell<u8>>: Send) && has!(ArcLockGuard<u8>: Sync));
    assert!(!has!(ArcLockGuard<Rc<u8>>: Send) && !has!(ArcLockGuard<Cell<u8>>: Sync));
    // It shares its `Arc`, and who has that may drop the value.
    assert!(!has!(ArcLockGuard<Shared>: Send) && !has!(ArcLockGuard<Shared>: Sync));
    assert!(!has!(ArcRLockGuard<u8>: Send) && !has!(ArcRLockGuard<u8>: Sync));
    assert!(has!(ArcConditionGuard<Lock<Cell<u8>>>: Send) && has!(ArcConditionGuard<Lock<u8>>: Sync));
    assert!(!has!(ArcConditionGuard<Lock<Rc<u8>>>: Send) && !has!(ArcConditionGuard<Lock<Shared>>: Sync));
    assert!(!has!(ArcConditionGuard<RLock>: Send) && !has!(ArcConditionGuard<RLock>: Sync));
}

#[test]
fn a_mapped_guard_is_sent_and_shared_as_a_reference_to_its_part() {
    assert!(has!(MappedLockGuard<'static, Cell<u8>>: Send) && has!(MappedLockGuard<'static, str>: Sync));
    assert!(!has!(MappedLockGuard<'static, Rc<u8>>: Send) && !has!(MappedLockGuard<'static, Cell<u8>>: Sync));
    assert!(!has!(MappedRLockGuard<'static, u8>: Send) && !has!(MappedRLockGuard<'static, u8>: Sync));
}

#[test]
fn permits_and_parties_are_sent_and_shared() {
    fn all<T: Debug + Send + Sync + UnwindSafe + RefUnwindSafe>() {}
    all::<SemaphoreGuard<'static>>();
    all::<BoundedSemaphoreGuard<'static>>();
    all::<ArcSemaphoreGuard>();
    all::<ArcBoundedSemaphoreGuard>();
    all::<BarrierParty<'static>>();
}

#[test]
fn a_pointer_to_a_lock_is_no_lock_of_its_own() {
    assert!(has!(Lock<Cell<u8>>: AnyLock) && has!(RLock<Cell<u8>>: AnyLock));
    assert!(has!(Condition<&'static Lock>: AnyLock));
    assert!(!has!(&'static Lock: AnyLock) && !has!(Arc<Lock>: AnyLock) && !has!(Semaphore: AnyLock));
}

#[test]
fn errors_are_small_plain_errors() {
    fn all<T: std::error::Error + Copy + Eq + Send + Sync + 'static>() {}
    all::<NotHeldError>();
    all::<OverReleaseError>();
    all::<BrokenBarrierError>();
    let error = Lock::new().release().unwrap_err();
    assert_eq!(format!("{error:?}"), format!("NotHeldError({error})"), "unwrap shows what to do");
}
