//! A device with security contexts (RFC 8613): who is served, after a restart, and whenever the power is cut.

use twite::exchange::Outgoing;
use twite::oscore::{Context, Parameters};
use twite::wire::{RawOption, RequestType, number};
use twite_device::{ContextError, ContextPlace, Eeprom as _, Record, Settings, Storage as _, TwoCopies};

use crate::asker::{Answer, Asker, Desk, is_protected, keys, replay};
use crate::parts::Memory;
use crate::world::{Room, Sent, World, seconds};

type Records = TwoCopies<Memory, { Record::FREE }>;

const LAMP: &str = "lamps/board";
const ON: [u8; 3] = [0xa1, 0, 0xf5];

/// A memory with contexts of these names.
fn with_contexts(names: &[u8]) -> Memory {
    let memory = Memory::default();
    for (place, name) in ContextPlace::ALL.into_iter().zip(names) {
        place.save(&mut Records::new(memory.clone()), &keys(&[*name])).expect("room");
    }
    memory
}

fn on<'r>(room: &'r mut Room, memory: &Memory, seed: u8) -> World<'r> {
    World::on(room, Settings::DEFAULT, memory.clone(), seed)
}

/// The one answer, which is not protected.
fn refusal(sent: &[Sent]) -> (String, String) {
    let [sent] = sent else { panic!("{sent:?}") };
    assert!(!is_protected(&sent.message()), "{sent:?}");
    (sent.code(), String::from_utf8(sent.payload()).expect("text"))
}

fn code(answer: Option<Answer>) -> String {
    answer.expect("an answer that can be opened").code
}

#[test]
fn two_contexts_are_served_and_nobody_else() {
    let memory = with_contexts(&[1, 2]);
    let (mut room, mut desks) = (Room::new(), [Desk::default(), Desk::default()]);
    let mut world = on(&mut room, &memory, 1);
    // More than there are places for what has to be done once.
    for path in [LAMP, "sensors/board/temperature", ".well-known/core", "none", LAMP, LAMP, LAMP, LAMP] {
        for method in [RequestType::Get, RequestType::Post] {
            let sent = world.ask(method, path, &[], &[]);
            assert_eq!(refusal(&sent), ("4.01".into(), "Protection demanded".into()), "{path}");
        }
    }
    assert!(!world.lamp.0.get());
    let [first, second] = &mut desks;
    for (desk, name) in [(first, 1), (second, 2)] {
        let mut asker = Asker::new(desk, name);
        let answer = asker.ask_freshly(&mut world, RequestType::Get, "sensors/board/temperature");
        assert_eq!(answer.map(|answer| answer.payload), Some(vec![0xa1, 0, 0xf9, 0x4d, 0x60]));
        assert_eq!(code(asker.ask_freshly(&mut world, RequestType::Post, LAMP)), "2.04");
        assert_eq!(world.lamp.0.get(), name == 1, "it was toggled");
    }
    let mut desk = Desk::default();
    let mut stranger = Asker::new(&mut desk, 3);
    assert_eq!(stranger.ask_freshly(&mut world, RequestType::Get, LAMP), None);
    assert_eq!(refusal(&replay(&mut world, &stranger.sent[0], 7)).1, "Security context not found");
}

#[test]
fn after_a_restart_old_requests_do_nothing_and_a_fresh_one_is_served() {
    let memory = with_contexts(&[1]);
    let (mut rooms, mut desk) = ([Room::new(), Room::new()], Desk::default());
    let mut asker = Asker::new(&mut desk, 1);
    let [before, after] = &mut rooms;
    let mut world = on(before, &memory, 1);
    for _ in 0..3 {
        assert_eq!(code(asker.ask_freshly(&mut world, RequestType::Post, LAMP)), "2.04");
    }
    assert!(world.lamp.0.get());
    let old = asker.sent.clone();
    assert_eq!(refusal(&replay(&mut world, &old[2], 500)), ("4.01".into(), "Replay detected".into()));

    let mut world = on(after, &memory, 2);
    for (request, message_id) in old.iter().zip(600..) {
        let sent = replay(&mut world, request, message_id);
        assert!(sent.len() == 1 && is_protected(&sent[0].message()), "{sent:?}");
        asker.look(&sent);
        assert!(world.lamp.0.get(), "nothing was done");
    }
    let path: [&[u8]; 2] = [b"lamps", b"board"];
    let challenge = asker.ask(&mut world, &Outgoing::new(RequestType::Post, &path)).expect("it is opened");
    assert!(challenge.code == "4.01" && challenge.echo.is_some(), "{challenge:?}");
    assert!(world.lamp.0.get());
    assert_eq!(code(asker.ask_freshly(&mut world, RequestType::Post, LAMP)), "2.04");
    assert!(!world.lamp.0.get());
    for (request, message_id) in old.iter().zip(700..) {
        assert_eq!(refusal(&replay(&mut world, request, message_id)).1, "Replay detected");
    }
    assert!(!world.lamp.0.get());
    // An Echo value of another start proves nothing.
    let mut room = Room::new();
    let mut world = on(&mut room, &memory, 3);
    let echo = challenge.echo.expect("an Echo value");
    let options = [RawOption { number: number::ECHO, value: &echo }];
    let stale = Outgoing { options: &options, ..Outgoing::new(RequestType::Post, &path) };
    assert_eq!(code(asker.ask(&mut world, &stale)), "4.01");
    assert!(!world.lamp.0.get());
}

#[test]
fn no_number_is_used_twice_wherever_the_power_is_cut() {
    let memory = with_contexts(&[1]);
    let mut desk = Desk::default();
    let mut asker = Asker::new(&mut desk, 1);
    let path: [&[u8]; 2] = [b"lamps", b"board"];
    let register = [RawOption { number: number::OBSERVE, value: &[] }];
    let mut served = 0;
    // A start counts itself and reserves numbers; then the lamp is stored, each time it is switched.
    for power in 0..200 {
        let mut room = Room::new();
        memory.power.set(power);
        let mut world = on(&mut room, &memory, power as u8);
        if asker.ask_freshly(&mut world, RequestType::Post, LAMP).is_some_and(|answer| answer.code == "2.04")
        {
            served += 1;
            asker.ask(&mut world, &Outgoing { options: &register, ..Outgoing::new(RequestType::Get, &path) });
            asker.ask_freshly(&mut world, RequestType::Post, LAMP);
            let told = world.pass(seconds(20));
            asker.look(&told);
        }
    }
    assert!(served > 100, "{served} starts could serve");
    memory.power.set(usize::MAX);
    let mut room = Room::new();
    let mut world = on(&mut room, &memory, 201);
    assert_eq!(code(asker.ask_freshly(&mut world, RequestType::Get, LAMP)), "2.05");
    let used = asker.numbers.len();
    assert!(used > 300, "{used} numbers were used");
}

#[test]
fn a_long_run_reserves_more_numbers_on_its_way() {
    let memory = with_contexts(&[1]);
    let (mut room, mut desk) = (Room::new(), Desk::default());
    let mut asker = Asker::new(&mut desk, 1);
    let mut world = on(&mut room, &memory, 1);
    let path: [&[u8]; 3] = [b"sensors", b"board", b"temperature"];
    let register = [RawOption { number: number::OBSERVE, value: &[] }];
    asker.ask(&mut world, &Outgoing { options: &register, ..Outgoing::new(RequestType::Get, &path) });
    for round in 0..600_u16 {
        world.dial.0.set(Some(f32::from(round)));
        let told = world.pass(seconds(6));
        asker.look(&told);
    }
    assert!(asker.numbers.len() > 512, "{} numbers were used", asker.numbers.len());
}

#[test]
fn without_a_stored_number_nothing_is_served_until_there_is_power() {
    let memory = with_contexts(&[1]);
    memory.power.set(0);
    let (mut room, mut desk) = (Room::new(), Desk::default());
    let mut asker = Asker::new(&mut desk, 1);
    let mut world = on(&mut room, &memory, 1);
    world.drain();
    assert_eq!(asker.ask_freshly(&mut world, RequestType::Post, LAMP), None);
    let sent = replay(&mut world, &asker.sent[0], 9);
    assert_eq!(refusal(&sent), ("5.03".into(), "Security context not stored yet".into()));
    assert!(!world.lamp.0.get());
    memory.power.set(usize::MAX);
    world.pass(seconds(2));
    assert_eq!(code(asker.ask_freshly(&mut world, RequestType::Post, LAMP)), "2.04");
    let log = asker.ask_freshly(&mut world, RequestType::Get, "nodes/board/log").expect("a log").payload;
    assert_eq!(String::from_utf8_lossy(&log).matches("numbers not stored").count(), 1);
}

#[test]
fn a_device_whose_contexts_cannot_be_used_serves_nobody() {
    // The memory ends before the contexts do; the numbers are lost; nothing that a context can be made of.
    let short = Memory::default();
    short.bytes.borrow_mut().truncate(512);
    let lost = with_contexts(&[1]);
    lost.bytes.borrow_mut()[usize::from(Record::CONTEXTS) * 64..][..64].fill(0xff);
    let torn = with_contexts(&[1]);
    Records::new(torn.clone()).save(Record::CONTEXTS + 1, &[200; 24]).expect("room");
    assert_eq!(
        ContextPlace::ALL[0].load(&mut Records::new(lost.clone())).err(),
        Some(ContextError::NoNumbers)
    );
    assert_eq!(ContextPlace::ALL[0].load(&mut Records::new(torn.clone())).err(), Some(ContextError::Length));
    for memory in [short, lost, torn] {
        let (mut room, mut desk) = (Room::new(), Desk::default());
        let mut world = on(&mut room, &memory, 1);
        assert_eq!(refusal(&world.ask(RequestType::Put, LAMP, &[], &ON)).0, "4.01");
        assert_eq!(Asker::new(&mut desk, 1).ask_freshly(&mut world, RequestType::Get, LAMP), None);
    }
}

fn load(memory: &Memory, place: usize) -> Option<Context> {
    ContextPlace::ALL[place].load(&mut Records::new(memory.clone())).expect("it may be used")
}

#[test]
fn a_context_is_saved_whole_or_not_at_all() {
    let (secret, salt) = ([7; 32], [8; 16]);
    let long = Parameters {
        master_secret: &secret,
        master_salt: &salt,
        sender_id: b"1234567",
        recipient_id: b"7654321",
        id_context: Some(&[9; 32]),
    };
    let short = Parameters { id_context: Some(&[]), ..keys(&[5]) };
    let memory = Memory::default();
    let mut torn = 0;
    for (number, (old, new)) in [(short, long), (long, short)].into_iter().enumerate() {
        let names = [old, new].map(|parameters| parameters.recipient_id.to_vec());
        for power in 0..8 * 32 {
            memory.power.set(usize::MAX);
            ContextPlace::ALL[1].save(&mut Records::new(memory.clone()), &old).expect("room");
            ContextPlace::ALL[1].reserve(&mut Records::new(memory.clone()), 4_096).expect("room");
            memory.power.set(power);
            let saved = ContextPlace::ALL[1].save(&mut Records::new(memory.clone()), &new);
            let Some(found) = load(&memory, 1) else {
                torn += 1;
                assert!(saved.is_err());
                continue;
            };
            assert_eq!(
                found.recipient_id().as_bytes(),
                names[usize::from(saved.is_ok())],
                "{number}, {power}"
            );
            assert_eq!(found.id_context().map(|context| context.as_bytes().len()), {
                let known = if saved.is_ok() { new } else { old };
                known.id_context.map(<[u8]>::len)
            });
            assert_eq!(found.sequence().next(), if saved.is_ok() { 0 } else { 4_096 });
        }
    }
    assert!(torn > 100, "{torn}");
    memory.power.set(usize::MAX);
    let salt = [8; 100];
    let much = Parameters { master_salt: &salt, ..long };
    let refused = ContextPlace::ALL[0].save(&mut Records::new(memory.clone()), &much);
    assert_eq!(refused, Err(ContextError::Length));
    assert!(load(&memory, 0).is_none());
    let mut page = [0; 64];
    memory.clone().read(0, &mut page).expect("it answers");
    assert_eq!(page, [0xff; 64], "the neighbours");
}
