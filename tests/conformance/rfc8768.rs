//! RFC 8768: the Hop-Limit option, as a server that is no proxy has it.

use twite::exchange::{Rejection, Request};
use twite::wire::{Code, Message, ResponseType};
use twite_tests::engine::{DeviceStorage, Engine, peer};

use crate::datagram::{Answer, Datagram, GET, POST};

const HOP_LIMIT: u16 = 16;

fn get(hops: &[u8]) -> Datagram {
    Datagram::con(GET, 1).token(b"hops").path("t").option(HOP_LIMIT, hops)
}

fn read(datagram: &Datagram) -> Result<Option<u8>, Rejection> {
    let bytes = datagram.bytes();
    let message = Message::parse(&bytes).expect("well-formed");
    Request::check(message).map(|request| request.hop_limit().map(Into::into))
}

/// The code of the answer, and whether it has a Hop-Limit option.
fn outcome(datagram: &Datagram) -> (String, bool) {
    let mut storage = DeviceStorage::new();
    let answer = Answer::only(&Engine::new(&mut storage).receive(peer(1), &datagram.bytes()));
    assert_eq!(answer.token, b"hops");
    (answer.dotted(), answer.option(HOP_LIMIT).is_some())
}

#[test]
fn section_3_one_to_255_are_read_and_change_nothing_at_the_server() {
    for hops in 1..=255 {
        assert_eq!(read(&get(&[hops])), Ok(Some(hops)));
    }
    for hops in [1, 16, 255] {
        assert_eq!(outcome(&get(&[hops])), ("2.05".into(), false), "{hops}");
    }
    assert_eq!(read(&Datagram::con(GET, 1).path("t")), Ok(None));
}

#[test]
fn section_3_zero_and_more_than_255_are_bad_requests() {
    for hops in [&[0][..], &[1, 0], &[1, 16], &[255, 255, 255, 255], &[1, 0, 0, 0, 0]] {
        assert_eq!(read(&get(hops)), Err(Rejection::HopLimit), "{hops:?}");
        assert_eq!(outcome(&get(hops)), ("4.00".into(), false), "{hops:?}");
    }
    let mut storage = DeviceStorage::new();
    let mut engine = Engine::new(&mut storage);
    let post = Datagram::con(POST, 1).path("c").option(HOP_LIMIT, &[0]);
    assert_eq!(Answer::only(&engine.receive(peer(1), &post.bytes())).dotted(), "4.00");
    assert_eq!(engine.fixture.count(), 0, "nothing is done");
}

#[test]
fn section_3_a_value_of_a_wrong_length_is_ignored() {
    for hops in [&[][..], &[0, 16], &[0, 0], &[0, 0, 0, 9]] {
        assert_eq!(read(&get(hops)), Ok(None), "{hops:?}");
        assert_eq!(outcome(&get(hops)).0, "2.05", "{hops:?}");
    }
}

#[test]
fn section_3_a_repetition_is_ignored() {
    for again in [&[5][..], &[0], &[1, 0]] {
        let twice = get(&[7]).option(HOP_LIMIT, again);
        assert_eq!(read(&twice), Ok(Some(7)), "{again:?}");
        assert_eq!(outcome(&twice).0, "2.05", "{again:?}");
    }
}

#[test]
fn section_6_1_hop_limit_reached_is_5_08() {
    let code = Code::from(ResponseType::HopLimitReached);
    assert_eq!((code.to_string().as_str(), code.is_response()), ("5.08", true));
}
