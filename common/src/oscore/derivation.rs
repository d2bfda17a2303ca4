//! Keys and the common IV from a master secret, RFC 8613 §3.2.1.

use super::cbor::byte_string;
use super::cipher::{ALGORITHM, KEY, NONCE};
use crate::base::{ByteWriter, Full, authenticate};

/// Everything that is derived.
pub(super) struct Derived {
    pub(super) sender_key: [u8; KEY],
    pub(super) recipient_key: [u8; KEY],
    pub(super) common_iv: [u8; NONCE],
}

/// The longest `info`: heads, two strings of 7 and 32 bytes, "Key", algorithm and length.
const INFO: usize = 1 + 8 + 2 + 32 + 1 + 4 + 1;

/// Derives them; `None` if an identifier is too long.
pub(super) fn derive(
    secret: &[u8],
    salt: &[u8],
    sender: &[u8],
    recipient: &[u8],
    id_context: Option<&[u8]>,
) -> Option<Derived> {
    // HKDF (RFC 5869): a code of the secret is the key of what follows, of which one block is enough.
    let source = authenticate(salt, &[secret]);
    let expand = |id: &[u8], kind: &str, output: &mut [u8]| {
        let mut buffer = [0; INFO];
        let length = info(&mut buffer, id, id_context, kind, output.len() as u8).ok()?;
        let block = authenticate(&source, &[buffer.get(..length)?, &[1]]);
        for (to, from) in output.iter_mut().zip(block) {
            *to = from;
        }
        Some(())
    };
    let mut derived = Derived { sender_key: [0; KEY], recipient_key: [0; KEY], common_iv: [0; NONCE] };
    expand(sender, "Key", &mut derived.sender_key)?;
    expand(recipient, "Key", &mut derived.recipient_key)?;
    expand(&[], "IV", &mut derived.common_iv)?;
    Some(derived)
}

/// The CBOR array [id, id_context, alg_aead, type, L].
fn info(
    buffer: &mut [u8; INFO],
    id: &[u8],
    id_context: Option<&[u8]>,
    kind: &str,
    length: u8,
) -> Result<usize, Full> {
    let mut writer = ByteWriter::new(buffer);
    writer.byte(0x85)?;
    byte_string(&mut writer, id)?;
    match id_context {
        Some(context) => byte_string(&mut writer, context)?,
        None => writer.byte(0xf6)?,
    }
    writer.byte(ALGORITHM)?;
    writer.byte(0x60 | kind.len() as u8)?;
    writer.bytes(kind.as_bytes())?;
    // Both lengths are below 24.
    writer.byte(length)?;
    Ok(writer.written())
}

#[cfg(test)]
mod tests;
