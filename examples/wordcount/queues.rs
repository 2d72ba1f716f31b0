//! Two bounded queues, made in two ways: of two semaphores, and of two conditions over one lock.
#![cfg(not(loom))]

use sixfold::{Condition, Lock, Semaphore};
use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::Arc;

/// The paths that the walker has found and no reader has taken yet.
///
/// One semaphore counts the paths, the other the free places. This is the short way where each item takes one place and
/// nothing else is waited for.
pub struct Paths {
    announced: Semaphore,
    room: Semaphore,
    list: Lock<VecDeque<PathBuf>>,
    readers: usize,
}

impl Paths {
    pub const fn new(most: usize, readers: usize) -> Self {
        let list = Lock::with_value(VecDeque::new());
        Self { announced: Semaphore::new(0), room: Semaphore::new(most), list, readers }
    }

    /// Waits for a free place. `close` makes one, so the caller looks afterwards whether it is to stop.
    pub fn announce(&self, path: PathBuf) {
        self.room.acquire();
        self.list.hold().push_back(path);
        self.announced.release();
    }

    /// The next path; none at the end.
    pub fn next(&self) -> Option<PathBuf> {
        self.announced.acquire();
        let path = self.list.hold().pop_front()?;
        self.room.release();
        Some(path)
    }

    /// The end of the paths: one more permit for each reader, with no path behind it.
    pub fn end(&self) {
        self.announced.release_many(self.readers);
    }

    /// For an early end: forgets the paths and frees the walker and all readers, if they wait.
    pub fn close(&self) {
        self.list.hold().clear();
        self.room.release();
        self.end();
    }
}

/// What a reader hands to a counter.
pub struct Document {
    pub path: PathBuf,
    pub text: String,
}

/// The contents that readers have loaded and no counter has taken yet.
///
/// Room is a matter of files and of bytes, and the end of the input is a state too: this is what conditions are for.
/// Readers wait on one and counters on the other, so that a notify never goes to the wrong side.
pub struct Contents {
    not_empty: Condition<Arc<Lock<State>>>,
    not_full: Condition<Arc<Lock<State>>>,
}

struct State {
    documents: VecDeque<Document>,
    bytes: usize,
    /// Those that may still bring something.
    readers: usize,
    closed: bool,
}

impl State {
    /// The last document may exceed the bytes, so that one larger than that gets in at all.
    fn has_room(&self) -> bool {
        self.documents.len() < Contents::MOST_FILES && self.bytes < Contents::MOST_BYTES
    }
}

impl Contents {
    const MOST_FILES: usize = 64;
    const MOST_BYTES: usize = 16 << 20;

    pub fn new(readers: usize) -> Self {
        let state = State { documents: VecDeque::new(), bytes: 0, readers, closed: false };
        let lock = Arc::new(Lock::with_value(state));
        Self { not_empty: Condition::with_lock(lock.clone()), not_full: Condition::with_lock(lock) }
    }

    /// Waits for room. False: the queue was closed, and nobody wants the document any more.
    #[must_use]
    pub fn push(&self, document: Document) -> bool {
        let mut state = self.not_full.hold();
        state.wait_for(|state| state.closed || state.has_room());
        if state.closed {
            return false;
        }
        state.bytes += document.text.len();
        state.documents.push_back(document);
        self.not_empty.notify(1).expect("this thread holds the lock that both conditions share");
        true
    }

    /// Waits for a document. None: the end, of the input or because the queue was closed.
    pub fn pop(&self) -> Option<Document> {
        let mut state = self.not_empty.hold();
        state.wait_for(|state| state.closed || state.readers == 0 || !state.documents.is_empty());
        let document = state.documents.pop_front()?;
        state.bytes -= document.text.len();
        // All of them: a large document leaves room for many.
        self.not_full.notify_all().expect("this thread holds the lock that both conditions share");
        Some(document)
    }

    /// A reader has brought all it has. After the last one, counters do not wait for more.
    pub fn reader_is_done(&self) {
        let mut state = self.not_empty.hold();
        state.readers -= 1;
        if state.readers == 0 {
            state.notify_all();
        }
    }

    /// For an early end: forgets the documents and frees everybody who waits.
    pub fn close(&self) {
        let mut state = self.not_empty.hold();
        state.closed = true;
        state.documents.clear();
        state.notify_all();
        self.not_full.notify_all().expect("this thread holds the lock that both conditions share");
    }
}
