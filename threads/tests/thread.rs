//! Python's own tests of threads and timers, one by one under names of behaviour, and ours. `docs/python-tests.md` says which is
//! which.
#![cfg(not(loom))]

use sixfold::{Event, Lock, Semaphore};
use sixfold_threads::queue::SimpleQueue;
use sixfold_threads::thread::{self, Builder, ScopedThread, Thread, Timer};
use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};
use std::time::{Duration, Instant};

const SOON: Duration = Duration::from_millis(10);
/// Nobody waits so long, unless a test fails.
const LONG: Duration = Duration::from_secs(30);

fn a_thread_that_waits() -> (Arc<Event>, Thread<i32>) {
    let go = Arc::new(Event::new());
    let thread = Thread::spawn({
        let go = go.clone();
        move || {
            go.wait();
            1
        }
    });
    (go, thread)
}

fn message(panic: &(dyn std::any::Any + Send)) -> Option<&str> {
    panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref::<String>().map(String::as_str))
}

#[test]
fn many_threads_run_a_few_at_a_time_and_are_listed_while_they_live() {
    let (slots, running, most) =
        (Arc::new(Semaphore::new(3)), Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let threads: Vec<_> = (0..10)
        .map(|n| {
            let (slots, running, most) = (slots.clone(), running.clone(), most.clone());
            let body = move || {
                let _slot = slots.hold();
                most.fetch_max(running.fetch_add(1, Relaxed) + 1, Relaxed);
                std::thread::yield_now();
                running.fetch_sub(1, Relaxed);
                assert!(thread::enumerate().contains(&thread::current()));
            };
            Builder::new().name(format!("<thread {n}>")).spawn(body).unwrap()
        })
        .collect();
    for (n, thread) in threads.into_iter().enumerate() {
        let handle = thread.handle().clone();
        assert_eq!(handle.name(), format!("<thread {n}>"));
        thread.join().unwrap();
        assert!(!handle.is_alive());
        assert!(!thread::enumerate().contains(&handle));
    }
    assert!(most.load(Relaxed) <= 3);
}

#[test]
fn a_thread_without_a_name_gets_one_of_its_own() {
    let names: Vec<_> = (0..3).map(|_| Thread::spawn(|| ()).handle().name().to_owned()).collect();
    assert!(names.iter().all(|name| name.starts_with("Thread-")));
    assert!(names[0] != names[1] && names[1] != names[2]);
}

#[test]
fn a_thread_is_in_the_lists_from_its_start_to_its_end() {
    for _ in 0..100 {
        let (go, thread) = a_thread_that_waits();
        let handle = thread.handle().clone();
        assert!(thread.is_alive() && thread::enumerate().contains(&handle));
        assert!(thread::active_count() >= 2);
        go.set();
        assert_eq!(thread.join().unwrap(), 1);
        assert!(!handle.is_alive() && !thread::enumerate().contains(&handle));
    }
}

#[test]
fn every_thread_has_a_number_that_is_not_used_again_and_that_of_the_system() {
    let seen = |_| {
        let thread = Thread::spawn(thread::current);
        let ident = thread.handle().ident();
        let inside = thread.join().unwrap();
        assert_eq!(inside.ident(), ident);
        assert_eq!(inside.native_id().is_some(), cfg!(target_os = "linux"));
        assert_ne!(inside.native_id(), thread::current().native_id().filter(|_| cfg!(target_os = "linux")));
        ident
    };
    let idents: BTreeSet<_> = (0..50).map(seen).collect();
    assert_eq!(idents.len(), 50);
}

#[test]
fn a_thread_of_std_is_a_daemon_that_is_listed_until_it_ends() {
    let handle = std::thread::spawn(|| {
        let before = thread::enumerate();
        let own = thread::current();
        assert!(!before.contains(&own), "nobody has asked for it");
        assert!(thread::enumerate().contains(&own) && own.is_alive() && own.is_daemon());
        assert_eq!(thread::current(), own);
        own
    });
    let handle = handle.join().unwrap();
    assert!(handle.wait_timeout(LONG), "its locals are dropped");
    assert!(!handle.is_alive() && !thread::enumerate().contains(&handle));
}

#[test]
fn the_main_thread_is_the_same_from_everywhere_and_first() {
    let main = thread::main_thread();
    assert_eq!((main.name(), main.is_daemon(), main.is_alive()), ("main", false, true));
    assert_eq!(Thread::spawn(thread::main_thread).join().unwrap(), main);
    assert_eq!(thread::enumerate()[0], main);
    assert_ne!(thread::current(), main, "a test has a thread of its own");
}

#[test]
fn a_thread_cannot_wait_for_its_own_end() {
    let panic = Thread::spawn(|| thread::current().wait()).join().unwrap_err();
    assert_eq!(message(&*panic), Some("a thread cannot wait for its own end"));
    assert!(!thread::current().wait_timeout(Duration::from_millis(1)));
}

#[test]
fn a_join_whose_time_is_up_gives_the_thread_back() {
    let (go, thread) = a_thread_that_waits();
    let thread = thread.join_timeout(Duration::ZERO).unwrap_err();
    let thread = thread.join_timeout(SOON).unwrap_err();
    let thread = thread.join_deadline(Instant::now() + SOON).unwrap_err();
    go.set();
    assert_eq!(thread.join_timeout(LONG).unwrap().unwrap(), 1);
    let (go, thread) = a_thread_that_waits();
    go.set();
    assert_eq!(thread.join_deadline(Instant::now() + LONG).unwrap().unwrap(), 1);
}

#[test]
fn many_can_wait_for_the_end_of_one_thread() {
    let (go, thread) = a_thread_that_waits();
    let waits: Vec<_> = (0..4)
        .map(|_| {
            let handle = thread.handle().clone();
            Thread::spawn(move || handle.wait())
        })
        .collect();
    go.set();
    waits.into_iter().for_each(|wait| wait.join().unwrap());
    thread.join().unwrap();
}

#[test]
fn a_panic_is_for_who_joins_and_ends_the_thread_only() {
    let thread = Thread::spawn(|| -> i32 { panic!("on purpose") });
    let handle = thread.handle().clone();
    assert_eq!(message(&*thread.join().unwrap_err()), Some("on purpose"));
    assert!(!handle.is_alive());
}

#[test]
fn a_dropped_thread_goes_on_alone() {
    let (go, thread) = a_thread_that_waits();
    let handle = thread.handle().clone();
    drop(thread);
    assert!(handle.is_alive());
    go.set();
    handle.wait();
}

#[test]
fn the_hook_hears_of_panics_in_the_thread_that_panics_and_may_itself_panic() {
    // One test, since there is one hook.
    let heard = Arc::new(SimpleQueue::new());
    thread::set_excepthook({
        let heard = heard.clone();
        move |uncaught| {
            assert_eq!(*uncaught.thread(), thread::current());
            if uncaught.thread().name() == "hooked" {
                heard.put(uncaught.message().map(str::to_owned));
            }
        }
    });
    let hooked = |closure: fn()| _ = Builder::new().name("hooked").spawn(closure).unwrap().join().unwrap_err();
    hooked(|| panic!("plain"));
    hooked(|| panic!("{}", "formatted"));
    hooked(|| std::panic::panic_any(1));
    assert_eq!([heard.get(), heard.get(), heard.get()], [Some("plain".into()), Some("formatted".into()), None]);
    // That of a scope, too.
    let result = std::thread::scope(|scope| {
        Builder::new().name("hooked").spawn_scoped(scope, || panic!("scoped")).unwrap().join()
    });
    assert!(result.is_err());
    assert_eq!(heard.get(), Some("scoped".into()));

    thread::set_excepthook(|uncaught| assert_ne!(uncaught.thread().name(), "hooked", "the hook panics"));
    let thread = Builder::new().name("hooked").spawn(|| panic!("first")).unwrap();
    let handle = thread.handle().clone();
    assert_eq!(message(&*thread.join().unwrap_err()), Some("first"));
    assert!(!handle.is_alive() && !thread::enumerate().contains(&handle));

    thread::reset_excepthook();
    hooked(|| panic!("unheard"));
    assert_eq!(heard.try_get(), None);
}

#[test]
fn join_all_waits_for_all_but_daemons_also_for_those_that_are_started_meanwhile() {
    let (daemon_may_end, ended) = (Arc::new(Event::new()), Arc::new(AtomicBool::new(false)));
    let daemon = Builder::new().daemon(true).spawn({
        let may_end = daemon_may_end.clone();
        move || may_end.wait()
    });
    let daemon = daemon.unwrap();
    assert!(daemon.handle().is_daemon());
    Thread::spawn({
        let ended = ended.clone();
        move || {
            Thread::spawn(move || {
                std::thread::sleep(SOON);
                ended.store(true, Relaxed);
            });
        }
    });
    thread::join_all();
    assert!(ended.load(Relaxed) && daemon.is_alive());
    daemon_may_end.set();
    daemon.join().unwrap();

    let (go, thread) = a_thread_that_waits();
    assert!(!thread::join_all_timeout(Duration::from_millis(1)));
    assert!(!thread::join_all_deadline(Instant::now()));
    go.set();
    assert!(thread::join_all_timeout(LONG) && thread::join_all_timeout(Duration::MAX));
    thread.join().unwrap();
}

#[test]
fn a_thread_may_ask_for_a_larger_stack_and_one_that_cannot_be_is_an_error() {
    fn deep(n: usize) -> usize {
        let frame = std::hint::black_box([n; 128]);
        if n == 0 { 0 } else { deep(n - 1) + usize::from(frame[0] > 0) }
    }
    let thread = Builder::new().stack_size(256 << 20).spawn(|| deep(50_000)).unwrap();
    assert_eq!(thread.join().unwrap(), 50_000);

    let error = Builder::new().name("too large").stack_size(usize::MAX / 4).spawn(|| ()).unwrap_err();
    assert!(!error.to_string().is_empty());
    let bad_name = catch_unwind(|| Builder::new().name("a\0b").spawn(|| ()));
    assert_eq!(message(&*bad_name.unwrap_err()), Some("the name of a thread must have no NUL byte"));
    assert!(thread::enumerate().iter().all(|other| other.name() != "too large" && other.name() != "a\0b"));
}

#[test]
fn threads_of_a_scope_borrow_and_are_waited_for() {
    let words = Lock::with_value(vec![]);
    let handles = std::thread::scope(|scope| {
        let threads = ["one", "two"].map(|word| ScopedThread::spawn(scope, || words.hold().push(word.len())));
        let handles = threads.each_ref().map(|thread| thread.handle().clone());
        let [first, _] = threads;
        first.join_timeout(LONG).unwrap().unwrap();
        ScopedThread::spawn(scope, || ScopedThread::spawn(scope, || words.hold().push(0)));
        handles
    });
    assert_eq!(words.hold().iter().sum::<usize>(), 6);
    assert!(handles.iter().all(|handle| !handle.is_alive() && !thread::enumerate().contains(handle)));
}

#[test]
fn a_scope_panics_if_a_thread_has_that_nobody_joined() {
    let scoped = || std::thread::scope(|scope| _ = ScopedThread::spawn(scope, || panic!("on purpose")));
    assert!(catch_unwind(AssertUnwindSafe(scoped)).is_err());
}

// ---- Timers.

#[test]
fn a_timer_calls_its_closure_once_after_its_interval_and_not_before() {
    let start = Instant::now();
    let timer = Timer::start(SOON, move || start.elapsed());
    assert!(timer.join().unwrap().unwrap() >= SOON);
}

#[test]
fn a_timer_that_is_cancelled_in_time_does_nothing() {
    let timer = Timer::start(LONG, || unreachable!("it is cancelled"));
    assert!(timer.is_alive());
    assert!(format!("{timer:?}").starts_with("Timer { state: Waits, thread: Thread(<"));
    assert!(timer.cancel() && timer.cancel());
    let start = Instant::now();
    assert_eq!(timer.join().unwrap(), None::<()>);
    assert!(start.elapsed() < LONG);
}

#[test]
fn a_timer_that_is_cancelled_too_late_says_so() {
    let (entered, go) = (Arc::new(Event::new()), Arc::new(Event::new()));
    let timer = Timer::start(Duration::ZERO, {
        let (entered, go) = (entered.clone(), go.clone());
        move || {
            entered.set();
            go.wait();
            7
        }
    });
    entered.wait();
    assert!(!timer.cancel());
    let timer = timer.join_timeout(Duration::from_millis(1)).unwrap_err();
    let timer = timer.join_deadline(Instant::now()).unwrap_err();
    go.set();
    assert_eq!(timer.join_timeout(LONG).unwrap().unwrap(), Some(7));
}

#[test]
fn a_timer_whose_closure_panics_tells_who_joins() {
    assert!(Timer::start(Duration::ZERO, || panic!("on purpose")).join().is_err());
}

#[test]
fn a_handle_shows_name_state_and_number() {
    let (go, thread) = a_thread_that_waits();
    let ident = thread.handle().ident();
    assert_eq!(format!("{thread:?}"), format!("Thread(<Thread-{ident}, alive, {ident}>)"));
    let handle = thread.handle().clone();
    go.set();
    thread.join().unwrap();
    assert_eq!(format!("{handle:?}"), format!("<Thread-{ident}, ended, {ident}>"));
}
