//! The fences of the lock, from the system or from the model.
//!
//! A *light* and a *heavy* fence order two threads as two full fences would (P1202). Two light ones do not, nor does a light
//! and a full one. The light one is there for the compiler alone; the heavy one is a system call that makes every
//! running thread of the process pass a full fence. A thread that is not running has passed one when it was switched out.

/// What keeps the lock right, step by step: so that a model can leave one out and be seen to fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// The light fence between the store of a light release and its second look.
    Light,
    /// The heavy fence of a waiter that ends light releases.
    Heavy,
    /// The full fence of a light release that has met a waiter.
    LightMetWaiter,
    /// The full order between the exchange of a release and its look.
    ExchangeThenLook,
    /// The full fence between announcing oneself and the last look before sleeping.
    AnnouncedThenLook,
    /// The full fence between giving up `AWAKE`, with the lock taken, and looking whether it still is.
    TakenThenLook,
    /// Acquire where the lock is taken.
    Acquire,
    /// Release where a store gives it back.
    StoreReleases,
    /// Release where an exchange gives it back.
    ExchangeReleases,
}

#[cfg(not(loom))]
pub(crate) use real::Fences;

#[cfg(loom)]
pub(crate) use crate::model::Fences;

#[cfg(not(loom))]
mod real {
    use super::{Step, membarrier};
    use core::sync::atomic::Ordering::{self, SeqCst};
    use core::sync::atomic::{compiler_fence, fence};

    #[derive(Debug)]
    pub(crate) struct Fences;

    impl Fences {
        /// What is before it in the program is before the heavy fence of another thread, or what is after it is after.
        #[inline(always)]
        pub(crate) fn light(&self) {
            compiler_fence(SeqCst);
        }

        /// Is a full fence of this thread too. False: the system refuses, and nothing is known about other threads.
        pub(crate) fn heavy(&self) -> bool {
            fence(SeqCst);
            membarrier::issue()
        }

        /// Whether `heavy` works here, as far as one can know before.
        pub(crate) fn can_be_heavy(&self) -> bool {
            membarrier::is_there()
        }

        #[inline(always)]
        pub(crate) fn full(&self, _: Step) {
            fence(SeqCst);
        }

        /// Between two accesses that are both `SeqCst`, where nothing more is needed.
        #[inline(always)]
        pub(crate) fn full_between_seq_cst(&self, _: Step) {}

        #[inline(always)]
        pub(crate) const fn order(&self, _: Step, order: Ordering) -> Ordering {
            order
        }
    }
}

/// The system call.
#[cfg(not(loom))]
pub mod membarrier {
    #![allow(unsafe_code)]

    use core::sync::atomic::AtomicU8;
    use core::sync::atomic::Ordering::Relaxed;

    const UNKNOWN: u8 = 0;
    const ABSENT: u8 = 1;
    const THERE: u8 = 2;

    /// Whether this process can issue heavy fences. The first call registers it, which may take milliseconds.
    pub fn is_there() -> bool {
        static STATE: AtomicU8 = AtomicU8::new(UNKNOWN);
        match STATE.load(Relaxed) {
            UNKNOWN => {
                // Twice at the same time does no harm. Relaxed: the kernel keeps what was registered.
                let is_there = register() && issue();
                STATE.store(if is_there { THERE } else { ABSENT }, Relaxed);
                is_there
            }
            state => state == THERE,
        }
    }

    /// For the test of what happens then.
    #[cfg(test)]
    pub(crate) static IS_REFUSED: core::sync::atomic::AtomicBool = core::sync::atomic::AtomicBool::new(false);

    #[cfg(all(target_os = "linux", not(miri)))]
    fn call(command: libc::c_int) -> bool {
        #[cfg(test)]
        if IS_REFUSED.load(Relaxed) {
            return false;
        }
        // SAFETY: the call takes three integers and touches no memory of ours.
        unsafe { libc::syscall(libc::SYS_membarrier, command, 0, 0) == 0 }
    }

    #[cfg(all(target_os = "linux", not(miri)))]
    fn register() -> bool {
        call(libc::MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED)
    }

    /// Every thread of the process has passed a full fence between begin and end of this call, if it returns true.
    #[cfg(all(target_os = "linux", not(miri)))]
    pub fn issue() -> bool {
        call(libc::MEMBARRIER_CMD_PRIVATE_EXPEDITED)
    }

    #[cfg(not(all(target_os = "linux", not(miri))))]
    fn register() -> bool {
        false
    }

    /// Never true here.
    #[cfg(not(all(target_os = "linux", not(miri))))]
    pub fn issue() -> bool {
        false
    }
}
