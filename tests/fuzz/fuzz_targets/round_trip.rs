//! Our wire format against coap-lite's: who accepts, agrees, and what one writes, the other reads to the same.
#![no_main]

use coap_lite::Packet;
use libfuzzer_sys::fuzz_target;
use twite::wire::{FormatErrorKind, Message, WriteError};
use twite_fuzz::parts::Parts;

/// Why coap-lite may accept what we refuse; `tests/differential` names the same differences.
fn excused(kind: FormatErrorKind, datagram: &[u8]) -> bool {
    match kind {
        FormatErrorKind::Version | FormatErrorKind::ReservedCode => true,
        FormatErrorKind::NotEmpty => datagram[1] == 0,
        FormatErrorKind::EmptyPayload => datagram.last() == Some(&0xff),
        FormatErrorKind::Short | FormatErrorKind::TokenLength | FormatErrorKind::Option => false,
    }
}

fuzz_target!(|datagram: &[u8]| {
    match (Message::parse(datagram), Packet::from_bytes(datagram)) {
        (Ok(ours), Ok(theirs)) => {
            let parts = Parts::ours(&ours);
            assert_eq!(parts, Parts::theirs(&theirs));
            written(&parts);
        }
        // It knows no extended tokens (RFC 8974).
        (Ok(ours), Err(_)) if ours.has_extended_token() => {
            let parts = Parts::ours(&ours);
            assert_eq!(Parts::ours(&Message::parse(&parts.write()).expect("we read it")), parts);
        }
        (Err(_), Err(_)) => {}
        (Ok(ours), Err(theirs)) => panic!("only we accept it: {ours:?}, {theirs}"),
        (Err(ours), Ok(_)) => assert!(excused(ours.kind, datagram), "only coap-lite accepts it: {ours}"),
    }
});

/// Both write the same bytes, and both read them to the same message.
fn written(parts: &Parts) {
    let ours = parts.write();
    let theirs = parts.packet().to_bytes_unlimited().expect("coap-lite writes it");
    assert_eq!(ours, theirs, "the encoding has no freedom");
    assert_eq!(&Parts::ours(&Message::parse(&ours).expect("we read it")), parts);
    assert_eq!(&Parts::theirs(&Packet::from_bytes(&ours).expect("coap-lite reads it")), parts);
    let mut short = vec![0; ours.len() - 1];
    assert_eq!(parts.write_to(&mut short), Err(WriteError::Full));
}
