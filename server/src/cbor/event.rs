//! The events into which a data item falls apart.

/// One step of a walk through a data item.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Item<'b> {
    /// Offset of the first byte of this event.
    pub offset: usize,
    /// Where the event stands in what encloses it.
    pub place: Place,
    /// What was read.
    pub event: Event<'b>,
}

/// The part that a data item plays in what directly encloses it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// Nothing encloses it.
    Root,
    /// An array's element, with its index.
    Element(u64),
    /// A map's key, with the index of its pair.
    Key(u64),
    /// A map's value.
    Value,
    /// The content of a tag.
    Content,
    /// A chunk of an indefinite string, with its index.
    Chunk(u64),
    /// Not an item: the end of what was opened last.
    End,
}

/// What a step read.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Event<'b> {
    /// Major types 0 and 1.
    Integer(i128),
    /// A float of any width; widening is exact.
    Float(f64),
    /// A definite byte string.
    Bytes(&'b [u8]),
    /// A definite text string.
    Text(&'b str),
    /// An indefinite byte string begins; chunks follow until [`Event::End`].
    BytesStart,
    /// An indefinite text string begins; chunks follow until [`Event::End`].
    TextStart,
    /// An array begins, with its length unless that is indefinite.
    ArrayStart(Option<u64>),
    /// A map begins, with its number of pairs unless that is indefinite.
    MapStart(Option<u64>),
    /// A tag begins; one item follows, then [`Event::End`].
    Tag(u64),
    /// `true` or `false`.
    Bool(bool),
    /// `null`.
    Null,
    /// `undefined`.
    Undefined,
    /// Any other simple value.
    Simple(u8),
    /// What was opened last ends, whether it was of definite length or not.
    End,
}
