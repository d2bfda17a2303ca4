//! Concise Problem Details for CoAP, RFC 9290.

use crate::base::{CborWriter, Full, Wording, Words};

/// Content-Format of Concise Problem Details (RFC 9290 §6.3).
pub const PROBLEM_FORMAT: u16 = 257;

/// The keys, each as -1 less it: -1, -2 and -8.
const TITLE: u64 = 0;
const DETAIL: u64 = 1;
const OPTION: u64 = 7;

/// What went wrong, for a program and for the person who reads its log.
#[derive(Clone, Copy, Debug)]
pub struct Problem<'a> {
    /// The kind of problem in a few words (key -1).
    pub title: &'a str,
    /// This occurrence: the field and the rule it breaks, what was expected (key -2).
    pub detail: Option<&'a dyn Wording>,
    /// The critical option that was not processed (key -8, §3.1.1).
    pub option: Option<u16>,
}

impl<'a> Problem<'a> {
    /// A problem with a title only.
    pub const fn titled(title: &'a str) -> Self {
        Self { title, detail: None, option: None }
    }

    /// A problem with a title, and with a detail if there is the feature `details`.
    #[inline]
    pub const fn detailed(title: &'a str, detail: &'a dyn Wording) -> Self {
        let detail = if cfg!(feature = "details") { Some(detail) } else { None };
        Self { title, detail, option: None }
    }

    /// Writes it as a CBOR map; the number of bytes. A detail that is too long is cut.
    ///
    /// # Errors
    /// `Full` if the buffer is too small.
    pub fn encode(&self, buffer: &mut [u8]) -> Result<usize, Full> {
        let detail = self.detail.filter(|_| cfg!(feature = "details")).map(Words::of);
        let entries = 1 + u8::from(detail.is_some()) + u8::from(self.option.is_some());
        let mut writer = CborWriter::new(buffer);
        writer.map(entries)?;
        writer.negative(TITLE)?;
        writer.text(self.title)?;
        if let Some(detail) = detail {
            writer.negative(DETAIL)?;
            writer.text(detail.as_str())?;
        }
        if let Some(option) = self.option {
            writer.negative(OPTION)?;
            writer.unsigned(u64::from(option))?;
        }
        Ok(writer.written())
    }

    /// The text for a client that takes no problem details (RFC 7252 §5.5.2).
    pub const fn diagnostic(&self) -> &'a str {
        self.title
    }
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;
    use std::string::String;

    #[test]
    fn section_3_names_the_unprocessed_option() {
        let mut buffer = [0; 32];
        let problem = Problem { option: Some(65_001), ..Problem::titled("bad option") };
        let len = problem.encode(&mut buffer).expect("room");
        assert_eq!(&buffer[..len], b"\xa2\x20\x6abad option\x27\x19\xfd\xe9");
    }

    #[test]
    fn a_long_detail_is_cut_at_a_character() {
        let long = "é".repeat(300);
        let mut buffer = [0; 256];
        let problem = Problem { detail: Some(&format_args!("x{long}")), ..Problem::titled("t") };
        let len = problem.encode(&mut buffer).expect("room");
        let mut decoder = minicbor::Decoder::new(&buffer[..len]);
        assert_eq!(decoder.map().expect("a map"), Some(2));
        let mut texts = [String::new(), String::new()];
        for text in &mut texts {
            decoder.skip().expect("a key");
            text.push_str(decoder.str().expect("a text"));
        }
        assert_eq!(texts[1], std::format!("x{}", "é".repeat(99)));
        assert_eq!(decoder.position(), len);
    }

    #[test]
    fn no_room_is_an_error() {
        assert_eq!(Problem::titled("no such resource").encode(&mut [0; 8]), Err(Full));
    }
}
