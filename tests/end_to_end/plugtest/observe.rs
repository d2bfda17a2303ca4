//! OBS: observations.

use twite::exchange::Outgoing;
use twite::wire::{MessageType, RawOption, RequestType, number};

use super::{Answer, Client, Path, Plugtest, block};

const OBS: Path<'_> = &[b"obs"];
const TEXT: u16 = 0;

/// Registers for `/obs`; the answer.
pub(super) fn register(client: &Client) -> Answer {
    let answer = client.observe(b"observe", OBS, b"", &[]);
    assert_eq!((answer.code.as_str(), answer.observe().is_some()), ("2.05", true), "{answer:?}");
    answer
}

/// The next notification, which is acknowledged if it has to be.
fn notification(client: &Client) -> Answer {
    let answer = client.receive();
    assert_eq!(answer.token, b"observe", "{answer:?}");
    if answer.kind == MessageType::Confirmable {
        client.acknowledge(&answer);
    }
    answer
}

/// The notification of a state; the resource may have changed by itself before.
fn heard(client: &Client, payload: &[u8]) -> Answer {
    let before = (0..4).map(|_| notification(client)).find(|answer| answer.payload == payload);
    before.unwrap_or_else(|| panic!("no notification of {}", String::from_utf8_lossy(payload)))
}

/// Puts a text to `/obs`; whoever observes it has to hear of it.
fn put(client: &Client, payload: &[u8]) {
    assert_eq!(client.put(OBS, TEXT, payload).code, "2.04");
}

/// The error that ends the observation, and that nothing follows.
fn expect_end(plugtest: &Plugtest, client: &Client, code: &str) {
    let mut end = notification(client);
    while end.code == "2.05" {
        end = notification(client);
    }
    assert_eq!((end.code.as_str(), end.observe()), (code, None), "{end:?}");
    put(&plugtest.client(), b"unheard");
    client.expect_nothing();
    assert_eq!(client.get(OBS).code, "2.05", "the resource is there");
}

#[test]
fn td_coap_obs_01_confirmable() {
    let plugtest = Plugtest::start();
    let client = plugtest.client();
    let mut last = register(&client);
    for _ in 0..2 {
        let next = notification(&client);
        assert_eq!((next.kind, next.code.as_str()), (MessageType::Confirmable, "2.05"));
        assert_eq!((next.content_format(), next.uint(number::MAX_AGE)), (last.content_format(), Some(5)));
        assert_ne!(next.payload, last.payload);
        let ahead =
            next.observe().zip(last.observe()).map(|(next, last)| next.wrapping_sub(last) & 0xff_ffff);
        assert!(ahead.is_some_and(|ahead| (1..1 << 23).contains(&ahead)), "{last:?} {next:?}");
        last = next;
    }
}

#[test]
fn td_coap_obs_02_non_confirmable() {
    let plugtest = Plugtest::start();
    let (client, third) = (plugtest.client(), plugtest.client());
    let path: Path<'_> = &[b"obs-non"];
    let options = [RawOption { number: number::OBSERVE, value: b"" }];
    let plain = Outgoing { confirmable: false, ..Outgoing::new(RequestType::Get, path) };
    let first = client.ask(b"observe", &Outgoing { options: &options, ..plain });
    assert!(first.observe().is_some(), "{first:?}");
    assert_eq!(third.put(path, TEXT, b"now").code, "2.04");
    // The first notification asks whether the client is there (RFC 7641 section 4.5).
    let mut last = heard(&client, b"now");
    for payload in [b"one", b"two", b"six"] {
        assert_eq!(third.put(path, TEXT, payload).code, "2.04");
        let next = heard(&client, payload);
        assert_eq!(next.kind, MessageType::NonConfirmable, "{next:?}");
        assert!(next.observe() > last.observe(), "{last:?} {next:?}");
        last = next;
    }
}

#[test]
fn td_coap_obs_04_a_server_that_lost_its_state() {
    let plugtest = Plugtest::start();
    let (client, third) = (plugtest.client(), plugtest.client());
    register(&client);
    let reset = |payload| {
        let request = Outgoing { payload, ..Outgoing::new(RequestType::Post, &[b"obs-reset"]) };
        third.ask(b"reset", &request).code
    };
    assert_eq!(reset(b"open"), "4.03");
    put(&third, b"heard");
    heard(&client, b"heard");
    assert_eq!(reset(b"sesame"), "2.04");
    put(&third, b"unheard");
    client.expect_nothing();
    register(&client);
    put(&third, b"heard again");
    heard(&client, b"heard again");
}

#[test]
fn td_coap_obs_06_a_client_that_lost_its_state() {
    let plugtest = Plugtest::start();
    let (client, third) = (plugtest.client(), plugtest.client());
    register(&client);
    put(&third, b"heard");
    client.reset(&client.receive());
    client.expect_nothing();
    put(&third, b"unheard");
    client.expect_nothing();
}

#[test]
fn td_coap_obs_07_a_delete_ends_the_observation() {
    let plugtest = Plugtest::start();
    let client = plugtest.client();
    register(&client);
    let deleted = plugtest.client().ask(b"d", &Outgoing::new(RequestType::Delete, OBS));
    assert_eq!(deleted.code, "2.02");
    expect_end(&plugtest, &client, "4.04");
}

#[test]
fn td_coap_obs_08_another_format_ends_the_observation() {
    let plugtest = Plugtest::start();
    let client = plugtest.client();
    register(&client);
    assert_eq!(plugtest.client().put(OBS, 41, b"<x/>").code, "2.04");
    expect_end(&plugtest, &client, "4.06");
}

#[test]
fn td_coap_obs_09_an_update_is_notified() {
    let plugtest = Plugtest::start();
    let client = plugtest.client();
    register(&client);
    put(&plugtest.client(), b"new");
    let update = heard(&client, b"new");
    assert_eq!((update.code.as_str(), update.content_format()), ("2.05", Some(0)));
    assert!(update.observe().is_some(), "{update:?}");
}

#[test]
fn td_coap_obs_10_a_plain_get_changes_nothing() {
    let plugtest = Plugtest::start();
    let client = plugtest.client();
    register(&client);
    assert_eq!(client.get(OBS).observe(), None);
    put(&plugtest.client(), b"new");
    heard(&client, b"new");
}

#[test]
fn td_coap_obs_12_deregistration() {
    let plugtest = Plugtest::start();
    let client = plugtest.client();
    register(&client);
    let last = client.observe(b"observe", OBS, &[1], &[]);
    assert_eq!((last.code.as_str(), last.observe()), ("2.05", None));
    put(&plugtest.client(), b"unheard");
    client.expect_nothing();
}

#[test]
fn td_coap_obs_13_blocks() {
    let plugtest = Plugtest::start();
    let client = plugtest.client();
    let path: Path<'_> = &[b"obs-large"];
    let size = [RawOption { number: number::BLOCK2, value: &[2] }];
    let registered = client.observe(b"observe", path, b"", &size);
    for answer in [registered, notification(&client)] {
        assert!(answer.observe().is_some(), "{answer:?}");
        assert_eq!((answer.block(number::BLOCK2), answer.payload.len()), (Some((0, true, 2)), 64));
    }
    for number in 1..=3 {
        let value = block(number, false, 2);
        let options = [RawOption { number: number::BLOCK2, value: &value }];
        let rest =
            client.ask(b"rest", &Outgoing { options: &options, ..Outgoing::new(RequestType::Get, path) });
        assert_eq!((rest.observe(), rest.block(number::BLOCK2)), (None, Some((number, number < 3, 2))));
    }
}

#[test]
fn td_coap_obs_14_now_in_blocks_now_not() {
    let plugtest = Plugtest::start();
    let client = plugtest.client();
    let path: Path<'_> = &[b"obs-pumping"];
    let size = [RawOption { number: number::BLOCK2, value: &[2] }];
    client.observe(b"observe", path, b"", &size);
    let mut lengths: Vec<usize> = Vec::new();
    for _ in 0..2 {
        let next = notification(&client);
        assert!(next.observe().is_some(), "{next:?}");
        let more = next.block(number::BLOCK2).is_some_and(|(number, more, _)| number == 0 && more);
        assert_eq!(more, next.payload.len() == 64, "{next:?}");
        lengths.push(next.payload.len());
    }
    lengths.sort_unstable();
    assert_eq!(lengths, [16, 64], "both were seen");
}
