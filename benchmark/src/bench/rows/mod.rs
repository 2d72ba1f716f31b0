//! The scenarios.

pub mod barrier;
pub mod condition;
pub mod event;
pub mod lock;
pub mod rlock;
pub mod semaphore;

/// The contestants of a scenario: a function that is generic over a trait with `NAME` and `RANK`, for each type. A type
/// that only some systems have is marked with `#[cfg]`.
macro_rules! among {
    ($trait:ident; $scenario:ident $arguments:tt; $($(#[$where:meta])? $peer:ty),* $(,)?) => {
        Vec::from([$(
            $(#[$where])?
            crate::bench::Contestant::new(
                <$peer as $trait>::NAME,
                <$peer as $trait>::RANK,
                among!(@call $scenario $peer, $arguments),
            ),
        )*])
    };
    (@call $scenario:ident $peer:ty, ($($argument:expr),*)) => { $scenario::<$peer>($($argument),*) };
}
pub(crate) use among;
