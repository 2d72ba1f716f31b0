//! The command line.
#![cfg(not(loom))]

use std::ffi::OsString;
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::thread::available_parallelism;

pub const USAGE: &str = "\
Counts the words in all text files below a folder.

Usage: wordcount [FOLDER] [OPTIONS]

  FOLDER          where to look (default: the current folder); hidden folders, folders
                  named `target` and symbolic links in it are left out
  --verify        count again, one file after the other, and compare
  --readers N     threads that read files, 1 to 256 (default: 4)
  --counters N    threads that count words, 1 to 256 (default: one for each processor)
  --top N         how many of the most frequent words to list (default: 10)
  -h, --help      print this

Exit code: 0; 1 if it failed or --verify found a difference; 2 if the folder or an
option is wrong; 130 after Ctrl-C, with partial results (a second Ctrl-C: without).
";

pub struct Options {
    pub folder: PathBuf,
    pub verify: bool,
    pub readers: usize,
    pub counters: usize,
    pub top: usize,
}

pub enum Request {
    Run(Options),
    Help,
}

const THREADS: RangeInclusive<usize> = 1..=256;

/// An error says what is wrong with the arguments.
pub fn parse(mut arguments: impl Iterator<Item = OsString>) -> Result<Request, String> {
    let processors = available_parallelism().map_or(2, usize::from).min(*THREADS.end());
    let mut options = Options { folder: PathBuf::new(), verify: false, readers: 4, counters: processors, top: 10 };
    let mut only_folders = false;
    while let Some(argument) = arguments.next() {
        let text = argument.to_str().unwrap_or("");
        if !text.starts_with('-') || only_folders {
            if !options.folder.as_os_str().is_empty() {
                return Err(format!("one folder only, and {argument:?} is a second one"));
            }
            if argument.is_empty() {
                return Err("the name of the folder is empty".into());
            }
            options.folder = argument.into();
            continue;
        }
        let (name, value) = text.split_once('=').map_or((text, None), |(name, value)| (name, Some(value.into())));
        let mut number = |range| number(name, value.clone().or_else(|| arguments.next()), range);
        match name {
            "--readers" => options.readers = number(THREADS)?,
            "--counters" => options.counters = number(THREADS)?,
            "--top" => options.top = number(0..=usize::MAX)?,
            "--verify" if value.is_none() => options.verify = true,
            "--help" | "-h" if value.is_none() => return Ok(Request::Help),
            "--" => only_folders = true,
            _ => return Err(format!("there is no option {text:?}")),
        }
    }
    if options.folder.as_os_str().is_empty() {
        options.folder = ".".into();
    }
    Ok(Request::Run(options))
}

fn number(option: &str, value: Option<OsString>, range: RangeInclusive<usize>) -> Result<usize, String> {
    let Some(value) = value else { return Err(format!("{option} needs a number")) };
    match value.to_str().and_then(|value| value.parse().ok()) {
        Some(number) if range.contains(&number) => Ok(number),
        _ => Err(format!("{option} needs a number from {} to {}, not {value:?}", range.start(), range.end())),
    }
}
