//! In which order items leave a queue.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};
use std::fmt;

/// An order in which items leave a [`QueueOf`](super::QueueOf). Sealed: [`Fifo`], [`Lifo`] and [`Smallest`] are all.
pub trait Order: sealed::Items {}

pub(super) mod sealed {
    pub trait Items: Default {
        type Item;
        fn push(&mut self, item: Self::Item);
        fn pop(&mut self) -> Option<Self::Item>;
        fn len(&self) -> usize;
        /// All that is left, in its order.
        fn into_vec(self) -> Vec<Self::Item>;
    }
}
use sealed::Items;

/// First in, first out.
pub struct Fifo<T>(VecDeque<T>);

/// Last in, first out.
pub struct Lifo<T>(Vec<T>);

/// The smallest first.
pub struct Smallest<T>(BinaryHeap<Reverse<T>>);

impl<T> Order for Fifo<T> {}
impl<T> Order for Lifo<T> {}
impl<T: Ord> Order for Smallest<T> {}

impl<T> Default for Fifo<T> {
    fn default() -> Self {
        Self(VecDeque::new())
    }
}

impl<T> Default for Lifo<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T: Ord> Default for Smallest<T> {
    fn default() -> Self {
        Self(BinaryHeap::new())
    }
}

impl<T> Items for Fifo<T> {
    type Item = T;
    fn push(&mut self, item: T) {
        self.0.push_back(item);
    }
    fn pop(&mut self) -> Option<T> {
        self.0.pop_front()
    }
    fn len(&self) -> usize {
        self.0.len()
    }
    fn into_vec(self) -> Vec<T> {
        self.0.into()
    }
}

impl<T> Items for Lifo<T> {
    type Item = T;
    fn push(&mut self, item: T) {
        self.0.push(item);
    }
    fn pop(&mut self) -> Option<T> {
        self.0.pop()
    }
    fn len(&self) -> usize {
        self.0.len()
    }
    fn into_vec(mut self) -> Vec<T> {
        self.0.reverse();
        self.0
    }
}

impl<T: Ord> Items for Smallest<T> {
    type Item = T;
    fn push(&mut self, item: T) {
        self.0.push(Reverse(item));
    }
    fn pop(&mut self) -> Option<T> {
        self.0.pop().map(|Reverse(item)| item)
    }
    fn len(&self) -> usize {
        self.0.len()
    }
    fn into_vec(self) -> Vec<T> {
        self.0.into_sorted_vec().into_iter().rev().map(|Reverse(item)| item).collect()
    }
}

macro_rules! opaque {
    ($($order:ident),*) => {$(
        impl<T> fmt::Debug for $order<T> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($order)).finish_non_exhaustive()
            }
        }
    )*};
}
opaque!(Fifo, Lifo, Smallest);
