//! What models cost, as `docs/prices.md` says. With `SIXFOLD_WRITE_PRICES` set, the page is written.

use loom::thread;
use sixfold::model_with;
use sixfold_threads::futures::ThreadPoolExecutor;
use sixfold_threads::queue::Queue;
use sixfold_threads::thread::Thread;
use std::fmt::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

/// A name, at most how many preemptions, and what is explored.
type Model = (&'static str, Option<usize>, fn());

const MODELS: [Model; 5] = [
    ("a queue of one place, a thread that puts two items and one that gets them", None, || {
        let queue = Arc::new(Queue::bounded(1));
        let puts = thread::spawn({
            let queue = queue.clone();
            move || (0..2).for_each(|item| queue.put(item).unwrap())
        });
        (0..2).for_each(|item| assert_eq!(queue.get(), Ok(item)));
        puts.join().unwrap();
    }),
    ("the same, to the end: `task_done`, `join`, `shutdown`", None, || {
        let queue = Arc::new(Queue::bounded(1));
        let works = thread::spawn({
            let queue = queue.clone();
            move || queue.iter().for_each(|_: i32| queue.task_done().unwrap())
        });
        (0..2).for_each(|item| queue.put(item).unwrap());
        queue.join();
        queue.shutdown(false);
        works.join().unwrap();
    }),
    ("a thread that is joined", None, || Thread::spawn(|| ()).join().unwrap()),
    ("a pool of one and one task", None, || {
        ThreadPoolExecutor::new(1).submit(|| ()).unwrap().result().unwrap();
    }),
    ("a pool of two and two tasks", Some(2), || {
        let pool = ThreadPoolExecutor::new(2);
        let tasks = [(); 2].map(|()| pool.submit(|| ()).unwrap());
        tasks.into_iter().for_each(|task| task.result().unwrap());
    }),
];

fn executions(preemptions: Option<usize>, body: fn()) -> usize {
    static COUNT: AtomicUsize = AtomicUsize::new(0);
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = preemptions;
    COUNT.store(0, Relaxed);
    model_with(&builder, move || {
        COUNT.fetch_add(1, Relaxed);
        body();
    });
    COUNT.load(Relaxed)
}

#[test]
fn models_cost_what_the_page_says() {
    let mut page = String::from(
        "# What models cost\n\n\
         Printed by `SIXFOLD_WRITE_PRICES=1`, with the command at the head of `tests/models.rs`. Executions until everything is explored, with at\n\
         most so many preemptions in each.\n\n\
         | model | preemptions | executions |\n|---|--:|--:|\n",
    );
    for (name, preemptions, body) in MODELS {
        let bound = preemptions.map_or("any".to_owned(), |bound| bound.to_string());
        writeln!(page, "| {name} | {bound} | {} |", executions(preemptions, body)).unwrap();
    }
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/prices.md");
    if std::env::var_os("SIXFOLD_WRITE_PRICES").is_some() {
        std::fs::write(path, &page).unwrap();
    }
    assert_eq!(std::fs::read_to_string(path).unwrap_or_default(), page);
}
