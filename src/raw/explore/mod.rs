//! The explorer: runs the transitions of a machine through every interleaving of a few threads, and checks each state.
//!
//! A state is the word, the queues, and where each thread is. One step is one access to the word, as the driver in
//! [`machine`](super::machine) makes them. A transition under a queue's lock is one step, since the lock hides the rest. A walk
//! that decides by the word is one step per sleeper, and nobody else gets the queue's lock in between.
//!
//! What the driver leaves to policy and to the clock is a free choice here: which queue a waiter joins, when an alarm rings,
//! when a time is up. A woken thread runs whenever it likes, or never. Memory is sequentially consistent: the orderings
//! are loom's part.
//!
//! `ci/explore.sh` prints the table of what was explored.

mod barrier;
mod event;
mod graph;
mod programs;

use super::machine::{Giving, Machine, Queue, Request, Shared, Then, Timer, Walk};
use super::{lock, lock::RawLock};
use crate::park::Pick;
use core::fmt::Debug;

/// At most so many threads.
const THREADS: usize = 5;

/// What a thread may do, again and again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
struct Role {
    /// It acquires so many at once, at least and at most.
    sizes: (u32, u32),
    /// Its waits may time out.
    timed: bool,
    /// It tries, too.
    tries: bool,
    /// It releases without holding anything, and does nothing else.
    stranger: bool,
    /// It waits on a condition, and notifies.
    conditions: bool,
}

const PLAIN: Role = Role { sizes: (1, 1), timed: false, tries: false, stranger: false, conditions: false };

/// Where a thread is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum At {
    /// Between two calls.
    Idle,
    /// About to acquire what it wants, or to join a queue.
    Look {
        request: Request,
        timed: bool,
    },
    Asleep {
        queue: Queue,
        request: Request,
        timed: bool,
    },
    /// In the queue of the condition.
    Waits {
        timed: bool,
    },
    /// Moved from there to the main queue.
    Moved {
        timed: bool,
    },
    /// Walks, and then does something else. `begun`: it has the queue's lock.
    Walk {
        walk: Walk,
        begun: bool,
        next: u8,
        after: After,
    },
    Release {
        n: u32,
        after: After,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum After {
    Idle,
    Asleep { queue: Queue, request: Request, timed: bool },
    Waits { timed: bool },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
struct Thread {
    at: At,
    /// So much it holds.
    holds: u32,
    /// A walk has picked it, and is not over.
    picked: bool,
    /// It was taken out of the queue before it slept.
    early: Option<Queue>,
    /// It was moved to the main queue before it slept.
    moved: bool,
    /// It will never run again.
    frozen: bool,
}

/// Threads in the order in which they came.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
struct Line {
    len: u8,
    threads: [u8; THREADS],
}

impl Line {
    fn iter(&self) -> impl Iterator<Item = usize> + '_ {
        self.threads[..self.len as usize].iter().map(|thread| *thread as usize)
    }

    fn push(&mut self, thread: usize) {
        self.threads[self.len as usize] = thread as u8;
        self.len += 1;
    }

    fn remove(&mut self, thread: usize) {
        let at = self.iter().position(|other| other == thread).expect("it is in the queue");
        self.threads.copy_within(at + 1..self.len as usize, at);
        self.len -= 1;
        self.threads[self.len as usize] = 0;
    }

    fn place(&self, thread: usize) -> Option<usize> {
        self.iter().position(|other| other == thread)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct State {
    shared: Shared,
    main: Line,
    starving: Line,
    condition: Line,
    threads: [Thread; THREADS],
}

/// What is explored.
#[derive(Clone, Copy, Debug)]
struct Program {
    name: &'static str,
    roles: &'static [Role],
    /// Permits at the start; 1 for a lock.
    permits: u32,
    most: u32,
    alarms: bool,
    /// One woken thread may stop for ever.
    freezes: bool,
}

impl Program {
    fn has_strangers(&self) -> bool {
        self.roles.iter().any(|role| role.stranger)
    }
}

/// A step: by whom, what came of it, and whether somebody has acquired something.
#[derive(Debug)]
struct Step {
    by: usize,
    to: State,
    acquired: Option<usize>,
    /// It is the thread's own doing. It need never come otherwise: a time-out, or a new call.
    is_due: bool,
}

/// A machine with what only the explorer asks of it.
trait Explored: Machine {
    /// The word of a new machine.
    fn initial(permits: u32) -> u64;
    /// Whether a pick depends on the word.
    const PICKS_BY_WORD: bool;
    /// Whether a walk passes on what its thread holds.
    const HANDS_OVER: bool;
    /// The machine's own invariants.
    fn check(program: &Program, state: &State) -> Result<(), String>;
    /// Whether something could be had for a request of `n`, by the ghost of the machine: what a try must not miss.
    fn could_serve(state: &State, n: u32) -> bool;
    /// Whether a release of what nobody holds must be refused.
    fn must_refuse(state: &State) -> bool;
}

impl State {
    fn new<M: Explored>(program: &Program) -> Self {
        let idle = Thread { at: At::Idle, holds: 0, picked: false, early: None, moved: false, frozen: false };
        Self {
            shared: Shared { word: M::initial(program.permits), side: 0 },
            main: Line::default(),
            starving: Line::default(),
            condition: Line::default(),
            threads: [idle; THREADS],
        }
    }

    fn line(&mut self, queue: Queue) -> &mut Line {
        match queue {
            Queue::Main => &mut self.main,
            Queue::Starving => &mut self.starving,
        }
    }

    fn is_locked(&self, queue: Queue) -> bool {
        let walks = |thread: &Thread| matches!(thread.at, At::Walk { walk, begun: true, .. } if walk.queue == queue);
        self.threads.iter().any(walks)
    }

    /// What a thread in a queue parks with.
    fn wants(&self, thread: usize) -> u32 {
        match self.threads[thread].at {
            At::Asleep { request, .. } | At::Walk { after: After::Asleep { request, .. }, .. } => request.n,
            _ => lock::MOVED,
        }
    }

    fn held(&self) -> u32 {
        self.threads.iter().map(|thread| thread.holds).sum()
    }

    /// The thread does `then`, and after that it is `after`.
    fn go_on(&mut self, thread: usize, then: Then, after: After) {
        self.threads[thread].at = match (then, after) {
            (Then::Walk(queue), after) => At::Walk { walk: Walk::new(queue), begun: false, next: 0, after },
            (_, After::Idle) => At::Idle,
            (_, After::Asleep { queue, request, timed }) => match self.threads[thread].early.take() {
                Some(Queue::Starving) => At::Idle,
                Some(Queue::Main) => At::Look { request: Request { woken: true, ..request }, timed },
                None => At::Asleep { queue, request, timed },
            },
            (_, After::Waits { timed }) => match self.threads[thread].early.take() {
                Some(_) => At::Look { request: Request { n: 1, woken: true }, timed: false },
                None if core::mem::take(&mut self.threads[thread].moved) => At::Moved { timed },
                None => At::Waits { timed },
            },
        };
    }

    /// A thread that a waker has taken out of `queue`.
    fn wake(&mut self, thread: usize, queue: Queue) {
        let n = self.wants(thread);
        let woken = &mut self.threads[thread];
        woken.picked = false;
        if queue == Queue::Starving {
            woken.holds += n;
        }
        match (woken.at, queue) {
            (At::Asleep { .. }, Queue::Starving) => woken.at = At::Idle,
            (At::Asleep { request, timed, .. }, Queue::Main) => {
                woken.at = At::Look { request: Request { woken: true, ..request }, timed };
            }
            (At::Waits { .. } | At::Moved { .. }, _) => {
                woken.at = At::Look { request: Request { n: 1, woken: true }, timed: false };
            }
            _ => {
                woken.moved = false;
                woken.early = Some(queue);
            }
        }
    }

    /// Every step that can come next.
    fn steps<M: Explored>(&self, program: &Program, add: &mut impl FnMut(Step)) -> Result<(), String> {
        for (by, role) in program.roles.iter().enumerate() {
            let thread = self.threads[by];
            if thread.frozen {
                continue;
            }
            match thread.at {
                At::Idle => self.begin::<M>(by, role, add)?,
                At::Look { request, timed } => {
                    if program.freezes && request.woken && self.threads.iter().all(|other| !other.frozen) {
                        let mut to = *self;
                        to.threads[by].frozen = true;
                        add(Step { by, to, acquired: None, is_due: false });
                    }
                    self.look::<M>(by, request, timed, add);
                }
                At::Asleep { queue, request, timed } => {
                    if !thread.picked && !self.is_locked(queue) {
                        if timed {
                            let step = self.time_out::<M>(by, queue, request, Timer::Deadline, timed);
                            let is_alone = queue == Queue::Main || self.starving.len == 1;
                            let mut others = *self;
                            others.line(queue).remove(by);
                            if step.acquired.is_none() && is_alone && M::could_serve(&others, request.n) {
                                return Err(format!("thread {by} gives up beside what is there"));
                            }
                            add(step);
                        }
                        if program.alarms && queue == Queue::Main {
                            add(self.time_out::<M>(by, queue, request, Timer::Alarm, timed));
                        }
                    }
                }
                At::Waits { timed } | At::Moved { timed } => {
                    let is_moved = matches!(thread.at, At::Moved { .. });
                    if timed && !thread.picked && !(is_moved && self.is_locked(Queue::Main)) {
                        let mut to = *self;
                        if is_moved {
                            to.main.remove(by)
                        } else {
                            to.condition.remove(by)
                        }
                        to.threads[by].at = At::Look { request: Request { n: 1, woken: false }, timed: false };
                        add(Step { by, to, acquired: None, is_due: false });
                    }
                }
                At::Walk { walk, begun, next, after } => self.walk::<M>(by, walk, begun, next, after, add),
                At::Release { n, after } => {
                    let mut to = *self;
                    let giving = M::give_back(self.shared.word, n, program.most);
                    if M::must_refuse(self) && giving != Giving::Refused {
                        return Err(format!("thread {by} releases what nobody holds"));
                    }
                    match giving {
                        Giving::Refused => {
                            if !program.has_strangers() {
                                return Err(format!("thread {by} may not release what it holds"));
                            }
                            to.threads[by].holds = to.threads[by].holds.saturating_sub(n);
                            to.go_on(by, Then::Nothing, after);
                        }
                        Giving::To(word, then) => {
                            to.shared.word = word;
                            to.threads[by].holds = to.threads[by].holds.saturating_sub(n);
                            to.go_on(by, then, after);
                        }
                        Giving::Walk(queue) => {
                            // It comes back here if it finds nobody.
                            debug_assert!(after == After::Idle || matches!(after, After::Waits { .. }));
                            to.go_on(by, Then::Walk(queue), after);
                        }
                    }
                    add(Step { by, to, acquired: None, is_due: true });
                }
            }
        }
        Ok(())
    }

    /// A new call.
    fn begin<M: Explored>(&self, by: usize, role: &Role, add: &mut impl FnMut(Step)) -> Result<(), String> {
        let holds = self.threads[by].holds;
        let mut to = *self;
        if role.stranger {
            to.threads[by].at = At::Release { n: 1, after: After::Idle };
            add(Step { by, to, acquired: None, is_due: false });
            return Ok(());
        }
        if holds > 0 {
            to.threads[by].at = At::Release { n: holds, after: After::Idle };
            add(Step { by, to, acquired: None, is_due: true });
            if holds > 1 {
                to.threads[by].at = At::Release { n: 1, after: After::Idle };
                add(Step { by, to, acquired: None, is_due: false });
            }
            if role.conditions {
                self.conditions(by, role, add);
            }
            return Ok(());
        }
        for n in role.sizes.0..=role.sizes.1 {
            let request = Request { n, woken: false };
            to = *self;
            to.threads[by].at = At::Look { request, timed: false };
            add(Step { by, to, acquired: None, is_due: false });
            if role.timed {
                to.threads[by].at = At::Look { request, timed: true };
                add(Step { by, to, acquired: None, is_due: false });
            }
            if role.tries {
                if M::serve(self.shared.word, request).is_none() && M::could_serve(self, n) {
                    return Err(format!("a try of thread {by} for {n} fails beside what is there"));
                }
                if let Some((word, _)) = M::serve(self.shared.word, request) {
                    to = *self;
                    to.shared.word = word;
                    to.threads[by].holds = n;
                    add(Step { by, to, acquired: Some(by), is_due: false });
                }
            }
        }
        Ok(())
    }

    /// What a holder does with the condition of its lock.
    fn conditions(&self, by: usize, role: &Role, add: &mut impl FnMut(Step)) {
        for timed in [false, true] {
            if !timed || role.timed {
                let mut to = *self;
                to.condition.push(by);
                to.threads[by].at = At::Release { n: 1, after: After::Waits { timed } };
                add(Step { by, to, acquired: None, is_due: false });
            }
        }
        if self.condition.len == 0 || self.is_locked(Queue::Main) {
            return;
        }
        for n in [1, self.condition.len] {
            let mut to = *self;
            let (shared, wake_first) = lock::requeue(to.shared);
            to.shared = shared;
            for (at, thread) in self.condition.iter().take(n as usize).enumerate() {
                to.condition.remove(thread);
                if at == 0 && wake_first {
                    to.wake(thread, Queue::Main);
                } else {
                    to.main.push(thread);
                    match to.threads[thread].at {
                        At::Waits { timed } => to.threads[thread].at = At::Moved { timed },
                        _ => to.threads[thread].moved = true,
                    }
                }
            }
            add(Step { by, to, acquired: None, is_due: false });
        }
    }

    fn look<M: Explored>(&self, by: usize, request: Request, timed: bool, add: &mut impl FnMut(Step)) {
        if let Some((word, then)) = M::serve(self.shared.word, request) {
            let mut to = *self;
            to.shared.word = word;
            to.threads[by].holds += request.n;
            to.go_on(by, then, After::Idle);
            add(Step { by, to, acquired: Some(by), is_due: true });
            return;
        }
        for queue in [Queue::Main, Queue::Starving] {
            if !self.is_locked(queue) {
                let mut to = *self;
                let change = M::join(self.shared, queue, request);
                assert!(!change.served, "what cannot be served cannot be served under the queue's lock");
                to.shared = change.shared;
                to.line(queue).push(by);
                let request = Request { woken: false, ..request };
                to.go_on(by, change.then, After::Asleep { queue, request, timed });
                add(Step { by, to, acquired: None, is_due: true });
            }
        }
    }

    fn time_out<M: Explored>(&self, by: usize, queue: Queue, request: Request, timer: Timer, timed: bool) -> Step {
        let mut to = *self;
        to.line(queue).remove(by);
        let last = to.line(queue).len == 0;
        let change = M::time_out(self.shared, queue, request.n, last, timer);
        to.shared = change.shared;
        if change.served {
            to.threads[by].holds += request.n;
        }
        if !change.served && timer == Timer::Alarm {
            assert_eq!(change.then, Then::Nothing, "an alarm leaves nothing to do");
            to.threads[by].at = At::Look { request, timed };
        } else {
            to.go_on(by, change.then, After::Idle);
        }
        Step { by, to, acquired: change.served.then_some(by), is_due: timer == Timer::Alarm }
    }

    fn walk<M: Explored>(
        &self,
        by: usize,
        mut walk: Walk,
        begun: bool,
        mut next: u8,
        after: After,
        add: &mut impl FnMut(Step),
    ) {
        let queue = walk.queue;
        if !begun && self.is_locked(queue) {
            return;
        }
        let mut to = *self;
        while let Some(sleeper) = self.sleeper(queue, next as usize) {
            let (walked, shared, pick) = M::pick(walk, to.shared, self.wants(sleeper));
            (walk, to.shared) = (walked, shared);
            if pick == Pick::Stop {
                break;
            }
            to.threads[sleeper].picked = pick == Pick::Wake;
            next += 1;
            if M::PICKS_BY_WORD {
                to.threads[by].at = At::Walk { walk, begun: true, next, after };
                add(Step { by, to, acquired: None, is_due: true });
                return;
            }
        }
        let line = *to.line(queue);
        let picked: Vec<_> = line.iter().filter(|thread| to.threads[*thread].picked).collect();
        let more = to.line(queue).len as usize > picked.len();
        let change = M::walked(walk, to.shared, more);
        to.shared = change.shared;
        let mut acquired = None;
        for &thread in &picked {
            to.line(queue).remove(thread);
            to.wake(thread, queue);
            if queue == Queue::Starving {
                acquired = Some(thread);
            }
        }
        if change.served && M::HANDS_OVER {
            to.threads[by].holds = to.threads[by].holds.saturating_sub(1);
        }
        match (change.then, after) {
            (Then::Again, after) => to.threads[by].at = At::Release { n: 1, after },
            (then, after) => to.go_on(by, then, after),
        }
        add(Step { by, to, acquired, is_due: true });
    }

    fn sleeper(&self, queue: Queue, place: usize) -> Option<usize> {
        match queue {
            Queue::Main => self.main.iter().nth(place),
            Queue::Starving => self.starving.iter().nth(place),
        }
    }

    /// The same state with the threads of a role in a fixed order: they are alike.
    fn in_order(&self, program: &Program) -> Self {
        let n = program.roles.len();
        let mut order: Vec<usize> = (0..n).collect();
        let places = |thread: usize| [self.main, self.starving, self.condition].map(|line| line.place(thread));
        order.sort_by_key(|&thread| (program.roles[thread], self.threads[thread], places(thread), thread));
        // Roles stand in the program in some order, and each keeps its places.
        let mut by_role: Vec<usize> = (0..n).collect();
        by_role.sort_by_key(|&thread| (program.roles[thread], thread));
        let mut name = [0; THREADS];
        let mut to = *self;
        for (&from, &place) in order.iter().zip(&by_role) {
            name[from] = place as u8;
            to.threads[place] = self.threads[from];
        }
        for line in [&mut to.main, &mut to.starving, &mut to.condition] {
            for thread in &mut line.threads[..line.len as usize] {
                *thread = name[*thread as usize];
            }
        }
        to
    }
}

impl Explored for RawLock {
    const PICKS_BY_WORD: bool = false;
    const HANDS_OVER: bool = true;

    fn initial(_: u32) -> u64 {
        0
    }

    fn check(program: &Program, state: &State) -> Result<(), String> {
        use lock::{HANDOFF, LOCKED, WAKE};
        let has = |flag: u8| state.shared.word & u64::from(flag) != 0;
        let held = state.held();
        if !program.has_strangers() && held != u32::from(has(LOCKED)) {
            return Err(format!("{held} holders"));
        }
        if !has(LOCKED) && state.shared.word != 0 {
            return Err("L1: free, and the word is not 0".into());
        }
        if has(HANDOFF) != (state.starving.len > 0) {
            return Err("L2: HANDOFF does not match the starving queue".into());
        }
        let duties = (state.threads.iter()).filter(|thread| match (thread.at, thread.early) {
            (At::Look { request, .. }, _) => request.woken,
            (At::Walk { walk, .. }, None) => walk.queue == Queue::Main,
            (_, early) => early == Some(Queue::Main),
        });
        let is_seen_to = has(WAKE) || duties.count() > 0;
        if state.main.len > 0 && !is_seen_to {
            return Err("L3: nobody sees to the sleepers".into());
        }
        if state.shared.side == 1 && !is_seen_to {
            return Err("L4: side, and nobody has the duty".into());
        }
        Ok(())
    }

    fn could_serve(state: &State, _: u32) -> bool {
        state.held() == 0 && state.starving.len == 0
    }

    fn must_refuse(state: &State) -> bool {
        state.shared.word == 0
    }
}

impl Explored for super::permits::Permits {
    const PICKS_BY_WORD: bool = true;
    const HANDS_OVER: bool = false;

    fn initial(permits: u32) -> u64 {
        u64::from(permits) << 16
    }

    fn check(program: &Program, state: &State) -> Result<(), String> {
        use super::permits::{PARKED, available, count, owed, woken};
        let word = state.shared.word;
        let total = count(word) + u64::from(state.held());
        if !program.has_strangers() && total != u64::from(program.permits) {
            return Err(format!("there are {total} permits"));
        }
        if (word & PARKED != 0) != (state.main.len > 0) {
            return Err("P1: PARKED does not match the main queue".into());
        }
        let walks = |thread: &Thread| matches!(thread.at, At::Walk { .. });
        if !state.is_locked(Queue::Starving) && (owed(word) != 0) != (state.starving.len > 0) {
            return Err("P2: OWED does not match the starving queue".into());
        }
        let on_their_way = (state.threads.iter().enumerate()).filter(|(index, thread)| match thread.at {
            At::Look { request, .. } => request.woken,
            _ => thread.early == Some(Queue::Main) || thread.picked && state.main.place(*index).is_some(),
        });
        let on_their_way = on_their_way.count() as u64;
        if woken(word) != on_their_way {
            return Err(format!("P3: {on_their_way} are on their way"));
        }
        if !state.threads.iter().any(walks) {
            let fits = |thread| u64::from(state.wants(thread)) + woken(word) <= available(word);
            if state.main.iter().any(fits) {
                return Err("P4: a sleeper could be served".into());
            }
            let first = state.starving.iter().next();
            if first.is_some_and(|first| u64::from(state.wants(first)) <= count(word)) {
                return Err("P4: the first of the starving could be served".into());
            }
        }
        Ok(())
    }

    fn could_serve(state: &State, n: u32) -> bool {
        use super::permits::count;
        // What gathers for the first of the starving queue, or for one that has just left it, is not for others.
        let is_left = state
            .threads
            .iter()
            .any(|thread| matches!(thread.at, At::Walk { walk, .. } if walk.queue == Queue::Starving));
        let gathers = state.starving.iter().next().map_or(0, |first| state.wants(first));
        !is_left && count(state.shared.word) >= u64::from(gathers + n)
    }

    fn must_refuse(_: &State) -> bool {
        false
    }
}
