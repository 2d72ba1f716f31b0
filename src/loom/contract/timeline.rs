//! A word whose changes something else puts in order, as the lock does with what its holders do.

use crate::loom::execution::{Execution, Slot};
use core::sync::atomic::Ordering::{self, Acquire, Relaxed, Release};
use std::cell::RefCell;
use std::rc::Rc;

/// A state, and all that were before it.
///
/// Loom has two kinds of accesses to an atomic: loads, which are in no conflict with each other, and all others. Here a
/// change is a load of the word and a look is a read-modify-write that fails. So changes need not be tried in every
/// order, and each is tried before and after each look.
///
/// What happens-before says of a change is in a slot of its own, its *mark*: a look sees the change for certain if the mark
/// happens before it, and otherwise loom tries both.
pub(super) struct Timeline<S> {
    word: Slot,
    /// The mark of change `n` holds `base + n`, or `base + n + 1` if the next change shares it.
    base: u64,
    changes: RefCell<Vec<Change<S>>>,
}

struct Change<S> {
    state: S,
    /// `None`: everybody sees it.
    mark: Option<Rc<Slot>>,
}

/// So many changes have marks: a look does not show what is older.
const MARKS: usize = 24;
/// More changes than an execution can make.
const MOST: usize = 1 << 32;

impl<S: Copy> Timeline<S> {
    pub(super) fn new(execution: &Rc<Execution>, state: S) -> Self {
        Self {
            word: execution.slot(),
            base: execution.stamps(MOST as u64),
            changes: RefCell::new(vec![Change { state, mark: None }]),
        }
    }

    /// The number of the last change.
    pub(super) fn version(&self) -> usize {
        self.changes.borrow().len() - 1
    }

    /// The state that is there now. Until the next scheduling point nobody changes it.
    pub(super) fn now(&self) -> S {
        self.at(self.version())
    }

    pub(super) fn at(&self, version: usize) -> S {
        self.changes.borrow()[version].state
    }

    /// A scheduling point before a change that others order: in conflict with looks alone.
    pub(super) fn arrive(&self) {
        self.word.load(Relaxed);
    }

    /// A scheduling point in conflict with changes and with looks.
    pub(super) fn meet(&self) {
        self.word.meet();
    }

    /// Changes the state, and has the change seen by all who happen after this call.
    pub(super) fn change(&self, state: S) {
        let mark = Rc::new(crate::loom::execution::current().slot());
        let version = self.push(state, mark.clone());
        mark.store(self.base + version as u64, Relaxed);
    }

    /// Prepares a change that publishes what the caller has done: before [`publish`](Self::publish), with scheduling
    /// points. `of`: the change whose mark it shares, by the same thread.
    pub(super) fn prepare(&self, of: Option<usize>) -> Rc<Slot> {
        let next = self.base + self.version() as u64 + 1;
        let shared = of.and_then(|of| self.changes.borrow()[of].mark.clone());
        let mark = shared.unwrap_or_else(|| Rc::new(crate::loom::execution::current().slot()));
        mark.store(next, Release);
        mark
    }

    /// Changes the state.
    pub(super) fn publish(&self, state: S, mark: Rc<Slot>) {
        self.push(state, mark);
    }

    fn push(&self, state: S, mark: Rc<Slot>) -> usize {
        let mut changes = self.changes.borrow_mut();
        let version = changes.len();
        changes.push(Change { state, mark: Some(mark) });
        let old = version.checked_sub(MARKS).and_then(|old| changes[old].mark.take());
        drop(changes);
        drop(old);
        version
    }

    /// Makes the caller happen after what change `version` published.
    pub(super) fn acquire(&self, version: usize) {
        if let Some(mark) = self.mark(version) {
            mark.acquire();
        }
    }

    fn mark(&self, version: usize) -> Option<Rc<Slot>> {
        self.changes.borrow()[version].mark.clone()
    }

    /// Whether the calling thread sees change `version`. If it does, it happens after what that published.
    pub(super) fn sees(&self, version: usize) -> bool {
        let Some(mark) = self.mark(version) else { return true };
        self.last_seen(&mark, Acquire).is_some_and(|seen| seen >= version)
    }

    /// The last change that `mark` shows to the calling thread; `None` if none, or one of the object that had it before.
    fn last_seen(&self, mark: &Slot, order: Ordering) -> Option<usize> {
        let seen = mark.load(order).checked_sub(self.base)? as usize;
        (seen < MOST).then(|| seen.min(self.version()))
    }

    /// A state that a load could return: what is there, or was.
    pub(super) fn look(&self) -> S {
        self.meet();
        let mut version = self.version();
        while let Some(mark) = self.mark(version) {
            let first = self.first_of(&mark, version);
            match self.last_seen(&mark, Relaxed) {
                Some(seen) if seen >= first => return self.at(seen),
                _ => version = first - 1,
            }
        }
        self.at(version)
    }

    /// The first change of those up to `version` that share `mark`.
    fn first_of(&self, mark: &Rc<Slot>, version: usize) -> usize {
        let has_it = |version: &usize| self.mark(*version).is_some_and(|other| Rc::ptr_eq(&other, mark));
        (1..=version).rev().take_while(has_it).last().expect("`version` has it")
    }
}
