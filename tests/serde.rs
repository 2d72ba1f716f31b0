//! The feature `serde`: a lock that guards a value is written and read as that value.
#![cfg(not(loom))]

mod common;

use common::{spawn, watchdog};
use serde_core::{Serialize, Serializer, ser::Error};
use sixfold::{Lock, RLock};
use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread;

fn written(value: &(impl Serialize + ?Sized)) -> String {
    serde_json::to_string(value).unwrap()
}

#[test]
fn a_lock_is_written_and_read_as_its_value() {
    let _watchdog = watchdog();
    let list = Lock::with_value(vec![1, 2]);
    assert_eq!(written(&list), "[1,2]");
    let read: Lock<Vec<u32>> = serde_json::from_str("[1,2]").unwrap();
    assert!(!read.locked());
    assert_eq!(*read.hold(), *list.hold());
}

#[test]
fn an_rlock_is_written_and_read_as_its_value() {
    let _watchdog = watchdog();
    let name = RLock::with_value(RefCell::new(String::from("Guido")));
    name.hold().borrow_mut().push('!');
    assert_eq!(written(&name), r#""Guido!""#);
    let read: RLock<RefCell<String>> = serde_json::from_str(&written(&name)).unwrap();
    assert!(!read.locked());
    assert_eq!(read.into_inner(), name.into_inner());
}

#[test]
fn locks_in_locks_and_in_collections_leave_no_trace_in_what_is_written() {
    let _watchdog = watchdog();
    let nested = Lock::with_value(vec![RLock::with_value(Some(1)), RLock::default()]);
    assert_eq!(written(&nested), "[1,null]");
    let read: Lock<Vec<RLock<Option<u8>>>> = serde_json::from_str("[1,null]").unwrap();
    let read: Vec<_> = read.into_inner().into_iter().map(RLock::into_inner).collect();
    assert_eq!(read, [Some(1), None]);
    assert_eq!(written(&Lock::new()), "null");
}

#[test]
fn a_value_without_a_size_is_written() {
    let _watchdog = watchdog();
    let list: &Lock<[i32]> = &Lock::with_value([1, 2]);
    assert_eq!(written(list), "[1,2]");
    let list: &RLock<[i32]> = &RLock::with_value([1, 2]);
    assert_eq!(written(list), "[1,2]");
}

#[test]
fn what_cannot_be_read_is_an_error() {
    assert!(serde_json::from_str::<Lock<u8>>("-1").is_err());
    assert!(serde_json::from_str::<RLock<u8>>("[]").is_err());
}

#[test]
fn to_write_waits_for_the_lock_and_sees_what_was_done_under_it() {
    let _watchdog = watchdog();
    let lock = Lock::with_value(1);
    let rlock = RLock::with_value(RefCell::new(1));
    thread::scope(|scope| {
        let (mut held, also_held) = (lock.hold(), rlock.hold());
        let writers = [spawn(scope, || written(&lock)), spawn(scope, || written(&rlock))];
        writers.iter().for_each(|writer| writer.until_asleep());
        *held = 2;
        also_held.replace(3);
        drop((held, also_held));
        assert_eq!(writers.map(|writer| writer.join()), ["2", "3"]);
    });
    assert!(!lock.locked() && !rlock.locked());
}

#[test]
fn the_owner_of_an_rlock_writes_it_without_waiting_for_itself() {
    let _watchdog = watchdog();
    let count = RLock::with_value(RefCell::new(1));
    let held = count.hold();
    held.replace(2);
    assert_eq!(written(&count), "2");
    assert!(count.is_owned());
    drop(held);
    assert!(!count.locked());
}

/// Looks whether it is locked while it is written; then fails, or panics.
struct Looking<'a> {
    at: RefCell<Option<&'a dyn Fn() -> bool>>,
    panics: bool,
}

impl Serialize for Looking<'_> {
    fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
        let looks = self.at.borrow();
        assert!(looks.is_some_and(|is_locked| is_locked()), "held while it is written");
        if self.panics { panic!("as planned") } else { Err(S::Error::custom("as planned")) }
    }
}

#[test]
fn a_value_that_cannot_be_written_is_written_under_the_lock_and_leaves_it_free() {
    let _watchdog = watchdog();
    for panics in [false, true] {
        let lock = Lock::with_value(Looking { at: RefCell::default(), panics });
        let rlock = RLock::with_value(Looking { at: RefCell::default(), panics });
        let (is_locked, is_owned) = (|| lock.locked(), || rlock.is_owned());
        lock.hold().at.replace(Some(&is_locked));
        rlock.hold().at.replace(Some(&is_owned));
        let write = |call: &dyn Fn() -> String| catch_unwind(AssertUnwindSafe(call));
        let results = [
            write(&|| serde_json::to_string(&lock).unwrap_err().to_string()),
            write(&|| serde_json::to_string(&rlock).unwrap_err().to_string()),
        ];
        for result in results {
            assert_eq!(result.is_err(), panics);
            assert!(result.is_err() || result.unwrap().contains("as planned"));
        }
        assert!(!lock.locked() && !rlock.locked());
    }
}
