//! The reader: one data item in, a flat run of checked events out.

use super::{CborError, Event, Fault, Item, Place};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Array,
    Map,
    Tag,
    Bytes,
    Text,
}

#[derive(Debug, Clone, Copy)]
struct Frame {
    kind: Kind,
    seen: u64,
    expected: Option<u64>,
}

/// Walks one data item. Copying it gives a look ahead.
#[derive(Debug, Clone)]
pub struct Reader<'b> {
    bytes: &'b [u8],
    position: usize,
    frames: Vec<Frame>,
    depth: usize,
    begun: bool,
}

impl<'b> Reader<'b> {
    /// A reader of one data item in which arrays, maps, tags and indefinite strings nest at most `depth` levels.
    pub fn new(bytes: &'b [u8], depth: usize) -> Self {
        Self { bytes, position: 0, frames: Vec::new(), depth, begun: false }
    }

    /// The next step, or `None` when the data item is complete and nothing follows it.
    ///
    /// # Errors
    /// Names the offset at which the input stops being well-formed, or exceeds the depth.
    pub fn next_item(&mut self) -> Result<Option<Item<'b>>, CborError> {
        let offset = self.position;
        let place = match self.frames.last_mut() {
            None if self.begun && offset < self.bytes.len() => return Err(error(offset, Fault::Trailing)),
            None if self.begun => return Ok(None),
            None => Place::Root,
            Some(frame) if frame.expected == Some(frame.seen) => {
                self.frames.pop();
                return Ok(Some(Item { offset, place: Place::End, event: Event::End }));
            }
            Some(frame) => frame.place(),
        };
        self.begun = true;
        let event = self.event(offset)?;
        if event == Event::End {
            return Ok(Some(Item { offset, place: Place::End, event }));
        }
        Ok(Some(Item { offset, place, event }))
    }

    /// The offset behind what the last step read.
    pub const fn position(&self) -> usize {
        self.position
    }

    fn event(&mut self, offset: usize) -> Result<Event<'b>, CborError> {
        let head = self.take(1)?[0];
        let information = head & 0x1f;
        if head == 0xff {
            return self.close(offset);
        }
        if let Some(Frame { kind: kind @ (Kind::Bytes | Kind::Text), .. }) = self.frames.last() {
            let major = if *kind == Kind::Bytes { 2 } else { 3 };
            if head >> 5 != major || information == 31 {
                return Err(error(offset, Fault::WrongChunk));
            }
        }
        if let Some(frame) = self.frames.last_mut() {
            frame.seen = frame.seen.saturating_add(1);
        }
        if head >> 5 == 7 {
            return self.simple(offset, information);
        }
        let argument = self.argument(offset, head)?;
        match (head >> 5, argument) {
            (0, Some(value)) => Ok(Event::Integer(i128::from(value))),
            (1, Some(value)) => Ok(Event::Integer(-1 - i128::from(value))),
            (2, Some(length)) => Ok(Event::Bytes(self.take_long(length)?)),
            (2, None) => self.open(offset, Kind::Bytes, None, Event::BytesStart),
            (3, Some(length)) => match str::from_utf8(self.take_long(length)?) {
                Ok(text) => Ok(Event::Text(text)),
                Err(_) => Err(error(offset, Fault::NotUtf8)),
            },
            (3, None) => self.open(offset, Kind::Text, None, Event::TextStart),
            (4, length) => self.open(offset, Kind::Array, length, Event::ArrayStart(length)),
            (5, length) => self.open(offset, Kind::Map, length, Event::MapStart(length)),
            (6, Some(tag)) => self.open(offset, Kind::Tag, Some(1), Event::Tag(tag)),
            _ => Err(error(offset, Fault::ReservedHead(head))),
        }
    }

    /// The argument of a head: `None` for an indefinite length.
    fn argument(&mut self, offset: usize, head: u8) -> Result<Option<u64>, CborError> {
        match head & 0x1f {
            small @ 0..=23 => Ok(Some(u64::from(small))),
            width @ 24..=27 => {
                let bytes = self.take(1 << (width - 24))?;
                Ok(Some(bytes.iter().fold(0, |value, byte| value << 8 | u64::from(*byte))))
            }
            31 if matches!(head >> 5, 2..=5) => Ok(None),
            _ => Err(error(offset, Fault::ReservedHead(head))),
        }
    }

    fn simple(&mut self, offset: usize, information: u8) -> Result<Event<'b>, CborError> {
        let argument = self.argument(offset, 0xe0 | information)?.unwrap_or_default();
        Ok(match information {
            20 => Event::Bool(false),
            21 => Event::Bool(true),
            22 => Event::Null,
            23 => Event::Undefined,
            24 => match argument as u8 {
                value @ 0..32 => return Err(error(offset, Fault::ReservedSimple(value))),
                value => Event::Simple(value),
            },
            25 => Event::Float(half_to_double(argument as u16)),
            26 => Event::Float(f64::from(f32::from_bits(argument as u32))),
            27 => Event::Float(f64::from_bits(argument)),
            small => Event::Simple(small),
        })
    }

    fn open(
        &mut self,
        offset: usize,
        kind: Kind,
        length: Option<u64>,
        event: Event<'b>,
    ) -> Result<Event<'b>, CborError> {
        if self.frames.len() >= self.depth {
            return Err(error(offset, Fault::TooDeep(self.depth)));
        }
        // Every item takes a byte, so that a length beyond the input is found at its head.
        let left = (self.bytes.len() - self.position) as u64;
        let items = length.map(|length| length.saturating_mul(if kind == Kind::Map { 2 } else { 1 }));
        if items.is_some_and(|items| items > left) {
            return Err(error(offset, Fault::Truncated));
        }
        self.frames.push(Frame { kind, seen: 0, expected: items });
        Ok(event)
    }

    fn close(&mut self, offset: usize) -> Result<Event<'b>, CborError> {
        match self.frames.last() {
            Some(Frame { expected: None, kind: Kind::Map, seen }) if seen % 2 == 1 => {
                Err(error(offset, Fault::KeyWithoutValue))
            }
            Some(Frame { expected: None, .. }) => {
                self.frames.pop();
                Ok(Event::End)
            }
            _ => Err(error(offset, Fault::UnexpectedBreak)),
        }
    }

    fn take_long(&mut self, length: u64) -> Result<&'b [u8], CborError> {
        self.take(usize::try_from(length).unwrap_or(usize::MAX))
    }

    fn take(&mut self, length: usize) -> Result<&'b [u8], CborError> {
        let rest = &self.bytes[self.position..];
        match rest.split_at_checked(length) {
            Some((taken, _)) => {
                self.position += length;
                Ok(taken)
            }
            None => Err(error(self.bytes.len(), Fault::Truncated)),
        }
    }
}

impl Frame {
    fn place(&self) -> Place {
        match self.kind {
            Kind::Array => Place::Element(self.seen),
            Kind::Map if self.seen.is_multiple_of(2) => Place::Key(self.seen / 2),
            Kind::Map => Place::Value,
            Kind::Tag => Place::Content,
            Kind::Bytes | Kind::Text => Place::Chunk(self.seen),
        }
    }
}

fn error(offset: usize, fault: Fault) -> CborError {
    CborError { offset, fault }
}

/// RFC 8949 appendix D.
fn half_to_double(half: u16) -> f64 {
    let exponent = i32::from(half >> 10 & 0x1f);
    let fraction = f64::from(half & 0x3ff);
    let magnitude = match exponent {
        0 => fraction * 2f64.powi(-24),
        31 if fraction == 0.0 => f64::INFINITY,
        31 => f64::NAN,
        _ => (fraction + 1024.0) * 2f64.powi(exponent - 25),
    };
    if half & 0x8000 == 0 { magnitude } else { -magnitude }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn walk(bytes: &[u8]) -> Result<Vec<Event<'_>>, CborError> {
        let mut reader = Reader::new(bytes, 32);
        let mut events = Vec::new();
        while let Some(item) = reader.next_item()? {
            events.push(item.event);
        }
        Ok(events)
    }

    #[test]
    fn every_half_reads_as_minicbor_reads_it() {
        for half in 0..=u16::MAX {
            let [high, low] = half.to_be_bytes();
            let ours = half_to_double(half);
            let theirs = f64::from(minicbor::Decoder::new(&[0xf9, high, low]).f16().expect("a half"));
            assert!(ours == theirs && ours.is_sign_negative() == theirs.is_sign_negative() || ours.is_nan());
            assert_eq!(ours.is_nan(), theirs.is_nan());
        }
    }

    #[test]
    fn ill_formed_input_is_named() {
        let cases: &[(&[u8], usize, Fault)] = &[
            (&[], 0, Fault::Truncated),
            (&[0x01, 0x02], 1, Fault::Trailing),
            (&[0x1c], 0, Fault::ReservedHead(0x1c)),
            (&[0x1f], 0, Fault::ReservedHead(0x1f)),
            (&[0xdf], 0, Fault::ReservedHead(0xdf)),
            (&[0xf8, 0x18], 0, Fault::ReservedSimple(24)),
            (&[0x81, 0xff], 1, Fault::UnexpectedBreak),
            (&[0x9f, 0xc1, 0xff], 2, Fault::UnexpectedBreak),
            (&[0xff], 0, Fault::UnexpectedBreak),
            (&[0xbf, 0x01, 0xff], 2, Fault::KeyWithoutValue),
            (&[0x5f, 0x61, 0x61, 0xff], 1, Fault::WrongChunk),
            (&[0x7f, 0x7f, 0xff, 0xff], 1, Fault::WrongChunk),
            (&[0x61, 0xff], 0, Fault::NotUtf8),
            (&[0x9b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff], 0, Fault::Truncated),
            (&[0xbb, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff], 0, Fault::Truncated),
            (&[0x5b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff], 9, Fault::Truncated),
        ];
        for (bytes, offset, fault) in cases {
            assert_eq!(walk(bytes), Err(error(*offset, fault.clone())), "{bytes:02x?}");
        }
    }

    #[test]
    fn depth_is_bounded() {
        for head in [0x81u8, 0x9f, 0xc1, 0xa1] {
            let bomb = vec![head; 1 << 20];
            let fault = walk(&bomb).expect_err("a bomb").fault;
            assert_eq!(fault, Fault::TooDeep(32), "{head:02x}");
        }
        let mut deepest = vec![0x81u8; 32];
        deepest.push(0);
        assert!(walk(&deepest).is_ok());
    }

    proptest! {
        #[test]
        fn what_is_accepted_minicbor_skips_to_the_same_end(bytes in prop::collection::vec(any::<u8>(), 0..40)) {
            if walk(&bytes).is_ok() {
                let mut decoder = minicbor::Decoder::new(&bytes);
                prop_assert!(decoder.skip().is_ok());
                prop_assert_eq!(decoder.position(), bytes.len());
            }
        }
    }
}
