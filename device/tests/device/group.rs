//! RFC 7252 §8: a device is asked as one of a group.

use twite::base::Duration;
use twite::reliability::Peer;
use twite_device::Settings;

use crate::world::{CLIENT, Room, World, peer};

/// After that everybody has answered (RFC 7252 §4.8, DEFAULT_LEISURE).
const LEISURE: Duration = Duration::from_secs(5);

/// Non-confirmable, GET of `.well-known/core`, with the token 7.
const DISCOVERY: &[u8] = b"\x51\x01\x12\x34\x07\xbb.well-known\x04core";

#[test]
fn a_group_hears_the_whole_listing() {
    let mut room = Room::new();
    let mut world = World::new(&mut room, Settings::default());
    let alone = world.get(".well-known/core");
    let group = Peer { local: Some([224, 0, 1, 187].into()), ..peer(CLIENT) };
    world.device.handle(world.now, group, DISCOVERY);
    assert_eq!(world.drain().0, [], "not all of a group at once");
    let told = world.pass(LEISURE);
    let [answer] = told.as_slice() else { panic!("{told:?}") };
    assert_eq!((answer.code(), answer.message().token()), ("2.05".to_owned(), b"\x07".as_slice()));
    assert_eq!(answer.payload(), alone.payload());
    assert!(answer.payload().len() > 192, "longer than half a message: {}", answer.payload().len());
}
