//! The little CBOR of which keys and authenticated data are made.

use crate::base::{ByteWriter, Full};

/// A CBOR byte string of at most 255 bytes.
pub(super) fn byte_string(writer: &mut ByteWriter<'_>, bytes: &[u8]) -> Result<(), Full> {
    match u8::try_from(bytes.len()).map_err(|_| Full)? {
        length @ 0..24 => writer.byte(0x40 | length)?,
        length => writer.bytes(&[0x58, length])?,
    }
    writer.bytes(bytes)
}
