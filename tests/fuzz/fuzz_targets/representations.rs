//! CBOR bodies: what the check lets pass, a decoder reads to its end; what a type takes, it writes and takes again.
#![no_main]

use libfuzzer_sys::fuzz_target;
use minicbor::Decoder;
use twite::catalog::{ButtonState, Celsius, ENTRIES, LampState, NodeState, RelativeHumidity};
use twite::resource::Representation;
use twite::resource::well_formed::{CborLimits, MAXIMUM_DEPTH, check_cbor, item_length};

fuzz_target!(|body: &[u8]| {
    let checked = check_cbor(body, CborLimits::default());
    match checked {
        Ok(()) => {
            assert_eq!(item_length(body), Ok(body.len()));
            let deep = CborLimits { depth: MAXIMUM_DEPTH, ..CborLimits::default() };
            assert_eq!(check_cbor(body, deep), Ok(()));
            let mut decoder = Decoder::new(body);
            decoder.skip().expect("minicbor reads it");
            assert_eq!(decoder.position(), body.len());
            // Of a long body the first cuts, so that it does not take the time of a thousand short ones.
            for end in 0..body.len().min(64) {
                assert!(check_cbor(&body[..end], CborLimits::default()).is_err(), "cut at {end}");
            }
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
    for entry in ENTRIES {
        match (entry.check)(body) {
            Ok(()) => assert_eq!(checked, Ok(())),
            Err(violation) => assert!(!violation.to_string().is_empty()),
        }
    }
    taken::<Celsius>(body);
    taken::<RelativeHumidity>(body);
    taken::<LampState>(body);
    taken::<ButtonState>(body);
    taken::<NodeState>(body);
});

/// What is written means the same, is well-formed, and is written the same way again.
fn taken<T: Representation + PartialEq + std::fmt::Debug>(body: &[u8]) {
    let Ok(value) = T::decode(body) else { return };
    let (mut first, mut second) = ([0; 128], [0; 128]);
    let length = value.encode(&mut first).expect("room");
    check_cbor(&first[..length], CborLimits::default()).expect("we write well-formed CBOR");
    let read = T::decode(&first[..length]).expect("a type takes what it writes");
    assert_eq!(read, value);
    assert_eq!(read.encode(&mut second), Ok(length));
    assert_eq!(first, second);
    assert!(value.encode(&mut first[..length - 1]).is_err(), "it fits where there is no room");
}
