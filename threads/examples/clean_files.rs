//! Reads text files, cleans them, and writes them anew: `cargo run --release --example clean_files`.
//!
//! First with a pool, a future per file, in the order in which they end; then as a pipeline of three stages with a bounded queue
//! between two of them. Both must come to the same.

use sixfold_threads::futures::{ThreadPoolExecutor, as_completed};
use sixfold_threads::queue::Queue;
use sixfold_threads::thread::Thread;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::{env, fs, io};

const FILES: usize = 40;

/// Lines without white space at their ends, without empty ones, in lower case.
fn clean(text: &str) -> String {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    lines.map(|line| line.to_lowercase() + "\n").collect()
}

fn with_a_pool(files: &[PathBuf]) -> BTreeMap<PathBuf, String> {
    let pool = ThreadPoolExecutor::new(4);
    let tasks = files.iter().cloned().map(|file| {
        pool.submit(move || fs::read_to_string(&file).map(|text| (file, clean(&text)))).expect("it is not shut down")
    });
    let tasks: Vec<_> = tasks.collect();
    let cleaned = as_completed(tasks).map(|task| task.result().expect("no task panics"));
    cleaned.collect::<io::Result<_>>().expect("all files are there")
}

fn as_a_pipeline(files: &[PathBuf]) -> BTreeMap<PathBuf, String> {
    let (read, cleaned) = (Arc::new(Queue::bounded(4)), Arc::new(Queue::bounded(4)));
    let reads = Thread::spawn({
        let (files, read) = (files.to_owned(), read.clone());
        move || {
            for file in files {
                let text = fs::read_to_string(&file).expect("it is there");
                read.put((file, text)).expect("this thread shuts it down");
            }
            read.shutdown(false);
        }
    });
    let cleans: Vec<_> = (0..2)
        .map(|_| {
            let (read, cleaned) = (read.clone(), cleaned.clone());
            Thread::spawn(move || {
                for (file, text) in &*read {
                    cleaned.put((file, clean(&text))).expect("it is shut down when these have ended");
                }
            })
        })
        .collect();
    let collects = Thread::spawn({
        let cleaned = cleaned.clone();
        move || cleaned.iter().collect()
    });
    reads.join().expect("it does not panic");
    cleans.into_iter().for_each(|stage| stage.join().expect("it does not panic"));
    cleaned.shutdown(false);
    collects.join().expect("it does not panic")
}

fn make_files(folder: &Path) -> io::Result<Vec<PathBuf>> {
    fs::create_dir_all(folder)?;
    let make = |n| {
        let file = folder.join(format!("{n:02}.txt"));
        fs::write(&file, format!("  File {n} \n\n\tHas SPACES  \n{}", "Line\n".repeat(n))).map(|()| file)
    };
    (0..FILES).map(make).collect()
}

fn main() -> io::Result<()> {
    let folder = env::temp_dir().join(format!("sixfold-clean-{}", std::process::id()));
    let files = make_files(&folder)?;
    let (pooled, piped) = (with_a_pool(&files), as_a_pipeline(&files));
    assert_eq!(pooled, piped);
    for (file, text) in &pooled {
        fs::write(file, text)?;
    }
    let first = fs::read_to_string(&files[1])?;
    fs::remove_dir_all(&folder)?;
    assert_eq!(first, "file 1\nhas spaces\nline\n");
    println!("{} files cleaned, twice, with the same result", pooled.len());
    Ok(())
}
