//! States of devices as events over HTTP.

use twite_tests::ask;
use twite_tests::folder::Folder;
use twite_tests::web::{field, follow};

use super::{device, proxy};

#[test]
fn many_follow_what_is_observed_once() {
    let folder = Folder::new();
    let device = device(&folder, &["--http", "127.0.0.1:0"]);
    let proxy = proxy(&folder, "", &[]);
    let path = format!("/hc/{}", device.uri("sensors/a1/temperature"));
    ask::put(device.address(), "sensors/a1/temperature", 60, b"\xa1\x00\x01");
    let mut streams: Vec<_> = (0..20).map(|_| follow(proxy.http(), &path, &[])).collect();
    for stream in &mut streams {
        assert_eq!(stream.head.header("content-type"), "text/event-stream");
        assert_eq!(stream.state(), r#"{"0":1}"#);
    }
    let figures = twite_tests::web::get(device.http(), "/metrics").text().to_owned();
    assert!(figures.contains("twite_coap_observations 1\n"), "{figures}");
    ask::put(device.address(), "sensors/a1/temperature", 60, b"\xa1\x00\x02");
    for stream in &mut streams {
        assert_eq!(stream.state(), r#"{"0":2}"#);
    }
    ask::delete(device.address(), "sensors/a1/temperature");
    for stream in &mut streams {
        let end = stream.next_event().expect("an event");
        assert_eq!(field(&end, "event"), "deleted");
        assert_eq!(stream.next_event(), None);
    }
}

#[test]
fn when_nobody_follows_any_more_nothing_is_observed() {
    let folder = Folder::new();
    let device = device(&folder, &["--http", "127.0.0.1:0"]);
    let proxy = proxy(&folder, "", &[]);
    ask::put(device.address(), "n", 0, b"one");
    let mut stream = follow(proxy.http(), &format!("/hc/{}", device.uri("n")), &[]);
    assert_eq!(stream.state(), "one");
    drop(stream);
    let observations = || {
        let figures = twite_tests::web::get(device.http(), "/metrics");
        figures.text().contains("twite_coap_observations 1\n")
    };
    // The proxy hears of its client's end when it has something to say.
    let mut round = 0;
    while observations() {
        round += 1;
        ask::put(device.address(), "n", 0, format!("{round}").as_bytes());
        assert!(round < 10_000, "it is still observed");
    }
}

#[test]
fn what_cannot_be_followed_is_told() {
    let folder = Folder::new();
    let (device, proxy) = (device(&folder, &["--plugtest"]), proxy(&folder, "observations = 1", &[]));
    let status = |path: &str| follow(proxy.http(), &format!("/hc/{}", device.uri(path)), &[]).head.status;
    assert_eq!(status("nothing"), 404);
    ask::put(device.address(), "bytes", 42, b"\x00");
    assert_eq!(status("bytes"), 406);
    assert_eq!(follow(proxy.http(), "/hc/coap://10.0.0.1/", &[]).head.status, 403);
    // `/t` of the test tools cannot be observed: its state, and the end.
    let mut stream = follow(proxy.http(), &format!("/hc/{}", device.uri("t")), &[]);
    assert_eq!(stream.state(), "hello");
    let end = stream.next_event().expect("an event");
    assert_eq!(field(&end, "event"), "problem");
    assert!(field(&end, "data").contains("\"status\":501"), "{end:?}");
    ask::put(device.address(), "one", 0, b"1");
    ask::put(device.address(), "two", 0, b"2");
    let mut one = follow(proxy.http(), &format!("/hc/{}", device.uri("one")), &[]);
    assert_eq!((one.state().as_str(), status("two")), ("1", 503));
    device.kill();
}
