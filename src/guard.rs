//! What the guards of a value have in common.

use crate::error::NotHeldError;

/// What a guard does about an error that only a by-hand `release` under it can cause.
#[track_caller]
#[inline]
pub(crate) fn expect_held<T>(result: Result<T, NotHeldError>, who: &str) -> T {
    match result {
        Ok(value) => value,
        Err(error) => lost(who, error),
    }
}

#[cold]
#[track_caller]
fn lost(who: &str, error: NotHeldError) -> ! {
    panic!("{who} has lost its hold to a release by hand: {error}")
}

/// A guard that derefs to a value is shown as that value.
macro_rules! shown_as_its_value {
    ($([$($generics:tt)*] $guard:ty: $value:ty;)*) => {$(
        impl<$($generics)*> core::fmt::Debug for $guard where $value: core::fmt::Debug {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                core::fmt::Debug::fmt(&**self, f)
            }
        }

        impl<$($generics)*> core::fmt::Display for $guard where $value: core::fmt::Display {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                core::fmt::Display::fmt(&**self, f)
            }
        }
    )*};
}
pub(crate) use shown_as_its_value;
