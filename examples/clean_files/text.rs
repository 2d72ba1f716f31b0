//! What cleaning is.

use std::fs;
use std::path::Path;

/// What has become of a file. The error is why it could not be read.
pub type Outcome = Result<Cleaned, String>;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cleaned {
    pub lines: usize,
    pub lines_kept: usize,
    pub bytes: usize,
    pub bytes_kept: usize,
    /// Stands for the cleaned text, which is not kept in memory.
    digest: u64,
}

/// The first half of the work.
pub fn read(path: &Path) -> Result<Vec<u8>, String> {
    fs::read(path).map_err(|error| error.to_string())
}

/// The second half: lower case, one blank between words, no empty lines.
pub fn clean(raw: &[u8]) -> Cleaned {
    let text = String::from_utf8_lossy(raw);
    let mut kept = String::with_capacity(text.len());
    let (mut lines, mut lines_kept) = (0, 0);
    for line in text.lines() {
        lines += 1;
        let mut words = line.split_whitespace();
        let Some(first) = words.next() else { continue };
        lines_kept += 1;
        kept += &first.to_lowercase();
        for word in words {
            kept.push(' ');
            kept += &word.to_lowercase();
        }
        kept.push('\n');
    }
    Cleaned { lines, lines_kept, bytes: raw.len(), bytes_kept: kept.len(), digest: digest(START, kept.as_bytes()) }
}

/// One number for all results in their order.
pub fn digest_of_all(results: &[Outcome]) -> u64 {
    results.iter().fold(START, |all, result| match result {
        Ok(cleaned) => digest(all, &cleaned.digest.to_le_bytes()),
        Err(reason) => digest(all, reason.as_bytes()),
    })
}

const START: u64 = 0xcbf2_9ce4_8422_2325;

/// FNV-1a, going on from `digest`.
fn digest(digest: u64, bytes: &[u8]) -> u64 {
    bytes.iter().fold(digest, |digest, byte| (digest ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3))
}
