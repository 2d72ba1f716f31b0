//! Each file in `mistakes` is a mistake. It must not compile; the compiler must say what is recorded beside it; and that must
//! contain the phrases that the head of the file lists after `// says: `.
//!
//! The words depend on the compiler. With another one than that of the record, `ci/compile_errors.sh` has `SIXFOLD_UI` name
//! a folder with copies, and `TRYBUILD=overwrite` records there: then this looks for the phrases alone.

use std::path::{Path, PathBuf};
use std::{env, fs};

#[test]
fn each_mistake_is_refused_with_words_that_help() {
    let folder = env::var("SIXFOLD_UI").map_or("mistakes".into(), PathBuf::from);
    trybuild::TestCases::new().compile_fail(folder.join("*.rs")); // fails at the end of the statement

    let mut missing = Vec::new();
    for mistake in mistakes(&folder) {
        let source = fs::read_to_string(&mistake).unwrap();
        let said = fs::read_to_string(mistake.with_extension("stderr")).unwrap();
        let phrases: Vec<_> = source.lines().filter_map(|line| line.strip_prefix("// says: ")).collect();
        assert!(!phrases.is_empty(), "{} does not list what shall be said", mistake.display());
        let not_said = phrases.into_iter().filter(|phrase| !said.contains(phrase));
        missing.extend(not_said.map(|phrase| format!("{}: {phrase}", mistake.display())));
    }
    assert!(missing.is_empty(), "not said:\n{}", missing.join("\n"));
}

fn mistakes(folder: &Path) -> Vec<PathBuf> {
    let mut mistakes: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    mistakes.retain(|path| path.extension().is_some_and(|extension| extension == "rs"));
    assert!(!mistakes.is_empty(), "there is nothing in {}", folder.display());
    mistakes.sort();
    mistakes
}
