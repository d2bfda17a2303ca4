//! AES-CCM-16-64-128 over a plaintext, with the nonce and the authenticated data of RFC 8613 §5.2 and §5.4.

use aes::Aes128;
use ccm::aead::generic_array::GenericArray;
use ccm::aead::{AeadInPlace, KeyInit};
use ccm::consts::{U8, U13};

use super::cbor::byte_string;
use super::{Identifier, PartialIv};
use crate::base::{ByteWriter, Full};

/// Bytes of a key.
pub(super) const KEY: usize = 16;
/// Bytes of a nonce.
pub(super) const NONCE: usize = 13;
/// Bytes that a ciphertext is longer than its plaintext.
pub(super) const TAG: usize = 8;
/// The number of the algorithm (RFC 9053 §4.2), one byte of CBOR.
pub(super) const ALGORITHM: u8 = 10;

type Ccm = ccm::Ccm<Aes128, U8, U13>;

/// The ciphertext could not be verified.
pub(super) struct Forged;

/// What must be the same on both sides but is not sent: whose request it was, and which.
pub(super) struct Request {
    pub(super) kid: Identifier,
    pub(super) partial_iv: PartialIv,
}

/// The nonce of the message with this number by this sender.
pub(super) fn nonce(common_iv: &[u8; NONCE], sender: &Identifier, partial_iv: PartialIv) -> [u8; NONCE] {
    let mut nonce = *common_iv;
    let Some((name, number)) = nonce.split_first_chunk_mut::<8>() else { return nonce };
    let identifier = sender.as_bytes();
    name[0] ^= identifier.len() as u8; // at most 7
    // The identifier stands right-aligned in seven bytes.
    for (to, from) in name.iter_mut().rev().zip(identifier.iter().rev()) {
        *to ^= from;
    }
    for (to, from) in number.iter_mut().zip(partial_iv.padded()) {
        *to ^= from;
    }
    nonce
}

/// The longest `Enc_structure`: heads, "Encrypt0", and an `external_aad` of an identifier and a number.
const AUTHENTICATED: usize = 1 + 9 + 1 + 1 + (1 + 1 + 2 + 8 + 6 + 1);

/// Encrypts the first `length` bytes of `buffer` and puts the tag behind them; the number of bytes.
pub(super) fn seal(
    key: &[u8; KEY],
    nonce: &[u8; NONCE],
    request: &Request,
    buffer: &mut [u8],
    length: usize,
) -> Result<usize, Full> {
    let end = length.checked_add(TAG).ok_or(Full)?;
    let (plaintext, tag) =
        buffer.get_mut(..end).and_then(|all| all.split_at_mut_checked(length)).ok_or(Full)?;
    let mut authenticated = [0; AUTHENTICATED];
    let known = authenticated_data(request, &mut authenticated)?;
    let cipher = Ccm::new(GenericArray::from_slice(key));
    let made = cipher
        .encrypt_in_place_detached(GenericArray::from_slice(nonce), known, plaintext)
        .map_err(|_| Full)?;
    for (to, from) in tag.iter_mut().zip(made) {
        *to = from;
    }
    Ok(end)
}

/// Decrypts `buffer`, whose tag stands beside it.
pub(super) fn open(
    key: &[u8; KEY],
    nonce: &[u8; NONCE],
    request: &Request,
    buffer: &mut [u8],
    tag: &[u8; TAG],
) -> Result<(), Forged> {
    let mut authenticated = [0; AUTHENTICATED];
    let known = authenticated_data(request, &mut authenticated).map_err(|Full| Forged)?;
    let cipher = Ccm::new(GenericArray::from_slice(key));
    let (nonce, tag) = (GenericArray::from_slice(nonce), GenericArray::from_slice(tag));
    cipher.decrypt_in_place_detached(nonce, known, buffer, tag).map_err(|_| Forged)
}

/// `Enc_structure` of §5.4: the number of the version, the algorithm, the request, no options.
fn authenticated_data<'b>(request: &Request, buffer: &'b mut [u8; AUTHENTICATED]) -> Result<&'b [u8], Full> {
    let (kid, partial_iv) = (request.kid.as_bytes(), request.partial_iv.as_bytes());
    let external = 1 + 1 + 2 + (1 + kid.len()) + (1 + partial_iv.len()) + 1;
    let mut writer = ByteWriter::new(buffer);
    writer.bytes(b"\x83\x68Encrypt0\x40")?;
    // At most 19 bytes: one byte of CBOR says so.
    writer.byte(0x40 | external as u8)?;
    writer.bytes(&[0x85, 1, 0x81, ALGORITHM])?;
    byte_string(&mut writer, kid)?;
    byte_string(&mut writer, partial_iv)?;
    writer.byte(0x40)?;
    let length = writer.written();
    buffer.get(..length).ok_or(Full)
}
