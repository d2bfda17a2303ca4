//! HMAC-SHA-256, RFC 2104.

use hmac::digest::Key;
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

type Authenticator = Hmac<Sha256>;

/// Bytes of a code.
const CODE: usize = 32;

/// The code of these pieces, one behind the other, under a key.
#[cfg_attr(target_os = "none", inline(never))]
pub fn authenticate(key: &[u8], pieces: &[&[u8]]) -> [u8; CODE] {
    // What is shorter than a block of the hash is filled up with zeros, what is longer is hashed.
    let mut block = Key::<Authenticator>::default();
    if let Some(room) = block.get_mut(..key.len()) {
        room.copy_from_slice(key);
    } else {
        for (to, from) in block.iter_mut().zip(Sha256::digest(key)) {
            *to = from;
        }
    }
    let mut authenticator = Authenticator::new(&block);
    for piece in pieces {
        authenticator.update(piece);
    }
    authenticator.finalize().into_bytes().into()
}

/// Whether two codes, or as much of them as is sent, are the same; how long that takes does not tell where they differ.
pub fn is_same(one: &[u8], other: &[u8]) -> bool {
    let difference = one.iter().zip(other).fold(0, |sum, (one, other)| sum | (one ^ other));
    one.len() == other.len() && core::hint::black_box(difference) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rfc_4231_cases_2_and_6() {
        let code = authenticate(b"Jefe", &[b"what do ya want ", b"", b"for nothing?"]);
        assert_eq!((code[0], code[1], code[31]), (0x5b, 0xdc, 0x43));
        let long = authenticate(&[0xaa; 131], &[b"Test Using Larger Than Block-Size Key - Hash Key First"]);
        assert_eq!((long[0], long[1], long[31]), (0x60, 0xe4, 0x54));
    }

    #[test]
    fn every_bit_counts() {
        let code = authenticate(b"key", &[b"text"]);
        assert!(is_same(&code, &code) && !is_same(&code[..8], &code[..9]));
        for bit in 0..CODE * 8 {
            let mut other = code;
            other[bit / 8] ^= 1 << (bit % 8);
            assert!(!is_same(&code, &other), "{bit}");
        }
    }
}
