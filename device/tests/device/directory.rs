//! Simple registration with a resource directory, RFC 9176 §5.1.

use twite::wire::{RequestType, ResponseType};
use twite_device::{DirectorySettings, Settings};

use crate::server::{FAIR, Hall, Mood, Server, server};
use crate::world::{Room, World, seconds};

fn settings(lifetime: u32) -> Settings<'static> {
    let directory = DirectorySettings { server: server().remote, name: "kitchen", lifetime };
    Settings { directory: Some(directory), ..Settings::DEFAULT }
}

#[test]
fn section_5_1_a_device_registers_when_it_starts() {
    let (mut room, mut hall) = (Room::new(), Hall::new());
    let mut world = World::new(&mut room, settings(600));
    let mut directory = Server::new(&mut hall, FAIR, 1);
    assert!(!world.device.is_registered(world.now));
    directory.run(&mut world, seconds(1));
    let asked = &directory.asked[0];
    assert_eq!((asked.method, asked.path.as_str()), (RequestType::Post, ".well-known/rd"));
    assert_eq!(asked.query, ["ep=kitchen", "lt=600"]);
    assert_eq!(asked.payload, [0; 0], "the directory fetches the links itself");
    assert!(world.device.is_registered(world.now));
    assert!(!world.device.is_registered(world.now + seconds(600)));
}

#[test]
fn it_renews_before_the_lifetime_ends() {
    let (mut room, mut hall) = (Room::new(), Hall::new());
    let mut world = World::new(&mut room, settings(600));
    let mut directory = Server::new(&mut hall, FAIR, 1);
    for _ in 0..100 {
        directory.run(&mut world, seconds(60));
        assert!(world.device.is_registered(world.now));
    }
    assert_eq!(directory.asked.len(), 20, "every 300 seconds of 6000");
}

#[test]
fn an_outage_shorter_than_half_the_lifetime_is_bridged() {
    let (mut room, mut hall) = (Room::new(), Hall::new());
    let mut world = World::new(&mut room, settings(1_000));
    let mut directory = Server::new(&mut hall, FAIR, 1);
    directory.run(&mut world, seconds(490));
    directory.mood = Mood::Silent;
    directory.run(&mut world, seconds(300));
    directory.mood = Mood::Serve;
    directory.run(&mut world, seconds(200));
    assert!(world.device.is_registered(world.now), "990 seconds after the first registration");
    assert_eq!(directory.asked.len(), 2);
}

#[test]
fn a_directory_that_is_busy_or_refuses_is_asked_again_later() {
    let (mut room, mut hall) = (Room::new(), Hall::new());
    let mut world = World::new(&mut room, settings(600));
    let mut directory = Server::new(&mut hall, FAIR, 1);
    directory.mood = Mood::Refuse(ResponseType::ServiceUnavailable, Some(90));
    directory.run(&mut world, seconds(89));
    assert_eq!((directory.asked.len(), world.device.is_registered(world.now)), (1, false));
    directory.mood = Mood::Refuse(ResponseType::PreconditionFailed, None);
    directory.run(&mut world, seconds(2));
    assert_eq!((directory.asked.len(), world.device.is_registered(world.now)), (2, false));
    directory.mood = Mood::Serve;
    directory.run(&mut world, seconds(3));
    assert!(world.device.is_registered(world.now));
}
