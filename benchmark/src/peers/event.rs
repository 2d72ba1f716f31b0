//! Flags that threads wait for.

use super::Rank;
use super::monitor::{Monitor, Notify, ParkingLot, Std, Usync};
use event_listener::Listener;
use std::sync::Mutex;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed, Release, SeqCst};

pub trait Event: Sync + 'static {
    const NAME: &'static str;
    const RANK: Rank = Rank::Peer;
    fn new() -> Self;
    fn is_set(&self) -> bool;
    fn set(&self);
    fn clear(&self);
    fn wait(&self);
}

impl Event for sixfold::Event {
    const NAME: &'static str = "sixfold";
    const RANK: Rank = Rank::Ours;
    fn new() -> Self {
        Self::new()
    }
    #[inline]
    fn is_set(&self) -> bool {
        self.is_set()
    }
    #[inline]
    fn set(&self) {
        self.set();
    }
    #[inline]
    fn clear(&self) {
        self.clear();
    }
    #[inline]
    fn wait(&self) {
        self.wait();
    }
}

impl Event for rsevents::ManualResetEvent {
    const NAME: &'static str = "rsevents";
    fn new() -> Self {
        Self::new(rsevents::EventState::Unset)
    }
    /// It has no question that does not wait; a wait of no length is what there is.
    #[inline]
    fn is_set(&self) -> bool {
        rsevents::Awaitable::wait0(self)
    }
    #[inline]
    fn set(&self) {
        self.set();
    }
    #[inline]
    fn clear(&self) {
        self.reset();
    }
    #[inline]
    fn wait(&self) {
        rsevents::Awaitable::wait(self);
    }
}

impl Event for synchronoise::SignalEvent {
    const NAME: &'static str = "synchronoise";
    fn new() -> Self {
        Self::manual(false)
    }
    #[inline]
    fn is_set(&self) -> bool {
        self.status()
    }
    #[inline]
    fn set(&self) {
        self.signal();
    }
    #[inline]
    fn clear(&self) {
        self.reset();
    }
    #[inline]
    fn wait(&self) {
        self.wait();
    }
}

/// A flag with an event-listener behind it, as its documentation shows.
pub struct Listened(AtomicBool, event_listener::Event);

impl Event for Listened {
    const NAME: &'static str = "event-listener";
    fn new() -> Self {
        Self(AtomicBool::new(false), event_listener::Event::new())
    }
    #[inline]
    fn is_set(&self) -> bool {
        self.0.load(Acquire)
    }
    #[inline]
    fn set(&self) {
        self.0.store(true, SeqCst);
        self.1.notify(usize::MAX);
    }
    #[inline]
    fn clear(&self) {
        self.0.swap(false, AcqRel);
    }
    #[inline]
    fn wait(&self) {
        while !self.is_set() {
            event_listener::listener!(self.1 => listener);
            if self.is_set() {
                return;
            }
            listener.wait();
        }
    }
}

/// crossbeam's parker: for one waiter, which takes the flag with it.
pub struct Parker {
    parker: Mutex<crossbeam_utils::sync::Parker>,
    unparker: crossbeam_utils::sync::Unparker,
}

impl Event for Parker {
    const NAME: &'static str = "crossbeam Parker";
    fn new() -> Self {
        let parker = crossbeam_utils::sync::Parker::new();
        let unparker = parker.unparker().clone();
        Self { parker: Mutex::new(parker), unparker }
    }
    fn is_set(&self) -> bool {
        unreachable!("a parker cannot be asked");
    }
    #[inline]
    fn set(&self) {
        self.unparker.unpark();
    }
    #[inline]
    fn clear(&self) {}
    #[inline]
    fn wait(&self) {
        self.parker.lock().expect("no wait panics").park();
    }
}

/// What one writes without an event at hand.
pub struct ByHand<M>(M);

macro_rules! by_hand {
    ($monitor:ident, $name:literal) => {
        impl Event for ByHand<$monitor<bool>> {
            const NAME: &'static str = $name;
            fn new() -> Self {
                Self($monitor::new(false))
            }
            #[inline]
            fn is_set(&self) -> bool {
                self.0.turn(0, |_| false, |set| (*set, Notify::Nobody))
            }
            #[inline]
            fn set(&self) {
                self.0.turn(0, |_| false, |set| (*set = true, Notify::All(0)));
            }
            #[inline]
            fn clear(&self) {
                self.0.turn(0, |_| false, |set| (*set = false, Notify::Nobody));
            }
            #[inline]
            fn wait(&self) {
                self.0.turn(0, |set| !*set, |_| ((), Notify::Nobody));
            }
        }
    };
}
by_hand!(Std, "std by hand");
by_hand!(ParkingLot, "parking_lot by hand");
by_hand!(Usync, "usync by hand");

/// A flag, and threads that spin without end.
pub struct Flag(AtomicBool);

impl Event for Flag {
    const NAME: &'static str = "limit";
    const RANK: Rank = Rank::Limit;
    fn new() -> Self {
        Self(AtomicBool::new(false))
    }
    #[inline]
    fn is_set(&self) -> bool {
        self.0.load(Acquire)
    }
    #[inline]
    fn set(&self) {
        self.0.swap(true, Release);
    }
    #[inline]
    fn clear(&self) {
        self.0.swap(false, Acquire);
    }
    #[inline]
    fn wait(&self) {
        while !self.0.load(Relaxed) {
            std::hint::spin_loop();
        }
        std::sync::atomic::fence(Acquire);
    }
}
