//! Two functions print lines under one lock: by hand, from `acquire` to `release`, and scoped.
//!
//! ```text
//! cargo run --release --example printing
//! ```
//!
//! The Python program:
//!
//! ```python
//! from threading import Lock, Thread
//!
//! lock = Lock()
//!
//! def squares():
//!     for n in range(1, 4):
//!         lock.acquire()
//!         try:
//!             print("the square of", n, end=" ")
//!             print("is", n * n)
//!         finally:
//!             lock.release()
//!
//! def cubes():
//!     for n in range(1, 4):
//!         with lock:
//!             print("the cube of", n, end=" ")
//!             print("is", n ** 3)
//!
//! threads = [Thread(target=squares), Thread(target=cubes)]
//! for t in threads: t.start()
//! for t in threads: t.join()
//! ```
//!
//! The order of the lines is up to the scheduler. That no line is torn is up to the lock.
//!
//! # Where the two differ
//!
//! - `acquire` is a statement and returns nothing; what returns a `bool` are `try_acquire` and `acquire_timeout`.
//! - `release` without a hold is a `RuntimeError` there and `Err(NotHeldError)` here, which the compiler wants to see
//!   used. Nothing has changed in both.
//! - What leaves the section early is an exception there, and `?`, `return` or a panic here. By hand, all of them leave
//!   the lock as it is, so that `try … finally` becomes: keep the result, release, then look at the result. `hold` is
//!   `with`: it releases whichever way the section ends, also by a panic, and poisons nothing.
//! - `with lock:` has a block. A guard lasts to the end of its variable's scope: `let _held =` to the end of the block,
//!   and `lock.hold();` or `let _ = lock.hold();` not at all. The compiler warns of the first of the two only.
//! - A single `println!` is never torn in Rust, since it locks stdout while it runs. Python's `print` writes the text
//!   and the end of the line one after the other.

use sixfold::{Lock, NotHeldError};
use std::error::Error;
use std::io::{self, Write as _};
use std::num::ParseIntError;
use std::thread;

static LOCK: Lock = Lock::new();

/// Threads return errors of this type.
type Outcome = Result<(), Box<dyn Error + Send + Sync>>;

fn main() -> Outcome {
    println!("by hand:");
    together(squares_by_hand, cubes_by_hand)?;
    println!("scoped:");
    together(squares_scoped, cubes_scoped)?;

    println!("what can go wrong:");
    let lock = Lock::new();
    let error = double_by_hand(&lock, "three").expect_err("that is no number");
    println!("by hand, left early because of an {error}: the lock is {}", state(&lock));
    lock.release()?;
    let error = double_scoped(&lock, "three").expect_err("that is no number");
    println!("scoped, left early because of an {error}: the lock is {}", state(&lock));
    let error: NotHeldError = lock.release().expect_err("nobody holds it");
    println!("released once too often: {error}");
    Ok(())
}

fn together(one: fn() -> Outcome, other: fn() -> Outcome) -> Outcome {
    let (one, other) = (thread::spawn(one), thread::spawn(other));
    one.join().expect("it returns errors and does not panic")?;
    other.join().expect("it returns errors and does not panic")
}

fn squares_by_hand() -> Outcome {
    for n in 1..=3 {
        LOCK.acquire();
        let printed = in_two_pieces("square", n, n * n);
        LOCK.release()?;
        printed?;
    }
    Ok(())
}

fn cubes_by_hand() -> Outcome {
    for n in 1..=3 {
        LOCK.acquire();
        let printed = in_two_pieces("cube", n, n * n * n);
        LOCK.release()?;
        printed?;
    }
    Ok(())
}

fn squares_scoped() -> Outcome {
    for n in 1..=3 {
        let _held = LOCK.hold();
        in_two_pieces("square", n, n * n)?;
    }
    Ok(())
}

fn cubes_scoped() -> Outcome {
    for n in 1..=3 {
        let _held = LOCK.hold();
        in_two_pieces("cube", n, n * n * n)?;
    }
    Ok(())
}

/// A line that could be torn: stdout is locked for each of the pieces, not for both.
fn in_two_pieces(power: &str, n: u32, result: u32) -> io::Result<()> {
    write!(io::stdout(), "the {power} of {n} ")?;
    io::stdout().flush()?;
    thread::yield_now(); // an opportunity to tear it
    writeln!(io::stdout(), "is {result}")
}

/// The mistake: `?` between `acquire` and `release`.
fn double_by_hand(lock: &Lock, text: &str) -> Result<u32, ParseIntError> {
    lock.acquire();
    let n: u32 = text.parse()?;
    lock.release().expect("acquired above");
    Ok(2 * n)
}

fn double_scoped(lock: &Lock, text: &str) -> Result<u32, ParseIntError> {
    let _held = lock.hold();
    let n: u32 = text.parse()?;
    Ok(2 * n)
}

fn state(lock: &Lock) -> &'static str {
    if lock.locked() { "still locked" } else { "unlocked" }
}
