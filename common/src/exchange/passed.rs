//! A response that a proxy passes back, RFC 7252 §5.7: with options and a code that it need not know.

use super::response::Head;
use super::{ETag, Response};
use crate::wire::{Block, Code, MessageWriter, RawOption, ResponseType, Token, WriteError, number};

/// What came from somebody else.
#[derive(Clone, Copy, Debug)]
pub struct Passed<'a> {
    /// Its code, known or not.
    pub code: Code,
    /// Its options in ascending order, but those of one hop: Observe, blocks and their sizes.
    pub options: &'a [RawOption<'a>],
    /// The whole body, of any length; what fits no message goes in blocks.
    pub payload: &'a [u8],
}

/// Options of ours among those that are passed on, in ascending order.
type Own = [(u16, Option<u32>); 4];

impl Passed<'_> {
    /// Names the representation.
    pub fn etag(&self) -> Option<ETag> {
        let etag = self.options.iter().find(|option| option.number == number::ETAG)?;
        ETag::new(etag.value)
    }

    /// Writes the message, with the whole payload or the block of it that was asked for (RFC 7959 §2.4); the number of
    /// bytes.
    ///
    /// # Errors
    /// When the buffer has no room for the options.
    pub fn write(&self, buffer: &mut [u8], head: Head<'_>) -> Result<usize, WriteError> {
        let taken = self.options.iter().map(|option| option.value.len() + 5).sum::<usize>();
        let taken = taken + head.token.len().saturating_sub(Token::SHORT) + HEAD;
        let largest = Block::exponent_for(buffer.len().saturating_sub(taken)).ok_or(WriteError::Full)?;
        let first = Block { number: 0, more: false, exponent: largest };
        let total = self.payload.len();
        let block1 = (number::BLOCK1, head.block1.map(Block::to_option));
        let observe = (number::OBSERVE, head.observe.filter(|_| self.code.class() == 2));
        if head.block2.is_none() && total <= first.size() {
            let own = [observe, (number::BLOCK2, None), block1, (number::SIZE2, None)];
            return self.write_part(buffer, head, own, self.payload);
        }
        let block = head.block2.unwrap_or(first).at_most(largest);
        let start = block.offset();
        if block.number != 0 && start >= total {
            let beyond = Response { payload: b"no such block", ..Response::new(ResponseType::BadRequest) };
            return beyond.write(buffer, Head { observe: None, block2: None, ..head });
        }
        let end = (start + block.size()).min(total);
        let more = end < total;
        let size = u32::try_from(total).ok().filter(|_| block.number == 0 && more);
        let block2 = (number::BLOCK2, Some(Block { more, ..block }.to_option()));
        let own = [observe, block2, block1, (number::SIZE2, size)];
        self.write_part(buffer, head, own, self.payload.get(start..end).unwrap_or_default())
    }

    fn write_part(
        &self,
        buffer: &mut [u8],
        head: Head<'_>,
        own: Own,
        payload: &[u8],
    ) -> Result<usize, WriteError> {
        let mut writer = MessageWriter::new(buffer, head.kind, self.code, head.message_id, head.token)?;
        let mut own = own.into_iter().filter_map(|(number, value)| Some((number, value?))).peekable();
        for option in self.options {
            while let Some((number, value)) = own.next_if(|(number, _)| *number < option.number) {
                writer.uint(number, value)?;
            }
            writer.option(option.number, option.value)?;
        }
        for (number, value) in own {
            writer.uint(number, value)?;
        }
        Ok(writer.payload(payload)?)
    }
}

/// Header, short token, marker and options of ours.
const HEAD: usize = 40;

#[cfg(test)]
mod tests {
    extern crate std;

    use std::vec;
    use std::vec::Vec;

    use std::string::ToString as _;

    use super::*;
    use crate::wire::{Message, MessageType};

    const HEAD: Head<'static> = Head::new(MessageType::Acknowledgement, 7, b"t");

    fn passed(payload: &[u8]) -> Passed<'_> {
        const OPTIONS: &[RawOption<'static>] = &[
            RawOption { number: number::ETAG, value: b"e" },
            RawOption { number: number::CONTENT_FORMAT, value: &[60] },
            RawOption { number: 2048, value: b"elective, safe, unknown" },
        ];
        Passed { code: Code(0x45), options: OPTIONS, payload }
    }

    fn numbers(message: &Message<'_>) -> Vec<u16> {
        message.options().map(|option| option.number).collect()
    }

    #[test]
    fn options_that_nobody_knows_are_passed_back_among_ours() {
        let mut buffer = [0; 256];
        let block1 = Some(Block { number: 1, more: false, exponent: 6 });
        let head = Head { observe: Some(5), block1, ..HEAD };
        let length = passed(b"body").write(&mut buffer, head).expect("room");
        let message = Message::parse(&buffer[..length]).expect("well-formed");
        assert_eq!(numbers(&message), [4, 6, 12, 27, 2048]);
        assert_eq!((message.payload(), message.token()), (b"body".as_slice(), b"t".as_slice()));
        let unnamed = Passed { code: Code(0x9f), ..passed(b"") };
        let length = unnamed.write(&mut buffer, head).expect("room");
        let message = Message::parse(&buffer[..length]).expect("well-formed");
        assert_eq!((message.code().to_string().as_str(), numbers(&message)), ("4.31", vec![4, 12, 27, 2048]));
    }

    #[test]
    fn what_fits_no_message_goes_in_blocks() {
        let body: Vec<u8> = (0..100).collect();
        let (mut buffer, mut whole, mut wanted) = ([0; 160], vec![], None);
        loop {
            let length = passed(&body).write(&mut buffer, Head { block2: wanted, ..HEAD }).expect("room");
            let message = Message::parse(&buffer[..length]).expect("well-formed");
            let value = message.values(number::BLOCK2).next().and_then(crate::wire::uint);
            let block = value.and_then(Block::from_option).expect("a block");
            assert_eq!(message.values(number::SIZE2).count(), usize::from(wanted.is_none()));
            whole.extend_from_slice(message.payload());
            if !block.more {
                break;
            }
            wanted = Some(Block { number: block.number + 1, more: false, ..block });
            assert_eq!(message.payload().len(), block.size());
        }
        assert_eq!(whole, body);
        let block2 = Some(Block { number: 90, more: false, exponent: 5 });
        let length = passed(&body).write(&mut buffer, Head { block2, ..HEAD }).expect("room");
        assert_eq!(Message::parse(&buffer[..length]).expect("well-formed").code(), Code(0x80));
        assert!(passed(&body).write(&mut [0; 48], HEAD).is_err());
    }
}
