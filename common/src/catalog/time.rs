//! The field that several readings share.

use crate::resource::schema::{Field, Rule};

/// When a value was taken, in seconds since 1970.
pub(super) const TIME: Field =
    Field { key: 1, name: "time", rule: Rule::Integer { min: 0, max: i64::MAX }, required: false, unit: "s" };
