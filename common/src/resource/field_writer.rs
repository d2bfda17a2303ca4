//! Writing the fields of a representation, RFC 8949 §3.1.

use crate::base::{CborWriter, Full};

/// Writes a map of fields, each with its key. What does not fit is remembered, so that a type only lists its fields.
#[derive(Debug)]
pub struct FieldWriter<'b> {
    writer: CborWriter<'b>,
    result: Result<(), Full>,
}

impl<'b> FieldWriter<'b> {
    /// A writer at the start of `buffer`.
    pub const fn new(buffer: &'b mut [u8]) -> Self {
        Self { writer: CborWriter::new(buffer), result: Ok(()) }
    }

    /// Begins the map: as many fields follow.
    #[cfg_attr(not(target_os = "none"), inline)]
    pub fn map(&mut self, fields: u8) {
        self.result = self.writer.map(fields);
    }

    /// A number, as a half if that is exact, as a single otherwise.
    #[cfg_attr(not(target_os = "none"), inline)]
    pub fn number(&mut self, key: u8, number: f32) {
        self.add(|writer| writer.unsigned(u64::from(key)).and_then(|()| writer.number(number)));
    }

    /// True or false.
    #[cfg_attr(not(target_os = "none"), inline)]
    pub fn boolean(&mut self, key: u8, value: bool) {
        self.add(|writer| writer.unsigned(u64::from(key)).and_then(|()| writer.boolean(value)));
    }

    /// A whole number from 0.
    #[cfg_attr(not(target_os = "none"), inline)]
    pub fn unsigned(&mut self, key: u8, number: u64) {
        self.add(|writer| writer.unsigned(u64::from(key)).and_then(|()| writer.unsigned(number)));
    }

    /// A whole number from 0, if there is one.
    #[cfg_attr(not(target_os = "none"), inline)]
    pub fn optional(&mut self, key: u8, number: Option<u64>) {
        if let Some(number) = number {
            self.unsigned(key, number);
        }
    }

    /// How many bytes were written.
    ///
    /// # Errors
    /// `Full` if the buffer was too small.
    #[cfg_attr(not(target_os = "none"), inline)]
    pub fn finish(self) -> Result<usize, Full> {
        self.result.map(|()| self.writer.written())
    }

    #[cfg_attr(not(target_os = "none"), inline)]
    fn add(&mut self, item: impl FnOnce(&mut CborWriter<'b>) -> Result<(), Full>) {
        if self.result.is_ok() {
            self.result = item(&mut self.writer);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_follows_what_did_not_fit() {
        let mut buffer = [0; 4];
        let mut fields = FieldWriter::new(&mut buffer);
        fields.map(3);
        fields.number(0, 21.1);
        fields.boolean(1, true);
        assert_eq!(fields.finish(), Err(Full));
        let mut fields = FieldWriter::new(&mut buffer);
        fields.map(1);
        fields.optional(0, None);
        fields.optional(1, Some(23));
        assert_eq!(fields.finish(), Ok(3));
        assert_eq!(buffer[..3], [0xa1, 1, 23]);
    }
}
