//! The last bytes written, on lent memory: new spans push the oldest out.

/// Where a span was written; reading it fails once newer spans have overwritten it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Span {
    start: Position,
    offset: u32,
    len: u32,
}

/// Counts bytes and wraps: what is compared lies far closer together.
#[cfg(feature = "host")]
type Position = u64;
#[cfg(not(feature = "host"))]
type Position = u32;

/// A ring of bytes.
#[derive(Debug)]
pub struct Ring<'s> {
    bytes: &'s mut [u8],
    /// How many bytes were passed, and where the next one goes.
    end: Position,
    offset: usize,
}

impl<'s> Ring<'s> {
    /// An empty ring over `bytes`.
    pub const fn new(bytes: &'s mut [u8]) -> Self {
        Self { bytes, end: 0, offset: 0 }
    }

    /// Writes `span` in one piece; `None` if it is longer than the ring.
    pub fn push(&mut self, span: &[u8]) -> Option<Span> {
        let capacity = self.bytes.len();
        if capacity == 0 {
            return None;
        }
        let skipped = if self.offset + span.len() > capacity { capacity - self.offset } else { 0 };
        let offset = if skipped == 0 { self.offset } else { 0 };
        self.bytes.get_mut(offset..offset + span.len())?.copy_from_slice(span);
        let start = self.end.wrapping_add(skipped as Position);
        self.end = start.wrapping_add(span.len() as Position);
        self.offset = offset + span.len();
        Some(Span { start, offset: offset as u32, len: span.len() as u32 })
    }

    /// The bytes of `span`, if no later one has overwritten them.
    pub fn get(&self, span: Span) -> Option<&[u8]> {
        if self.bytes.is_empty() || self.end.wrapping_sub(span.start) > self.bytes.len() as Position {
            return None;
        }
        let offset = span.offset as usize;
        self.bytes.get(offset..offset + span.len as usize)
    }
}
