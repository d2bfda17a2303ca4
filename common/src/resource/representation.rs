//! Values as they travel.

use minicbor::Decode;

use super::field_writer::FieldWriter;
use super::schema::{self, Field, Violation};
use crate::base::Full;

/// Content-Format of CBOR (RFC 8949).
pub const CBOR: u16 = 60;

/// A value that travels as CBOR.
pub trait Representation: Sized {
    /// Its Content-Format; `None` for a value that has no body.
    const FORMAT: Option<u16>;
    /// What it may hold.
    const FIELDS: &'static [Field];

    /// Writes it; the number of bytes.
    ///
    /// # Errors
    /// `Full` if the buffer is too small.
    fn encode(&self, buffer: &mut [u8]) -> Result<usize, Full>;

    /// Reads and validates it.
    ///
    /// # Errors
    /// The rule it breaks.
    fn decode(body: &[u8]) -> Result<Self, Violation>;
}

/// A type with minicbor's derived wire form and a table of its fields: all that
/// [`Representation`] wants.
pub trait Schema {
    /// The fields, with the keys that the derived wire form uses.
    const FIELDS: &'static [Field];

    /// Writes it as minicbor's derived wire form does: a map of the fields that are there.
    fn write(&self, fields: &mut FieldWriter<'_>);
}

impl<T> Representation for T
where
    T: Schema + for<'b> Decode<'b, ()>,
{
    const FORMAT: Option<u16> = Some(CBOR);
    const FIELDS: &'static [Field] = T::FIELDS;

    fn encode(&self, buffer: &mut [u8]) -> Result<usize, Full> {
        let mut fields = FieldWriter::new(buffer);
        self.write(&mut fields);
        fields.finish()
    }

    fn decode(body: &[u8]) -> Result<Self, Violation> {
        schema::check(T::FIELDS, body)?;
        minicbor::decode(body).map_err(|_| Violation::NotAMap)
    }
}

impl Representation for () {
    const FORMAT: Option<u16> = None;
    const FIELDS: &'static [Field] = &[];

    fn encode(&self, _: &mut [u8]) -> Result<usize, Full> {
        Ok(0)
    }

    /// A body nobody asked for is ignored (RFC 7252 §5.5).
    fn decode(_: &[u8]) -> Result<Self, Violation> {
        Ok(())
    }
}
