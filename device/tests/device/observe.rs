//! Observers of the thermometer, the lamp and the button hear what matters.

use twite::base::Duration;
use twite::wire::RequestType;
use twite_device::Settings;

use crate::world::{CLIENT, Room, Sent, World, peer, seconds};

const TEMPERATURE: &str = "sensors/board/temperature";

/// The value of a notification of the temperature.
fn celsius(sent: &Sent) -> f32 {
    let payload = sent.payload();
    assert_eq!((sent.code().as_str(), sent.option(12), &payload[..2]), ("2.05", Some(60), &[0xa1, 0][..]));
    minicbor::decode::Decoder::new(&payload[2..]).f32().expect("a number")
}

#[test]
fn the_temperature_is_told_when_it_moves_by_the_threshold() {
    let mut room = Room::new();
    let mut world = World::new(&mut room, Settings::DEFAULT);
    world.pass(seconds(10));
    assert_eq!(celsius(&world.observe(TEMPERATURE)), 21.5);
    world.dial.0.set(Some(21.75));
    assert_eq!(world.pass(seconds(60)), [], "a quarter of a degree is below the threshold");
    world.dial.0.set(Some(22.0));
    let told = world.pass(seconds(60));
    assert_eq!(told.iter().map(celsius).collect::<Vec<_>>(), [22.0], "once");
    assert_eq!(told[0].peer, peer(CLIENT));
    world.dial.0.set(Some(21.5));
    assert_eq!(world.pass(seconds(60)).iter().map(celsius).collect::<Vec<_>>(), [21.5], "down as well");
}

#[test]
fn a_temperature_that_swings_is_told_no_more_often_than_allowed() {
    let mut room = Room::new();
    let mut world = World::new(&mut room, Settings { quiet: seconds(20), ..Settings::DEFAULT });
    world.observe(TEMPERATURE);
    let mut told = Vec::new();
    for second in 0..200 {
        world.dial.0.set(Some(if second % 2 == 0 { 10.0 } else { 30.0 }));
        told.extend(world.pass(seconds(1)));
    }
    assert!((8..=10).contains(&told.len()), "{}", told.len());
    for pair in told.windows(2) {
        assert!(pair[1].at.since(pair[0].at) >= seconds(20));
    }
}

#[test]
fn a_silent_thermometer_is_noted_and_ends_no_observation() {
    let mut room = Room::new();
    let mut world = World::new(&mut room, Settings::DEFAULT);
    world.pass(seconds(10));
    world.observe(TEMPERATURE);
    world.dial.0.set(None);
    assert_eq!(world.pass(seconds(30)), []);
    assert_eq!(world.get(TEMPERATURE).code(), "5.03");
    world.dial.0.set(Some(25.0));
    assert_eq!(world.pass(seconds(10)).iter().map(celsius).collect::<Vec<_>>(), [25.0]);
    let log = String::from_utf8(world.get("nodes/board/log").payload()).expect("text");
    assert_eq!((log.matches("silent").count(), log.matches("answers").count()), (1, 1), "{log}");
}

#[test]
fn each_edge_of_the_button_is_told() {
    let mut room = Room::new();
    let mut world = World::new(&mut room, Settings::DEFAULT);
    world.observe("buttons/board");
    assert_eq!(world.pass(seconds(5)), []);
    for (pressed, presses) in [(true, 1), (false, 1), (true, 2)] {
        world.button.0.set(pressed);
        let told = world.pass(Duration::from_millis(20));
        let payloads: Vec<_> = told.iter().map(Sent::payload).collect();
        assert_eq!(payloads, [vec![0xa2, 0, 0xf4 + u8::from(pressed), 1, presses]]);
    }
    world.button.0.set(false);
    world.device.look(world.now);
    assert_eq!(world.drain().0.len(), 1, "an interrupt makes it look at once");
}

#[test]
fn the_lamp_is_told_when_it_is_switched_and_when_nothing_changes_not() {
    let mut room = Room::new();
    let mut world = World::new(&mut room, Settings::DEFAULT);
    world.observe("lamps/board");
    let on: &[u8] = &[0xa1, 0, 0xf5];
    let sent = world.ask(RequestType::Put, "lamps/board", &[], on);
    assert_eq!(sent.iter().map(Sent::code).collect::<Vec<_>>(), ["2.04", "2.05"]);
    assert_eq!((sent[1].payload(), world.lamp.0.get()), (on.to_vec(), true));
    assert_eq!(world.ask(RequestType::Put, "lamps/board", &[], on).len(), 1, "it shone already");
    assert_eq!(world.ask(RequestType::Post, "lamps/board", &[], &[]).len(), 2, "toggled");
    assert!(!world.lamp.0.get());
}

#[test]
fn more_observers_than_there_is_room_for_get_plain_answers() {
    let mut room = Room::new();
    let mut world = World::new(&mut room, Settings::DEFAULT);
    (0..4).for_each(|_| drop(world.observe("lamps/board")));
    let register = twite::wire::RawOption { number: 6, value: &[] };
    let answer = world.ask(RequestType::Get, "lamps/board", &[register], &[]).swap_remove(0);
    assert_eq!((answer.code().as_str(), answer.option(6)), ("2.05", None));
}
