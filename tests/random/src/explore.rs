//! Runs a program as a model, and collects what its executions come to.

use crate::program::{Call, Object, Op, Program};
use loom::thread;
use sixfold::{
    Barrier, BoundedSemaphore, BoundedSemaphoreGuard, BrokenBarrierError, BrokenBarrierKind, Condition, ConditionGuard,
    Event, Lock, LockGuard, RLock, RLockGuard, Semaphore, SemaphoreGuard,
};
use std::collections::BTreeSet;
use std::fmt::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use std::time::Duration;

const A_WHILE: Duration = Duration::from_secs(1);

/// A line: the program, how the exploration ended, the executions, and the outcomes. At most `cap` executions, with at most
/// `bound` preemptions each.
///
/// An outcome is the results of each thread: `u` is a call without a result, `t` and `f` are true and false or `Some` and
/// `None`, `k` and `E` are `Ok(())` and `Err`, a digit is a number, and `-` is a call that was left out. Where a barrier is broken,
/// a capital letter says by what, and `!` that it was so before.
pub fn explore(program: &Program, cap: usize, bound: Option<usize>) -> String {
    let outcomes = Arc::new(Mutex::new(BTreeSet::new()));
    let executions = Arc::new(AtomicUsize::new(0));
    std::panic::set_hook(Box::new(|_| ()));
    // In a thread of its own: a model that fails leaves nothing behind for the next.
    let ended = std::thread::spawn({
        let (program, outcomes, executions) = (Arc::new(program.clone()), outcomes.clone(), executions.clone());
        move || {
            let mut model = loom::model::Builder::new();
            model.max_threads = program.threads.len();
            model.preemption_bound = bound;
            model.max_branches = 10_000;
            model.max_permutations = Some(cap + 1);
            model.checkpoint_interval = 1; // Else the cap is not looked at.
            let run = || {
                sixfold::model_with(&model, move || {
                    executions.fetch_add(1, Relaxed);
                    let outcome = execute(&program);
                    outcomes.lock().unwrap().insert(outcome);
                });
            };
            catch_unwind(AssertUnwindSafe(run)).map_err(|panic| {
                let message = panic.downcast_ref::<String>().map(String::as_str);
                message.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("?").to_owned()
            })
        }
    });
    let executions = |ended: &str| format!("{ended}\t{}", executions.load(Relaxed));
    let status = match ended.join().expect("caught") {
        Ok(()) if executions("").trim().parse::<usize>().is_ok_and(|count| count >= cap) => executions("capped"),
        Ok(()) => executions("complete"),
        Err(message) if message.starts_with("deadlock") => executions("deadlock"),
        Err(message) => executions(&format!("panic: {}", message.replace(['\n', '\t'], " "))),
    };
    let outcomes: Vec<String> = outcomes.lock().unwrap().iter().cloned().collect();
    format!("{program}\t{status}\t{}", outcomes.join(","))
}

/// An object, and what the threads know of it beside.
struct Made {
    is: Is,
    /// The main thread notifies for the last time: who waits later is not woken.
    over: AtomicBool,
}

enum Is {
    Lock(Lock),
    RLock(RLock),
    Condition(Condition<Lock>),
    ConditionRLock(Condition),
    Semaphore(Semaphore),
    Bounded(BoundedSemaphore),
    Event(Event),
    Barrier(Barrier),
    Flag(loom::sync::atomic::AtomicBool),
}

enum Guard<'a> {
    Lock(LockGuard<'a>),
    RLock(RLockGuard<'a>),
    Condition(#[expect(dead_code)] ConditionGuard<'a, Lock>),
    ConditionRLock(#[expect(dead_code)] ConditionGuard<'a, RLock>),
    Semaphore(#[expect(dead_code)] SemaphoreGuard<'a>),
    Bounded(#[expect(dead_code)] BoundedSemaphoreGuard<'a>),
}

fn make(object: Object) -> Made {
    let is = match object {
        Object::Lock { held } => {
            let lock = Lock::new();
            if held {
                lock.acquire();
            }
            Is::Lock(lock)
        }
        Object::RLock { held } => {
            let lock = RLock::new();
            if held {
                lock.acquire();
            }
            Is::RLock(lock)
        }
        Object::Condition { held } => {
            let condition = Condition::with_lock(Lock::new());
            if held {
                condition.acquire();
            }
            Is::Condition(condition)
        }
        Object::ConditionRLock { held } => {
            let condition = Condition::new();
            if held {
                condition.acquire();
            }
            Is::ConditionRLock(condition)
        }
        Object::Semaphore { permits } => Is::Semaphore(Semaphore::new(permits.into())),
        Object::Bounded { bound, taken } => {
            let permits = BoundedSemaphore::new(bound.into());
            (0..taken).for_each(|_| permits.acquire());
            Is::Bounded(permits)
        }
        Object::Event { set } => {
            let event = Event::new();
            if set {
                event.set();
            }
            Is::Event(event)
        }
        Object::Barrier { parties } => Is::Barrier(Barrier::new(parties.into())),
        Object::Flag => Is::Flag(loom::sync::atomic::AtomicBool::new(false)),
    };
    Made { is, over: AtomicBool::new(false) }
}

/// One execution: the outcome.
fn execute(program: &Arc<Program>) -> String {
    let objects: Arc<Vec<Made>> = Arc::new(program.objects.iter().map(|object| make(*object)).collect());
    let mut threads: Vec<_> = (1..program.threads.len())
        .map(|number| {
            let (program, objects) = (program.clone(), objects.clone());
            Some(thread::spawn(move || run(&program.threads[number], &objects)))
        })
        .collect();
    let mut outcome = vec![run(&program.threads[0], &objects)];
    outcome.resize(program.threads.len(), String::new());
    for (n, (object, made)) in program.objects.iter().zip(&*objects).enumerate() {
        give_back(program, n, *object, made);
    }
    for at_last in [false, true] {
        if at_last {
            for made in &*objects {
                match &made.is {
                    Is::Event(event) => event.set(),
                    Is::Barrier(barrier) => barrier.abort(),
                    _ => {}
                }
            }
        }
        for number in 1..program.threads.len() {
            if program.waits_for_the_end(number) == at_last {
                outcome[number] = threads[number - 1].take().expect("once").join().unwrap();
            }
        }
    }
    outcome.join("/")
}

/// What the main thread does so that all others get on.
fn give_back(program: &Program, number: usize, object: Object, made: &Made) {
    fn notify_at_last<L: sixfold::RawLockable>(condition: &Condition<L>, over: &AtomicBool) {
        condition.acquire();
        over.store(true, Relaxed);
        _ = condition.notify_all();
        _ = condition.release();
    }

    let waits = program.threads.iter().flatten().any(|call| call.object == number && call.op == Op::Wait);
    let held = object.main_holds();
    match &made.is {
        Is::Lock(lock) if held => _ = lock.release(),
        Is::RLock(lock) if held => _ = lock.release(),
        Is::Condition(condition) => {
            if held {
                _ = condition.release();
            }
            if waits {
                notify_at_last(condition, &made.over);
            }
        }
        Is::ConditionRLock(condition) => {
            if held {
                _ = condition.release();
            }
            if waits {
                notify_at_last(condition, &made.over);
            }
        }
        Is::Semaphore(permits) => permits.release_many(program.permits_for_all(number)),
        Is::Bounded(permits) => {
            if let Object::Bounded { taken, .. } = object {
                (0..taken).for_each(|_| _ = permits.release());
            }
        }
        _ => {}
    }
}

macro_rules! done {
    ($call:expr) => {{
        $call;
        Answer::Unit
    }};
}

/// A call of a condition with a guard of its lock.
macro_rules! with {
    ($condition:expr, $guard:expr, $op:expr) => {
        match $op {
            Op::Wait => done!($condition.wait_with($guard)),
            Op::WaitTimed => Answer::Bool($condition.wait_with_timeout($guard, A_WHILE)),
            Op::WaitZero => Answer::Bool($condition.wait_with_timeout($guard, Duration::ZERO)),
            Op::Notify(n) => Answer::Number($condition.notify_with($guard, n.into())),
            _ => Answer::Number($condition.notify_all_with($guard)),
        }
    };
}

/// Runs the calls of a thread, and gives back what it still holds. Returns the results.
fn run(calls: &[Call], objects: &[Made]) -> String {
    let mut results = String::new();
    let mut by_hand = vec![0_usize; objects.len()];
    let mut guards: Vec<(usize, Guard<'_>)> = Vec::new();
    for &Call { object: number, op } in calls {
        let made = &objects[number];
        let holds = by_hand[number] > 0 || guards.iter().any(|(of, _)| *of == number);
        let result = match op {
            Op::Release if by_hand[number] == 0 => Answer::None,
            Op::Drop => match guards.iter().rposition(|(of, _)| *of == number) {
                Some(last) => {
                    drop(guards.remove(last));
                    Answer::Unit
                }
                None => Answer::None,
            },
            Op::Wait | Op::WaitTimed | Op::WaitZero if !holds => Answer::None,
            Op::Wait if made.over.load(Relaxed) => Answer::None,
            Op::Unlocked => match guards.iter_mut().rfind(|(of, _)| *of == number) {
                Some((_, Guard::Lock(guard))) => done!(LockGuard::unlocked(guard, || ())),
                _ => Answer::None,
            },
            Op::Wait | Op::WaitTimed | Op::WaitZero | Op::Notify(_) | Op::NotifyAll => {
                match (&made.is, guards.iter_mut().rfind(|(of, _)| *of == number)) {
                    (Is::Condition(condition), Some((_, Guard::Lock(guard)))) => with!(condition, guard, op),
                    (Is::ConditionRLock(condition), Some((_, Guard::RLock(guard)))) => with!(condition, guard, op),
                    _ => call(&made.is, op),
                }
            }
            Op::Hold | Op::HoldMany(_) | Op::TryHold | Op::HoldTimed | Op::HoldLock => {
                let guard = hold(&made.is, op);
                let waits = matches!(op, Op::Hold | Op::HoldMany(_) | Op::HoldLock);
                let answer = if waits { Answer::Unit } else { Answer::Bool(guard.is_some()) };
                guards.extend(guard.map(|guard| (number, guard)));
                answer
            }
            op => call(&made.is, op),
        };
        match op {
            Op::Acquire => by_hand[number] += 1,
            Op::AcquireMany(n) => by_hand[number] += usize::from(n),
            Op::Try | Op::Timed | Op::Zero => by_hand[number] += usize::from(result == Answer::Bool(true)),
            Op::TryMany(n) | Op::TimedMany(n) if result == Answer::Bool(true) => by_hand[number] += usize::from(n),
            Op::Reduce(_) | Op::Drain => {
                if let Answer::Number(taken) = result {
                    by_hand[number] += taken;
                }
            }
            Op::Release => by_hand[number] = by_hand[number].saturating_sub(1),
            _ => {}
        }
        match result {
            Answer::None => results.push('-'),
            Answer::Unit => results.push('u'),
            Answer::Bool(value) => results.push(if value { 't' } else { 'f' }),
            Answer::Done(done) => results.push(if done { 'k' } else { 'E' }),
            Answer::Number(number) => write!(results, "{number}").unwrap(),
            Answer::Broken(error) => {
                results.push(match error.kind() {
                    BrokenBarrierKind::TimedOut => 'T',
                    BrokenBarrierKind::OtherTimedOut => 'O',
                    BrokenBarrierKind::Aborted => 'A',
                    BrokenBarrierKind::Reset => 'R',
                    BrokenBarrierKind::NotEntered => 'N',
                    kind => unreachable!("nobody panics: {kind:?}"),
                });
                results.push_str(if error.was_broken() { "!" } else { "" });
            }
        }
    }
    while let Some(guard) = guards.pop() {
        drop(guard);
    }
    for (made, count) in objects.iter().zip(by_hand) {
        for _ in 0..count {
            match &made.is {
                // Its permits may stay away: the main thread brings others.
                Is::Semaphore(_) | Is::Event(_) | Is::Barrier(_) | Is::Flag(_) => {}
                is => _ = call(is, Op::Stray),
            }
        }
    }
    results
}

#[derive(PartialEq)]
enum Answer {
    /// Left out.
    None,
    Unit,
    Bool(bool),
    Done(bool),
    Number(usize),
    Broken(BrokenBarrierError),
}

fn hold(is: &Is, op: Op) -> Option<Guard<'_>> {
    macro_rules! hold {
        ($object:expr, $guard:path) => {
            match op {
                Op::Hold => Some($guard($object.hold())),
                Op::TryHold => $object.try_hold().map($guard),
                _ => $object.hold_timeout(A_WHILE).map($guard),
            }
        };
    }
    match is {
        Is::Lock(lock) => hold!(lock, Guard::Lock),
        Is::RLock(lock) => hold!(lock, Guard::RLock),
        Is::Condition(condition) if op == Op::HoldLock => Some(Guard::Lock(condition.as_lock().hold())),
        Is::Condition(condition) => hold!(condition, Guard::Condition),
        Is::ConditionRLock(condition) if op == Op::HoldLock => Some(Guard::RLock(condition.as_lock().hold())),
        Is::ConditionRLock(condition) => hold!(condition, Guard::ConditionRLock),
        Is::Semaphore(permits) => match op {
            Op::HoldMany(n) => Some(Guard::Semaphore(permits.hold_many(n.into()))),
            _ => hold!(permits, Guard::Semaphore),
        },
        Is::Bounded(permits) => match op {
            Op::HoldMany(n) => Some(Guard::Bounded(permits.hold_many(n.into()))),
            _ => hold!(permits, Guard::Bounded),
        },
        Is::Event(_) | Is::Barrier(_) | Is::Flag(_) => unreachable!("no guards"),
    }
}

/// A call without a guard.
fn call(is: &Is, op: Op) -> Answer {
    fn waited<E>(result: Result<bool, E>) -> Answer {
        result.map_or(Answer::Done(false), Answer::Bool)
    }
    fn number<E>(result: Result<usize, E>) -> Answer {
        result.map_or(Answer::Done(false), Answer::Number)
    }
    fn passed(result: Result<usize, BrokenBarrierError>) -> Answer {
        result.map_or_else(Answer::Broken, Answer::Number)
    }
    macro_rules! by_hand {
        ($object:expr) => {
            match op {
                Op::Acquire => done!($object.acquire()),
                Op::Try => Answer::Bool($object.try_acquire()),
                Op::Timed => Answer::Bool($object.acquire_timeout(A_WHILE)),
                _ => Answer::Bool($object.acquire_timeout(Duration::ZERO)),
            }
        };
    }
    macro_rules! many {
        ($permits:expr) => {
            match op {
                Op::AcquireMany(n) => done!($permits.acquire_many(n.into())),
                Op::TryMany(n) => Answer::Bool($permits.try_acquire_many(n.into())),
                Op::TimedMany(n) => Answer::Bool($permits.acquire_many_timeout(n.into(), A_WHILE)),
                _ => by_hand!($permits),
            }
        };
    }
    macro_rules! condition {
        ($condition:expr) => {
            match op {
                Op::Look => Answer::Bool($condition.locked()),
                Op::Release | Op::Stray => Answer::Done($condition.release().is_ok()),
                Op::Wait => Answer::Done($condition.wait().is_ok()),
                Op::WaitTimed => waited($condition.wait_timeout(A_WHILE)),
                Op::WaitZero => waited($condition.wait_timeout(Duration::ZERO)),
                Op::Notify(n) => number($condition.notify(n.into())),
                Op::NotifyAll => number($condition.notify_all()),
                _ => by_hand!($condition),
            }
        };
    }
    match is {
        Is::Lock(lock) => match op {
            Op::Look => Answer::Bool(lock.locked()),
            Op::Release | Op::Stray => Answer::Done(lock.release().is_ok()),
            _ => by_hand!(lock),
        },
        Is::RLock(lock) => match op {
            Op::Look => Answer::Bool(lock.locked()),
            Op::IsOwned => Answer::Bool(lock.is_owned()),
            Op::Release | Op::Stray => Answer::Done(lock.release().is_ok()),
            _ => by_hand!(lock),
        },
        Is::Condition(condition) => condition!(condition),
        Is::ConditionRLock(condition) => condition!(condition),
        Is::Semaphore(permits) => match op {
            Op::Look => Answer::Number(permits.value()),
            Op::Release | Op::Stray => done!(permits.release()),
            Op::ReleaseMany(n) => done!(permits.release_many(n.into())),
            Op::Reduce(n) => Answer::Number(permits.reduce(n.into())),
            Op::Drain => Answer::Number(permits.drain()),
            _ => many!(permits),
        },
        Is::Bounded(permits) => match op {
            Op::Look => Answer::Number(permits.value()),
            Op::Release | Op::Stray => Answer::Done(permits.release().is_ok()),
            Op::ReleaseMany(n) => Answer::Done(permits.release_many(n.into()).is_ok()),
            _ => many!(permits),
        },
        Is::Event(event) => match op {
            Op::Acquire => done!(event.wait()),
            Op::Timed => Answer::Bool(event.wait_timeout(A_WHILE)),
            Op::Zero => Answer::Bool(event.wait_timeout(Duration::ZERO)),
            Op::Set => done!(event.set()),
            Op::Clear => done!(event.clear()),
            _ => Answer::Bool(event.is_set()),
        },
        Is::Flag(flag) => match op {
            Op::Set => done!(flag.store(true, Relaxed)),
            _ => Answer::Bool(flag.load(Relaxed)),
        },
        Is::Barrier(barrier) => match op {
            Op::Acquire => passed(barrier.wait()),
            Op::Timed => passed(barrier.wait_timeout(A_WHILE)),
            Op::Zero => passed(barrier.wait_timeout(Duration::ZERO)),
            Op::Leave => done!(barrier.party().leave()),
            Op::Abort => done!(barrier.abort()),
            Op::Reset => done!(barrier.reset()),
            Op::Count => Answer::Number(barrier.n_waiting()),
            _ => Answer::Bool(barrier.broken()),
        },
    }
}
