//! The edge table: for each call that may publish and each call that may observe it, whether what came before the first
//! happens before what follows the second.
//!
//! Each cell is a model. The publisher writes plain data and makes its call. The observer makes its call and reads the
//! data, if it knows that the publication came first: by the result of its call, or by a flag that is stored and loaded
//! Relaxed and so orders nothing. Where the state must change between the two calls, a third thread changes it, which
//! knows of the publication by such a flag too. Where an edge is promised, loom must find no race. Where none is, loom must
//! find one, on the contract model and on the machines, unless the cell says why the machines are stronger. A cell in
//! which the observer never reads the data fails.
//!
//! `docs/printed/edges.md` is printed from the same list, by `SIXFOLD_WRITE_EDGES=1 ci/loom.sh edges::the_page`.

use crate::common::{A_WHILE, Plain};
use loom::sync::atomic::AtomicBool;
use loom::thread::{self, Thread};
use sixfold::{Barrier, BoundedSemaphore, Condition, Event, Lock, LockGuard, NotHeldError, RLock, Semaphore};
use std::fmt::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool as Untracked, AtomicUsize, Ordering::Relaxed};
use std::time::Duration;

/// A call and how it ends.
struct Call<T> {
    name: &'static str,
    /// The states in which a publisher may make it, and what it makes of them.
    publishes: &'static [(u8, u8)],
    /// The states in which an observer may make it.
    observes: &'static [u8],
    known: Known,
    /// Makes the call. True: it ended as `name` says. If it did not, the object is as before.
    run: fn(&T) -> bool,
    /// What another thread does meanwhile.
    beside: Option<Beside<T>>,
}

/// What another thread does while a call runs: a look, which must be true for the cell to count, and then a call.
type Beside<T> = (fn(&T) -> bool, fn(&T));

/// Brings a new object into a state.
type Prepare<T> = fn(&T, u8);
/// Whether a look shows a state. It orders nothing.
type Look<T> = fn(&T, u8) -> bool;
/// Changes the state from one to another. True: done.
type Bridge<T> = fn(&T, u8, u8) -> bool;

/// How an observer knows that a publication that changed the state came first.
#[derive(Clone, Copy, PartialEq)]
enum Known {
    /// The call cannot end like this before.
    TheResult,
    /// The call may end like this because of old news. So where the state was the same some time before, the observer
    /// looks first and sees that it has changed.
    LookAndFlag,
    /// The result does not tell.
    Flag,
}
use Known::{Flag, LookAndFlag, TheResult};

#[derive(Clone, Copy, Debug, PartialEq)]
enum Edge {
    Yes,
    No,
    /// Not promised, but the machines have it.
    OnMachines(&'static str),
    /// The calls cannot follow each other without another edge.
    Impossible(&'static str),
}
use Edge::{Impossible, No, OnMachines, Yes};

#[derive(Clone, Copy, PartialEq)]
enum Role {
    Publisher,
    Observer,
    Third,
}

/// A type with its calls.
struct Kind<T: 'static> {
    name: &'static str,
    calls: &'static [Call<T>],
    make: fn() -> T,
    /// By the thread that `owner` says.
    prepare: Prepare<T>,
    owner: fn(u8) -> Role,
    looks: Option<Look<T>>,
    /// As the third thread.
    bridge: Bridge<T>,
    /// Why the third thread cannot.
    no_bridge: fn(u8, u8) -> Option<&'static str>,
    edge: fn(&str, &str) -> Edge,
    /// Lets everybody go on if the observer does not make its call.
    give_up: Option<fn(&T)>,
    custom: &'static [Custom<T>],
}

/// A cell of its own shape.
struct Custom<T> {
    publisher: &'static str,
    observer: &'static str,
    edge: Edge,
    scene: Scene<T>,
}

/// What the threads of a cell do.
struct Scene<T> {
    make: fn() -> T,
    prepare: Option<(Role, Prepare<T>, u8)>,
    publish: fn(&T) -> bool,
    /// Runs beside the publisher from the beginning.
    companion: Option<Beside<T>>,
    /// As the third thread, once the publication is known.
    bridge: Option<(Bridge<T>, u8, u8)>,
    /// Runs beside the observer, in the third thread, after the bridge.
    partner: Option<Beside<T>>,
    /// The observer goes on only if this look shows this state.
    look: Option<(Look<T>, u8)>,
    /// The observer goes on only if it knows by the flag.
    flag: bool,
    observe: fn(&T) -> bool,
    /// What the observer does at last.
    finally: Option<fn(&T)>,
    /// The observer reads only if it knows afterwards by the publisher's own flag.
    flag_after: bool,
    /// What the publisher does at last.
    at_last: Option<fn(&T)>,
}

impl<T> Clone for Scene<T> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<T> Copy for Scene<T> {}

impl<T> Scene<T> {
    /// Two calls, and the second tells by its result whether the first came first.
    const fn new(make: fn() -> T, publish: fn(&T) -> bool, observe: fn(&T) -> bool) -> Self {
        Self {
            make,
            prepare: None,
            publish,
            companion: None,
            bridge: None,
            partner: None,
            look: None,
            flag: false,
            observe,
            finally: None,
            flag_after: false,
            at_last: None,
        }
    }
}

struct Shared<T> {
    object: T,
    data: Plain<u32>,
    published: AtomicBool,
    bridged: AtomicBool,
    /// Loom does not know of it: whether the cell counts in this execution.
    counts: Untracked,
    /// The observer will not make its call, and needs no partner.
    alone: Untracked,
}

impl<T> Shared<T> {
    fn run_beside(&self, (look, act): Beside<T>) {
        if !look(&self.object) {
            self.counts.store(false, Relaxed);
        }
        act(&self.object);
    }
}

/// So many executions a cell needs at most. The longest of today needs a quarter of that.
const MOST: usize = 200_000;

#[derive(Debug, PartialEq)]
enum Found {
    Race,
    NoRace,
    /// The observer never came so far.
    Nothing,
    Failure(String),
}

impl<T: Send + Sync + 'static> Scene<T> {
    /// Explores it. In a thread of its own: a model that fails leaves nothing behind for the next.
    fn explore(self) -> (Found, usize) {
        let reached = Arc::new(AtomicUsize::new(0));
        let executions = Arc::new(AtomicUsize::new(0));
        let counts = (reached.clone(), executions.clone());
        let run = move || {
            let mut model = loom::model::Builder::new();
            model.preemption_bound = cfg!(sixfold_checked).then_some(2);
            model.max_branches = 10_000;
            // An edge too many may make a model long, and nothing is found by its end.
            model.max_permutations = Some(MOST);
            model.checkpoint_interval = 1_000; // How often loom looks at that.
            sixfold::model_with(&model, move || {
                counts.1.fetch_add(1, Relaxed);
                self.execute(&counts.0);
            });
        };
        let model = std::thread::spawn(move || catch_unwind(AssertUnwindSafe(run)));
        let found = match model.join().expect("caught") {
            Ok(()) if executions.load(Relaxed) + 1 >= MOST => Found::Failure("no end".into()),
            Ok(()) if reached.load(Relaxed) == 0 => Found::Nothing,
            Ok(()) => Found::NoRace,
            Err(panic) => {
                let message = panic.downcast_ref::<String>().map(String::as_str);
                let message = message.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("?");
                if message.contains("Causality violation") { Found::Race } else { Found::Failure(message.into()) }
            }
        };
        (found, executions.load(Relaxed))
    }

    fn execute(self, reached: &Arc<AtomicUsize>) {
        let shared = Arc::new(Shared {
            object: (self.make)(),
            data: Plain::new(0),
            published: AtomicBool::new(false),
            bridged: AtomicBool::new(false),
            counts: Untracked::new(true),
            alone: Untracked::new(false),
        });
        let prepare = move |shared: &Shared<T>, role, publisher: Option<&Thread>| {
            if let Some((owner, prepare, state)) = self.prepare
                && owner == role
            {
                prepare(&shared.object, state);
                if let Some(publisher) = publisher {
                    publisher.unpark();
                }
            }
        };
        prepare(&shared, Role::Publisher, None);
        let publisher = thread::current();
        let mut threads = Vec::new();
        if self.bridge.is_some()
            || self.partner.is_some()
            || self.prepare.is_some_and(|(owner, ..)| owner == Role::Third)
        {
            let (shared, publisher) = (shared.clone(), publisher.clone());
            threads.push(thread::spawn(move || {
                prepare(&shared, Role::Third, Some(&publisher));
                if shared.published.load(Relaxed)
                    && self.bridge.is_none_or(|(bridge, from, to)| bridge(&shared.object, from, to))
                {
                    shared.bridged.store(true, Relaxed);
                    if let Some(partner) = self.partner.filter(|_| !shared.alone.load(Relaxed)) {
                        shared.run_beside(partner);
                    }
                }
            }));
        }
        if let Some(companion) = self.companion {
            let shared = shared.clone();
            threads.push(thread::spawn(move || shared.run_beside(companion)));
        }
        let by_third = self.bridge.is_some() || self.partner.is_some();
        threads.push(thread::spawn({
            let (shared, reached) = (shared.clone(), reached.clone());
            move || {
                prepare(&shared, Role::Observer, Some(&publisher));
                let flag = if by_third { &shared.bridged } else { &shared.published };
                let knows = self.look.is_none_or(|(look, state)| look(&shared.object, state))
                    && (!self.flag || flag.load(Relaxed));
                shared.alone.store(!knows, Relaxed);
                if knows
                    && (self.observe)(&shared.object)
                    && (!self.flag_after || shared.published.load(Relaxed))
                    && shared.counts.load(Relaxed)
                {
                    reached.fetch_add(1, Relaxed);
                    shared.data.get();
                }
                if let Some(finally) = self.finally {
                    finally(&shared.object);
                }
            }
        }));
        if self.prepare.is_some_and(|(owner, ..)| owner != Role::Publisher) {
            thread::park();
        }
        shared.data.set(1);
        if (self.publish)(&shared.object) {
            shared.published.store(true, Relaxed);
        }
        if let Some(at_last) = self.at_last {
            at_last(&shared.object);
        }
        for thread in threads {
            thread.join().unwrap();
        }
    }
}

impl<T: Send + Sync + 'static> Kind<T> {
    /// The model of a cell, or why there is none: the shortest of those that fit.
    fn scene(&self, publisher: &Call<T>, observer: &Call<T>) -> Result<Scene<T>, &'static str> {
        let mut best: Option<(u8, Scene<T>)> = None;
        let mut reason = "";
        for &(before, after) in publisher.publishes {
            for &begins in observer.observes {
                let bridged = after != begins;
                if bridged && let Some(why) = (self.no_bridge)(after, begins) {
                    reason = why;
                    continue;
                }
                let by_result = !bridged
                    && before != after
                    && observer.known != Flag
                    && publisher.beside.is_none()
                    && !observer.observes.contains(&before);
                let look = (!by_result && before != after && observer.known == LookAndFlag)
                    .then(|| self.looks.map(|look| (look, after)))
                    .flatten();
                let scene = Scene {
                    prepare: Some(((self.owner)(before), self.prepare, before)),
                    companion: publisher.beside,
                    bridge: bridged.then_some((self.bridge, after, begins)),
                    partner: observer.beside,
                    look,
                    flag: !by_result,
                    finally: self.give_up.filter(|_| observer.beside.is_some()),
                    ..Scene::new(self.make, publisher.run, observer.run)
                };
                let price = u8::from(!by_result) + u8::from(bridged);
                if best.as_ref().is_none_or(|(cheapest, _)| price < *cheapest) {
                    best = Some((price, scene));
                }
            }
        }
        best.map(|(_, scene)| scene).ok_or(reason)
    }

    /// Every cell: who publishes, who observes, what is promised, and the model.
    fn cells(&self) -> Vec<(&'static str, &'static str, Edge, Option<Scene<T>>)> {
        let mut cells = Vec::new();
        for publisher in self.calls.iter().filter(|call| !call.publishes.is_empty()) {
            for observer in self.calls.iter().filter(|call| !call.observes.is_empty()) {
                let (edge, scene) = match self.scene(publisher, observer) {
                    Ok(scene) => ((self.edge)(publisher.name, observer.name), Some(scene)),
                    Err(reason) => (Impossible(reason), None),
                };
                cells.push((publisher.name, observer.name, edge, scene));
            }
        }
        for Custom { publisher, observer, edge, scene } in self.custom {
            cells.push((publisher, observer, *edge, Some(*scene)));
        }
        cells
    }

    /// Explores every cell, and fails with the list of those that are not as the table says.
    fn check(&self) {
        let start = std::time::Instant::now();
        let (mut wrong, mut count, mut all) = (String::new(), 0, 0);
        let only = std::env::var("SIXFOLD_EDGE").unwrap_or_default();
        for (publisher, observer, edge, scene) in self.cells() {
            let name = format!("{}: {publisher} → {observer}", self.name);
            let Some(scene) = scene else { continue };
            if !name.contains(&only) {
                continue;
            }
            let (found, executions) = scene.explore();
            count += 1;
            all += executions;
            println!("{name}: {found:?}, {executions} executions");
            let right = match edge {
                No => Found::Race,
                OnMachines(_) if !cfg!(sixfold_checked) => Found::Race,
                _ => Found::NoRace,
            };
            if found != right {
                writeln!(wrong, "  {name} is {edge:?}, and loom found {found:?}").unwrap();
            }
        }
        println!("{}: {count} cells, {all} executions, {:.1} s", self.name, start.elapsed().as_secs_f32());
        assert!(wrong.is_empty(), "cells that are not as the table says:\n{wrong}");
    }

    /// The table, as it is in `docs/printed/edges.md`.
    fn print(&self, page: &mut String) {
        let cells = self.cells();
        let distinct = |all: Vec<&'static str>| {
            let mut distinct = Vec::new();
            for one in all {
                if !distinct.contains(&one) {
                    distinct.push(one);
                }
            }
            distinct
        };
        let rows = distinct(cells.iter().map(|cell| cell.0).collect());
        let columns = distinct(cells.iter().map(|cell| cell.1).collect());
        let mut reasons: Vec<&str> = Vec::new();
        let mut number = |reason| {
            let place = reasons.iter().position(|&known| known == reason).unwrap_or_else(|| {
                reasons.push(reason);
                reasons.len() - 1
            });
            place + 1
        };
        writeln!(page, "\n## {}\n", self.name).unwrap();
        writeln!(page, "| | {} |\n|---|{}", columns.join(" | "), "---|".repeat(columns.len())).unwrap();
        for row in rows {
            write!(page, "| {row} |").unwrap();
            for &column in &columns {
                let cell = cells.iter().find(|cell| (cell.0, cell.1) == (row, column));
                match cell.map(|cell| cell.2) {
                    Some(Yes) => write!(page, " **yes** |"),
                    Some(No) => write!(page, " no |"),
                    Some(OnMachines(reason)) => write!(page, " no (machines: yes, {}) |", number(reason)),
                    Some(Impossible(reason)) => write!(page, " – ({}) |", number(reason)),
                    None => write!(page, " |"),
                }
                .unwrap();
            }
            writeln!(page).unwrap();
        }
        if !reasons.is_empty() {
            writeln!(page).unwrap();
        }
        for (number, reason) in reasons.iter().enumerate() {
            writeln!(page, "{}. {reason}", number + 1).unwrap();
        }
    }
}

/// Each line: a name, the states in which a publisher makes the call and what comes of them, the states in which an
/// observer does, how it knows, and the call.
macro_rules! calls {
    (@beside) => {
        None
    };
    (@beside $look:expr, $act:expr) => {
        Some(($look, $act))
    };
    ($type:ty: $($name:literal [$($before:literal => $after:literal),*] [$($begins:literal),*] $known:ident
        $run:expr $(, beside $look:expr, $act:expr)?;)*) => {
        &[$(Call::<$type> {
            name: $name,
            publishes: &[$(($before, $after)),*],
            observes: &[$($begins),*],
            known: $known,
            run: $run,
            beside: calls!(@beside $($look, $act)?),
        }),*]
    };
}

const fn always<T>(_: &T) -> bool {
    true
}

/// The edges of a type: the pairs that are promised, and those that only the machines have. "" stands for every call.
fn edge_of(
    yes: &[(&str, &[&str])],
    machines: &[(&str, &[&str], &'static str)],
    publisher: &str,
    observer: &str,
) -> Edge {
    let fits = |name: &str, called: &str| name.is_empty() || name == called;
    if yes.iter().any(|(p, os)| fits(p, publisher) && os.iter().any(|o| fits(o, observer))) {
        return Yes;
    }
    let stronger = machines.iter().find(|(p, os, _)| fits(p, publisher) && os.iter().any(|o| fits(o, observer)));
    stronger.map_or(No, |&(_, _, reason)| OnMachines(reason))
}

const SLEEPERS: &str = "Both have slept, and whoever sleeps joins and leaves the queue under its lock.";
const TWO_SLEEPERS: (&str, &[&str], &str) = ("timed, gives up", &["timed, gives up"], SLEEPERS);
const LOOKS_INTO_THE_QUEUE: &str =
    "A time-out leaves a flag. So the next release looks into the queue, under its lock.";

// Lock: 0 is held, 1 is free.

const LOCK: Kind<Lock> = Kind {
    name: "Lock",
    calls: calls! { Lock:
        "acquire" [1 => 0] [1] TheResult |lock| { lock.acquire(); true };
        "try, ok" [1 => 0] [1] TheResult Lock::try_acquire;
        "try, fails" [0 => 0] [0] LookAndFlag |lock| !lock.try_acquire() || lock.release().is_err();
        "timed, ok" [1 => 0] [1] TheResult |lock| lock.acquire_timeout(A_WHILE);
        "timed, gives up" [0 => 0] [0] LookAndFlag |lock| !lock.acquire_timeout(A_WHILE) || lock.release().is_err();
        "release" [0 => 1] [0] TheResult |lock| lock.release().is_ok();
        "release, Err" [1 => 1] [1] LookAndFlag |lock| lock.release().is_err();
        "locked, true" [0 => 0] [0] LookAndFlag Lock::locked;
        "locked, false" [1 => 1] [1] LookAndFlag |lock| !lock.locked();
        "acquire after a release by the same stranger" [] [0] TheResult |lock| {
            let released = lock.release().is_ok();
            lock.acquire();
            released
        };
    },
    make: Lock::new,
    prepare: |lock, state| {
        if state == 0 {
            lock.acquire();
        }
    },
    owner: |_| Role::Publisher,
    looks: Some(|lock, state| lock.locked() == (state == 0)),
    bridge: |lock, _, to| {
        if to == 1 {
            lock.release().is_ok()
        } else {
            lock.acquire();
            true
        }
    },
    no_bridge: |_, _| None,
    edge: |publisher, observer| {
        let acquires = ["acquire", "try, ok", "timed, ok", "acquire after a release by the same stranger"];
        let observers = &["release", "acquire after a release by the same stranger"];
        let machines = [TWO_SLEEPERS, ("timed, gives up", observers, LOOKS_INTO_THE_QUEUE)];
        edge_of(&[("release", &acquires)], &machines, publisher, observer)
    },
    give_up: None,
    custom: &[],
};

// RLock: 0 is free; held by 1 the publisher, 2 the observer, 3 the third thread.

const RLOCK: Kind<RLock> = Kind {
    name: "RLock",
    calls: calls! { RLock:
        "acquire" [0 => 1] [0] TheResult |lock| { lock.acquire(); true };
        "acquire, again" [1 => 1] [2] TheResult |lock| { lock.acquire(); true };
        "try, ok" [0 => 1] [0] TheResult RLock::try_acquire;
        "try, fails" [3 => 3, 2 => 2] [1, 3] LookAndFlag |lock| !lock.try_acquire() || lock.release().is_err();
        "timed, ok" [0 => 1] [0] TheResult |lock| lock.acquire_timeout(A_WHILE);
        "timed, gives up" [3 => 3, 2 => 2] [1, 3] LookAndFlag
            |lock| !lock.acquire_timeout(A_WHILE) || lock.release().is_err();
        "release" [1 => 0] [2] TheResult |lock| lock.release().is_ok();
        "release, of an inner level" [1 => 1] [2] TheResult |lock| { lock.acquire(); lock.release().is_ok() };
        "release, Err" [0 => 0, 3 => 3, 2 => 2] [0, 1, 3] Flag |lock| lock.release().is_err();
        "locked, true" [1 => 1, 3 => 3, 2 => 2] [1, 3, 2] LookAndFlag RLock::locked;
        "locked, false" [0 => 0] [0] LookAndFlag |lock| !lock.locked();
        "is_owned, true" [1 => 1] [2] TheResult RLock::is_owned;
        "is_owned, false" [0 => 0, 3 => 3, 2 => 2] [0, 1, 3] Flag |lock| !lock.is_owned();
    },
    make: RLock::new,
    prepare: |lock, state| {
        if state != 0 {
            lock.acquire();
        }
    },
    owner: |state| [Role::Publisher, Role::Publisher, Role::Observer, Role::Third][usize::from(state)],
    looks: Some(|lock, state| lock.locked() == (state != 0)),
    bridge: |lock, _, to| {
        if to == 0 {
            lock.release().is_ok()
        } else {
            lock.acquire();
            true
        }
    },
    no_bridge: |from, to| match (from, to) {
        (0, 3) | (3, 0) => None,
        (1 | 2, _) => Some("Only the owner can release it, and what the owner does comes before that."),
        _ => Some("The observer would have to acquire it in between, and that acquire is a cell of its own."),
    },
    edge: |publisher, observer| {
        let machines = [TWO_SLEEPERS, ("timed, gives up", &["release"] as &[_], LOOKS_INTO_THE_QUEUE)];
        edge_of(&[("release", &["acquire", "try, ok", "timed, ok"])], &machines, publisher, observer)
    },
    give_up: None,
    custom: &[],
};

// Semaphore: the permits that are free.

fn change_to(now: u8, to: u8, release: impl Fn(), acquire: impl Fn()) -> bool {
    (now..to).for_each(|_| release());
    (to..now).for_each(|_| acquire());
    true
}

const ACQUIRES: [&str; 7] = [
    "acquire",
    "try, ok",
    "timed, ok",
    "acquire, beside other permits",
    "acquire_many(2)",
    "acquire_many(2), timed, ok",
    "drain",
];

const SEMAPHORE: Kind<Semaphore> = Kind {
    name: "Semaphore",
    calls: calls! { Semaphore:
        "acquire" [1 => 0, 2 => 1] [1, 2] TheResult |permits| { permits.acquire(); true };
        "try, ok" [1 => 0, 2 => 1] [1, 2] TheResult Semaphore::try_acquire;
        "try, fails" [0 => 0] [0] LookAndFlag |permits| !permits.try_acquire() || { permits.release(); false };
        "timed, ok" [1 => 0, 2 => 1] [1, 2] TheResult |permits| permits.acquire_timeout(A_WHILE);
        "timed, gives up" [0 => 0] [0] LookAndFlag
            |permits| !permits.acquire_timeout(A_WHILE) || { permits.release(); false };
        "acquire_many(2)" [2 => 0] [2] TheResult |permits| { permits.acquire_many(2); true };
        "acquire_many(2), timed, ok" [2 => 0] [2] TheResult |permits| permits.acquire_many_timeout(2, A_WHILE);
        "acquire_many(2), try, fails" [0 => 0, 1 => 1] [0, 1] LookAndFlag
            |permits| !permits.try_acquire_many(2) || { permits.release_many(2); false };
        "acquire_many(0)" [1 => 1] [0, 1] Flag |permits| { permits.acquire_many(0); true };
        "drain" [1 => 0, 2 => 0] [1, 2] TheResult |permits| permits.drain() > 0;
        "drain, none" [0 => 0] [0] LookAndFlag
            |permits| match permits.drain() { 0 => true, n => { permits.release_many(n); false } };
        "release" [0 => 1, 1 => 2] [0, 1] TheResult |permits| { permits.release(); true };
        "release_many(2)" [0 => 2] [0] TheResult |permits| { permits.release_many(2); true };
        "release_many(0)" [1 => 1] [0, 1] TheResult |permits| { permits.release_many(0); true };
        "value, none" [0 => 0] [0] LookAndFlag |permits| permits.value() == 0;
        "value, some" [1 => 1, 2 => 2] [1, 2] LookAndFlag |permits| permits.value() > 0;
        "acquire, beside other permits" [] [3] Flag |permits| { permits.acquire(); true };
    },
    make: || Semaphore::new(0),
    prepare: |permits, state| permits.release_many(state.into()),
    owner: |_| Role::Publisher,
    looks: Some(|permits, state| permits.value() == usize::from(state)),
    bridge: |permits, from, to| change_to(from, to, || permits.release(), || permits.acquire()),
    no_bridge: |_, _| None,
    edge: |publisher, observer| {
        let yes: [(_, &[_]); 2] = [("release", &ACQUIRES), ("release_many(2)", &ACQUIRES)];
        edge_of(&yes, &[TWO_SLEEPERS], publisher, observer)
    },
    give_up: None,
    custom: &[],
};

// BoundedSemaphore of 2: the permits that are free.

const BOUNDED: Kind<BoundedSemaphore> = Kind {
    name: "BoundedSemaphore",
    calls: calls! { BoundedSemaphore:
        "acquire" [1 => 0, 2 => 1] [1, 2] TheResult |permits| { permits.acquire(); true };
        "try, ok" [1 => 0, 2 => 1] [1, 2] TheResult BoundedSemaphore::try_acquire;
        "try, fails" [0 => 0] [0] LookAndFlag |permits| !permits.try_acquire() || permits.release().is_err();
        "timed, ok" [1 => 0, 2 => 1] [1, 2] TheResult |permits| permits.acquire_timeout(A_WHILE);
        "timed, gives up" [0 => 0] [0] LookAndFlag
            |permits| !permits.acquire_timeout(A_WHILE) || permits.release().is_err();
        "release" [0 => 1, 1 => 2] [0, 1] TheResult |permits| permits.release().is_ok();
        "release, Err" [2 => 2] [2] LookAndFlag |permits| permits.release().is_err();
        "release, Err beside another release" [1 => 2] [] Flag |permits| permits.release().is_err(),
            beside always, |permits| _ = permits.release();
        "release_many(2)" [0 => 2] [0] TheResult |permits| permits.release_many(2).is_ok();
        "release_many(2), Err" [1 => 1, 2 => 2] [1, 2] LookAndFlag |permits| permits.release_many(2).is_err();
        "release_many(2), Err beside a release" [0 => 1] [] Flag |permits| permits.release_many(2).is_err(),
            beside always, |permits| _ = permits.release();
        "release_many(0)" [1 => 1] [0, 1, 2] TheResult |permits| permits.release_many(0).is_ok();
        "value, none" [0 => 0] [0] LookAndFlag |permits| permits.value() == 0;
        "value, some" [1 => 1, 2 => 2] [1, 2] LookAndFlag |permits| permits.value() > 0;
    },
    make: || BoundedSemaphore::new(2),
    prepare: |permits, state| (state..2).for_each(|_| permits.acquire()),
    owner: |_| Role::Publisher,
    looks: Some(|permits, state| permits.value() == usize::from(state)),
    bridge: |permits, from, to| change_to(from, to, || permits.release().unwrap(), || permits.acquire()),
    no_bridge: |_, _| None,
    edge: |publisher, observer| {
        let yes: [(_, &[_]); 2] = [("release", &ACQUIRES), ("release_many(2)", &ACQUIRES)];
        edge_of(&yes, &[TWO_SLEEPERS], publisher, observer)
    },
    give_up: None,
    custom: &[],
};

// Event: 0 is clear, 1 is set.

const EVENT: Kind<Event> = Kind {
    name: "Event",
    calls: calls! { Event:
        "set" [0 => 1] [0] Flag |event| { event.set(); true };
        "set, again" [1 => 1] [1] Flag |event| { event.set(); true };
        "clear" [1 => 0] [1] Flag |event| { event.clear(); true };
        "clear, again" [0 => 0] [0] Flag |event| { event.clear(); true };
        "wait" [1 => 1] [1] TheResult |event| { event.wait(); true };
        "timed wait, true" [1 => 1] [1] TheResult |event| event.wait_timeout(A_WHILE);
        "timed wait, gives up" [0 => 0] [0] Flag |event| !event.wait_timeout(A_WHILE);
        "wait of no time, false" [0 => 0] [0] Flag |event| !event.wait_timeout(Duration::ZERO);
        "is_set, true" [1 => 1] [1] TheResult Event::is_set;
        "is_set, false" [0 => 0] [0] Flag |event| !event.is_set();
    },
    make: Event::new,
    prepare: |event, state| {
        if state == 1 {
            event.set();
        }
    },
    owner: |_| Role::Publisher,
    looks: None,
    bridge: |event, _, to| {
        if to == 1 {
            event.set()
        } else {
            event.clear()
        }
        true
    },
    no_bridge: |_, _| None,
    edge: |publisher, observer| {
        let seen = ["wait", "timed wait, true", "is_set, true", "clear", "clear, again"];
        let later = ["clear", "clear, again"];
        const ONE_LOAD: &str =
            "The load that finds the flag down is the one that would find it up, and that is Acquire.";
        let machines: [(_, &[_], _); 3] = [
            ("set", &["timed wait, gives up"], ONE_LOAD),
            ("set, again", &["timed wait, gives up", "wait of no time, false", "is_set, false"], ONE_LOAD),
            ("timed wait, gives up", &["timed wait, gives up"], SLEEPERS),
        ];
        edge_of(&[("set", &seen), ("set, again", &later)], &machines, publisher, observer)
    },
    give_up: None,
    custom: &[],
};

// Barrier of 2: 0 is new, with nobody waiting; 1 is broken.

const QUEUE: &str = "Every call but a look is a step under the lock of the barrier's queue.";
fn is_look(call: &str) -> bool {
    call.starts_with("n_waiting") || call.starts_with("broken")
}
const FAILS: &str = "wait, Err: broken by another while it waited";

const BARRIER: Kind<Barrier> = Kind {
    name: "Barrier",
    calls: calls! { Barrier:
        "wait, Ok" [0 => 0] [0] Flag |barrier| barrier.wait().is_ok(),
            beside always, |barrier| _ = barrier.wait();
        "wait, Err: broken by another while it waited" [0 => 1] [0] Flag |barrier| barrier.wait().is_err(),
            beside |barrier| barrier.n_waiting() == 1, Barrier::abort;
        "wait, Err: broken before" [1 => 1] [1] TheResult |barrier| barrier.wait().is_err();
        "timed wait, gives up" [0 => 1] [0] Flag |barrier| barrier.wait_timeout(A_WHILE).is_err();
        "abort" [0 => 1, 1 => 1] [0, 1] Flag |barrier| { barrier.abort(); true };
        "reset" [1 => 0, 0 => 0] [0, 1] Flag |barrier| { barrier.reset(); true };
        "n_waiting, none" [0 => 0, 1 => 1] [0, 1] LookAndFlag |barrier| barrier.n_waiting() == 0;
        "broken, true" [1 => 1] [1] LookAndFlag Barrier::broken;
        "broken, false" [0 => 0] [0] LookAndFlag |barrier| !barrier.broken();
    },
    make: || Barrier::new(2),
    prepare: |barrier, state| {
        if state == 1 {
            barrier.abort();
        }
    },
    owner: |_| Role::Publisher,
    looks: Some(|barrier, state| barrier.broken() == (state == 1)),
    bridge: |barrier, _, to| {
        if to == 1 {
            barrier.abort()
        } else {
            barrier.reset()
        }
        true
    },
    no_bridge: |_, _| None,
    edge: |publisher, observer| {
        let told: &[_] = &["wait, Err: broken before"];
        match edge_of(&[("abort", told), ("timed wait, gives up", told)], &[], publisher, observer) {
            No if [publisher, observer].iter().all(|call| !is_look(call)) => OnMachines(QUEUE),
            edge => edge,
        }
    },
    give_up: Some(Barrier::abort),
    custom: &[
        Custom {
            publisher: "abort",
            observer: "wait, Err: broken by the publisher while it waits",
            edge: Yes,
            scene: Scene::new(
                || Barrier::new(2),
                |barrier| {
                    barrier.abort();
                    true
                },
                |barrier| barrier.wait().is_err(),
            ),
        },
        Custom {
            publisher: "timed wait, gives up",
            observer: "wait, Err: broken by the publisher while it waits",
            edge: Yes,
            scene: Scene::new(
                || Barrier::new(3),
                |barrier| barrier.wait_timeout(A_WHILE).is_err(),
                |barrier| barrier.wait().is_err(),
            ),
        },
        Custom {
            publisher: "reset",
            observer: "wait, Err: broken by the publisher while it waits",
            edge: Yes,
            scene: Scene::new(
                || Barrier::new(2),
                |barrier| {
                    let waits = barrier.n_waiting() == 1;
                    if waits {
                        barrier.reset()
                    } else {
                        barrier.abort()
                    }
                    waits
                },
                |barrier| barrier.wait().is_err() && !barrier.broken(),
            ),
        },
        ARRIVES.and(
            "wait, Ok: the same round",
            Yes,
            Scene { look: None, ..ARRIVES.scene(|barrier| barrier.wait().is_ok()) },
        ),
        ARRIVES.and(
            FAILS,
            OnMachines(QUEUE),
            Scene {
                make: || Barrier::new(3),
                companion: Some((|barrier| barrier.n_waiting() == 2, Barrier::abort)),
                ..ARRIVES.scene(|barrier| barrier.wait().is_err())
            },
        ),
        ARRIVES.and(
            "wait, Err: broken before",
            OnMachines(QUEUE),
            Scene {
                look: None,
                companion: Some((|barrier| barrier.n_waiting() == 1, Barrier::abort)),
                ..ARRIVES.scene(|barrier| barrier.broken() && barrier.wait().is_err())
            },
        ),
        ARRIVES.and(
            "timed wait, gives up",
            OnMachines(QUEUE),
            Scene { make: || Barrier::new(3), ..ARRIVES.scene(|barrier| barrier.wait_timeout(A_WHILE).is_err()) },
        ),
        ARRIVES.and(
            "abort",
            OnMachines(QUEUE),
            ARRIVES.scene(|barrier| {
                barrier.abort();
                true
            }),
        ),
        ARRIVES.and(
            "reset",
            OnMachines(QUEUE),
            ARRIVES.scene(|barrier| {
                barrier.reset();
                true
            }),
        ),
        ARRIVES.and(LEAVES, OnMachines(QUEUE), ARRIVES.scene(leaves)),
        Custom {
            publisher: LEAVES,
            observer: "wait, Ok: the same round",
            edge: Yes,
            scene: Scene::new(|| Barrier::new(2), leaves, |barrier| barrier.wait().is_ok()),
        },
        after_leaving("abort", OnMachines(QUEUE), |barrier| {
            barrier.abort();
            true
        }),
        after_leaving("reset", OnMachines(QUEUE), |barrier| {
            barrier.reset();
            true
        }),
        after_leaving(LEAVES, OnMachines(QUEUE), leaves),
        after_leaving("n_waiting, none", No, |barrier| barrier.n_waiting() == 0),
        after_leaving("broken, false", No, |barrier| !barrier.broken()),
        after_leaving("parties, fewer", No, |barrier| barrier.parties() == 2),
        ARRIVES.and("n_waiting, one", No, ARRIVES.scene(|barrier| barrier.n_waiting() == 1)),
        ARRIVES.and(
            "broken, true",
            No,
            Scene {
                look: None,
                companion: Some((|barrier| barrier.n_waiting() == 1, Barrier::abort)),
                ..ARRIVES.scene(Barrier::broken)
            },
        ),
        ARRIVES.and("broken, false", No, ARRIVES.scene(|barrier| !barrier.broken())),
        ARRIVES.and(
            NOT_ENTERED,
            OnMachines(QUEUE),
            Scene { look: None, ..Scene::new(of_one, |barrier| barrier.wait().is_ok(), is_not_entered) },
        ),
        not_entered_after("wait, Ok", OnMachines(QUEUE), |barrier| barrier.wait().is_ok()),
        not_entered_after("reset", OnMachines(QUEUE), |barrier| {
            barrier.reset();
            true
        }),
        not_entered_after("n_waiting, none", No, |barrier| barrier.n_waiting() == 0),
        not_entered_after("broken, false", No, |barrier| !barrier.broken()),
        after_not_entered("wait, Ok", OnMachines(QUEUE), |barrier| barrier.wait().is_ok()),
        after_not_entered("wait, Err: broken before", OnMachines(QUEUE), |barrier| {
            barrier.abort();
            barrier.wait().is_err()
        }),
        after_not_entered("abort", OnMachines(QUEUE), |barrier| {
            barrier.abort();
            true
        }),
        after_not_entered("reset", OnMachines(QUEUE), |barrier| {
            barrier.reset();
            true
        }),
        after_not_entered("n_waiting, none", No, |barrier| barrier.n_waiting() == 0),
        after_not_entered("broken, false", No, |barrier| !barrier.broken()),
        Custom {
            publisher: NOT_ENTERED,
            observer: NOT_ENTERED,
            edge: OnMachines(QUEUE),
            scene: Scene { flag: true, companion: LEADS, ..Scene::new(of_one, is_not_entered, is_not_entered) },
        },
    ],
};

const LEAVES: &str = "a party leaves";

fn leaves(barrier: &Barrier) -> bool {
    barrier.party().leave();
    true
}

const fn after_leaving(observer: &'static str, edge: Edge, observe: fn(&Barrier) -> bool) -> Custom<Barrier> {
    let scene = Scene { flag: true, ..Scene::new(|| Barrier::new(3), leaves, observe) };
    Custom { publisher: LEAVES, observer, edge, scene }
}

/// The time was up while the action of a round of others ran. It can end so only in a barrier of one, in which no party
/// waits for others, and which nobody breaks.
const NOT_ENTERED: &str = "timed wait, gives up before it enters a round";

fn of_one() -> Barrier {
    Barrier::with_action(1, thread::yield_now)
}

fn is_not_entered(barrier: &Barrier) -> bool {
    barrier.wait_timeout(A_WHILE).is_err()
}

/// Another thread, whose action runs meanwhile.
const LEADS: Option<Beside<Barrier>> = Some((always, |barrier| _ = barrier.wait()));

const fn not_entered_after(publisher: &'static str, edge: Edge, publish: fn(&Barrier) -> bool) -> Custom<Barrier> {
    let scene = Scene { flag: true, partner: LEADS, ..Scene::new(of_one, publish, is_not_entered) };
    Custom { publisher, observer: NOT_ENTERED, edge, scene }
}

const fn after_not_entered(observer: &'static str, edge: Edge, observe: fn(&Barrier) -> bool) -> Custom<Barrier> {
    let scene = Scene { flag: true, companion: LEADS, ..Scene::new(of_one, is_not_entered, observe) };
    Custom { publisher: NOT_ENTERED, observer, edge, scene }
}

/// The publisher waits, and its call has not returned. The observer sees that somebody waits, and at last breaks the
/// barrier, so that the publisher goes on.
struct Arrives;
const ARRIVES: Arrives = Arrives;

impl Arrives {
    const fn scene(self, observe: fn(&Barrier) -> bool) -> Scene<Barrier> {
        let publish: fn(&Barrier) -> bool = |barrier| barrier.wait().is_ok();
        Scene {
            look: Some((|barrier, waiting| barrier.n_waiting() == waiting.into(), 1)),
            finally: Some(Barrier::abort),
            ..Scene::new(|| Barrier::new(2), publish, observe)
        }
    }

    const fn and(self, observer: &'static str, edge: Edge, scene: Scene<Barrier>) -> Custom<Barrier> {
        Custom { publisher: "wait, still waiting", observer, edge, scene }
    }
}

// Condition over a Lock: 0 is held, 1 is free, and nobody waits.

const TWO_QUEUES: &str =
    "The notify puts the waiter into the lock's queue, and the release takes it out, under the queue's lock.";

const CONDITION: Kind<Monitor> = Kind {
    name: "Condition over a Lock",
    calls: calls! { Monitor:
        "acquire" [1 => 0] [1] TheResult |condition| { condition.acquire(); true };
        "release" [0 => 1] [0] TheResult |condition| condition.release().is_ok();
        "timed wait, Err" [1 => 1] [1] Flag |condition| condition.wait_timeout(A_WHILE).is_err();
        "timed wait, gives up" [0 => 0] [0] Flag |condition| condition.wait_timeout(A_WHILE) == Ok(false);
        "notify, Ok(0)" [0 => 0] [0] Flag |condition| condition.notify(1) == Ok(0);
        "notify, Err" [1 => 1] [1] Flag |condition| condition.notify(1).is_err();
        "notify_all, Ok(0)" [0 => 0] [0] Flag |condition| condition.notify_all() == Ok(0);
        "notify_all, Err" [1 => 1] [1] Flag |condition| condition.notify_all().is_err();
    },
    make: Monitor::new,
    prepare: |condition, state| {
        if state == 0 {
            condition.acquire();
        }
    },
    owner: |_| Role::Publisher,
    looks: Some(|condition, state| condition.locked() == (state == 0)),
    bridge: |condition, _, to| {
        if to == 1 {
            condition.release().is_ok()
        } else {
            condition.acquire();
            true
        }
    },
    no_bridge: |_, _| None,
    edge: |publisher, observer| {
        // A wait releases the lock and acquires it again.
        let acquires: &[_] = &["acquire", "timed wait, gives up"];
        edge_of(&[("release", acquires), ("timed wait, gives up", acquires)], &[], publisher, observer)
    },
    give_up: None,
    custom: &[
        notified(
            "notify, Ok(1) by a stranger",
            "wait",
            OnMachines(TWO_QUEUES),
            by_stranger(|monitor| monitor.notify(1) == Ok(1)),
            waits,
        ),
        notified(
            "notify, Ok(1) by a stranger",
            "timed wait, true",
            OnMachines(TWO_QUEUES),
            by_stranger(|monitor| monitor.notify(1) == Ok(1)),
            waits_timed,
        ),
        notified(
            "notify_all, Ok(1) by a stranger",
            "wait",
            OnMachines(TWO_QUEUES),
            by_stranger(|monitor| monitor.notify_all() == Ok(1)),
            waits,
        ),
        notified(
            "notify_all, Ok(1) by a stranger",
            "timed wait, true",
            OnMachines(TWO_QUEUES),
            by_stranger(|monitor| monitor.notify_all() == Ok(1)),
            waits_timed,
        ),
        notified(
            "notify, Ok(1) by the holder",
            "wait",
            OnMachines(TWO_QUEUES),
            by_holder(|monitor| monitor.notify_as_holder(1)),
            waits,
        ),
        notified(
            "notify, Ok(1) by the holder",
            "timed wait, true",
            OnMachines(TWO_QUEUES),
            by_holder(|monitor| monitor.notify_as_holder(1)),
            waits_timed,
        ),
        notified(
            "notify_all, Ok(1) by the holder",
            "wait",
            OnMachines(TWO_QUEUES),
            by_holder(|monitor| monitor.notify_as_holder(usize::MAX)),
            waits,
        ),
        notified(
            "notify_all, Ok(1) by the holder",
            "timed wait, true",
            OnMachines(TWO_QUEUES),
            by_holder(|monitor| monitor.notify_as_holder(usize::MAX)),
            waits_timed,
        ),
        notified("release", "wait", Yes, RELEASES, waits),
        notified("release", "timed wait, true", Yes, RELEASES, waits_timed),
        notified("release", "wait_with", Yes, RELEASES, waits_with_a_guard),
        notified("release in the course of an `unlocked`", "unlocked", Yes, RELEASES_IN_BETWEEN, |monitor| {
            monitor.unlocked();
            true
        }),
        Custom {
            publisher: "unlocked, still unlocked",
            observer: "acquire",
            edge: Yes,
            scene: Scene {
                finally: Some(|monitor| _ = monitor.release()),
                ..Scene::new(
                    Monitor::new,
                    |monitor| {
                        monitor.unlocked();
                        true
                    },
                    Monitor::acquire_while_it_waits,
                )
            },
        },
        Custom {
            publisher: "wait_with, still waiting",
            observer: "acquire",
            edge: Yes,
            scene: Scene {
                finally: Some(|monitor| {
                    _ = monitor.notify_all();
                    _ = monitor.release();
                }),
                ..Scene::new(Monitor::new, waits_with_a_guard, |monitor| {
                    monitor.acquire();
                    monitor.is_waited_for()
                })
            },
        },
        Custom {
            publisher: "wait, still waiting",
            observer: "acquire",
            edge: Yes,
            scene: still_waiting(
                |monitor| {
                    monitor.acquire();
                    true
                },
                |monitor| {
                    _ = monitor.notify_all();
                    _ = monitor.release();
                },
            ),
        },
        Custom {
            publisher: "wait, still waiting",
            observer: "locked, false",
            edge: No,
            scene: still_waiting(
                |monitor| !monitor.locked(),
                |monitor| {
                    monitor.acquire();
                    _ = monitor.notify_all();
                    _ = monitor.release();
                },
            ),
        },
    ],
};

/// A condition, and what its users know of each other under its lock.
struct Monitor {
    condition: Condition<Lock>,
    /// The observer waits.
    waits: Untracked,
    /// The observer shall not wait, because nobody will notify.
    is_late: Untracked,
}

impl std::ops::Deref for Monitor {
    type Target = Condition<Lock>;

    fn deref(&self) -> &Condition<Lock> {
        &self.condition
    }
}

impl Monitor {
    fn new() -> Self {
        let condition = Condition::with_lock(Lock::new());
        Self { condition, waits: Untracked::new(false), is_late: Untracked::new(false) }
    }

    /// Waits, unless it is too late. True: notified.
    fn wait_with(&self, wait: impl FnOnce(&Condition<Lock>) -> Result<bool, NotHeldError>) -> bool {
        self.acquire();
        if self.is_late.load(Relaxed) {
            _ = self.release();
            return false;
        }
        self.waits.store(true, Relaxed);
        let notified = wait(self);
        if notified.is_ok() {
            _ = self.release();
        }
        notified == Ok(true)
    }

    /// Holds the lock, and lets go of it for a moment, which counts as waiting.
    fn unlocked(&self) {
        LockGuard::unlocked(&mut self.as_lock().hold(), || {
            self.waits.store(true, Relaxed);
            thread::yield_now();
            self.waits.store(false, Relaxed);
        });
    }

    /// Acquires the lock. True: it has come while the other thread waits.
    fn acquire_while_it_waits(&self) -> bool {
        self.acquire();
        self.waits.load(Relaxed)
    }

    /// Whether the observer waits. If it does not yet, it will not. By the holder of the lock.
    fn is_waited_for(&self) -> bool {
        self.is_late.store(true, Relaxed);
        self.waits.load(Relaxed)
    }

    /// Acquires the lock, notifies, and keeps the lock if it has notified the observer.
    fn notify_as_holder(&self, n: usize) -> bool {
        self.acquire();
        let notified = self.is_waited_for() && self.notify(n) == Ok(1);
        if !notified {
            _ = self.release();
        }
        notified
    }
}

fn waits_with_a_guard(monitor: &Monitor) -> bool {
    let mut guard = monitor.as_lock().hold();
    if monitor.is_late.load(Relaxed) {
        return false;
    }
    monitor.waits.store(true, Relaxed);
    monitor.condition.wait_with(&mut guard);
    true
}

fn waits_timed(monitor: &Monitor) -> bool {
    monitor.wait_with(|condition| condition.wait_timeout(A_WHILE))
}

/// The publisher has the lock and waits, and at last the observer notifies it.
const fn still_waiting(observe: fn(&Monitor) -> bool, finally: fn(&Monitor)) -> Scene<Monitor> {
    Scene {
        prepare: Some((Role::Publisher, |monitor, _| monitor.acquire(), 0)),
        finally: Some(finally),
        ..Scene::new(Monitor::new, |monitor| monitor.wait().is_ok(), observe)
    }
}

type Publishing = Scene<Monitor>;

/// The publisher notifies while a third thread holds the lock, which then notifies too and releases.
const fn by_stranger(publish: fn(&Monitor) -> bool) -> Publishing {
    let holder: fn(&Monitor) = |monitor| {
        monitor.acquire();
        if monitor.is_waited_for() {
            // The publisher may come before or after this look.
            _ = monitor.locked();
            _ = monitor.notify_all();
        }
        _ = monitor.release();
    };
    Scene { companion: Some((always, holder)), ..Scene::new(Monitor::new, publish, always) }
}

/// The publisher notifies and keeps the lock, and a stranger releases it.
const fn by_holder(publish: fn(&Monitor) -> bool) -> Publishing {
    Scene {
        bridge: Some((|monitor, _, _| monitor.release().is_ok(), 0, 1)),
        at_last: Some(|monitor| _ = monitor.release()),
        ..Scene::new(Monitor::new, publish, always)
    }
}

/// The publisher notifies and releases.
const RELEASES: Publishing = Scene::new(
    Monitor::new,
    |monitor| {
        let notified = monitor.notify_as_holder(1);
        notified && monitor.release().is_ok()
    },
    always,
);

/// The publisher acquires and releases while the observer has let go of the lock.
const RELEASES_IN_BETWEEN: Publishing = Scene::new(
    Monitor::new,
    |monitor| {
        let in_between = monitor.acquire_while_it_waits();
        monitor.release().is_ok() && in_between
    },
    always,
);

/// The observer waits and is notified. If the publisher notified it, it was selected by that.
const fn notified(
    publisher: &'static str,
    observer: &'static str,
    edge: Edge,
    publishing: Publishing,
    observe: fn(&Monitor) -> bool,
) -> Custom<Monitor> {
    Custom { publisher, observer, edge, scene: Scene { observe, flag_after: true, ..publishing } }
}

fn waits(monitor: &Monitor) -> bool {
    monitor.wait_with(|condition| condition.wait().map(|()| true))
}
/// The page, as it is in `docs/printed/edges.md`.
fn page() -> String {
    let mut page = String::from(
        "# Edges\n\n\
         Printed by `SIXFOLD_WRITE_EDGES=1 ci/loom.sh edges::the_page` from the cells of `tests/loom/edges.rs`. Rows publish, columns observe: whether what a thread\n\
         did before the call of the row happens before what another thread does after the call of the column, if the row's\n\
         call came first. Where another call must come between the two, it is a stranger's, who is not ordered after the first.\n\n\
         - **yes**: promised, and plain data is safe in every execution.\n\
         - no: not promised. A model in which the calls follow each other so has a race, and loom reports it, with the contract\n  \
         model and with the real machines.\n\
         - no (machines: yes, …): not promised, and the contract model has the race. The machines of today are stronger, and the\n  \
         number says why.\n\
         - –: the calls cannot follow each other without an edge of another cell.\n\n\
         Scoped calls are the same calls: `hold` acquires, and the drop of a guard releases. A deadline is a timeout, and a\n\
         timeout of zero is a try. With a guard of its lock a condition's calls are those of the lock's holder. A `Condition` over an `RLock` has no strangers, so the lock orders all that its calls do.\n",
    );
    LOCK.print(&mut page);
    RLOCK.print(&mut page);
    SEMAPHORE.print(&mut page);
    BOUNDED.print(&mut page);
    EVENT.print(&mut page);
    BARRIER.print(&mut page);
    CONDITION.print(&mut page);
    page
}

/// With `SIXFOLD_WRITE_EDGES` set it writes the page.
#[test]
fn the_page_of_edges_is_the_one_that_the_cells_print() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/printed/edges.md");
    let page = page();
    if std::env::var_os("SIXFOLD_WRITE_EDGES").is_some() {
        std::fs::write(path, &page).unwrap();
    }
    let there = std::fs::read_to_string(path).unwrap_or_default();
    assert!(there == page, "docs/printed/edges.md is not what the cells say: see the head of tests/loom/edges.rs");
}

#[test]
fn every_edge_of_a_lock_is_as_the_table_says() {
    LOCK.check();
}

#[test]
fn every_edge_of_an_rlock_is_as_the_table_says() {
    RLOCK.check();
}

#[test]
fn every_edge_of_a_semaphore_is_as_the_table_says() {
    SEMAPHORE.check();
}

#[test]
fn every_edge_of_a_bounded_semaphore_is_as_the_table_says() {
    BOUNDED.check();
}

#[test]
fn every_edge_of_an_event_is_as_the_table_says() {
    EVENT.check();
}

#[test]
fn every_edge_of_a_barrier_is_as_the_table_says() {
    BARRIER.check();
}

#[test]
fn every_edge_of_a_condition_is_as_the_table_says() {
    CONDITION.check();
}
