//! What a text is, what a word is, and the plain way of counting.
#![cfg(not(loom))]

use std::borrow::Cow;
use std::collections::HashMap;
use std::fs;
use std::io;
use std::mem;
use std::path::{Path, PathBuf};

/// How often each word occurs.
pub type Words = HashMap<String, u64>;

/// Larger files are skipped, since a file is in memory as a whole.
pub const LARGEST: u64 = 256 << 20;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    pub files: u64,
    pub bytes: u64,
    pub lines: u64,
    pub words: u64,
    /// The file with the most words, the first by name if there are several.
    pub longest: Option<(PathBuf, u64)>,
}

impl Totals {
    /// Those of one file.
    pub fn of(path: PathBuf, text: &str, words: u64) -> Self {
        let lines = text.lines().count() as u64;
        Self { files: 1, bytes: text.len() as u64, lines, words, longest: Some((path, words)) }
    }

    pub fn add(&mut self, other: Self) {
        self.files += other.files;
        self.bytes += other.bytes;
        self.lines += other.lines;
        self.words += other.words;
        self.longest = mem::take(&mut self.longest)
            .into_iter()
            .chain(other.longest)
            .min_by(|(path, words), (other, more)| more.cmp(words).then_with(|| path.cmp(other)));
    }
}

/// Letters, digits and underscores in a row are a word, whatever the case.
pub fn words(text: &str) -> impl Iterator<Item = Cow<'_, str>> {
    text.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|word| !word.is_empty()).map(|word| {
        let is_lower = word.bytes().all(|byte| byte.is_ascii() && !byte.is_ascii_uppercase());
        if is_lower { word.into() } else { word.to_lowercase().into() }
    })
}

pub fn count_one(words: &mut Words, word: Cow<'_, str>, times: u64) {
    match words.get_mut(&*word) {
        Some(count) => *count += times,
        None => _ = words.insert(word.into_owned(), times),
    }
}

/// The text in a file's bytes, or why it is none.
pub fn from_bytes(bytes: Vec<u8>) -> Result<String, String> {
    match String::from_utf8(bytes) {
        Ok(text) if text.contains('\0') => Err("not a text, it contains NUL".into()),
        Ok(text) => Ok(text),
        Err(_) => Err("not UTF-8".into()),
    }
}

/// Hidden folders and those with build products are not looked into.
pub fn is_left_out(folder: &fs::DirEntry) -> bool {
    folder.file_name() == "target" || folder.file_name().as_encoded_bytes().starts_with(b".")
}

/// Counts in the simplest way: one thread, one file after the other. None if `stop` says so.
pub fn recount(folder: &Path, stop: impl Fn() -> bool) -> Option<(Totals, Words)> {
    let (mut totals, mut counts) = (Totals::default(), Words::new());
    let mut folders = vec![folder.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            let Ok(kind) = entry.file_type() else { continue };
            if kind.is_dir() && !is_left_out(&entry) {
                folders.push(entry.path());
            }
            if !kind.is_file() || entry.metadata().is_ok_and(|data| data.len() > LARGEST) {
                continue;
            }
            let Ok(text) = fs::read(entry.path()).map_err(|_| ()).and_then(|bytes| from_bytes(bytes).map_err(|_| ()))
            else {
                continue;
            };
            let mut count = 0;
            for word in words(&text) {
                if stop() {
                    return None;
                }
                count += 1;
                *counts.entry(word.into_owned()).or_default() += 1;
            }
            totals.add(Totals::of(entry.path(), &text, count));
        }
    }
    (!stop()).then_some((totals, counts))
}

/// Why a file or folder could not be read, in few words.
pub fn reason(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "vanished".into(),
        io::ErrorKind::PermissionDenied => "permission denied".into(),
        _ => error.to_string(),
    }
}
