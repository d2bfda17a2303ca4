//! Messages made anew with other blocks. Type, message id and token are those of the message that it goes to or comes from.

use twite::wire::{Block, Code, Message, MessageType, MessageWriter, ResponseType, WriteError, number};

/// Options that belong to the way a message was cut.
const CUT: [u16; 4] = [number::BLOCK1, number::BLOCK2, number::SIZE1, number::SIZE2];

/// The request that a proxy cut, whole.
pub(super) fn whole(last: &Message<'_>, payload: &[u8], buffer: &mut [u8]) -> Result<usize, WriteError> {
    let kind = last.kind();
    let mut writer = MessageWriter::new(buffer, kind, last.code(), last.message_id(), last.token())?;
    for option in last.options().filter(|option| !CUT.contains(&option.number)) {
        writer.option(option.number, option.value)?;
    }
    Ok(writer.payload(payload)?)
}

/// What is said to a block of a request itself.
pub(super) fn answer(
    to: &Message<'_>,
    code: ResponseType,
    block1: Option<Block>,
    size1: Option<usize>,
    buffer: &mut [u8],
) -> Result<usize, WriteError> {
    let code = Code::from(code);
    let mut writer =
        MessageWriter::new(buffer, MessageType::Acknowledgement, code, to.message_id(), to.token())?;
    if code.class() == 5 {
        writer.uint(number::MAX_AGE, super::PATIENCE.as_secs_ceil() as u32)?;
    }
    if let Some(block) = block1 {
        writer.uint(number::BLOCK1, block.to_option())?;
    }
    if let Some(size) = size1 {
        writer.uint(number::SIZE1, size as u32)?;
    }
    Ok(writer.payload(&[])?)
}

/// A response, or a part of it, with what is said of blocks.
pub(super) fn response(
    whole: &Message<'_>,
    (kind, message_id, token): (MessageType, u16, &[u8]),
    (block1, part): (Option<Block>, Option<Block>),
    buffer: &mut [u8],
) -> Result<usize, WriteError> {
    let mut writer = MessageWriter::new(buffer, kind, whole.code(), message_id, token)?;
    let mut added = [(number::BLOCK2, part), (number::BLOCK1, block1)].into_iter().peekable();
    for option in whole.options().filter(|option| !CUT.contains(&option.number)) {
        while let Some((number, block)) = added.next_if(|(number, _)| *number < option.number) {
            write(&mut writer, number, block)?;
        }
        writer.option(option.number, option.value)?;
    }
    for (number, block) in added {
        write(&mut writer, number, block)?;
    }
    let payload = whole.payload();
    let shown = match part {
        Some(block) => {
            let rest = payload.get(block.offset()..).unwrap_or_default();
            rest.get(..block.size()).unwrap_or(rest)
        }
        None => payload,
    };
    Ok(writer.payload(shown)?)
}

fn write(writer: &mut MessageWriter<'_>, number: u16, block: Option<Block>) -> Result<(), WriteError> {
    block.map_or(Ok(()), |block| writer.uint(number, block.to_option()))
}
