//! Writes a listing of links, or any window of it (RFC 6690 §2).

use super::link::{Decimal, Link};

/// Writes links one after the other and stores only the bytes of a window.
///
/// A listing of any length is sent block by block (RFC 7959) without being held anywhere: for each block all links
/// are written anew, and only what falls into the window is stored.
///
/// ```
/// # use twite::resource::{link::Link, link_writer::LinkWriter};
/// let links = [Link { path: "a", ..Link::default() }, Link { path: "b", ..Link::default() }];
/// let mut block = [0; 4];
/// let mut writer = LinkWriter::new(&mut block, 4); // the second block of four bytes
/// links.iter().for_each(|link| writer.link(link));
/// assert_eq!((writer.total(), writer.stored(), writer.has_more()), (9, 4, true));
/// assert_eq!(&block, b",</b");
/// ```
#[derive(Debug)]
pub struct LinkWriter<'b> {
    buffer: &'b mut [u8],
    /// Where in the whole listing the buffer begins.
    offset: usize,
    total: usize,
    stored: usize,
}

impl<'b> LinkWriter<'b> {
    /// A writer that stores the bytes from `offset` on, as many as `buffer` takes.
    #[must_use]
    pub fn new(buffer: &'b mut [u8], offset: usize) -> Self {
        Self { buffer, offset, total: 0, stored: 0 }
    }

    /// The length of everything written so far, stored or not.
    #[must_use]
    pub fn total(&self) -> usize {
        self.total
    }

    /// How many bytes of the buffer are filled.
    #[must_use]
    pub fn stored(&self) -> usize {
        self.stored
    }

    /// Whether anything was written behind the window: the M bit of a block.
    #[must_use]
    pub fn has_more(&self) -> bool {
        self.total > self.offset.saturating_add(self.stored)
    }

    /// Writes `</path>` and the attributes that the link has, after a comma when it is not the first.
    pub fn link(&mut self, link: &Link<'_>) {
        self.bytes(if self.total == 0 { &b"</"[..] } else { b",</" });
        self.path(link.path);
        self.bytes(b">");
        self.quoted(b";rt=\"", link.resource_type);
        self.quoted(b";if=\"", link.interface);
        self.content_formats(link.content_formats);
        self.quoted(b";title=\"", link.title);
        if let Some(size) = link.size {
            self.bytes(b";sz=");
            self.bytes(Decimal::new(size).bytes());
        }
        if link.observable {
            self.bytes(b";obs");
        }
    }

    /// One content format stands bare, several in quotes (RFC 7252 §7.2.1).
    fn content_formats(&mut self, formats: &[u16]) {
        let quote: &[u8] = if formats.len() > 1 { b"\"" } else { b"" };
        let mut before: &[u8] = b";ct=";
        for (index, &format) in formats.iter().enumerate() {
            self.bytes(before);
            self.bytes(if index == 0 { quote } else { &[] });
            self.bytes(Decimal::new(u32::from(format)).bytes());
            before = b" ";
        }
        self.bytes(quote);
    }

    /// Writes a quoted string when it is not empty; quotes, backslashes and control characters get a backslash
    /// (RFC 6690 §2: `quoted-string` and `quoted-pair` of RFC 2616 §2.2).
    fn quoted(&mut self, opening: &[u8], value: &str) {
        if value.is_empty() {
            return;
        }
        self.bytes(opening);
        self.escaped(value, needs_backslash, |byte| [b'\\', byte]);
        self.bytes(b"\"");
    }

    /// Percent-encodes what may not stand in a path (RFC 3986 §3.3, RFC 7252 §6.5).
    fn path(&mut self, path: &str) {
        let escape = |byte| [b'%', hexadecimal(byte >> 4), hexadecimal(byte & 0x0f)];
        self.escaped(path, |byte| !is_path_character(byte), escape);
    }

    /// Writes `text` with an escape for each special byte and the runs between them in one piece.
    fn escaped<const N: usize>(
        &mut self,
        text: &str,
        is_special: fn(u8) -> bool,
        escape: impl Fn(u8) -> [u8; N],
    ) {
        let mut rest = text.as_bytes();
        loop {
            let length = rest.iter().position(|&byte| is_special(byte)).unwrap_or(rest.len());
            let Some((plain, special)) = rest.split_at_checked(length) else { return };
            self.bytes(plain);
            let Some((&byte, after)) = special.split_first() else { return };
            self.bytes(&escape(byte));
            rest = after;
        }
    }

    /// Counts `bytes` and stores those within the window.
    fn bytes(&mut self, bytes: &[u8]) {
        let before_window = self.offset.saturating_sub(self.total);
        self.total = self.total.saturating_add(bytes.len());
        let visible = bytes.get(before_window..).unwrap_or_default();
        let free = self.buffer.get_mut(self.stored..).unwrap_or_default();
        free.iter_mut().zip(visible).for_each(|(place, &byte)| *place = byte);
        self.stored += free.len().min(visible.len());
    }
}

const fn needs_backslash(byte: u8) -> bool {
    matches!(byte, b'"' | b'\\') || byte.is_ascii_control()
}

const fn is_path_character(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(byte, b'/' | b'-' | b'.' | b'_' | b'~' | b':' | b'@' | b'!' | b'$')
        || matches!(byte, b'&' | b'\'' | b'(' | b')' | b'*' | b'+' | b',' | b';' | b'=')
}

const fn hexadecimal(digit: u8) -> u8 {
    if digit < 10 { b'0' + digit } else { b'A' - 10 + digit }
}

#[cfg(test)]
mod tests {
    extern crate std;
    use std::{string::String, vec, vec::Vec};

    use proptest::prelude::*;

    use super::*;
    use crate::resource::link_reader::parse_links;

    fn window(links: &[Link<'_>], offset: usize, size: usize) -> (Vec<u8>, usize, bool) {
        let mut buffer = vec![0xee; size];
        let mut writer = LinkWriter::new(&mut buffer, offset);
        links.iter().for_each(|link| writer.link(link));
        let (total, stored, has_more) = (writer.total(), writer.stored(), writer.has_more());
        assert!(buffer[stored..].iter().all(|&byte| byte == 0xee));
        buffer.truncate(stored);
        (buffer, total, has_more)
    }

    fn written(links: &[Link<'_>]) -> String {
        let (bytes, total, has_more) = window(links, 0, 2000);
        assert_eq!((bytes.len(), false), (total, has_more));
        String::from_utf8(bytes).expect("text")
    }

    #[test]
    fn a_link_has_the_attributes_it_was_given() {
        let all = Link {
            path: "sensors/1",
            resource_type: "temperature sensor",
            interface: "s",
            title: "Kitchen",
            content_formats: &[0, 41],
            size: Some(1280),
            observable: true,
        };
        let one = Link { path: "", content_formats: &[65_535], ..Link::default() };
        let expected = "</sensors/1>;rt=\"temperature sensor\";if=\"s\";ct=\"0 41\";title=\"Kitchen\";sz=1280;obs,\
                        </>;ct=65535,</a>";
        assert_eq!(written(&[all, one, Link { path: "a", ..Link::default() }]), expected);
        assert_eq!(written(&[]), "");
    }

    #[test]
    fn nothing_leaves_its_place() {
        let link = Link { path: "a b/>,é%\"", title: "say \"hi\\\"\n>,", ..Link::default() };
        let expected = "</a%20b/%3E,%C3%A9%25%22>;title=\"say \\\"hi\\\\\\\"\\\n>,\"";
        assert_eq!(written(&[link]), expected);
    }

    #[test]
    fn a_window_beyond_the_end_is_empty() {
        let links = [Link { path: "a", ..Link::default() }];
        assert_eq!(window(&links, 4, 8), (vec![], 4, false));
        assert_eq!(window(&links, usize::MAX, 8), (vec![], 4, false));
        assert_eq!(window(&links, 0, 0), (vec![], 4, true));
        assert_eq!(window(&links, 0, 3), (b"</a".to_vec(), 4, true));
        assert_eq!(window(&links, 1, 3), (b"/a>".to_vec(), 4, false));
    }

    proptest! {
        #[test]
        fn every_window_is_a_slice_of_the_whole(
            texts in proptest::collection::vec((".{0,12}", ".{0,12}", any::<Option<u32>>()), 0..5), size in 0_usize..40,
        ) {
            let link = |(path, title, size): &(String, String, Option<u32>)| {
                written(&[Link { path, title, size: *size, content_formats: &[0, 60], ..Link::default() }])
            };
            let whole = texts.iter().map(link).collect::<Vec<_>>().join(",");
            let links: Vec<_> = texts.iter().map(|(path, title, size)| {
                Link { path, title, size: *size, content_formats: &[0, 60], ..Link::default() }
            }).collect();
            for offset in 0..whole.len() + 2 {
                let (bytes, total, has_more) = window(&links, offset, size);
                let end = whole.len().min(offset + size);
                prop_assert_eq!(&bytes[..], whole.as_bytes().get(offset..end).unwrap_or_default());
                prop_assert_eq!((total, has_more), (whole.len(), end.max(offset) < whole.len()));
            }
        }

        #[test]
        fn the_reader_finds_what_was_written(path in "[^/]{0,12}", title in ".{1,12}", kind in "[a-z ,;\"<>=]{1,9}") {
            let text = written(&[Link { path: &path, resource_type: &kind, title: &title, ..Link::default() }; 2]);
            let links: Vec<_> = parse_links(text.as_bytes()).collect::<Result<_, _>>().expect("links");
            prop_assert_eq!(links.len(), 2);
            for link in links {
                prop_assert!(link.target().starts_with('/'));
                let found: Vec<_> = link.attributes().map(|(name, value)| (name, value.chars().collect())).collect();
                prop_assert_eq!(found, [("rt", kind.clone()), ("title", title.clone())]);
            }
        }
    }
}
