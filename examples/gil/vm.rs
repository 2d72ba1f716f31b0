//! An interpreter of a few byte-codes, with or without a GIL.

use crate::gil::Gil;
use sixfold::Event;
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering::Relaxed};
use std::thread;
use std::time::Duration;

#[derive(Clone, Copy)]
pub enum Op {
    /// Pushes a number.
    Const(i64),
    /// Pushes a variable of the thread.
    Load(usize),
    /// Pops into a variable of the thread.
    Store(usize),
    /// Pops two numbers and pushes the sum.
    Add,
    /// Refers to the object that all threads share, and no longer: counts its references up and down.
    TouchShared,
    /// Waits for a slow device.
    Read,
    /// Pushes 0 as soon as main has said that all is done, before that 1.
    IsNotDone,
    /// Pops a number and goes back to an instruction if it is not 0. Here, as in CPython, the GIL can change hands.
    JumpBackIf(usize),
    /// Pops the result.
    Return,
}

use Op::{Add, Const, IsNotDone, JumpBackIf, Load, Read, Return, Store, TouchShared};

/// Appends `while n: n -= 1` and the end to a loop's body. Variable 0 is n, variable 1 the result.
fn times(n: i64, body: &[Op]) -> Vec<Op> {
    let mut code = vec![Const(n), Store(0)];
    code.extend(body);
    code.extend([Load(0), Const(-1), Add, Store(0), Load(0), JumpBackIf(2), Load(1), Return]);
    code
}

/// `while n: result += n; n -= 1`
pub fn add_up(n: i64) -> Vec<Op> {
    times(n, &[Load(0), Load(1), Add, Store(1)])
}

/// `while n: device.read(); result += 1; n -= 1`
pub fn read(n: i64) -> Vec<Op> {
    times(n, &[Read, Load(1), Const(1), Add, Store(1)])
}

/// `while n: shared; n -= 1`
pub fn touch(n: i64) -> Vec<Op> {
    times(n, &[TouchShared])
}

/// `while not done: result += 1`
pub fn spin() -> Vec<Op> {
    vec![Load(1), Const(1), Add, Store(1), IsNotDone, JumpBackIf(0), Load(1), Return]
}

/// How references are counted.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Counts {
    /// Load, add, store, as CPython with a GIL does. The loads and stores are atomic here, so that a race loses counts
    /// and does no other harm.
    Plain,
    /// In one step, as the free-threaded CPython does for an object that another thread has made.
    Atomic,
}

/// What the interpreters of a process share.
pub struct Runtime {
    pub gil: Option<Gil>,
    /// Whether a thread gives up the GIL while it reads.
    pub lets_go_to_read: bool,
    pub counts: Counts,
    /// How long the device takes.
    pub device: Duration,
    pub done: Event,
    /// Those in between two byte-codes or in one, other than `Read`.
    pub inside: Gauge,
    pub reading: Gauge,
    references: AtomicI64,
}

impl Runtime {
    pub fn new(gil: Option<Gil>, device: Duration) -> Self {
        Self {
            gil,
            lets_go_to_read: true,
            counts: Counts::Plain,
            device,
            done: Event::new(),
            inside: Gauge::default(),
            reading: Gauge::default(),
            references: AtomicI64::new(1),
        }
    }

    /// To the shared object, of which one is the runtime's own.
    pub fn references(&self) -> i64 {
        self.references.load(Relaxed)
    }

    pub fn interpret(&self, code: &[Op]) -> i64 {
        const BALANCED: &str = "the code pops what it has pushed";
        let mut variables = [0, 0];
        let mut stack = Vec::new();
        let mut next = 0;
        self.enter();
        loop {
            let op = code[next];
            next += 1;
            match op {
                Const(value) => stack.push(value),
                Load(variable) => stack.push(variables[variable]),
                Store(variable) => variables[variable] = stack.pop().expect(BALANCED),
                Add => {
                    let top: i64 = stack.pop().expect(BALANCED);
                    *stack.last_mut().expect(BALANCED) += top;
                }
                TouchShared => {
                    self.count(1);
                    self.count(-1);
                }
                Read => self.read(),
                IsNotDone => stack.push((!self.done.is_set()).into()),
                JumpBackIf(target) => {
                    if stack.pop().expect(BALANCED) != 0 {
                        next = target;
                    }
                    if let Some(gil) = &self.gil
                        && gil.is_wanted()
                    {
                        self.inside.leave();
                        gil.hand_over();
                        self.inside.enter();
                    }
                }
                Return => {
                    self.leave();
                    return stack.pop().expect(BALANCED);
                }
            }
        }
    }

    fn enter(&self) {
        if let Some(gil) = &self.gil {
            gil.take();
        }
        self.inside.enter();
    }

    fn leave(&self) {
        self.inside.leave();
        if let Some(gil) = &self.gil {
            gil.give_up();
        }
    }

    fn read(&self) {
        if self.lets_go_to_read {
            self.leave();
        }
        self.reading.enter();
        thread::sleep(self.device);
        self.reading.leave();
        if self.lets_go_to_read {
            self.enter();
        }
    }

    fn count(&self, by: i64) {
        match self.counts {
            Counts::Plain => {
                let old = self.references.load(Relaxed);
                self.references.store(old + by, Relaxed);
            }
            Counts::Atomic => _ = self.references.fetch_add(by, Relaxed),
        }
    }
}

/// How many are in a place, and how many were at most.
#[derive(Default)]
pub struct Gauge {
    now: AtomicUsize,
    most: AtomicUsize,
}

impl Gauge {
    fn enter(&self) {
        let now = self.now.fetch_add(1, Relaxed) + 1;
        self.most.fetch_max(now, Relaxed);
    }

    fn leave(&self) {
        self.now.fetch_sub(1, Relaxed);
    }

    pub fn most(&self) -> usize {
        self.most.load(Relaxed)
    }
}
