//! The last bytes written, on lent memory: new spans push the oldest out.

/// Where a span was written; reading it fails once newer spans have overwritten it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Span {
    start: u64,
    len: u32,
}

/// A ring of bytes.
#[derive(Debug)]
pub struct Ring<'s> {
    bytes: &'s mut [u8],
    end: u64,
}

impl<'s> Ring<'s> {
    /// An empty ring over `bytes`.
    pub const fn new(bytes: &'s mut [u8]) -> Self {
        Self { bytes, end: 0 }
    }

    /// Writes `span` in one piece; `None` if it is longer than the ring.
    pub fn push(&mut self, span: &[u8]) -> Option<Span> {
        let capacity = self.bytes.len() as u64;
        let len = span.len() as u64;
        if len > capacity || capacity == 0 {
            return None;
        }
        let offset = self.end % capacity;
        let start = if offset + len > capacity { self.end + (capacity - offset) } else { self.end };
        let offset = (start % capacity) as usize;
        self.bytes.get_mut(offset..offset + span.len())?.copy_from_slice(span);
        self.end = start + len;
        Some(Span { start, len: span.len() as u32 })
    }

    /// The bytes of `span`, if no later one has overwritten them.
    pub fn get(&self, span: Span) -> Option<&[u8]> {
        let capacity = self.bytes.len() as u64;
        if capacity == 0 || self.end > span.start + capacity {
            return None;
        }
        let offset = (span.start % capacity) as usize;
        self.bytes.get(offset..offset + span.len as usize)
    }
}
