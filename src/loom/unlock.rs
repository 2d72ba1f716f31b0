//! To unlock a mutex of loom's while a thread unwinds, without poisoning it.
#![allow(unsafe_code)]

use super::execution::Execution;
use super::thread::quietly;
use loom::sync::MutexGuard;
use std::mem::ManuallyDrop;

/// Unlocks, if loom can be used.
///
/// All threads of a model share one thread of std, so that to std all of them panic while one unwinds. A mutex of std that is
/// unlocked meanwhile is poisoned, and there is one in loom's. A model may catch the panic and go on.
pub(super) fn unlock<T>(guard: MutexGuard<'_, T>) {
    if !std::thread::panicking() {
        return drop(guard);
    }
    let mut guard = ManuallyDrop::new(guard);
    if Execution::has_failed() {
        return;
    }
    unlock_for_std(&mut guard);
    // SAFETY: nobody uses the guard after this. The drop before has ended in a panic, and what it has left is valid: nothing
    // in the place of the guard of std, and a reference.
    Execution::try_loom(|| unsafe { ManuallyDrop::drop(&mut guard) }, || ());
}

/// Drops the guard, in a thread that does not panic and runs no model. So std unlocks its mutex and does not poison it. Then loom
/// panics, before it has changed anything, since it has no execution there.
fn unlock_for_std<T>(guard: &mut ManuallyDrop<MutexGuard<'_, T>>) {
    struct Lent<'a, 'b, T>(&'a mut ManuallyDrop<MutexGuard<'b, T>>);

    // SAFETY: the thread that has it waits meanwhile, and the drop only unlocks. Where mutexes are futexes, as on Linux and
    // Windows, any thread may do so. Elsewhere std has a plain pthread mutex, which keeps no owner to compare, although POSIX
    // does not promise that. It is in a model only, after a panic that was caught.
    unsafe impl<T> Send for Lent<'_, '_, T> {}

    impl<T> Lent<'_, '_, T> {
        fn drop_it(self) {
            // SAFETY: the guard is not used before it is dropped again, see above.
            let dropped = quietly(|| unsafe { ManuallyDrop::drop(self.0) });
            assert!(dropped.is_none(), "loom has unlocked a mutex for a thread without a model");
        }
    }

    let lent = Lent(guard);
    std::thread::scope(|scope| scope.spawn(|| lent.drop_it()).join()).expect("the drop is not complete");
}
