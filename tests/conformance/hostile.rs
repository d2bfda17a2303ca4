//! Every hostile datagram gets the reaction that the RFCs require.

use twite::endpoint::Storage;
use twite_tests::engine::{DeviceStorage, Engine, peer};
use twite_tests::vectors::{GROUPS, Vector, fault, malformed};

#[test]
fn the_engine_with_fixed_storage_reacts_as_required() {
    let mut storage = DeviceStorage::new();
    react(Engine::new(&mut storage), &malformed(GROUPS, false));
}

#[test]
fn the_engine_with_extended_tokens_reacts_as_required() {
    for longest_token in [64, 400] {
        let mut storage = DeviceStorage::new();
        let lent = Storage { longest_token, ..storage.lend() };
        react(Engine::on(lent), &malformed(GROUPS, true));
    }
}

fn react(mut engine: Engine<'_>, vectors: &[Vector]) {
    assert!(vectors.len() > 250, "only {} datagrams", vectors.len());
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
