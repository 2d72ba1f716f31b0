//! Programs: their text, how they are made, which of them are safe to run, and how they look as code.
//!
//! The text of a program is its objects, and then the calls of each thread: `S0,E/0r 1a/0a 1s` is a semaphore without a
//! permit and an event; one thread releases the semaphore and waits for the event, the other acquires and sets. The first
//! thread is the main thread of the model. Objects:
//!
//! ```text
//!   L, R, C, D    Lock, RLock, Condition over a Lock, Condition over an RLock; with `!` the main thread holds it first
//!   S2            Semaphore with 2 permits
//!   B2.1          BoundedSemaphore of 2, the main thread holds 1
//!   E, E!         Event, and one that is set
//!   P2            Barrier of 2 parties
//!   F             a flag that is stored and loaded Relaxed: by it a thread knows of another without any order
//! ```
//!
//! At the end of its calls a thread gives back what it still holds. Then the main thread gives back what it held first,
//! releases as many permits as the others may wait for, notifies, sets, and aborts. So no program waits for ever, if it is
//! [safe](Program::is_safe).

use std::fmt::{self, Write};

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Object {
    Lock { held: bool },
    RLock { held: bool },
    Condition { held: bool },
    ConditionRLock { held: bool },
    Semaphore { permits: u8 },
    Bounded { bound: u8, taken: u8 },
    Event { set: bool },
    Barrier { parties: u8 },
    Flag,
}
use Object::*;

/// What a thread does with an object.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Op {
    // Locks, conditions, semaphores.
    Acquire,
    Try,
    Timed,
    Zero,
    /// By the thread that has acquired it by hand; otherwise it does nothing.
    Release,
    /// By whoever.
    Stray,
    ReleaseMany(u8),
    AcquireMany(u8),
    TryMany(u8),
    TimedMany(u8),
    /// As many as there are, but not more than so many.
    Reduce(u8),
    Drain,
    Hold,
    HoldMany(u8),
    TryHold,
    HoldTimed,
    /// A guard of the condition's lock. While it is the last one, the thread waits and notifies with it.
    HoldLock,
    /// Lets go of the last guard, which is one of a `Lock`, for a moment.
    Unlocked,
    /// Drops the last guard, if the thread has one.
    Drop,
    Look,
    IsOwned,
    // Conditions. A thread waits only if it has acquired or holds the lock.
    Wait,
    WaitTimed,
    WaitZero,
    Notify(u8),
    NotifyAll,
    // Events and barriers: `Acquire`, `Timed` and `Zero` are their waits.
    Set,
    Clear,
    Abort,
    Reset,
    Count,
    /// Claims a party, and leaves.
    Leave,
}

const LETTERS: [(char, Op); 32] = [
    ('a', Op::Acquire),
    ('t', Op::Try),
    ('w', Op::Timed),
    ('z', Op::Zero),
    ('r', Op::Release),
    ('x', Op::Stray),
    ('m', Op::ReleaseMany(0)),
    ('A', Op::AcquireMany(0)),
    ('T', Op::TryMany(0)),
    ('M', Op::TimedMany(0)),
    ('R', Op::Reduce(0)),
    ('D', Op::Drain),
    ('h', Op::Hold),
    ('H', Op::HoldMany(0)),
    ('k', Op::TryHold),
    ('g', Op::HoldTimed),
    ('p', Op::HoldLock),
    ('u', Op::Unlocked),
    ('d', Op::Drop),
    ('l', Op::Look),
    ('o', Op::IsOwned),
    ('W', Op::Wait),
    ('V', Op::WaitTimed),
    ('Z', Op::WaitZero),
    ('n', Op::Notify(0)),
    ('N', Op::NotifyAll),
    ('s', Op::Set),
    ('c', Op::Clear),
    ('b', Op::Abort),
    ('e', Op::Reset),
    ('q', Op::Count),
    ('v', Op::Leave),
];

impl Op {
    fn letter(self) -> char {
        let same = |op: Op| std::mem::discriminant(&op) == std::mem::discriminant(&self);
        LETTERS.iter().find(|(_, op)| same(*op)).expect("each has one").0
    }

    /// How many levels or permits a thread may have by hand after it.
    fn opens_by_hand(self) -> usize {
        match self {
            Op::Acquire | Op::Try | Op::Timed | Op::Zero => 1,
            Op::AcquireMany(n) | Op::TryMany(n) | Op::TimedMany(n) | Op::Reduce(n) => n.into(),
            Op::Drain => u8::MAX.into(),
            _ => 0,
        }
    }

    fn opens_a_guard(self) -> bool {
        matches!(self, Op::Hold | Op::HoldMany(_) | Op::TryHold | Op::HoldTimed | Op::HoldLock)
    }

    /// Waits for as long as it takes, to acquire.
    fn is_acquire(self) -> bool {
        matches!(self, Op::Acquire | Op::AcquireMany(_) | Op::Hold | Op::HoldMany(_) | Op::HoldLock)
    }

    /// How many permits it may take.
    fn takes(self) -> usize {
        match self {
            Op::Hold | Op::TryHold | Op::HoldTimed => 1,
            Op::HoldMany(n) => n.into(),
            op => op.opens_by_hand(),
        }
    }

    fn with_number(self, n: u8) -> Self {
        match self {
            Op::ReleaseMany(_) => Op::ReleaseMany(n),
            Op::AcquireMany(_) => Op::AcquireMany(n),
            Op::TryMany(_) => Op::TryMany(n),
            Op::TimedMany(_) => Op::TimedMany(n),
            Op::HoldMany(_) => Op::HoldMany(n),
            Op::Reduce(_) => Op::Reduce(n),
            Op::Notify(_) => Op::Notify(n),
            op => op,
        }
    }

    fn number(self) -> Option<u8> {
        match self {
            Op::ReleaseMany(n)
            | Op::AcquireMany(n)
            | Op::TryMany(n)
            | Op::TimedMany(n)
            | Op::HoldMany(n)
            | Op::Reduce(n)
            | Op::Notify(n) => Some(n),
            _ => None,
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Call {
    pub object: usize,
    pub op: Op,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Program {
    pub objects: Vec<Object>,
    pub threads: Vec<Vec<Call>>,
}

impl fmt::Display for Object {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mark = |mark: bool| if mark { "!" } else { "" };
        match *self {
            Lock { held } => write!(f, "L{}", mark(held)),
            RLock { held } => write!(f, "R{}", mark(held)),
            Condition { held } => write!(f, "C{}", mark(held)),
            ConditionRLock { held } => write!(f, "D{}", mark(held)),
            Semaphore { permits } => write!(f, "S{permits}"),
            Bounded { bound, taken } => write!(f, "B{bound}.{taken}"),
            Event { set } => write!(f, "E{}", mark(set)),
            Barrier { parties } => write!(f, "P{parties}"),
            Flag => write!(f, "F"),
        }
    }
}

impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.object, self.op.letter())?;
        self.op.number().map_or(Ok(()), |n| write!(f, "{n}"))
    }
}

impl fmt::Display for Program {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |f: &mut fmt::Formatter<'_>, separator: &str, items: &[&dyn fmt::Display]| {
            for (n, item) in items.iter().enumerate() {
                write!(f, "{}{item}", if n > 0 { separator } else { "" })?;
            }
            Ok(())
        };
        list(f, ",", &self.objects.iter().map(|object| object as &dyn fmt::Display).collect::<Vec<_>>())?;
        for thread in &self.threads {
            f.write_str("/")?;
            list(f, " ", &thread.iter().map(|call| call as &dyn fmt::Display).collect::<Vec<_>>())?;
        }
        Ok(())
    }
}

impl Program {
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let mut parts = text.split('/');
        let objects = parts.next().unwrap_or_default().split(',').map(parse_object).collect::<Option<Vec<_>>>();
        let objects = objects.ok_or("no such object")?;
        let parse_thread = |part: &str| part.split_whitespace().map(parse_call).collect::<Option<Vec<_>>>();
        let threads = parts.map(parse_thread).collect::<Option<Vec<_>>>().ok_or("no such call")?;
        let program = Self { objects, threads };
        let fits = |call: &Call| program.objects.get(call.object).is_some_and(|object| object.has(call.op));
        if !program.threads.iter().flatten().all(fits) {
            return Err("an object has no such call");
        }
        Ok(program)
    }
}

fn parse_object(text: &str) -> Option<Object> {
    let (kind, rest) = text.split_at_checked(1)?;
    let (held, set) = (rest == "!", rest == "!");
    Some(match kind {
        "L" => Lock { held },
        "R" => RLock { held },
        "C" => Condition { held },
        "D" => ConditionRLock { held },
        "S" => Semaphore { permits: rest.parse().ok()? },
        "B" => {
            let (bound, taken) = rest.split_once('.')?;
            Bounded { bound: bound.parse().ok()?, taken: taken.parse().ok()? }
        }
        "E" => Event { set },
        "P" => Barrier { parties: rest.parse().ok()? },
        "F" => Flag,
        _ => return None,
    })
}

fn parse_call(text: &str) -> Option<Call> {
    let letter = text.find(|c: char| !c.is_ascii_digit())?;
    let (object, rest) = text.split_at(letter);
    let op = LETTERS.iter().find(|(letter, _)| rest.starts_with(*letter))?.1;
    let op = if op.number().is_some() { op.with_number(rest[1..].parse().ok()?) } else { op };
    Some(Call { object: object.parse().ok()?, op })
}

const BY_HAND: [Op; 10] =
    [Op::Acquire, Op::Try, Op::Timed, Op::Zero, Op::Release, Op::Hold, Op::TryHold, Op::HoldTimed, Op::Drop, Op::Look];

impl Object {
    /// The calls that it has, the frequent ones more than once.
    fn calls(self) -> Vec<Op> {
        let more: &[Op] = match self {
            Lock { .. } => &[Op::Stray, Op::Stray, Op::Release, Op::Unlocked],
            RLock { .. } => &[Op::Stray, Op::IsOwned, Op::Acquire, Op::Release],
            Condition { .. } | ConditionRLock { .. } => &[
                Op::Acquire,
                Op::Hold,
                Op::HoldLock,
                Op::HoldLock,
                Op::Wait,
                Op::Wait,
                Op::WaitTimed,
                Op::WaitTimed,
                Op::WaitZero,
            ],
            Semaphore { .. } => &[
                Op::Stray,
                Op::Stray,
                Op::ReleaseMany(2),
                Op::ReleaseMany(0),
                Op::ReleaseMany(3),
                Op::AcquireMany(2),
                Op::TryMany(2),
                Op::TimedMany(2),
                Op::TimedMany(3),
                Op::HoldMany(2),
                Op::Reduce(2),
                Op::Drain,
            ],
            Bounded { bound, .. } => {
                let many = [Op::AcquireMany, Op::TryMany, Op::TimedMany, Op::HoldMany].map(|op| op(bound));
                return [&BY_HAND[..], &[Op::Stray, Op::Stray, Op::ReleaseMany(2)], &many].concat();
            }
            Flag => return vec![Op::Set, Op::Look],
            Event { .. } => {
                return vec![
                    Op::Acquire,
                    Op::Timed,
                    Op::Zero,
                    Op::Set,
                    Op::Set,
                    Op::Set,
                    Op::Clear,
                    Op::Clear,
                    Op::Look,
                ];
            }
            Barrier { .. } => {
                let waits = [Op::Acquire, Op::Acquire, Op::Acquire, Op::Timed, Op::Timed, Op::Zero];
                return [&waits[..], &[Op::Abort, Op::Reset, Op::Count, Op::Look, Op::Leave, Op::Leave]].concat();
            }
        };
        let mut calls = [&BY_HAND[..], more].concat();
        match self {
            Condition { .. } => {
                calls.extend([Op::Stray, Op::Notify(1), Op::Notify(1), Op::Notify(2), Op::NotifyAll, Op::Unlocked]);
            }
            ConditionRLock { .. } => calls.extend([Op::Notify(1), Op::Notify(2), Op::NotifyAll]),
            _ => {}
        }
        calls
    }

    fn has(self, op: Op) -> bool {
        let same = |other: &Op| std::mem::discriminant(other) == std::mem::discriminant(&op);
        self.calls().iter().any(same)
    }

    /// Whether who acquires it must give it back, so that others get on.
    fn is_exclusive(self) -> bool {
        !matches!(self, Semaphore { .. } | Event { .. } | Barrier { .. } | Flag)
    }

    pub fn main_holds(self) -> bool {
        match self {
            Lock { held } | RLock { held } | Condition { held } | ConditionRLock { held } => held,
            Bounded { taken, .. } => taken > 0,
            _ => false,
        }
    }
}

impl Program {
    /// Whether a thread makes a call that waits for something that the main thread brings at last.
    pub fn waits_for_the_end(&self, thread: usize) -> bool {
        let waits =
            |call: &Call| call.op == Op::Acquire && matches!(self.objects[call.object], Event { .. } | Barrier { .. });
        self.threads[thread].iter().any(waits)
    }

    fn calls_of(&self, object: usize) -> impl Iterator<Item = Op> {
        self.threads.iter().flatten().filter(move |call| call.object == object).map(|call| call.op)
    }

    /// How many permits of a semaphore are enough for all who wait, whoever else takes some.
    #[cfg_attr(not(loom), expect(dead_code))]
    pub fn permits_for_all(&self, object: usize) -> usize {
        let takes: usize = self.calls_of(object).map(Op::takes).sum();
        if self.calls_of(object).any(Op::is_acquire) { takes } else { 0 }
    }

    /// Whether it ends, whoever is faster, and loom can explore it.
    pub fn is_safe(&self) -> bool {
        if self.threads.len() < 2 {
            return false;
        }
        let waits =
            |object: usize| self.threads.iter().flatten().any(|call| call.object == object && call.op == Op::Wait);
        // Whoever drains takes what others wait for; and a barrier has no more parties that could leave.
        let starves = |object: usize| {
            let drains = self.calls_of(object).any(|op| op == Op::Drain);
            matches!(self.objects[object], Semaphore { .. }) && drains && self.calls_of(object).any(Op::is_acquire)
        };
        let leaves = |object: usize| self.calls_of(object).filter(|op| *op == Op::Leave).count();
        let too_many_leave = |object: usize| match self.objects[object] {
            Barrier { parties } => leaves(object) > parties.into(),
            _ => false,
        };
        if (0..self.objects.len()).any(|object| starves(object) || too_many_leave(object)) {
            return false;
        }
        // With a guard of its lock it is no error, but a panic, if a stranger has released it.
        let is_lent = |object: usize| self.calls_of(object).any(|op| matches!(op, Op::HoldLock | Op::Unlocked));
        for (number, thread) in self.threads.iter().enumerate() {
            let mut by_hand = vec![0_usize; self.objects.len()];
            let mut guards = by_hand.clone();
            for call in thread {
                let object = self.objects[call.object];
                // What it holds beside this object, or of this object.
                let others = (0..self.objects.len()).any(|n| n != call.object && by_hand[n] + guards[n] > 0);
                let this = by_hand[call.object] + guards[call.object] > 0;
                let is_nested = matches!(object, RLock { .. } | ConditionRLock { .. });
                let blocks = match call.op {
                    op if op.is_acquire() => {
                        others
                            || object.is_exclusive() && this && !is_nested
                            || number == 0 && (!object.is_exclusive() || object.main_holds() && !is_nested)
                    }
                    Op::Wait => number == 0 || others || !this,
                    // A timed wait acquires the lock again.
                    Op::WaitTimed | Op::WaitZero | Op::Unlocked => {
                        others || !this || number == 0 && object.main_holds()
                    }
                    // The end of the model is before that.
                    Op::Clear | Op::Reset => self.waits_for_the_end(number),
                    // The order of who waits and who notifies at last is kept by the lock.
                    Op::Stray => waits(call.object) || is_lent(call.object),
                    // Loom may not try a store before a load of another thread, if the storing thread has loaded before.
                    Op::Look if object == Flag => thread.contains(&Call { object: call.object, op: Op::Set }),
                    _ => false,
                };
                if blocks {
                    return false;
                }
                if object.is_exclusive() {
                    by_hand[call.object] += call.op.opens_by_hand();
                    guards[call.object] += usize::from(call.op.opens_a_guard());
                    match call.op {
                        Op::Release => by_hand[call.object] = by_hand[call.object].saturating_sub(1),
                        Op::Drop => guards[call.object] = guards[call.object].saturating_sub(1),
                        _ => {}
                    }
                }
            }
        }
        true
    }

    /// The program of a seed: always the same.
    pub fn random(seed: u64) -> Self {
        let mut random = Random(seed.wrapping_mul(0x2545_f491_4f6c_dd1d) ^ 0x5851_f42d);
        loop {
            let mut objects = vec![random.object()];
            match random.below(8) {
                0 | 1 => objects.push(Flag),
                2 => objects.push(random.object()),
                _ => {}
            }
            let threads = random.pick(&[2, 2, 2, 3]);
            let most = if threads == 2 { 4 } else { 3 };
            let mut program = Self { objects, threads: vec![Vec::new(); threads] };
            for number in 0..threads {
                let calls = 1 + random.below(most);
                for _ in 0..calls * 4 {
                    if program.threads[number].len() == calls {
                        break;
                    }
                    let object = random.below(program.objects.len());
                    let op = random.pick(&program.objects[object].calls());
                    program.threads[number].push(Call { object, op });
                    if !program.is_safe() || !program.makes_sense(number) {
                        program.threads[number].pop();
                    }
                }
            }
            if program.is_shared() {
                assert_eq!(Self::parse(&program.to_string()).as_ref(), Ok(&program), "its text is not the program");
                return program;
            }
        }
    }

    /// Whether the last call of a thread does something: it gives back only what the thread may have.
    fn makes_sense(&self, thread: usize) -> bool {
        let calls = &self.threads[thread];
        let Some(Call { object, op }) = calls.last() else { return true };
        let count = |kind: fn(Op) -> bool| calls.iter().filter(|call| call.object == *object && kind(call.op)).count();
        match op {
            Op::Release => count(|op| op.opens_by_hand() > 0) >= count(|op| op == Op::Release),
            Op::Drop => count(Op::opens_a_guard) >= count(|op| op == Op::Drop),
            Op::Unlocked => count(Op::opens_a_guard) > count(|op| op == Op::Drop),
            _ => true,
        }
    }

    /// Whether every object is used by two threads, and some thread does more than look.
    fn is_shared(&self) -> bool {
        let used = |object: usize| {
            let uses = |thread: &&Vec<Call>| thread.iter().any(|call| call.object == object);
            self.threads.iter().filter(uses).count() > 1
        };
        let is_look = |op| matches!(op, Op::Look | Op::IsOwned | Op::Count);
        let changed =
            |object: usize| self.threads.iter().flatten().any(|call| call.object == object && !is_look(call.op));
        let looked_at = |object: usize| {
            let looks = |call: &Call| call.object == object && call.op == Op::Look;
            self.objects[object] != Flag || self.threads.iter().flatten().any(looks)
        };
        (0..self.objects.len()).all(|object| used(object) && changed(object) && looked_at(object))
            && self.threads.iter().all(|thread| !thread.is_empty())
    }

    /// Programs that are a little smaller, and safe.
    pub fn smaller(&self) -> Vec<Self> {
        let mut smaller = Vec::new();
        let mut add = |program: Self| {
            if program.is_safe() {
                smaller.push(program);
            }
        };
        for number in 1..self.threads.len() {
            let mut program = self.clone();
            program.threads.remove(number);
            add(program);
        }
        for object in 0..self.objects.len() {
            if self.objects.len() > 1 {
                let mut program = self.clone();
                program.objects.remove(object);
                for thread in &mut program.threads {
                    thread.retain(|call| call.object != object);
                    for call in thread {
                        call.object -= usize::from(call.object > object);
                    }
                }
                add(program);
            }
        }
        for number in 0..self.threads.len() {
            for call in 0..self.threads[number].len() {
                let mut program = self.clone();
                program.threads[number].remove(call);
                add(program);
                let Call { object, op } = self.threads[number][call];
                let simpler = match op {
                    Op::ReleaseMany(n @ 2..) => Op::ReleaseMany(n - 1),
                    Op::ReleaseMany(1) => Op::Stray,
                    Op::Notify(n @ 2..) => Op::Notify(n - 1),
                    Op::NotifyAll => Op::Notify(1),
                    Op::AcquireMany(1) | Op::Hold => Op::Acquire,
                    Op::TryMany(1) | Op::Reduce(1) => Op::Try,
                    Op::TimedMany(1) => Op::Timed,
                    Op::HoldMany(1) | Op::HoldLock => Op::Hold,
                    Op::AcquireMany(n @ 2..) => Op::AcquireMany(n - 1),
                    Op::TryMany(n @ 2..) => Op::TryMany(n - 1),
                    Op::TimedMany(n @ 2..) => Op::TimedMany(n - 1),
                    Op::HoldMany(n @ 2..) => Op::HoldMany(n - 1),
                    Op::Reduce(n @ 2..) => Op::Reduce(n - 1),
                    Op::TryHold | Op::Zero => Op::Try,
                    Op::HoldTimed => Op::Timed,
                    _ => continue,
                };
                if self.objects[object].has(simpler) {
                    let mut program = self.clone();
                    program.threads[number][call].op = simpler;
                    add(program);
                }
            }
        }
        for object in 0..self.objects.len() {
            let simpler = match self.objects[object] {
                Lock { held: true } => Lock { held: false },
                RLock { held: true } => RLock { held: false },
                Condition { held: true } => Condition { held: false },
                ConditionRLock { held: true } => ConditionRLock { held: false },
                Semaphore { permits: permits @ 1.. } => Semaphore { permits: permits - 1 },
                Bounded { bound, taken: taken @ 1.. } => Bounded { bound, taken: taken - 1 },
                Bounded { bound: bound @ 2.., taken: 0 } => Bounded { bound: bound - 1, taken: 0 },
                Event { set: true } => Event { set: false },
                Barrier { parties: parties @ 2.. } => Barrier { parties: parties - 1 },
                _ => continue,
            };
            let mut program = self.clone();
            program.objects[object] = simpler;
            add(program);
        }
        smaller
    }
}

/// splitmix64.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, n: usize) -> usize {
        (self.next() % n as u64) as usize
    }

    fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len())]
    }

    fn object(&mut self) -> Object {
        let held = self.below(3) == 0;
        match self.below(8) {
            0 => Lock { held },
            1 => RLock { held },
            2 => Condition { held },
            3 => ConditionRLock { held },
            4 => Semaphore { permits: self.pick(&[0, 0, 1, 1, 2]) },
            5 => self.pick(&[(1, 0), (1, 1), (2, 0), (2, 1), (2, 2)]).into(),
            6 => Event { set: held },
            _ => Barrier { parties: self.pick(&[1, 2, 2, 2, 3]) },
        }
    }
}

impl From<(u8, u8)> for Object {
    fn from((bound, taken): (u8, u8)) -> Self {
        Bounded { bound, taken }
    }
}

impl Program {
    /// As code, nearly.
    pub fn to_code(&self) -> String {
        let mut code = String::new();
        for (n, object) in self.objects.iter().enumerate() {
            let (made, first) = match object {
                Lock { .. } => ("Lock::new()".into(), "acquire()".into()),
                RLock { .. } => ("RLock::new()".into(), "acquire()".into()),
                Condition { .. } => ("Condition::with_lock(Lock::new())".into(), "acquire()".into()),
                ConditionRLock { .. } => ("Condition::new()".into(), "acquire()".into()),
                Semaphore { permits } => (format!("Semaphore::new({permits})"), String::new()),
                Bounded { bound, taken } => {
                    (format!("BoundedSemaphore::new({bound})"), format!("acquire() // × {taken}"))
                }
                Event { .. } => ("Event::new()".into(), "set()".into()),
                Barrier { parties } => (format!("Barrier::new({parties})"), String::new()),
                Flag => ("AtomicBool::new(false)".into(), String::new()),
            };
            writeln!(code, "let o{n} = {made};").unwrap();
            if object.main_holds() || *object == (Event { set: true }) {
                writeln!(code, "o{n}.{first};").unwrap();
            }
        }
        for (number, thread) in self.threads.iter().enumerate().rev() {
            if number > 0 {
                code.push_str("thread::spawn(|| {\n");
            }
            for call in thread {
                let indent = if number > 0 { "    " } else { "" };
                writeln!(code, "{indent}{}", self.call_as_code(*call)).unwrap();
            }
            if number > 0 {
                code.push_str("});\n");
            }
        }
        code.push_str("// Then all that is missing is given back, and the threads end.\n");
        code
    }

    fn call_as_code(&self, Call { object, op }: Call) -> String {
        let o = format!("o{object}");
        if self.objects[object] == Flag {
            return if op == Op::Set { format!("{o}.store(true, Relaxed)") } else { format!("{o}.load(Relaxed)") };
        }
        let waits = matches!(self.objects[object], Event { .. } | Barrier { .. });
        match op {
            Op::Acquire if waits => format!("{o}.wait()"),
            Op::Timed if waits => format!("{o}.wait_timeout(A_WHILE)"),
            Op::Zero if waits => format!("{o}.wait_timeout(ZERO)"),
            Op::Acquire => format!("{o}.acquire()"),
            Op::Try => format!("{o}.try_acquire()"),
            Op::Timed => format!("{o}.acquire_timeout(A_WHILE)"),
            Op::Zero => format!("{o}.acquire_timeout(ZERO)"),
            Op::Release => format!("{o}.release() // if acquired by hand"),
            Op::Stray => format!("{o}.release()"),
            Op::ReleaseMany(n) => format!("{o}.release_many({n})"),
            Op::AcquireMany(n) => format!("{o}.acquire_many({n})"),
            Op::TryMany(n) => format!("{o}.try_acquire_many({n})"),
            Op::TimedMany(n) => format!("{o}.acquire_many_timeout({n}, A_WHILE)"),
            Op::Reduce(n) => format!("{o}.reduce({n})"),
            Op::Drain => format!("{o}.drain()"),
            Op::HoldMany(n) => format!("guards.push({o}.hold_many({n}))"),
            Op::HoldLock => format!("guards.push({o}.as_lock().hold()) // waits and notifies are `_with` it"),
            Op::Unlocked => format!("unlocked(guards.last(), || ()) // of {o}"),
            Op::Hold => format!("guards.push({o}.hold())"),
            Op::TryHold => format!("guards.extend({o}.try_hold())"),
            Op::HoldTimed => format!("guards.extend({o}.hold_timeout(A_WHILE))"),
            Op::Drop => format!("drop(guards.pop()) // of {o}"),
            Op::Look => match self.objects[object] {
                Semaphore { .. } | Bounded { .. } => format!("{o}.value()"),
                Event { .. } => format!("{o}.is_set()"),
                Barrier { .. } => format!("{o}.broken()"),
                _ => format!("{o}.locked()"),
            },
            Op::IsOwned => format!("{o}.is_owned()"),
            Op::Wait => format!("{o}.wait() // if held; not after the end"),
            Op::WaitTimed => format!("{o}.wait_timeout(A_WHILE) // if held"),
            Op::WaitZero => format!("{o}.wait_timeout(ZERO) // if held"),
            Op::Notify(n) => format!("{o}.notify({n})"),
            Op::NotifyAll => format!("{o}.notify_all()"),
            Op::Set => format!("{o}.set()"),
            Op::Clear => format!("{o}.clear()"),
            Op::Abort => format!("{o}.abort()"),
            Op::Reset => format!("{o}.reset()"),
            Op::Count => format!("{o}.n_waiting()"),
            Op::Leave => format!("{o}.party().leave()"),
        }
    }
}
