//! Checks a CBOR body before anything decodes it (RFC 8949).
//!
//! A decoder that follows may then trust lengths, nesting and keys. The check visits each item once, on a stack of
//! fixed size: no recursion, no heap, nothing sized by what a body declares.

pub use super::cbor_error::{CborError, CborErrorKind};
use super::head::{Head, HeadError, major};

/// The most that [`CborLimits::depth`] can allow; each level costs seven words of stack during the check.
pub const MAXIMUM_DEPTH: usize = 16;

/// How much a body may ask of the check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CborLimits {
    /// Arrays, maps and tags that may be open at once. More than [`MAXIMUM_DEPTH`] means [`MAXIMUM_DEPTH`].
    pub depth: usize,
    /// Items that may be passed in the whole body while looking back for duplicates of keys that are out of order.
    pub comparisons: u32,
}

impl Default for CborLimits {
    fn default() -> Self {
        Self { depth: 8, comparisons: 65_536 }
    }
}

/// Checks that `bytes` are exactly one CBOR item that is well-formed (RFC 8949 §5.3.1, appendix C), has only UTF-8
/// texts and no duplicate map keys (§5.6), and stays within `limits`.
///
/// Two keys are duplicates when their encodings are the same bytes: `01` and the overlong `1801` are two keys here. A
/// key above all earlier ones of its map in bytewise order (RFC 8949 §4.2.1) costs one comparison; any other key is
/// compared with all earlier ones, and every item passed on the way counts against [`CborLimits::comparisons`].
///
/// # Errors
/// The first rule that is broken, and where.
pub fn check_cbor(bytes: &[u8], limits: CborLimits) -> Result<(), CborError> {
    let mut frames = [Frame::EMPTY; MAXIMUM_DEPTH];
    let frames = frames.get_mut(..limits.depth.min(MAXIMUM_DEPTH)).unwrap_or_default();
    let mut scanner =
        Scanner { bytes, offset: 0, frames, open: 0, pass: Pass::Check, budget: limits.comparisons };
    scanner.item()?;
    if scanner.offset < bytes.len() { Err(scanner.error(CborErrorKind::TrailingBytes)) } else { Ok(()) }
}

/// The length in bytes of the first item in `bytes`, whatever follows it.
///
/// The item is well-formed and not nested deeper than [`MAXIMUM_DEPTH`]. Texts and duplicate keys are not looked at:
/// this is the step of a walk through a body that [`check_cbor`] has accepted, or of one that does not care.
///
/// # Errors
/// The first rule that the item breaks, and where.
pub fn item_length(bytes: &[u8]) -> Result<usize, CborError> {
    let mut frames = [Frame::EMPTY; MAXIMUM_DEPTH];
    let mut scanner = Scanner {
        bytes,
        offset: 0,
        frames: &mut frames,
        open: 0,
        pass: Pass::Measure,
        budget: u32::MAX, // items are not counted twice: the body is shorter than this
    };
    scanner.item()?;
    Ok(scanner.offset)
}

/// What a scanner does besides finding the end of an item.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Pass {
    /// Texts and keys are checked; the budget pays for looking back.
    Check,
    /// Only the extent counts; the budget pays for every item.
    Measure,
}

/// An open array, map or tag. Positions are offsets into the body.
#[derive(Clone, Copy)]
struct Frame {
    /// Items to come, or `None` until a break. A map counts keys and values, a tag its content.
    left: Option<usize>,
    /// Where the item begins that is being read.
    item: usize,
    /// Where the first item begins.
    first: usize,
    /// The largest key so far in bytewise order; empty before the first.
    largest: (usize, usize),
    /// What the item is that is being read.
    role: Role,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    /// An item of an array, or the content of a tag.
    Element,
    Key,
    Value,
}

impl Frame {
    const EMPTY: Self = Self { left: None, item: 0, first: 0, largest: (0, 0), role: Role::Element };
}

struct Scanner<'a, 'f> {
    bytes: &'a [u8],
    offset: usize,
    /// The stack; its length is the depth that is allowed.
    frames: &'f mut [Frame],
    /// How many frames are in use.
    open: usize,
    pass: Pass,
    budget: u32,
}

impl Scanner<'_, '_> {
    /// Passes one whole item with everything inside it.
    fn item(&mut self) -> Result<(), CborError> {
        loop {
            let mut complete = self.begin()?;
            while complete {
                let Some(frame) = self.top() else { return Ok(()) };
                complete = self.close_element(frame)?;
            }
        }
    }

    /// Reads one head and what belongs to it. True when an item is complete, false when it opened a frame.
    fn begin(&mut self) -> Result<bool, CborError> {
        let start = self.offset;
        if self.pass == Pass::Measure {
            self.budget = self.budget.checked_sub(1).ok_or(self.error(CborErrorKind::TooManyKeys))?;
        }
        if let Some(frame) = self.frames.get_mut(..self.open).and_then(<[Frame]>::last_mut) {
            frame.item = start;
        }
        let head = self.head()?;
        match head.major {
            major::UNSIGNED | major::NEGATIVE | major::TAG if head.is_indefinite() => {
                Err(error(start, CborErrorKind::IndefiniteNumber))
            }
            major::UNSIGNED | major::NEGATIVE => Ok(true),
            major::BYTES | major::TEXT if head.is_indefinite() => self.chunks(head.major).map(|()| true),
            major::BYTES | major::TEXT => self.string(head, start).map(|()| true),
            major::ARRAY => self.open(head, 1, Role::Element, start),
            major::MAP => self.open(head, 2, Role::Key, start),
            major::TAG => self.open(Head { argument: 1, ..head }, 1, Role::Element, start),
            _ if head.is_indefinite() => self.close_indefinite(start).map(|()| true),
            _ if head.information == 24 && head.argument < 32 => {
                Err(error(start, CborErrorKind::LongSimpleValue))
            }
            _ => Ok(true),
        }
    }

    fn head(&mut self) -> Result<Head, CborError> {
        let head = Head::read(self.bytes.get(self.offset..).unwrap_or_default()).map_err(|reason| {
            self.error(match reason {
                HeadError::Truncated => CborErrorKind::Truncated,
                HeadError::Reserved => CborErrorKind::ReservedInformation,
            })
        })?;
        self.offset += head.length;
        Ok(head)
    }

    /// Passes the content of a definite-length string.
    fn string(&mut self, head: Head, start: usize) -> Result<(), CborError> {
        let content = usize::try_from(head.argument)
            .ok()
            .and_then(|length| self.bytes.get(self.offset..)?.get(..length))
            .ok_or(error(start, CborErrorKind::LengthBeyondEnd))?;
        if self.pass == Pass::Check && head.major == major::TEXT && core::str::from_utf8(content).is_err() {
            return Err(error(start, CborErrorKind::InvalidText));
        }
        self.offset += content.len();
        Ok(())
    }

    /// Passes the chunks of an indefinite-length string and its break (RFC 8949 §3.2.3).
    fn chunks(&mut self, string: u8) -> Result<(), CborError> {
        loop {
            let start = self.offset;
            let head = self.head()?;
            match head.major {
                major::SIMPLE if head.is_indefinite() => return Ok(()),
                chunk if chunk == string && !head.is_indefinite() => self.string(head, start)?,
                _ => return Err(error(start, CborErrorKind::WrongChunk)),
            }
        }
    }

    /// Opens a frame for an array, map or tag whose entries are `width` items each. True when it is empty.
    fn open(&mut self, head: Head, width: usize, role: Role, start: usize) -> Result<bool, CborError> {
        let left = if head.is_indefinite() {
            None
        } else {
            let room = self.bytes.len().saturating_sub(self.offset); // every item takes a byte at least
            let items = usize::try_from(head.argument).ok().and_then(|count| count.checked_mul(width));
            Some(items.filter(|&items| items <= room).ok_or(error(start, CborErrorKind::LengthBeyondEnd))?)
        };
        let frame = self.frames.get_mut(self.open).ok_or(error(start, CborErrorKind::TooDeep))?;
        if left == Some(0) {
            return Ok(true);
        }
        *frame = Frame { left, role, item: self.offset, first: self.offset, ..Frame::EMPTY };
        self.open += 1;
        Ok(false)
    }

    /// Takes the break at `start` as the end of the innermost frame.
    fn close_indefinite(&mut self, start: usize) -> Result<(), CborError> {
        match self.top() {
            Some(Frame { left: None, role: Role::Value, .. }) => {
                Err(error(start, CborErrorKind::MissingValue))
            }
            Some(Frame { left: None, .. }) => {
                self.open -= 1;
                Ok(())
            }
            _ => Err(error(start, CborErrorKind::UnexpectedBreak)),
        }
    }

    /// Notes in `frame`, the innermost, that the item it was waiting for is complete. True when it was the last.
    fn close_element(&mut self, mut frame: Frame) -> Result<bool, CborError> {
        frame.role = match frame.role {
            Role::Element => Role::Element,
            Role::Value => Role::Key,
            Role::Key => {
                if self.pass == Pass::Check {
                    frame.largest = self.check_key(frame)?;
                }
                Role::Value
            }
        };
        frame.left = frame.left.map(|left| left.saturating_sub(1));
        if frame.left == Some(0) {
            self.open -= 1;
            return Ok(true);
        }
        if let Some(top) = self.frames.get_mut(..self.open).and_then(<[Frame]>::last_mut) {
            *top = frame;
        }
        Ok(false)
    }

    /// Checks the key of `frame` that ends here against the earlier ones, and returns the largest then.
    fn check_key(&mut self, frame: Frame) -> Result<(usize, usize), CborError> {
        let key = self.bytes.get(frame.item..self.offset);
        let largest = self.bytes.get(frame.largest.0..frame.largest.1);
        if key > largest {
            return Ok((frame.item, self.offset));
        }
        if key == largest {
            return Err(error(frame.item, CborErrorKind::DuplicateKey));
        }
        let free = self.frames.get_mut(self.open..).unwrap_or_default(); // deep enough: the map lies within
        let mut earlier = Scanner {
            bytes: self.bytes,
            offset: frame.first,
            frames: free,
            open: 0,
            pass: Pass::Measure,
            budget: self.budget,
        };
        while earlier.offset < frame.item {
            let start = earlier.offset;
            earlier.item().map_err(|found| error(frame.item, found.kind))?;
            if self.bytes.get(start..earlier.offset) == key {
                return Err(error(frame.item, CborErrorKind::DuplicateKey));
            }
            earlier.item().map_err(|found| error(frame.item, found.kind))?;
        }
        self.budget = earlier.budget;
        Ok(frame.largest)
    }

    fn top(&self) -> Option<Frame> {
        self.frames.get(..self.open)?.last().copied()
    }

    fn error(&self, kind: CborErrorKind) -> CborError {
        error(self.offset, kind)
    }
}

const fn error(offset: usize, kind: CborErrorKind) -> CborError {
    CborError { offset, kind }
}

#[cfg(test)]
mod tests;
