//! How a model is run: what it says while it runs and at its end, and its limits.

use crate::child::{self, Ended};
use loom::model::Builder;
use loom::thread;
use sixfold::{Event, Lock};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::Duration;

/// Some executions: a few hundred, more with more of `threads`.
fn contend(threads: usize) {
    let lock = Arc::new(Lock::new());
    let others: Vec<_> = (0..threads)
        .map(|_| {
            let lock = lock.clone();
            thread::spawn(move || drop((lock.hold(), lock.locked())))
        })
        .collect();
    drop(lock.hold());
    others.into_iter().for_each(|other| other.join().unwrap());
}

// Threads.

/// The closure of the model runs in one thread, and four more are there.
#[test]
fn a_model_may_have_five_threads() {
    static MOST: AtomicUsize = AtomicUsize::new(0);
    let mut builder = Builder::new();
    builder.preemption_bound = Some(0);
    sixfold::model_with(&builder, || {
        let event = Arc::new(Event::new());
        let others = [(); 4].map(|()| {
            let event = event.clone();
            thread::spawn(move || event.wait())
        });
        event.set();
        MOST.fetch_max(others.len() + 1, Relaxed);
        others.into_iter().for_each(|other| other.join().unwrap());
    });
    assert_eq!(MOST.load(Relaxed), 5);
}

const TOO_MANY: &str = "a model can have at most 5 threads";

fn start_five() {
    let event = Arc::new(Event::new());
    for _ in 0..5 {
        let event = event.clone();
        thread::spawn(move || event.wait());
    }
    event.set();
}

#[test]
#[should_panic(expected = "a model can have at most 5 threads")]
fn a_model_says_so_if_it_has_more_threads_than_loom_allows() {
    sixfold::model(start_five);
}

#[test]
#[should_panic(expected = "a model can have at most 5 threads")]
fn a_model_with_settings_says_so_if_it_has_more_threads_than_loom_allows() {
    sixfold::model_with(&Builder::new(), start_five);
}

/// Also where the threads do not live at the same time: loom counts all that there ever were.
#[test]
#[should_panic(expected = "a model can have at most 5 threads")]
fn threads_that_have_ended_count() {
    sixfold::model(|| {
        let event = Arc::new(Event::new());
        event.set();
        for _ in 0..5 {
            let event = event.clone();
            thread::spawn(move || event.wait()).join().unwrap();
        }
    });
}

/// In a process of its own: it fails as tests do, and the message is on standard error too.
#[test]
fn too_many_threads_fail_the_test_and_nothing_else() {
    if child::case().is_some() {
        sixfold::model(|| {
            let event = Arc::new(Event::new());
            for _ in 0..5 {
                let event = event.clone();
                thread::spawn(move || event.wait()); // for ever
            }
            event.wait();
        });
        return;
    }
    child::all_right(["five and the main one"], |case| {
        child::run(too_many_threads_fail_the_test_and_nothing_else, case).failed_with(TOO_MANY)
    });
}

// What is said on the way and at the end.

fn lines_of_ours(ended: &Ended) -> Vec<&str> {
    ended.err.lines().filter(|line| line.starts_with("sixfold: ")).collect()
}

const STOPPED: &str = "not all executions were explored";

fn must_say_that_it_was_stopped(ended: &Ended) -> Result<(), String> {
    ended.passed()?;
    let lines = lines_of_ours(ended);
    match lines.as_slice() {
        [line] if line.contains(STOPPED) && line.contains("LOOM_MAX_PREEMPTIONS") => Ok(()),
        _ => Err(format!("it says {lines:?}")),
    }
}

fn must_say_nothing(ended: &Ended) -> Result<(), String> {
    ended.passed()?;
    match lines_of_ours(ended).as_slice() {
        [] => Ok(()),
        lines => Err(format!("it says {lines:?}")),
    }
}

/// Loom itself looks at its bounds once in so many executions only.
fn looks_often() -> Builder {
    let mut builder = Builder::new();
    builder.checkpoint_interval = 1;
    builder
}

#[test]
fn a_model_that_was_stopped_says_what_to_bound() {
    type Run = fn();
    const RUNS: [(&str, Run); 4] = [
        ("permutations", || {
            let mut builder = looks_often();
            builder.max_permutations = Some(3);
            sixfold::model_with(&builder, || contend(1));
        }),
        ("duration", || {
            let mut builder = looks_often();
            builder.max_duration = Some(Duration::ZERO);
            sixfold::model_with(&builder, || contend(1));
        }),
        ("both, and preemptions", || {
            let mut builder = looks_often();
            builder.max_permutations = Some(2);
            builder.max_duration = Some(Duration::from_secs(600));
            builder.preemption_bound = Some(1);
            sixfold::model_with(&builder, || contend(2));
        }),
        ("the second of three models", || {
            sixfold::model(|| contend(1));
            let mut builder = looks_often();
            builder.max_permutations = Some(2);
            sixfold::model_with(&builder, || contend(1));
            sixfold::model(|| contend(1));
        }),
    ];
    let names = RUNS.map(|(name, _)| name);
    if let Some(case) = child::case() {
        return RUNS.into_iter().find(|(name, _)| *name == case).expect("the parent names a case").1();
    }
    child::all_right(names, |case| {
        must_say_that_it_was_stopped(&child::run(a_model_that_was_stopped_says_what_to_bound, case))
    });
}

/// By loom's variables.
#[test]
fn a_model_that_the_environment_has_stopped_says_what_to_bound() {
    if child::case().is_some() {
        return sixfold::model(|| contend(1));
    }
    let bounds: [(&str, &[(&str, &str)]); 2] = [
        ("permutations", &[("LOOM_CHECKPOINT_INTERVAL", "1"), ("LOOM_MAX_PERMUTATIONS", "2")]),
        ("duration", &[("LOOM_CHECKPOINT_INTERVAL", "1"), ("LOOM_MAX_DURATION", "0")]),
    ];
    child::all_right(bounds.map(|(case, _)| case), |case| {
        let (_, variables) = bounds.into_iter().find(|(name, _)| name == case).expect("it is from there");
        let ended = child::run_with(a_model_that_the_environment_has_stopped_says_what_to_bound, case, variables);
        must_say_that_it_was_stopped(&ended)
    });
}

#[test]
fn a_model_that_was_not_stopped_says_nothing() {
    type Run = fn();
    const RUNS: [(&str, Run); 5] = [
        ("no bound", || sixfold::model(|| contend(1))),
        ("one execution", || sixfold::model(|| drop(Lock::new().hold()))),
        ("bounds that are far away", || {
            let mut builder = looks_often();
            builder.max_permutations = Some(1_000_000);
            builder.max_duration = Some(Duration::from_secs(600));
            sixfold::model_with(&builder, || contend(1));
        }),
        // Loom does not look before it has come to the end.
        ("bounds that loom does not look at", || {
            let mut builder = Builder::new();
            builder.checkpoint_interval = 1_000_000;
            builder.max_permutations = Some(2);
            builder.max_duration = Some(Duration::ZERO);
            sixfold::model_with(&builder, || contend(1));
        }),
        ("preemptions", || {
            let mut builder = looks_often();
            builder.preemption_bound = Some(2);
            sixfold::model_with(&builder, || contend(2));
        }),
    ];
    let names = RUNS.map(|(name, _)| name);
    if let Some(case) = child::case() {
        return RUNS.into_iter().find(|(name, _)| *name == case).expect("the parent names a case").1();
    }
    child::all_right(names, |case| must_say_nothing(&child::run(a_model_that_was_not_stopped_says_nothing, case)));
}

/// Its executions are so slow that there is time for a hundred of them. The model is stopped after 11 seconds.
#[test]
fn a_model_that_takes_long_says_how_far_it_is() {
    if child::case().is_some() {
        let mut builder = looks_often();
        builder.max_duration = Some(Duration::from_secs(11));
        return sixfold::model_with(&builder, || {
            std::thread::sleep(Duration::from_millis(100));
            contend(3);
        });
    }
    child::all_right(["eleven seconds"], |case| {
        let ended = child::run(a_model_that_takes_long_says_how_far_it_is, case);
        ended.passed()?;
        let lines = lines_of_ours(&ended);
        let Some((stopped, progress)) = lines.split_last() else {
            return Err("it says nothing".into());
        };
        let counts = |line: &str| line.contains("executions") && line.contains(|c: char| c.is_ascii_digit());
        if stopped.contains(STOPPED) && progress.len() == 1 && counts(progress[0]) && !progress[0].contains(STOPPED) {
            Ok(())
        } else {
            Err(format!("it says {lines:?}"))
        }
    });
}
