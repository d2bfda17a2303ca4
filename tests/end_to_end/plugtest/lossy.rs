//! CORE and OBS over a link that loses datagrams: what the client did not get, it does not answer.

use std::time::Duration;

use twite::exchange::Outgoing;
use twite::wire::{MessageType, RequestType};
use twite_tests::datagrams::datagram;

use super::observe::register;
use super::{Answer, Path, Plugtest};

/// Longer than an impatient server waits before it gives up: seven times 300 ms.
const GIVEN_UP: Duration = Duration::from_millis(2_500);

#[test]
fn td_coap_core_15_lost_requests_and_responses() {
    let plugtest = Plugtest::start();
    let client = plugtest.client();
    let get = datagram(&Outgoing::new(RequestType::Get, &[b"test"]), 1, b"lossy");
    // The first response is lost; the request comes again.
    let lost = client.socket.exchange(&get);
    assert_eq!(client.socket.exchange(&get), lost);
    let post = Outgoing { payload: b"child", ..Outgoing::new(RequestType::Post, &[b"large-create"]) };
    let post = datagram(&post, 2, b"lossy");
    let lost = client.socket.exchange(&post);
    assert_eq!(client.socket.exchange(&post), lost, "not executed again");
    assert_eq!(client.get(&[b"large-create"]).payload, b"</large-create/1>");
    client.expect_nothing();
}

#[test]
fn td_coap_core_16_lost_separate_responses() {
    let plugtest = Plugtest::impatient();
    let client = plugtest.client();
    let get = datagram(&Outgoing::new(RequestType::Get, &[b"separate"]), 1, b"lossy");
    let acknowledgement = [0x60, 0, 0, 1];
    assert_eq!(client.socket.exchange(&get), acknowledgement);
    // The acknowledgement is lost; the request comes again.
    assert_eq!(client.socket.exchange(&get), acknowledgement);
    let first = client.socket.receive();
    for round in 1..=2 {
        assert_eq!(client.socket.receive(), first, "retransmission {round}");
    }
    let response = Answer::read(&first);
    assert_eq!((response.kind, response.code.as_str()), (MessageType::Confirmable, "2.05"));
    assert_eq!(response.token, b"lossy");
    client.acknowledge(&response);
    client.acknowledge(&response);
    client.expect_nothing();
    client.socket.set_patience(GIVEN_UP);
    assert!(client.socket.try_receive().is_err(), "it was acknowledged");
}

const OBS: Path<'_> = &[b"obs"];

#[test]
fn td_coap_obs_05_a_client_that_is_off() {
    let plugtest = Plugtest::impatient();
    let (client, third) = (plugtest.client(), plugtest.client());
    register(&client);
    assert_eq!(third.put(OBS, 0, b"old").code, "2.04");
    let first = client.receive();
    assert_eq!(first.kind, MessageType::Confirmable, "{first:?}");
    assert_eq!(third.put(OBS, 0, b"new").code, "2.04");
    client.socket.set_patience(GIVEN_UP);
    let mut again = Vec::new();
    while let Ok(datagram) = client.socket.try_receive() {
        again.push(Answer::read(&datagram));
    }
    assert_eq!(again.len(), 2, "two retransmissions: {again:?}");
    assert_eq!(again[1].payload, b"new", "the newest state");
    assert_eq!(third.put(OBS, 0, b"unheard").code, "2.04");
    client.expect_nothing();
}

#[test]
fn td_coap_obs_11_one_notification_in_flight() {
    let plugtest = Plugtest::start();
    let (client, third) = (plugtest.client(), plugtest.client());
    register(&client);
    assert_eq!(third.put(OBS, 0, b"one").code, "2.04");
    let first = client.receive();
    for payload in [b"two", b"six"] {
        assert_eq!(third.put(OBS, 0, payload).code, "2.04");
        client.expect_nothing();
    }
    // The acknowledgement arrives at last.
    client.acknowledge(&first);
    let latest = client.receive();
    assert_eq!(latest.payload, b"six", "and none in between");
    assert_ne!(latest.message_id, first.message_id);
    client.acknowledge(&latest);
    client.expect_nothing();
}
