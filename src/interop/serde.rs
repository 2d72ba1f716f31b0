//! Locks that guard a value as that value: the feature `serde`.

use crate::lock::Lock;
use crate::rlock::RLock;
use serde_core::{Deserialize, Deserializer, Serialize, Serializer};

/// With the feature `serde`: serialises the guarded value, and waits for the lock to do so.
///
/// It is held until the value is written, whatever that takes. The thread that holds it already would wait for itself:
/// there, serialise what the guard derefs to.
///
/// # Examples
/// ```
/// use sixfold::Lock;
///
/// let scores = Lock::with_value(vec![3, 5]);
/// assert_eq!(serde_json::to_string(&scores)?, "[3,5]");
///
/// let mut held = scores.hold();
/// held.push(8);
/// assert_eq!(serde_json::to_string(&*held)?, "[3,5,8]");
/// # Ok::<(), serde_json::Error>(())
/// ```
impl<T: ?Sized + Serialize> Serialize for Lock<T> {
    #[cfg_attr(loom, track_caller)]
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.hold().serialize(serializer)
    }
}

/// With the feature `serde`: a lock that is free and guards what was deserialised.
///
/// # Examples
/// ```
/// let scores: sixfold::Lock<Vec<u32>> = serde_json::from_str("[3,5]")?;
/// assert_eq!(*scores.hold(), [3, 5]);
/// # Ok::<(), serde_json::Error>(())
/// ```
impl<'de, T: Deserialize<'de>> Deserialize<'de> for Lock<T> {
    #[cfg_attr(loom, track_caller)]
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        T::deserialize(deserializer).map(Self::with_value)
    }
}

/// With the feature `serde`: serialises the guarded value, and waits for the lock to do so.
///
/// It is held until the value is written, whatever that takes. The thread that owns it already does not wait, and writes
/// the value as it is at that moment.
///
/// # Examples
/// ```
/// use sixfold::RLock;
/// use std::cell::Cell;
///
/// let count = RLock::with_value(Cell::new(1));
/// let held = count.hold();
/// held.set(2);
/// assert_eq!(serde_json::to_string(&count)?, "2");
/// # Ok::<(), serde_json::Error>(())
/// ```
impl<T: ?Sized + Serialize> Serialize for RLock<T> {
    #[cfg_attr(loom, track_caller)]
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.hold().serialize(serializer)
    }
}

/// With the feature `serde`: a lock that nobody owns and that guards what was deserialised.
///
/// # Examples
/// ```
/// let name: sixfold::RLock<String> = serde_json::from_str(r#""Guido""#)?;
/// assert_eq!(*name.hold(), "Guido");
/// # Ok::<(), serde_json::Error>(())
/// ```
impl<'de, T: Deserialize<'de>> Deserialize<'de> for RLock<T> {
    #[cfg_attr(loom, track_caller)]
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        T::deserialize(deserializer).map(Self::with_value)
    }
}
