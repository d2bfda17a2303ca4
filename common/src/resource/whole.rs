//! Whole numbers of JSON, which has one kind of number: `7.0` is 7 (RFC 8259 §6).

use core::fmt;
use core::marker::PhantomData;

use serde::de::{Deserialize, Deserializer, Error, Unexpected, Visitor};

/// A whole number however it is written.
struct Whole<T>(T);

/// Reads one.
///
/// # Errors
/// When it is no whole number, or none of its type.
pub(crate) fn required<'de, D: Deserializer<'de>, T: TryFrom<u64>>(deserializer: D) -> Result<T, D::Error> {
    Whole::deserialize(deserializer).map(|whole| whole.0)
}

/// Reads one, or `null`.
///
/// # Errors
/// As [`required`].
pub(crate) fn optional<'de, D: Deserializer<'de>, T: TryFrom<u64>>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    Ok(Option::<Whole<T>>::deserialize(deserializer)?.map(|whole| whole.0))
}

impl<'de, T: TryFrom<u64>> Deserialize<'de> for Whole<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_u64(Reader(PhantomData)).map(Self)
    }
}

struct Reader<T>(PhantomData<T>);

impl<T: TryFrom<u64>> Visitor<'_> for Reader<T> {
    type Value = T;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "a whole number of at most {} bits", 8 * size_of::<T>())
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<T, E> {
        T::try_from(number).map_err(|_| E::invalid_value(Unexpected::Unsigned(number), &self))
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<T, E> {
        let whole = number as u64; // too small or too large saturates and is another number
        if whole as f64 == number && whole < u64::MAX {
            self.visit_u64(whole)
        } else {
            Err(E::invalid_value(Unexpected::Float(number), &self))
        }
    }
}

#[cfg(test)]
mod tests {
    use serde::de::IntoDeserializer as _;
    use serde::de::value::{Error, F64Deserializer, U64Deserializer};

    use super::*;

    #[test]
    fn a_whole_number_is_one_however_it_is_written() {
        let float = |number: f64| -> Result<u8, Error> {
            let deserializer: F64Deserializer<Error> = number.into_deserializer();
            required(deserializer)
        };
        let whole = |number: u64| -> Result<u8, Error> {
            let deserializer: U64Deserializer<Error> = number.into_deserializer();
            required(deserializer)
        };
        assert_eq!((float(7.0), float(0.0), whole(255)), (Ok(7), Ok(0), Ok(255)));
        for bad in [7.5, -1.0, 256.0, 1e300, f64::NAN, f64::INFINITY, 18_446_744_073_709_551_616.0] {
            assert!(float(bad).is_err(), "{bad}");
        }
        assert!(whole(256).is_err());
    }
}
