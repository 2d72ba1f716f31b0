//! `sixfold_threads::queue` and `sixfold_threads::futures`. Channels and work stealing are made for other things: they are shown.

use crate::measure::{Run, crew_with_parts};
use crate::peers::Rank;
use crate::row::{Contestant, Row};
use std::collections::VecDeque;
use std::hint::black_box;
use std::sync::{Condvar, Mutex, mpsc};
use std::time::Instant;

/// Places of a queue.
const PLACES: usize = 64;
const WORKERS: usize = 2;

pub fn rows() -> Vec<Row> {
    let mut rows = vec![];
    for each in [1, 4] {
        let mut contestants = vec![
            Contestant::new("sixfold", Rank::Ours, passed::<sixfold_threads::queue::Queue<u64>>(each)),
            Contestant::new("std by hand", Rank::Peer, passed::<ByHand>(each)),
            Contestant::new("crossbeam-channel", Rank::Shown, passed::<Crossbeam>(each)),
        ];
        if each == 1 {
            contestants.push(Contestant::new("std sync_channel", Rank::Shown, passed::<SyncChannel>(each)));
        }
        rows.push(Row::waiting(format!("queue: {each}×{each}, {PLACES} places"), "item", 2 * each, contestants));
    }
    let pools = vec![
        Contestant::new("sixfold", Rank::Ours, pool(sixfold_threads::futures::ThreadPoolExecutor::new)),
        Contestant::new("threadpool", Rank::Peer, pool(threadpool::ThreadPool::new)),
        Contestant::new(
            "rayon",
            Rank::Shown,
            pool(|n| rayon::ThreadPoolBuilder::new().num_threads(n).build().expect("the system has threads")),
        ),
    ];
    rows.push(Row::waiting(format!("pool: tasks of nothing, {WORKERS} workers"), "task", WORKERS + 1, pools));
    rows
}

trait Queue: Sync + 'static {
    fn new() -> Self;
    fn put(&self, item: u64);
    fn get(&self) -> u64;
}

impl Queue for sixfold_threads::queue::Queue<u64> {
    fn new() -> Self {
        Self::bounded(PLACES)
    }
    fn put(&self, item: u64) {
        self.put(item).expect("nobody shuts it down");
    }
    fn get(&self) -> u64 {
        self.get().expect("nobody shuts it down")
    }
}

/// What one writes without a queue at hand.
struct ByHand {
    items: Mutex<VecDeque<u64>>,
    filled: Condvar,
    emptied: Condvar,
}

impl Queue for ByHand {
    fn new() -> Self {
        let items = Mutex::new(VecDeque::with_capacity(PLACES));
        Self { items, filled: Condvar::new(), emptied: Condvar::new() }
    }
    fn put(&self, item: u64) {
        let items = self.items.lock().expect("no section panics");
        let mut items = self.emptied.wait_while(items, |items| items.len() == PLACES).expect("no section panics");
        items.push_back(item);
        drop(items);
        self.filled.notify_one();
    }
    fn get(&self) -> u64 {
        let items = self.items.lock().expect("no section panics");
        let mut items = self.filled.wait_while(items, |items| items.is_empty()).expect("no section panics");
        let item = items.pop_front().expect("it is not empty");
        drop(items);
        self.emptied.notify_one();
        item
    }
}

struct Crossbeam(crossbeam_channel::Sender<u64>, crossbeam_channel::Receiver<u64>);

impl Queue for Crossbeam {
    fn new() -> Self {
        let (sender, receiver) = crossbeam_channel::bounded(PLACES);
        Self(sender, receiver)
    }
    fn put(&self, item: u64) {
        self.0.send(item).expect("the receiver is here");
    }
    fn get(&self) -> u64 {
        self.1.recv().expect("the sender is here")
    }
}

/// One thread receives: the lock, which nobody competes for, makes it `Sync`.
struct SyncChannel(mpsc::SyncSender<u64>, Mutex<mpsc::Receiver<u64>>);

impl Queue for SyncChannel {
    fn new() -> Self {
        let (sender, receiver) = mpsc::sync_channel(PLACES);
        Self(sender, Mutex::new(receiver))
    }
    fn put(&self, item: u64) {
        self.0.send(item).expect("the receiver is here");
    }
    fn get(&self) -> u64 {
        self.1.lock().expect("no section panics").recv().expect("the sender is here")
    }
}

fn passed<Q: Queue>(each: usize) -> Run {
    Run::operations(move |n| {
        let queue = Q::new();
        let rounds = n.div_ceil(each as u64);
        crew_with_parts(&vec![rounds; 2 * each], rounds * each as u64, |me, round| {
            if me < each {
                queue.put(round);
            } else {
                black_box(queue.get());
            }
        })
    })
}

trait Pool: 'static {
    /// Runs so many tasks that do nothing, and returns when all are done.
    fn run(&self, tasks: u64);
}

impl Pool for sixfold_threads::futures::ThreadPoolExecutor {
    fn run(&self, tasks: u64) {
        let done = |n| black_box(n);
        let futures: Vec<_> = (0..tasks).map(|n| self.submit(move || done(n)).expect("it is not shut down")).collect();
        futures.into_iter().for_each(|future| _ = future.result().expect("no task panics"));
    }
}

impl Pool for threadpool::ThreadPool {
    fn run(&self, tasks: u64) {
        (0..tasks).for_each(|n| self.execute(move || _ = black_box(n)));
        self.join();
    }
}

impl Pool for rayon::ThreadPool {
    fn run(&self, tasks: u64) {
        self.in_place_scope(|scope| (0..tasks).for_each(|n| scope.spawn(move |_| _ = black_box(n))));
    }
}

fn pool<P: Pool>(make: fn(usize) -> P) -> Run {
    /// So many tasks at once, so that what is kept of them stays small.
    const BATCH: u64 = 1000;
    Run::operations(move |n| {
        let pool = make(WORKERS);
        let cpu = crate::measure::cpu_time();
        let start = Instant::now();
        let batches = n.div_ceil(BATCH);
        (0..batches).for_each(|_| pool.run(BATCH));
        crate::measure::Sample {
            operations: batches * BATCH,
            elapsed: start.elapsed(),
            cpu: crate::measure::cpu_time() - cpu,
            ..Default::default()
        }
    })
}
