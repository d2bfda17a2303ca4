//! Reading and writing of bytes that can run out but never panic.

/// Something with a fixed capacity has no room left.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Full;

impl core::fmt::Display for Full {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("no room left")
    }
}

impl core::error::Error for Full {}

/// Takes bytes from the front of a slice.
#[derive(Clone, Copy, Debug)]
pub struct ByteReader<'a> {
    rest: &'a [u8],
}

impl<'a> ByteReader<'a> {
    /// A reader at the start of `bytes`.
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    /// The bytes not yet taken.
    pub const fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// Takes one byte.
    #[inline]
    pub fn byte(&mut self) -> Option<u8> {
        let (&first, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(first)
    }

    /// Takes a big-endian 16-bit integer.
    #[inline]
    pub fn u16(&mut self) -> Option<u16> {
        let (&bytes, rest) = self.rest.split_first_chunk::<2>()?;
        self.rest = rest;
        Some(u16::from_be_bytes(bytes))
    }

    /// Takes `count` bytes.
    #[inline]
    pub fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.rest.split_at_checked(count)?;
        self.rest = rest;
        Some(taken)
    }
}

/// Appends bytes to a lent buffer.
#[derive(Debug)]
pub struct ByteWriter<'b> {
    buffer: &'b mut [u8],
    written: usize,
}

impl<'b> ByteWriter<'b> {
    /// A writer at the start of `buffer`.
    pub const fn new(buffer: &'b mut [u8]) -> Self {
        Self { buffer, written: 0 }
    }

    /// A writer behind the first `written` bytes of `buffer`.
    pub const fn behind(buffer: &'b mut [u8], written: usize) -> Self {
        Self { buffer, written }
    }

    /// How many bytes have been written.
    pub const fn written(&self) -> usize {
        self.written
    }

    /// Appends one byte.
    #[inline]
    pub fn byte(&mut self, byte: u8) -> Result<(), Full> {
        *self.buffer.get_mut(self.written).ok_or(Full)? = byte;
        self.written += 1;
        Ok(())
    }

    /// Appends `bytes`, all or nothing.
    #[inline]
    pub fn bytes(&mut self, bytes: &[u8]) -> Result<(), Full> {
        let target =
            self.buffer.get_mut(self.written..).and_then(|rest| rest.get_mut(..bytes.len())).ok_or(Full)?;
        target.copy_from_slice(bytes);
        self.written += bytes.len();
        Ok(())
    }

    /// Appends the first `len` of eight bytes: cheaper than [`bytes`](Self::bytes) while there is room for
    /// all eight.
    #[inline]
    pub fn short(&mut self, bytes: [u8; 8], len: usize) -> Result<(), Full> {
        match self.buffer.get_mut(self.written..).and_then(|rest| rest.first_chunk_mut::<8>()) {
            Some(target) if len <= 8 => {
                *target = bytes;
                self.written += len;
                Ok(())
            }
            _ => self.bytes(bytes.get(..len).ok_or(Full)?),
        }
    }

    /// The room that is left, to be filled by the caller and claimed with [`ByteWriter::advance`].
    pub fn room(&mut self) -> &mut [u8] {
        self.buffer.get_mut(self.written..).unwrap_or_default()
    }

    /// Claims `count` bytes of the room as written.
    pub fn advance(&mut self, count: usize) -> Result<(), Full> {
        let end = self.written.checked_add(count).filter(|&end| end <= self.buffer.len()).ok_or(Full)?;
        self.written = end;
        Ok(())
    }

    /// Overwrites the byte at `position`, which must have been written.
    pub fn patch(&mut self, position: usize, byte: u8) {
        if let Some(target) = self.buffer.get_mut(..self.written).and_then(|done| done.get_mut(position)) {
            *target = byte;
        }
    }

    /// Forgets everything after `position`.
    pub fn truncate(&mut self, position: usize) {
        self.written = self.written.min(position);
    }
}
