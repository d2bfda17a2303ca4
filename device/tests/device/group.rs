//! RFC 7252 §8: a device is asked as one of a group.

use twite::base::Duration;
use twite::reliability::Peer;
use twite_device::Settings;

use crate::world::{Room, World};

/// After that everybody has answered (RFC 7252 §4.8, DEFAULT_LEISURE).
const LEISURE: Duration = Duration::from_secs(5);

/// GET of `.well-known/core` with the token 7, behind the type.
const DISCOVERY: &[u8] = b"\x01\x12\x34\x07\xbb.well-known\x04core";

#[test]
fn a_group_hears_the_whole_listing() {
    let mut room = Room::new();
    let mut world = World::new(&mut room, Settings::default());
    // Of this host, so that there is no bound on what goes there before it is proved.
    let client = Peer::new(([127, 0, 0, 1], 40_001).into());
    world.device.handle(world.now, client, &[b"\x41", DISCOVERY].concat());
    let alone = world.drain().0.swap_remove(0);
    let group = Peer { local: Some([224, 0, 1, 187].into()), ..client };
    world.device.handle(world.now, group, &[b"\x51", DISCOVERY].concat());
    assert_eq!(world.drain().0, [], "not all of a group at once");
    let told = world.pass(LEISURE);
    let [answer] = told.as_slice() else { panic!("{told:?}") };
    assert_eq!((answer.code(), answer.message().token()), ("2.05".to_owned(), b"\x07".as_slice()));
    assert_eq!(answer.payload(), alone.payload());
    assert!(answer.payload().len() > 192, "longer than half a message: {}", answer.payload().len());
}
