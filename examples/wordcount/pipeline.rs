//! The threads, and how they start, meet, stop and end.
#![cfg(not(loom))]

use crate::journal::{Journal, Skipped};
use crate::options::Options;
use crate::queues::{Contents, Document, Paths};
use crate::text::{self, LARGEST, Totals, Words, count_one};
use sixfold::{Barrier, BoundedSemaphore, BrokenBarrierError, Event, Lock};
use std::fs::{self, File};
use std::hash::{BuildHasher, RandomState};
use std::io::{self, Read};
use std::mem;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

pub struct Pipeline {
    folder: PathBuf,
    readers: usize,
    counters: usize,

    paths: Paths,
    contents: Contents,
    /// More readers than this are of use: one that waits for room in the queue has no file open.
    open_files: BoundedSemaphore,
    /// Where the counters meet after each phase.
    phases: Barrier,
    /// Everybody leaves off, since the user wants it or somebody has failed.
    stop: Arc<Event>,
    /// The work is over, well or not.
    over: Event,
    journal: Arc<Journal>,

    totals: Arc<Lock<Totals>>,
    /// All words are spread over as many shares as there are counters. Each counter adds to every share what it has
    /// counted, and then merges one of them.
    shares: Vec<Lock<Vec<Words>>>,
    hasher: RandomState,
}

/// What the threads have found out.
pub struct Summary {
    pub totals: Totals,
    /// Each word is in one of them.
    pub shares: Vec<Words>,
    pub skipped: Skipped,
    pub partial: bool,
}

/// Lets nobody wait for a thread that has panicked.
struct Alarm<'a>(&'a Pipeline);

impl Drop for Alarm<'_> {
    fn drop(&mut self) {
        if thread::panicking() {
            self.0.fail();
        }
    }
}

impl Pipeline {
    const MOST_PATHS: usize = 4096;
    const MOST_OPEN: usize = 8;
    const PIECE: u64 = 1 << 20;
    const REDRAW: Duration = Duration::from_millis(100);

    pub fn new(options: &Options) -> Self {
        let (journal, stop) = (Arc::new(Journal::new()), Arc::new(Event::new()));
        let totals = Arc::new(Lock::with_value(Totals::default()));
        let end_of_phase = {
            let (journal, stop, totals) = (journal.clone(), stop.clone(), totals.clone());
            move || {
                let totals = totals.hold().clone();
                journal.next_phase(stop.is_set(), &totals);
            }
        };
        Self {
            folder: options.folder.clone(),
            readers: options.readers,
            counters: options.counters,
            paths: Paths::new(Self::MOST_PATHS, options.readers),
            contents: Contents::new(options.readers),
            open_files: BoundedSemaphore::new(Self::MOST_OPEN),
            phases: Barrier::with_action(options.counters, end_of_phase),
            stop,
            over: Event::new(),
            journal,
            totals,
            shares: (0..options.counters).map(|_| Lock::default()).collect(),
            hasher: RandomState::new(),
        }
    }

    pub fn stopped(&self) -> bool {
        self.stop.is_set()
    }

    /// Asks everybody to leave off. Who counts or reads looks at the event; who waits in a queue is freed.
    pub fn stop(&self) {
        self.stop.set();
        self.paths.close();
        self.contents.close();
    }

    /// There will be no result: also the counters do not wait for each other any more.
    fn fail(&self) {
        self.stop();
        self.phases.abort();
        self.over.set();
    }

    /// Does it all. Returns when every thread has ended; an error means that one could not start.
    ///
    /// # Panics
    /// If one of the threads does.
    pub fn run(&self) -> io::Result<Summary> {
        type Work = fn(&Pipeline);
        let crew: [(&str, usize, Work); 3] = [
            ("walker", 1, Self::walk_all),
            ("reader", self.readers, Self::read_all),
            ("counter", self.counters, Self::count_all),
        ];
        thread::scope(|scope| {
            let _alarm = Alarm(self);
            for (name, number, work) in crew {
                for _ in 0..number {
                    let work = move || {
                        let _alarm = Alarm(self);
                        work(self);
                    };
                    thread::Builder::new().name(name.into()).spawn_scoped(scope, work).inspect_err(|_| self.fail())?;
                }
            }
            while !self.over.wait_timeout(Self::REDRAW) {
                let totals = self.totals.hold().clone();
                self.journal.draw(&totals);
            }
            Ok::<(), io::Error>(())
        })?;
        let (partial, skipped) = self.journal.finish();
        let totals = mem::take(&mut *self.totals.hold());
        let shares = self.shares.iter().flat_map(|share| mem::take(&mut *share.hold())).collect();
        Ok(Summary { totals, shares, skipped, partial })
    }

    /// The walker: announces all regular files.
    fn walk_all(&self) {
        let mut folders = vec![self.folder.clone()];
        while let Some(folder) = folders.pop() {
            let entries = self.list(&folder).unwrap_or_else(|error| {
                self.journal.skip(&folder, text::reason(&error));
                Vec::new()
            });
            for entry in entries {
                if self.stopped() {
                    folders.clear();
                    break;
                }
                match entry.file_type() {
                    Ok(kind) if kind.is_file() => self.paths.announce(entry.path()),
                    Ok(kind) if kind.is_dir() && text::is_left_out(&entry) => {}
                    Ok(kind) if kind.is_dir() => folders.push(entry.path()),
                    Ok(kind) if kind.is_symlink() => self.journal.skip(&entry.path(), "symbolic link".into()),
                    Ok(_) => self.journal.skip(&entry.path(), "not a regular file".into()),
                    Err(error) => self.journal.skip(&entry.path(), text::reason(&error)),
                }
            }
        }
        self.paths.end();
    }

    /// As a whole, so that no folder stays open while the walker waits for the readers.
    fn list(&self, folder: &Path) -> io::Result<Vec<fs::DirEntry>> {
        let _open = self.open_files.hold();
        fs::read_dir(folder)?.collect()
    }

    /// A reader: loads files until there are no more.
    fn read_all(&self) {
        while let Some(path) = self.paths.next() {
            let text = self.load(&path).map_err(|error| text::reason(&error)).and_then(text::from_bytes);
            if self.stopped() {
                break; // The text may be half of it.
            }
            match text {
                Ok(text) => {
                    if !self.contents.push(Document { path, text }) {
                        break;
                    }
                }
                Err(reason) => self.journal.skip(&path, reason),
            }
        }
        self.contents.reader_is_done();
    }

    /// A file's bytes; not all of them if it is to stop.
    fn load(&self, path: &Path) -> io::Result<Vec<u8>> {
        let _open = self.open_files.hold(); // Dropped after the file.
        let mut file = File::open(path)?;
        let mut size = file.metadata()?.len();
        let mut bytes = Vec::with_capacity(size.min(LARGEST) as usize);
        while size <= LARGEST && !self.stopped() {
            if file.by_ref().take(Self::PIECE).read_to_end(&mut bytes)? == 0 {
                return Ok(bytes);
            }
            size = size.max(bytes.len() as u64); // It may grow.
        }
        if size > LARGEST { Err(io::ErrorKind::FileTooLarge.into()) } else { Ok(bytes) }
    }

    /// A counter: counts, meets the others, merges, meets them again.
    fn count_all(&self) {
        match self.count_and_merge() {
            Ok(0) => self.over.set(), // One does it for all.
            Ok(_) => {}
            Err(BrokenBarrierError { .. }) => {} // Somebody else has failed, and has told everybody.
        }
    }

    fn count_and_merge(&self) -> Result<usize, BrokenBarrierError> {
        let mut counts = Words::new();
        while let Some(Document { path, text }) = self.contents.pop() {
            let mut words = 0;
            for word in text::words(&text).take_while(|_| !self.stopped()) {
                words += 1;
                count_one(&mut counts, word, 1);
            }
            // A file cut short by a stop is in it with the words that were counted.
            let of_this_file = Totals::of(path, &text, words);
            self.totals.hold().add(of_this_file);
        }
        for (share, words) in self.shares.iter().zip(self.split(counts)) {
            share.hold().push(words);
        }

        // All have counted. Each party of a round gets another index, and with it a share of its own.
        let index = self.phases.wait()?;
        let mut share = self.shares[index].hold();
        let mut merged = Words::new();
        for words in share.drain(..) {
            words.into_iter().for_each(|(word, count)| count_one(&mut merged, word.into(), count));
        }
        share.push(merged);
        drop(share);

        // All have merged.
        self.phases.wait()
    }

    /// One part for each share. The word alone decides in which it goes.
    fn split(&self, words: Words) -> Vec<Words> {
        let mut parts = vec![Words::new(); self.counters];
        for (word, count) in words {
            let part = self.hasher.hash_one(&word) as usize % self.counters;
            parts[part].insert(word, count);
        }
        parts
    }
}
