use twite::endpoint::{Endpoint, Event, FixedStorage, Output};
use twite::exchange::{PROBLEM_FORMAT, Response};
use twite::reliability::{Peer, Timing};
use twite::wire::{Message, number, uint};

use super::*;

#[test]
fn a_panic_is_5_00_with_a_problem_and_the_next_request_is_served() {
    let mut storage = FixedStorage::<4, 8, 256>::new();
    let mut endpoint = Endpoint::new(storage.lend(), Timing::DEFAULT, [3; 32]);
    let now = twite::base::Instant::from_millis(1);
    let peer = Peer::new(([127, 0, 0, 1], 5000).into());
    let mut ask = |id: u8, panics: bool| {
        let datagram = [0x40, 0x01, 0, id];
        let Some(Event::Request(incoming)) = endpoint.handle_input(now, peer, &datagram) else {
            panic!("it is a request");
        };
        let served = guarded(&Cell::new(Some(peer.remote)), || {
            assert!(!panics, "as a handler may");
            incoming.respond(&Response::content(Some(0), b"fine"));
        });
        let Output::Transmit { bytes, .. } = endpoint.poll_output(now) else { panic!("an answer") };
        (served.is_some(), bytes.to_vec())
    };
    let (served, answer) = ask(1, true);
    let answer = Message::parse(&answer).expect("a message");
    let format = answer.values(number::CONTENT_FORMAT).next().and_then(uint);
    assert_eq!((served, answer.code().to_string().as_str()), (false, "5.00"));
    assert_eq!(format, Some(u32::from(PROBLEM_FORMAT)));
    let (served, answer) = ask(2, false);
    assert!(served && Message::parse(&answer).expect("a message").payload() == b"fine");
}
