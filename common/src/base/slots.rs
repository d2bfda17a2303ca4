//! Where a table keeps its entries: memory that is there at once, or that is filled as it is used.

use core::fmt;

use super::bytes::Full;

/// Memory of fixed capacity that is touched only as far as it was used, so that a large table costs little while
/// it is empty: a vector with its capacity reserved, on a host.
pub trait Filling<T>: fmt::Debug {
    /// How many values there may be.
    fn capacity(&self) -> usize;

    /// The values that are there.
    fn filled(&self) -> &[T];

    /// The values that are there, to be changed.
    fn filled_mut(&mut self) -> &mut [T];

    /// Adds a value behind the others.
    ///
    /// # Errors
    /// When the capacity is used up.
    fn push(&mut self, value: T) -> Result<(), Full>;

    /// Takes all values out.
    fn clear(&mut self);
}

/// Values in a row.
#[derive(Debug)]
pub(super) enum Slots<'s, T> {
    All(&'s mut [T]),
    #[cfg(feature = "host")]
    Filling(&'s mut dyn Filling<T>),
}

impl<T> Slots<'_, T> {
    #[inline]
    pub(super) fn get(&self, index: usize) -> Option<&T> {
        match self {
            Self::All(slots) => slots.get(index),
            #[cfg(feature = "host")]
            Self::Filling(slots) => slots.filled().get(index),
        }
    }

    #[inline]
    pub(super) fn get_mut(&mut self, index: usize) -> Option<&mut T> {
        match self {
            Self::All(slots) => slots.get_mut(index),
            #[cfg(feature = "host")]
            Self::Filling(slots) => slots.filled_mut().get_mut(index),
        }
    }

    pub(super) fn capacity(&self) -> usize {
        match self {
            Self::All(slots) => slots.len(),
            #[cfg(feature = "host")]
            Self::Filling(slots) => slots.capacity(),
        }
    }

    /// Adds a value behind those that are there.
    pub(super) fn push(&mut self, value: T) -> Result<(), Full> {
        match self {
            Self::All(_) => {
                // There is no such place.
                drop(value);
                Err(Full)
            }
            #[cfg(feature = "host")]
            Self::Filling(slots) => slots.push(value),
        }
    }
}
