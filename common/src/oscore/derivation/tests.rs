//! RFC 8613 Appendix C.1 to C.3, and further vectors that other implementations agree on.

extern crate std;

use std::vec::Vec;

use super::super::cipher::nonce;
use super::super::{Identifier, PartialIv};
use super::derive;

struct Vector {
    name: &'static str,
    secret: &'static str,
    salt: &'static str,
    sender: &'static str,
    recipient: &'static str,
    id_context: Option<&'static str>,
    sender_key: &'static str,
    recipient_key: &'static str,
    common_iv: &'static str,
    /// Of the messages with number 0 by the sender and by the recipient.
    nonces: [&'static str; 2],
}

fn bytes(text: &str) -> Vec<u8> {
    let digit = |at: usize| u8::from_str_radix(&text[at..at + 2], 16).expect("hexadecimal digits");
    (0..text.len()).step_by(2).map(digit).collect()
}

#[test]
fn keys_common_iv_and_nonces_are_those_of_the_vectors() {
    let zero = PartialIv::new(0).expect("a number");
    for vector in &VECTORS {
        let (sender, recipient) = (bytes(vector.sender), bytes(vector.recipient));
        let id_context = vector.id_context.map(bytes);
        let derived =
            derive(&bytes(vector.secret), &bytes(vector.salt), &sender, &recipient, id_context.as_deref())
                .expect("short enough");
        assert_eq!(derived.sender_key[..], bytes(vector.sender_key), "{}", vector.name);
        assert_eq!(derived.recipient_key[..], bytes(vector.recipient_key), "{}", vector.name);
        assert_eq!(derived.common_iv[..], bytes(vector.common_iv), "{}", vector.name);
        for (name, expected) in [sender, recipient].iter().zip(vector.nonces) {
            let name = Identifier::new(name).expect("short enough");
            assert_eq!(nonce(&derived.common_iv, &name, zero)[..], bytes(expected), "{}", vector.name);
        }
    }
}

const VECTORS: [Vector; 11] = [
    Vector {
        name: "c_1_1_key_derivation",
        secret: "0102030405060708090a0b0c0d0e0f10",
        salt: "9e7ca92223786340",
        sender: "",
        recipient: "01",
        id_context: None,
        sender_key: "f0910ed7295e6ad4b54fc793154302ff",
        recipient_key: "ffb14e093c94c9cac9471648b4f98710",
        common_iv: "4622d4dd6d944168eefb54987c",
        nonces: ["4622d4dd6d944168eefb54987c", "4722d4dd6d944169eefb54987c"],
    },
    Vector {
        name: "c_1_2_key_derivation",
        secret: "0102030405060708090a0b0c0d0e0f10",
        salt: "9e7ca92223786340",
        sender: "01",
        recipient: "",
        id_context: None,
        sender_key: "ffb14e093c94c9cac9471648b4f98710",
        recipient_key: "f0910ed7295e6ad4b54fc793154302ff",
        common_iv: "4622d4dd6d944168eefb54987c",
        nonces: ["4722d4dd6d944169eefb54987c", "4622d4dd6d944168eefb54987c"],
    },
    Vector {
        name: "c_2_1_key_derivation",
        secret: "0102030405060708090a0b0c0d0e0f10",
        salt: "",
        sender: "00",
        recipient: "01",
        id_context: None,
        sender_key: "321b26943253c7ffb6003b0b64d74041",
        recipient_key: "e57b5635815177cd679ab4bcec9d7dda",
        common_iv: "be35ae297d2dace910c52e99f9",
        nonces: ["bf35ae297d2dace910c52e99f9", "bf35ae297d2dace810c52e99f9"],
    },
    Vector {
        name: "c_2_2_key_derivation",
        secret: "0102030405060708090a0b0c0d0e0f10",
        salt: "",
        sender: "01",
        recipient: "00",
        id_context: None,
        sender_key: "e57b5635815177cd679ab4bcec9d7dda",
        recipient_key: "321b26943253c7ffb6003b0b64d74041",
        common_iv: "be35ae297d2dace910c52e99f9",
        nonces: ["bf35ae297d2dace810c52e99f9", "bf35ae297d2dace910c52e99f9"],
    },
    Vector {
        name: "c_3_1_key_derivation",
        secret: "0102030405060708090a0b0c0d0e0f10",
        salt: "9e7ca92223786340",
        sender: "",
        recipient: "01",
        id_context: Some("37cbf3210017a2d3"),
        sender_key: "af2a1300a5e95788b356336eeecd2b92",
        recipient_key: "e39a0c7c77b43f03b4b39ab9a268699f",
        common_iv: "2ca58fb85ff1b81c0b7181b85e",
        nonces: ["2ca58fb85ff1b81c0b7181b85e", "2da58fb85ff1b81d0b7181b85e"],
    },
    Vector {
        name: "c_3_2_key_derivation",
        secret: "0102030405060708090a0b0c0d0e0f10",
        salt: "9e7ca92223786340",
        sender: "01",
        recipient: "",
        id_context: Some("37cbf3210017a2d3"),
        sender_key: "e39a0c7c77b43f03b4b39ab9a268699f",
        recipient_key: "af2a1300a5e95788b356336eeecd2b92",
        common_iv: "2ca58fb85ff1b81c0b7181b85e",
        nonces: ["2da58fb85ff1b81d0b7181b85e", "2ca58fb85ff1b81c0b7181b85e"],
    },
    Vector {
        name: "derived_max_id_7_bytes",
        secret: "0102030405060708090a0b0c0d0e0f10",
        salt: "9e7ca92223786340",
        sender: "01020304050607",
        recipient: "11121314151617",
        id_context: None,
        sender_key: "910d938ea34478b360288fc0782fdcc4",
        recipient_key: "9e57d7df1db7c44b5a6084de75b28dd9",
        common_iv: "4622d4dd6d944168eefb54987c",
        nonces: ["4123d6de6991476feefb54987c", "4133c6ce7981577feefb54987c"],
    },
    Vector {
        name: "derived_empty_id_context_is_not_nil",
        secret: "0102030405060708090a0b0c0d0e0f10",
        salt: "9e7ca92223786340",
        sender: "",
        recipient: "01",
        id_context: Some(""),
        sender_key: "25dfd5e567e714960411eff26a7dba80",
        recipient_key: "946c4ee0f06a907c36fd3a3b0d74f63e",
        common_iv: "83b5593a7e84b9202f24dd8498",
        nonces: ["83b5593a7e84b9202f24dd8498", "82b5593a7e84b9212f24dd8498"],
    },
    Vector {
        name: "derived_id_context_32_bytes",
        secret: "0102030405060708090a0b0c0d0e0f10",
        salt: "9e7ca92223786340",
        sender: "01",
        recipient: "02",
        id_context: Some("000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"),
        sender_key: "2f850421aadbfb5e436e4d0f7a353d35",
        recipient_key: "24231c6b393f2b2ad4d1985b65202369",
        common_iv: "87c423e324479101cb9bbf5687",
        nonces: ["86c423e324479100cb9bbf5687", "86c423e324479103cb9bbf5687"],
    },
    Vector {
        name: "derived_long_master_secret_64",
        secret: "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f",
        salt: "",
        sender: "aa",
        recipient: "bb",
        id_context: None,
        sender_key: "36e522eb9a340e78f078c12efe759bff",
        recipient_key: "cd6779ce621b18b01cb2c6c2437bae02",
        common_iv: "51476da7ec59c31c9a913c80a2",
        nonces: ["50476da7ec59c3b69a913c80a2", "50476da7ec59c3a79a913c80a2"],
    },
    Vector {
        name: "derived_ids_differ_only_in_length",
        secret: "0102030405060708090a0b0c0d0e0f10",
        salt: "",
        sender: "00",
        recipient: "0000",
        id_context: None,
        sender_key: "321b26943253c7ffb6003b0b64d74041",
        recipient_key: "265b5de39e8d239cf05b1549b6ee940e",
        common_iv: "be35ae297d2dace910c52e99f9",
        nonces: ["bf35ae297d2dace910c52e99f9", "bc35ae297d2dace910c52e99f9"],
    },
];
