//! The word of an object, and all states that it has had.

use crate::loom::execution::{Execution, Slot, current};
use crate::loom::thread::quietly;
use crate::shim::thread::me;
use core::sync::atomic::Ordering::{self, Acquire, Relaxed, Release};
use loom::cell::UnsafeCell;
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;

/// A state, and all that were before it.
///
/// Loom's part is a few atomics, whose values do not matter: it decides in which order threads go on, and the states are
/// kept here. Between a scheduling point and the next one nobody else runs, so that a thread decides what to do after loom
/// has let it go on.
///
/// **Conflicts.** Loom tries two accesses to an atomic in both orders, unless both are loads. Where nothing else orders the
/// changes of an object, each is a read-modify-write of the word ([`step`](Self::step)), and so is a look.
///
/// Where something else does, as a mutex, a change need not be tried before other changes, but before looks
/// ([`arrive`](Self::arrive)). So it is a load until a thread looks, or makes a change that nothing else orders. That is a
/// read-modify-write; from then on looks are loads and all changes are read-modify-writes. Loom remembers the last access to
/// an atomic alone, and so would forget the look of one thread if another looks after it. Therefore the second is a
/// read-modify-write too.
///
/// **Old news.** A look may see any state that a load of the real word could return: those from the last change on that
/// happens before the look, or that the thread has seen. Not all need to be tried. Of states that are the same, the oldest
/// leaves the thread the most freedom in what it may see later, and orders the least. And what has changed since the look
/// began is seen or not by where loom places the look. Which of the states that are left a look sees, loom decides by a
/// load of the *mark* of a change: an atomic of its own, which is stored before the change and published by it.
pub(super) struct History<S> {
    word: Slot,
    /// How many steps there were: the word's value, beyond that of the object that had the slot before.
    steps: Cell<u64>,
    /// Nothing else puts its changes in order.
    has_steps: bool,
    /// The thread that has looked since the last read-modify-write of the word.
    looked: Cell<Option<usize>>,
    /// A thread is about to look.
    looking: Cell<bool>,
    /// A thread has looked, or has made a change that nothing else orders.
    is_looked_at: Cell<bool>,
    changes: RefCell<Vec<Change<S>>>,
    /// What threads have prepared for their next change, by thread.
    prepared: RefCell<HashMap<usize, Rc<Mark>>>,
    /// The last change that a thread has seen, by thread.
    seen: RefCell<HashMap<usize, usize>>,
}

struct Change<S> {
    state: S,
    /// The number of the thread that made it.
    by: usize,
    /// `None`: everybody sees it.
    mark: Option<Rc<Mark>>,
}

/// The mark of a change.
struct Mark {
    slot: Slot,
    /// What a load returns to those who see it. The slot may have had other values before.
    value: Cell<u64>,
    /// Written by the change. A read of it by a thread that does not happen after the change would be a race.
    /// `None`: the model has failed.
    written: Option<UnsafeCell<()>>,
    /// Carries what the change publishes, if it does.
    published: RefCell<Option<Rc<Slot>>>,
}

/// So many changes have marks. Everybody sees what is older.
const MARKS: usize = 24;

impl<S: Copy> History<S> {
    /// The history of an object whose changes nothing else puts in order.
    pub(super) fn of_steps(execution: &Rc<Execution>, state: S) -> Self {
        Self::new(execution, state, true)
    }

    /// The history of an object most of whose changes something else puts in order.
    pub(super) fn in_order(execution: &Rc<Execution>, state: S) -> Self {
        Self::new(execution, state, false)
    }

    fn new(execution: &Rc<Execution>, state: S, has_steps: bool) -> Self {
        let word = execution.slot();
        if word.is_used() {
            word.store(0, Relaxed);
        }
        Self {
            word,
            steps: Cell::new(0),
            has_steps,
            looked: Cell::new(None),
            looking: Cell::new(false),
            is_looked_at: Cell::new(false),
            changes: RefCell::new(vec![Change { state, by: 0, mark: None }]),
            prepared: RefCell::default(),
            seen: RefCell::default(),
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

    /// Prepares a change, and then makes a step that is in conflict with other changes and with looks, with the edges of a
    /// read-modify-write of ordering `order`.
    pub(super) fn step(&self, order: Ordering) {
        self.prepare(order);
        self.word.add(1, order);
        self.stepped();
    }

    /// As [`step`](Self::step), with an ordering that depends on the state that it finds. Tries again where another thread
    /// comes between.
    pub(super) fn step_by(&self, order: impl Fn(S) -> Ordering) {
        while !self.try_step(order(self.now())) {}
    }

    /// As [`step`](Self::step), unless another thread comes between: then it changes and orders nothing.
    pub(super) fn try_step(&self, order: Ordering) -> bool {
        let steps = self.steps.get();
        self.prepare(order);
        let stepped = steps == self.steps.get() && self.word.compare_exchange(steps, steps + 1, order).is_ok();
        if stepped {
            self.stepped();
        }
        stepped
    }

    fn stepped(&self) {
        self.steps.set(self.steps.get() + 1);
    }

    /// As [`step`](Self::step), and orders nothing.
    pub(super) fn meet(&self) {
        self.prepare(Relaxed);
        self.modify();
    }

    /// As [`meet`](Self::meet), for a change that may publish what the thread has done before.
    pub(super) fn meet_to_publish(&self) {
        self.prepare_to_publish();
        self.modify();
    }

    /// As [`meet`](Self::meet), where something else orders the change after those before.
    pub(super) fn arrive(&self) {
        self.prepare(Relaxed);
        self.pause();
    }

    /// As [`meet_to_publish`](Self::meet_to_publish), where something else orders the change after those before.
    pub(super) fn arrive_to_publish(&self) {
        self.prepare_to_publish();
        self.pause();
    }

    /// Passes a scheduling point that is in conflict with looks, and with [`meet`](Self::meet).
    pub(super) fn pause(&self) {
        if !self.is_looked_at.get() {
            self.word.load(Relaxed);
        }
        // Also if a thread has looked meanwhile.
        if self.is_looked_at.get() {
            self.modify();
        }
    }

    fn modify(&self) {
        self.is_looked_at.set(true);
        self.word.meet();
        self.looked.set(None);
    }

    /// Stores the mark of the next change of the calling thread, which has ordering `order`.
    fn prepare(&self, order: Ordering) -> Rc<Mark> {
        let me = me();
        let prepared = self.prepared.borrow().get(&me).cloned();
        let mark = prepared.unwrap_or_else(|| {
            let mark = Rc::new(Mark {
                slot: current().slot(),
                value: Cell::new(0),
                written: Execution::try_loom(|| Some(UnsafeCell::new(())), || None),
                published: RefCell::default(),
            });
            self.prepared.borrow_mut().insert(me, mark.clone());
            mark
        });
        mark.value.set(current().stamp());
        let order = if order == Release { Release } else { Relaxed };
        mark.slot.store(mark.value.get(), order);
        mark
    }

    fn prepare_to_publish(&self) {
        let mark = self.prepare(Relaxed);
        let published = mark.published.borrow_mut().get_or_insert_with(|| Rc::new(current().slot())).clone();
        published.store(0, Release);
    }

    /// Changes the state, after the calling thread has prepared that, and before the next scheduling point.
    pub(super) fn change(&self, state: S) {
        let me = me();
        let mark = self.prepared.borrow_mut().remove(&me);
        if let Some(written) = mark.as_ref().and_then(|mark| mark.written.as_ref()) {
            Execution::try_loom(|| written.with_mut(|_| ()), || ());
        }
        let mut changes = self.changes.borrow_mut();
        let version = changes.len();
        changes.push(Change { state, by: me, mark });
        let old = version.checked_sub(MARKS).and_then(|old| changes[old].mark.take());
        drop(changes);
        drop(old);
    }

    fn mark(&self, version: usize) -> Option<Rc<Mark>> {
        self.changes.borrow()[version].mark.clone()
    }

    /// Whether change `version` happens before what the calling thread does next.
    fn happens_before(&self, version: usize) -> bool {
        let by = self.changes.borrow()[version].by;
        // Quietly: a race is the answer no.
        let is_known =
            |mark: Rc<Mark>| mark.written.as_ref().is_none_or(|written| quietly(|| written.with(|_| ())).is_some());
        by == me() || self.mark(version).is_none_or(is_known)
    }

    /// Makes the caller happen after what change `version` published.
    pub(super) fn acquire(&self, version: usize) {
        let published = {
            let change = &self.changes.borrow()[version];
            let mark = change.mark.as_ref().filter(|_| change.by != me());
            mark.and_then(|mark| mark.published.borrow().clone())
        };
        if let Some(published) = published {
            published.acquire();
        }
    }

    /// The last change that the calling thread must see.
    fn oldest_news(&self) -> usize {
        let seen = self.seen.borrow().get(&me()).copied().unwrap_or(0);
        (seen..=self.version()).rev().find(|&version| version == seen || self.happens_before(version)).unwrap_or(0)
    }

    /// The changes that a look may see, oldest first, and of those with the same `what` the oldest.
    fn candidates<W: PartialEq>(&self, what: impl Fn(S) -> W) -> Vec<usize> {
        let mut candidates: Vec<usize> = Vec::new();
        for version in self.oldest_news()..=self.version() {
            if !candidates.iter().any(|&other| what(self.at(other)) == what(self.at(version))) {
                candidates.push(version);
            }
        }
        candidates
    }

    /// The calling thread, which has met, has seen the `what` of the last state.
    pub(super) fn sees_the_last<W: PartialEq>(&self, what: impl Fn(S) -> W) {
        let is_the_last = |&version: &usize| what(self.at(version)) == what(self.now());
        let seen = self.candidates(&what).into_iter().find(is_the_last).expect("the last is one");
        self.seen.borrow_mut().insert(me(), seen);
    }

    /// What the calling thread sees, which has met: what is there or, if that may be, what was. `before`: the last change
    /// before it met. Returns the change.
    pub(super) fn see<W: PartialEq>(&self, before: usize, what: impl Fn(S) -> W) -> usize {
        if before == self.version() {
            return self.see_any(what, Relaxed);
        }
        self.sees_the_last(what);
        self.seen.borrow()[&me()]
    }

    /// What a load of ordering `order` could return. Returns the change.
    fn see_any<W: PartialEq>(&self, what: impl Fn(S) -> W, order: Ordering) -> usize {
        let candidates = self.candidates(what);
        let mut newest_first = candidates[1..].iter().rev().copied();
        let is_seen = |&version: &usize| {
            let mark = self.mark(version);
            mark.is_none_or(|mark| mark.slot.load(order) == mark.value.get())
        };
        let seen = newest_first.find(is_seen).unwrap_or(candidates[0]);
        self.seen.borrow_mut().insert(me(), seen);
        seen
    }

    /// Looks at `what`, as a plain load does.
    pub(super) fn look<W: PartialEq>(&self, what: impl Fn(S) -> W) -> W {
        let before = self.version();
        self.visit();
        let seen = self.see(before, &what);
        what(self.at(seen))
    }

    /// As [`look`](Self::look); and the caller happens after what the thread has done before whose change it sees.
    pub(super) fn look_and_acquire<W: PartialEq>(&self, what: impl Fn(S) -> W) -> W {
        self.visit();
        let seen = self.see_any(&what, Acquire);
        what(self.at(seen))
    }

    /// Makes the caller, which has visited, happen after what the thread has done before whose change made `what` what it
    /// is.
    pub(super) fn acquire_the_last<W: PartialEq>(&self, what: impl Fn(S) -> W) {
        self.sees_the_last(what);
        let seen = self.seen.borrow()[&me()];
        if let Some(mark) = self.mark(seen).filter(|_| !self.happens_before(seen)) {
            mark.slot.acquire();
        }
    }

    /// Makes the caller happen after what the thread has done before that made change `version`.
    pub(super) fn acquire_change(&self, version: usize) {
        if let Some(mark) = self.mark(version) {
            mark.slot.acquire();
        }
    }

    /// Whether the calling thread cannot see but that `what` is there.
    pub(super) fn knows<W: PartialEq>(&self, what: impl Fn(S) -> W) -> bool {
        self.candidates(what).len() == 1
    }

    /// Passes a scheduling point that is in conflict with changes.
    pub(super) fn visit(&self) {
        let me = me();
        let hides_another = self.looked.get().is_some_and(|other| other != me) || self.looking.get();
        if self.has_steps || !self.is_looked_at.get() || hides_another {
            return self.modify();
        }
        self.looking.set(true);
        self.word.load(Relaxed);
        self.looking.set(false);
        self.looked.set(Some(me));
    }
}
