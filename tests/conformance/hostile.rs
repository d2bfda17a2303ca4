//! Every hostile datagram gets the reaction that the RFCs require.

use twite_tests::engine::{DeviceStorage, Engine, peer};
use twite_tests::vectors::{Vector, classify, malformed, within_amplification};

const GROUPS: &[&str] = &[
    "header",
    "token",
    "code",
    "option",
    "length",
    "uint",
    "repeat",
    "unknown",
    "payload",
    "uri",
    "semantic",
    "proxy",
    "cbor",
    "discovery",
    "size",
    "block",
    "observe",
];

/// What is wrong with the answers to a vector.
fn fault(vector: &Vector, answers: &[Vec<u8>]) -> Option<String> {
    let fault = match classify(&vector.datagram, answers) {
        Err(fault) => fault,
        Ok(reaction) if !vector.reactions.contains(&reaction) => {
            format!("{reaction:?} instead of {:?}", vector.reactions)
        }
        Ok(_) if !within_amplification(&vector.datagram, answers) => "amplified".into(),
        Ok(_) => return None,
    };
    Some(format!("{} {} ({}): {fault}", vector.id, vector.name, vector.group))
}

#[test]
fn the_engine_with_fixed_storage_reacts_as_required() {
    let vectors = malformed(GROUPS);
    assert!(vectors.len() > 250, "only {} datagrams", vectors.len());
    let mut storage = DeviceStorage::new();
    let mut engine = Engine::new(&mut storage);
    let mut faults = Vec::new();
    for (vector, port) in vectors.iter().zip(10_000..) {
        let answers = engine.receive(peer(port), &vector.datagram);
        faults.extend(fault(vector, &answers));
        let probe = engine.receive(peer(9), b"\x40\x01\x00\x01\xb1t");
        assert_eq!(probe.len(), 1, "no answer to a plain GET after {}", vector.id);
        assert_eq!(probe[0][1], 0x45, "no 2.05 to a plain GET after {}", vector.id);
    }
    assert!(faults.is_empty(), "{} of {}:\n{}", faults.len(), vectors.len(), faults.join("\n"));
}
