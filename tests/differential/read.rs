//! Any bytes at all: nobody panics, and who accepts, agrees.
//!
//! coap-lite takes some datagrams that RFC 7252 calls malformed. [`excused`] names each of these differences;
//! The other way round there is one: it knows no extended tokens (RFC 8974).

use coap_lite::Packet;
use proptest::collection::vec;
use proptest::prelude::*;
use twite::exchange::Request;
use twite::wire::{FormatErrorKind, Message};

use crate::sample::{Parts, parts};

/// Why coap-lite may accept what we refuse.
fn excused(kind: FormatErrorKind, datagram: &[u8]) -> bool {
    match kind {
        // It does not look at the version.
        FormatErrorKind::Version => true,
        // It takes codes of reserved classes, which §4.2 has us reject.
        FormatErrorKind::ReservedCode => true,
        // It takes an Empty message with a token, options or a payload (§4.1).
        FormatErrorKind::NotEmpty => datagram[1] == 0,
        // It takes a marker without payload (§3).
        FormatErrorKind::EmptyPayload => datagram.last() == Some(&0xff),
        FormatErrorKind::Short | FormatErrorKind::TokenLength | FormatErrorKind::Option => false,
    }
}

/// Reads the datagram both ways, and everything in it.
fn compare(datagram: &[u8]) -> Result<(), TestCaseError> {
    match (Message::parse(datagram), Packet::from_bytes(datagram)) {
        (Ok(ours), Ok(theirs)) => {
            prop_assert_eq!(Parts::ours(&ours), Parts::theirs(&theirs));
            // Whatever the options are, checking and reading them ends without a panic.
            if let Ok(request) = Request::check(ours) {
                prop_assert!(request.path().count() + request.query().count() <= datagram.len());
                request.precondition(None);
            }
            Ok(())
        }
        (Err(_), Err(_)) => Ok(()),
        (Ok(ours), Err(_)) if ours.has_extended_token() => {
            let rest = without_token(&ours, datagram);
            let theirs = Packet::from_bytes(&rest).expect("all else is well-formed");
            prop_assert_eq!(Parts { token: vec![], ..Parts::ours(&ours) }, Parts::theirs(&theirs));
            Ok(())
        }
        (Ok(ours), Err(theirs)) => {
            Err(TestCaseError::fail(format!("only we accept {datagram:02x?}: {ours:?}, {theirs}")))
        }
        (Err(ours), Ok(_)) => {
            prop_assert!(excused(ours.kind, datagram), "only coap-lite accepts {datagram:02x?}: {ours}");
            Ok(())
        }
    }
}

/// The datagram with an empty token.
fn without_token(message: &Message<'_>, datagram: &[u8]) -> Vec<u8> {
    let extension = usize::from((datagram[0] & 0x0f).saturating_sub(12));
    let rest = &datagram[4 + extension + message.token().len()..];
    [&[datagram[0] & 0xf0], &datagram[1..4], rest].concat()
}

/// How a datagram is damaged.
#[derive(Clone, Debug)]
enum Damage {
    Flip(usize, u8),
    Cut(usize),
    Insert(usize, u8),
    Remove(usize),
}

fn damage() -> impl Strategy<Value = Damage> {
    let place = any::<prop::sample::Index>().prop_map(|index| index.index(1_024));
    prop_oneof![
        (place.clone(), 0_u8..8).prop_map(|(at, bit)| Damage::Flip(at, 1 << bit)),
        place.clone().prop_map(Damage::Cut),
        (place.clone(), any::<u8>()).prop_map(|(at, byte)| Damage::Insert(at, byte)),
        place.prop_map(Damage::Remove),
    ]
}

fn apply(damage: &Damage, datagram: &mut Vec<u8>) {
    let length = datagram.len().max(1);
    match *damage {
        Damage::Flip(at, bits) => {
            if let Some(byte) = datagram.get_mut(at % length) {
                *byte ^= bits;
            }
        }
        Damage::Cut(at) => datagram.truncate(at % length),
        Damage::Insert(at, byte) => datagram.insert(at % (datagram.len() + 1), byte),
        Damage::Remove(at) => {
            if at % length < datagram.len() {
                datagram.remove(at % length);
            }
        }
    }
}

/// The datagram of a message, as coap-lite writes it.
fn datagram(parts: &Parts) -> Vec<u8> {
    let mut packet = Packet::new();
    packet.header.set_type(parts.kind);
    packet.header.code = parts.code.into();
    packet.set_token(parts.token.clone());
    for (number, value) in &parts.options {
        packet.add_option((*number).into(), value.clone());
    }
    packet.payload.clone_from(&parts.payload);
    packet.to_bytes_unlimited().expect("coap-lite writes it")
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(20_000) })]

    #[test]
    fn random_bytes(bytes in vec(any::<u8>(), 0..80)) {
        compare(&bytes)?;
    }

    #[test]
    fn random_bytes_behind_a_plain_header(code: u8, bytes in vec(any::<u8>(), 0..80)) {
        compare(&[&[0x40, code, 1, 2], &bytes[..]].concat())?;
    }

    #[test]
    fn random_bytes_behind_a_header_with_an_extended_token(nibble in 9_u8..16, bytes in vec(0_u8..0x20, 0..80)) {
        compare(&[&[0x40 | nibble, 1, 1, 2], &bytes[..]].concat())?;
    }

    #[test]
    fn small_bytes_make_many_options(bytes in vec(0_u8..0x20, 0..80)) {
        compare(&[&[0x40, 1, 1, 2], &bytes[..]].concat())?;
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(4_000) })]

    #[test]
    fn damaged_messages(parts in parts(), damages in vec(damage(), 0..4)) {
        let mut datagram = datagram(&parts);
        damages.iter().for_each(|damage| apply(damage, &mut datagram));
        compare(&datagram)?;
    }
}

#[test]
fn every_known_difference_is_one() {
    for (kind, datagram) in [
        (FormatErrorKind::Version, &b"\x00\x01\x00\x01"[..]),
        (FormatErrorKind::ReservedCode, b"\x40\x20\x00\x01"),
        (FormatErrorKind::NotEmpty, b"\x41\x00\x00\x01t"),
        (FormatErrorKind::EmptyPayload, b"\x40\x01\x00\x01\xff"),
    ] {
        let ours = Message::parse(datagram).map(|_| ()).map_err(|error| error.kind);
        assert_eq!(ours, Err(kind));
        assert!(Packet::from_bytes(datagram).is_ok(), "coap-lite refuses it now: {datagram:02x?}");
    }
}

#[test]
fn both_refuse_what_passes_a_border() {
    for datagram in [
        &b"\x40\x01\x00"[..],
        b"\x49\x01\x00\x0112345678",
        b"\x4f\x01\x00\x01123456789012345",
        b"\x44\x01\x00\x01abc",
        b"\x40\x01\x00\x01\xe0\xff\xff",     // number 65804
        b"\x40\x01\x00\x01\xe0\xfe\xf2\x10", // number 65536
        b"\x40\x01\x00\x01\xf0",
        b"\x40\x01\x00\x01\x0f",
        b"\x40\x01\x00\x01\xd0",
        b"\x40\x01\x00\x01\x0e\x00",
        b"\x40\x01\x00\x01\x02a",
    ] {
        assert!(
            Message::parse(datagram).is_err() && Packet::from_bytes(datagram).is_err(),
            "{datagram:02x?}"
        );
    }
    let last = b"\x40\x01\x00\x01\xe0\xfe\xf2";
    let message = Message::parse(last).expect("number 65535 is the last");
    assert!(message.options().map(|option| option.number).eq([65_535]));
    assert!(Packet::from_bytes(last).is_ok());
}
