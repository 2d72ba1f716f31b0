//! The three ways to do the same. The results are in the order of the paths.

use crate::pipe::Pipe;
use crate::text::{Outcome, clean, read};
use sixfold::{Lock, Semaphore};
use std::io;
use std::path::PathBuf;
use std::thread;

/// So many threads at a time where each file has its own.
pub const THREADS: usize = 8;
/// So many readers in the pipeline, and so many files between the readers and the cleaners.
pub const READERS: usize = 2;
const ROOM: usize = 16;

pub fn one_by_one(paths: &[PathBuf]) -> Vec<Outcome> {
    paths.iter().map(|path| read(path).map(|raw| clean(&raw))).collect()
}

pub fn a_thread_each(paths: &[PathBuf]) -> io::Result<Vec<Outcome>> {
    let running = Semaphore::new(THREADS);
    let results = Results::new(paths);
    thread::scope(|scope| {
        for (n, path) in paths.iter().enumerate() {
            // Acquired here and released by the thread at its end.
            let permit = running.hold();
            let results = &results;
            thread::Builder::new().spawn_scoped(scope, move || {
                let _permit = permit;
                results.put(n, read(path).map(|raw| clean(&raw)));
            })?;
        }
        Ok::<_, io::Error>(())
    })?;
    Ok(results.all())
}

pub fn pipeline(paths: &[PathBuf], cleaners: usize) -> io::Result<Vec<Outcome>> {
    let to_read = Lock::with_value(paths.iter().enumerate());
    let texts = Pipe::new(ROOM);
    let results = Results::new(paths);
    // Before any thread: so the pipe does not end before all have begun. If one cannot be started, its end goes with
    // it.
    let (writers, readers) = (texts.writers(READERS), texts.readers(cleaners));
    thread::scope(|scope| {
        let (to_read, results) = (&to_read, &results);
        for writer in writers {
            thread::Builder::new().spawn_scoped(scope, move || {
                // The lock is held for the next path only, not while it is read.
                while let Some((n, path)) = next(to_read) {
                    if !writer.write((n, read(path))) {
                        return;
                    }
                }
            })?;
        }
        for reader in readers {
            thread::Builder::new().spawn_scoped(scope, move || {
                for (n, raw) in reader {
                    results.put(n, raw.map(|raw| clean(&raw)));
                }
            })?;
        }
        Ok::<_, io::Error>(())
    })?;
    Ok(results.all())
}

/// In a function, since the guard of `while let Some(…) = lock.hold().next()` would live to the end of the loop's body.
fn next<I: Iterator>(items: &Lock<I>) -> Option<I::Item> {
    items.hold().next()
}

/// Filled in any order.
struct Results(Lock<Vec<Option<Outcome>>>);

impl Results {
    fn new(paths: &[PathBuf]) -> Self {
        Self(Lock::with_value(vec![None; paths.len()]))
    }

    fn put(&self, n: usize, outcome: Outcome) {
        self.0.hold()[n] = Some(outcome);
    }

    fn all(self) -> Vec<Outcome> {
        self.0.into_inner().into_iter().map(|outcome| outcome.expect("every path was handled")).collect()
    }
}
