//! Which threads there are.

use super::Handle;
use crate::sys;
use sixfold::{Event, Lock};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::num::NonZeroU64;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, OnceLock};

/// The threads that are alive, by their numbers. The main thread has a place of its own: it is alive for as long as anybody asks.
pub(super) struct Threads {
    main: Option<Handle>,
    others: BTreeMap<NonZeroU64, Handle>,
}

impl Threads {
    const fn new() -> Self {
        Self { main: None, others: BTreeMap::new() }
    }
}

#[cfg(not(loom))]
static THREADS: Lock<Threads> = Lock::with_value(Threads::new());
// New in every execution of a model.
#[cfg(loom)]
loom::lazy_static! {
    static ref THREADS: Lock<Threads> = Lock::with_value(Threads::new());
}

/// What is known about a thread.
#[derive(Debug)]
pub(super) struct Info {
    pub(super) name: String,
    pub(super) ident: NonZeroU64,
    pub(super) native_id: OnceLock<Option<u64>>,
    pub(super) is_daemon: bool,
    pub(super) ended: Event,
}

impl Handle {
    /// Of a thread that is about to start. `None`: a name of the crate's own.
    pub(super) fn new(name: Option<String>, is_daemon: bool) -> Self {
        // Never used again: it would take centuries to count them up.
        static NEXT: AtomicU64 = AtomicU64::new(1);
        let ident = NonZeroU64::new(NEXT.fetch_add(1, Relaxed)).expect("it begins with 1");
        let name = name.unwrap_or_else(|| format!("Thread-{ident}"));
        Self(Arc::new(Info { name, ident, native_id: OnceLock::new(), is_daemon, ended: Event::new() }))
    }

    pub(super) fn register(&self) {
        THREADS.hold().others.insert(self.0.ident, self.clone());
    }

    /// It has ended. Whoever is told finds it in no list any more.
    pub(super) fn end(&self) {
        let ended = THREADS.hold().others.remove(&self.0.ident);
        self.0.ended.set();
        drop(ended);
    }
}

/// The calling thread's handle. If this crate has not started the thread, it ends when the thread's locals are dropped.
struct Current {
    handle: Handle,
    is_foreign: bool,
}

impl Drop for Current {
    fn drop(&mut self) {
        if self.is_foreign {
            self.handle.end();
        }
    }
}

#[cfg(not(loom))]
thread_local! {
    static CURRENT: RefCell<Option<Current>> = const { RefCell::new(None) };
}
#[cfg(loom)]
loom::thread_local! {
    static CURRENT: RefCell<Option<Current>> = RefCell::new(None);
}

/// The calling thread is the one of this handle, which has just started it.
pub(super) fn enter(handle: &Handle) {
    _ = handle.0.native_id.set(sys::native_id());
    CURRENT.with(|current| *current.borrow_mut() = Some(Current { handle: handle.clone(), is_foreign: false }));
}

fn known() -> Option<Handle> {
    CURRENT.with(|current| current.borrow().as_ref().map(|current| current.handle.clone()))
}

/// The number of the calling thread, if that has a handle.
pub(super) fn own_ident() -> Option<NonZeroU64> {
    known().map(|handle| handle.0.ident)
}

pub(super) fn current() -> Handle {
    if let Some(handle) = known() {
        return handle;
    }
    let is_main = sys::is_main();
    let handle = if is_main { main() } else { Handle::new(sys::current_name(), true) };
    _ = handle.0.native_id.set(sys::native_id());
    if !is_main {
        handle.register();
    }
    let current = Current { handle: handle.clone(), is_foreign: !is_main };
    CURRENT.with(|place| *place.borrow_mut() = Some(current));
    handle
}

pub(super) fn main() -> Handle {
    THREADS.hold().main.get_or_insert_with(|| Handle::new(Some("main".into()), false)).clone()
}

/// The main thread first, the others in the order in which they were started.
pub(super) fn all() -> Vec<Handle> {
    let main = main();
    let others = THREADS.hold().others.values().cloned().collect::<Vec<_>>();
    std::iter::once(main).chain(others).collect()
}

pub(super) fn count() -> usize {
    1 + THREADS.hold().others.len()
}

/// One that is no daemon, and not the calling thread's own.
pub(super) fn first_to_wait_for() -> Option<Handle> {
    let own = own_ident();
    let threads = THREADS.hold();
    threads.others.values().find(|other| !other.0.is_daemon && Some(other.0.ident) != own).cloned()
}
