//! Readings reach the server in order, without gap and without duplicate.

use std::collections::BTreeSet;

use twite::base::Duration;
use twite::wire::ResponseType;
use twite_device::{PushSettings, Settings};

use crate::parts::Memory;
use crate::server::{FAIR, Hall, Mood, Server, Weather, server};
use crate::world::{Room, World, seconds};

fn settings(period: u64) -> Settings<'static> {
    let push =
        PushSettings { server: server().remote, collection: "readings/board", period: seconds(period) };
    Settings { push: Some(push), scan: seconds(1), ..Settings::DEFAULT }
}

/// The paths of the first `count` readings of a run.
fn paths(run: u32, count: u32) -> Vec<String> {
    (1..=count).map(|sequence| format!("readings/board/{run:05}-{sequence:07}")).collect()
}

fn stored(server: &Server<'_>) -> Vec<String> {
    server.stored.iter().map(|(path, _)| path.clone()).collect()
}

#[test]
fn a_reading_is_a_map_of_value_run_sequence_and_uptime() {
    let (mut room, mut hall) = (Room::new(), Hall::new());
    let mut world = World::new(&mut room, settings(10));
    let mut server = Server::new(&mut hall, FAIR, 1);
    server.run(&mut world, seconds(11));
    assert_eq!(stored(&server), paths(1, 2));
    assert_eq!(server.stored[0].1, [0xa4, 0, 0xf9, 0x4d, 0x60, 2, 1, 3, 1, 4, 0]);
    assert_eq!(server.stored[1].1, [0xa4, 0, 0xf9, 0x4d, 0x60, 2, 1, 3, 2, 4, 10]);
}

#[test]
fn every_reading_is_stored_once_and_in_order_on_bad_networks() {
    for seed in 1..=40 {
        let (mut room, mut hall) = (Room::new(), Hall::new());
        let weather = Weather { loss: 40, repetition: 20, travel: Duration::from_millis(700) };
        let mut world = World::on(&mut room, settings(60), Memory::default(), seed as u8);
        let mut server = Server::new(&mut hall, weather, seed);
        server.run(&mut world, seconds(3_599));
        world.dial.0.set(None);
        server.run(&mut world, seconds(3_600));
        let counts = world.device.pushed().expect("a push");
        assert_eq!((counts.stored, counts.dropped, counts.refused), (60, 0, 0), "seed {seed}");
        assert_eq!(stored(&server), paths(1, 60), "seed {seed}");
    }
}

#[test]
fn what_was_stored_before_the_device_gave_up_is_not_stored_again() {
    let (mut room, mut hall) = (Room::new(), Hall::new());
    let mut world = World::new(&mut room, settings(3_600));
    let mut server = Server::new(&mut hall, FAIR, 1);
    server.mood = Mood::Dumb;
    // MAX_TRANSMIT_WAIT, the pause, and the first retry.
    server.run(&mut world, seconds(100));
    assert_eq!((server.stored.len(), server.present), (1, 1), "stored, then found by another message id");
    assert_eq!(world.device.pushed().expect("a push").stored, 0, "and the device cannot know");
    server.mood = Mood::Serve;
    server.run(&mut world, seconds(300));
    assert_eq!(stored(&server), paths(1, 1));
    assert_eq!(world.device.pushed().expect("a push").stored, 1);
}

#[test]
fn a_busy_server_is_left_alone_for_max_age() {
    for code in [ResponseType::ServiceUnavailable, ResponseType::TooManyRequests] {
        for (max_age, expected) in [(Some(30), 30), (None, 60), (Some(400), 400)] {
            let (mut room, mut hall) = (Room::new(), Hall::new());
            let mut world = World::new(&mut room, settings(20));
            let mut server = Server::new(&mut hall, FAIR, 1);
            server.mood = Mood::Refuse(code, max_age);
            server.run(&mut world, seconds(1));
            server.mood = Mood::Serve;
            server.run(&mut world, seconds(2 * expected));
            let pause = server.asked[1].at.since(server.asked[0].at);
            assert!(pause >= seconds(expected) && pause < seconds(expected + 1), "{code:?}: {pause:?}");
            assert_eq!(stored(&server)[0], paths(1, 1)[0]);
        }
    }
}

#[test]
fn a_silent_server_is_asked_less_and_less_and_for_ever() {
    let (mut room, mut hall) = (Room::new(), Hall::new());
    let mut world = World::new(&mut room, settings(3_600));
    let mut server = Server::new(&mut hall, FAIR, 1);
    server.mood = Mood::Silent;
    server.run(&mut world, seconds(20_000));
    let mut seen = BTreeSet::new();
    let first = server.transmissions.iter().filter(|(_, bytes)| seen.insert(bytes.clone()));
    let starts: Vec<_> = first.map(|(at, _)| *at).collect();
    // From the start of one exchange to that of the next: MAX_TRANSMIT_WAIT of 62 to 93 s, and the pause.
    let pauses: Vec<_> =
        starts.windows(2).map(|pair| pair[1].since(pair[0]).as_micros() / 1_000_000).collect();
    for (number, &pause) in pauses.iter().enumerate() {
        let wanted = 2 << number.min(8);
        assert!((62 + wanted..=94 + wanted * 5 / 4).contains(&pause), "{pauses:?}");
    }
    assert!(pauses.len() > 30, "{pauses:?}");
}

#[test]
fn a_failure_of_the_server_loses_no_reading() {
    let (mut room, mut hall) = (Room::new(), Hall::new());
    let mut world = World::new(&mut room, settings(600));
    let mut server = Server::new(&mut hall, FAIR, 1);
    for code in [ResponseType::InternalServerError, ResponseType::Forbidden, ResponseType::NotFound] {
        server.mood = Mood::Refuse(code, None);
        server.run(&mut world, seconds(60));
    }
    server.mood = Mood::Serve;
    server.run(&mut world, seconds(1_200));
    assert_eq!(stored(&server), paths(1, 3));
}

#[test]
fn a_reading_that_is_refused_for_good_makes_room_for_the_next() {
    let (mut room, mut hall) = (Room::new(), Hall::new());
    let mut world = World::new(&mut room, settings(600));
    let mut server = Server::new(&mut hall, FAIR, 1);
    server.mood = Mood::Refuse(ResponseType::BadRequest, None);
    server.run(&mut world, seconds(10));
    server.mood = Mood::Serve;
    server.run(&mut world, seconds(600));
    assert_eq!(stored(&server), paths(1, 2)[1..]);
    let counts = world.device.pushed().expect("a push");
    assert_eq!((counts.stored, counts.refused), (1, 1));
}

#[test]
fn the_oldest_readings_make_room_and_are_counted() {
    let (mut room, mut hall) = (Room::new(), Hall::new());
    let mut world = World::new(&mut room, settings(10));
    let mut server = Server::new(&mut hall, FAIR, 1);
    server.mood = Mood::Silent;
    server.run(&mut world, seconds(10 * 99 + 5));
    // 100 were taken: the first is on its way, 16 wait.
    assert_eq!(world.device.pushed().expect("a push").dropped, 100 - 1 - 16);
    world.dial.0.set(None);
    server.mood = Mood::Serve;
    server.run(&mut world, seconds(2_000));
    let all = paths(1, 100);
    assert_eq!(stored(&server), [&all[..1], &all[84..]].concat());
}

#[test]
fn a_restart_begins_another_run() {
    let (mut hall, memory) = (Hall::new(), Memory::default());
    let mut server = Server::new(&mut hall, FAIR, 1);
    for seed in 1..=3 {
        let mut room = Room::new();
        let mut world = World::on(&mut room, settings(10), memory.clone(), seed);
        server.run(&mut world, seconds(11));
    }
    assert_eq!(stored(&server), [paths(1, 2), paths(2, 2), paths(3, 2)].concat());
}

#[test]
fn a_device_that_cannot_count_its_starts_takes_a_run_by_chance() {
    let mut hall = Hall::new();
    let mut server = Server::new(&mut hall, FAIR, 1);
    for seed in 1..=3 {
        let (mut room, memory) = (Room::new(), Memory::default());
        memory.power.set(0);
        let mut world = World::on(&mut room, settings(10), memory, seed);
        server.run(&mut world, seconds(1));
    }
    let runs: BTreeSet<_> = stored(&server).iter().map(|path| path.len()).collect();
    assert_eq!((server.stored.len(), server.present, runs), (3, 0, BTreeSet::from([33])));
}
