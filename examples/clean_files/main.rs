//! Reads and cleans files in three ways: one after the other, with a thread for each, and as a bounded pipeline. All
//! three must give the same result, which is checked.
//!
//! ```text
//! cargo run --release --example clean_files -- [FILE or FOLDER]...
//! ```
//!
//! Without arguments it takes this package's own sources. Hidden files in folders are left out.
//!
//! The Python program:
//!
//! ```python
//! import sys
//! from pathlib import Path
//! from queue import Queue
//! from threading import Semaphore, Thread
//!
//! def clean(text):
//!     lines = (" ".join(line.split()).lower() for line in text.split("\n"))
//!     return [line for line in lines if line]
//!
//! def one_by_one(paths):
//!     return {path: clean(path.read_text(errors="replace")) for path in paths}
//!
//! def a_thread_each(paths, most=8):
//!     results, running = {}, Semaphore(most)
//!     def work(path):
//!         try:
//!             results[path] = clean(path.read_text(errors="replace"))
//!         finally:
//!             running.release()
//!     threads = []
//!     for path in paths:
//!         running.acquire()
//!         threads.append(Thread(target=work, args=(path,)))
//!         threads[-1].start()
//!     for t in threads: t.join()
//!     return results
//!
//! def pipeline(paths, cleaners=2, room=16):
//!     results, texts = {}, Queue(maxsize=room)
//!     def read():
//!         for path in paths:
//!             texts.put((path, path.read_text(errors="replace")))
//!         for _ in range(cleaners):
//!             texts.put(None)
//!     def work():
//!         while (item := texts.get()) is not None:
//!             results[item[0]] = clean(item[1])
//!     threads = [Thread(target=read)] + [Thread(target=work) for _ in range(cleaners)]
//!     for t in threads: t.start()
//!     for t in threads: t.join()
//!     return results
//!
//! paths = [Path(name) for name in sys.argv[1:]]
//! assert one_by_one(paths) == a_thread_each(paths) == pipeline(paths)
//! ```
//!
//! # Where the two differ
//!
//! - Under Python's GIL only one thread cleans at a time; threads gain where files are slow to read. Here they clean at
//!   the same time too. If the files are in the system's cache, that is all that there is to gain.
//! - A permit that one thread acquires and another releases is a `Semaphore` by hand there. Here the guard moves into
//!   the thread: it is released there, also if the thread panics or could not be started.
//! - `results[path] = …` from several threads is safe in Python because of the GIL. Here a `Lock` contains the results.
//! - The end of the texts is announced in Python by a `None` for each cleaner. Here the pipe knows its writers and
//!   readers, and ends with the last of either, whatever the reason: nobody waits for a thread that has failed.

mod pipe;
mod text;
mod ways;

use std::error::Error;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::thread;
use std::time::Instant;
use text::Outcome;

type Way<'a> = &'a dyn Fn() -> io::Result<Vec<Outcome>>;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), Box<dyn Error>> {
    let mut given: Vec<PathBuf> = std::env::args_os().skip(1).map(PathBuf::from).collect();
    if given.is_empty() {
        let package = Path::new(env!("CARGO_MANIFEST_DIR"));
        given = vec![package.join("README.md"), package.join("src"), package.join("examples")];
    }
    let mut paths = Vec::new();
    for path in given {
        collect(&path, &mut paths).map_err(|error| format!("cannot read {}: {error}", path.display()))?;
    }

    // Unmeasured: it brings the files into the cache, so that the first way does not pay for the others.
    let expected = ways::one_by_one(&paths);
    println!("{}", summary(&expected));

    let cleaners = thread::available_parallelism().map_or(2, usize::from);
    let ways: [(String, Way<'_>); 3] = [
        ("one after the other".into(), &|| Ok(ways::one_by_one(&paths))),
        (format!("a thread for each file, {} at a time", ways::THREADS), &|| ways::a_thread_each(&paths)),
        (format!("pipeline, {} readers, {cleaners} cleaners", ways::READERS), &|| ways::pipeline(&paths, cleaners)),
    ];
    for (name, way) in &ways {
        let start = Instant::now();
        let results = way()?;
        println!("{name:<40}{:>10.2} ms", start.elapsed().as_secs_f64() * 1e3);
        if let Some(n) = (0..paths.len()).find(|n| results[*n] != expected[*n]) {
            let path = paths[n].display();
            return Err(format!("{name}: another result for {path}; has it changed meanwhile?").into());
        }
    }
    println!("all three give the same result, digest {}", text::digest_of_all(&expected));
    Ok(())
}

/// A file, or the files below a folder in the order of their names.
fn collect(path: &Path, paths: &mut Vec<PathBuf>) -> io::Result<()> {
    if !fs::metadata(path)?.is_dir() {
        paths.push(path.into());
        return Ok(());
    }
    let mut entries = fs::read_dir(path)?.collect::<Result<Vec<_>, _>>()?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let hidden = entry.file_name().as_encoded_bytes().starts_with(b".");
        // Links are left out, so that no circle of them is followed.
        if !hidden && !entry.file_type()?.is_symlink() {
            collect(&entry.path(), paths)?;
        }
    }
    Ok(())
}

fn summary(results: &[Outcome]) -> String {
    let (mut unreadable, mut lines, mut kept, mut bytes, mut kept_bytes) = (0, 0, 0, 0, 0);
    for result in results {
        match result {
            Ok(cleaned) => {
                (lines, kept) = (lines + cleaned.lines, kept + cleaned.lines_kept);
                (bytes, kept_bytes) = (bytes + cleaned.bytes, kept_bytes + cleaned.bytes_kept);
            }
            Err(_) => unreadable += 1,
        }
    }
    let files = results.len();
    format!(
        "{files} files, {unreadable} unreadable; {kept} of {lines} lines and {kept_bytes} of {bytes} bytes are kept"
    )
}
