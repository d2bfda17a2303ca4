//! URIs by example and by property.

use super::*;
use proptest::prelude::*;

fn parse(text: &str) -> CoapUri {
    text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
}

#[test]
fn uris_come_apart() {
    let uri = parse("coap://Example.COM:61616/a%2Fb//%C3%BC?x=1&y=%26&");
    assert_eq!(uri.host, Host::Name("example.com".into()));
    assert_eq!(uri.uri_host_option(), Some("example.com"));
    assert_eq!(uri.port, 61616);
    assert_eq!(uri.path, ["a/b", "", "ü"]);
    assert_eq!(uri.query, ["x=1", "y=&", ""]);
    assert_eq!(uri.to_string(), "coap://example.com:61616/a%2Fb//%C3%BC?x=1&y=%26&");
}

#[test]
fn equal_uris_of_the_rfc_are_equal() {
    // RFC 7252 section 6.3.
    let uri = parse("coap://example.com:5683/~sensors/temp.xml");
    assert_eq!(uri, parse("coap://EXAMPLE.com/%7Esensors/temp.xml"));
    assert_eq!(uri, parse("coap://EXAMPLE.com:/%7esensors/temp.xml"));
    assert_eq!(uri.to_string(), "coap://example.com/~sensors/temp.xml");
}

#[test]
fn hosts_are_addresses_or_names() {
    for (text, host, written) in [
        ("coap://192.0.2.1", "192.0.2.1", "coap://192.0.2.1/"),
        ("coap://192.0.2.%31", "192.0.2.1", "coap://192.0.2.1/"),
        ("coap://[2001:db8::2:1]/", "[2001:db8::2:1]", "coap://[2001:db8::2:1]/"),
        ("coap://[fe80::1%eth0]:99/", "[fe80::1%25eth0]", "coap://[fe80::1%25eth0]:99/"),
        ("coap://[fe80::1%25eth0]/", "[fe80::1%25eth0]", "coap://[fe80::1%25eth0]/"),
        ("[fe80::1%25]", "[fe80::1%2525]", "coap://[fe80::1%2525]/"),
        ("localhost", "localhost", "coap://localhost/"),
        ("localhost:1/a", "localhost", "coap://localhost:1/a"),
        ("h/a?u=http://x/", "h", "coap://h/a?u=http://x/"),
        ("COAP://h", "h", "coap://h/"),
    ] {
        let uri = parse(text);
        assert_eq!(uri.host.to_string(), host, "{text}");
        assert_eq!(uri.to_string(), written, "{text}");
        assert_eq!(parse(written), uri, "{text}");
    }
    assert_eq!(parse("coap://[::1]").uri_host_option(), None);
}

#[test]
fn paths_follow_the_rfc() {
    let cases: [(&str, &[&str]); 11] = [
        ("", &[]),
        ("/", &[]),
        ("/a", &["a"]),
        ("/a/", &["a", ""]),
        ("//", &["", ""]),
        ("/a//b", &["a", "", "b"]),
        ("/a/./b/../c", &["a", "c"]),
        ("/a/..", &[]),
        ("/a/b/%2e%2E", &["a", ""]),
        ("/../../x", &["x"]),
        ("/%252F", &["%2F"]),
    ];
    for (path, segments) in cases {
        assert_eq!(parse(&format!("coap://h{path}")).path, segments, "{path}");
    }
    assert_eq!(parse("coap://h?q").query, ["q"]);
    assert_eq!(parse("coap://h/?").query, [""]);
}

#[test]
fn what_is_no_uri_is_refused_with_a_sentence() {
    let long = "a".repeat(256);
    for (text, said) in [
        ("coaps://h/", "coaps (CoAP over DTLS) is not supported, use coap://"),
        ("coap+tcp://h/", "coap+tcp (CoAP over reliable transports) is not supported, use coap://"),
        ("http://h/", "the scheme is \"http\", expected coap://"),
        ("", "no host, expected coap://HOST[:PORT]/PATH"),
        ("/sensors", "no host, expected coap://HOST[:PORT]/PATH"),
        ("coap://:5683/", "no host, expected coap://HOST[:PORT]/PATH"),
        ("coap://me@h/", "a user before the host (`@`) has no place in a coap URI"),
        ("coap://h/a#b", "a coap URI has no fragment, write `#` as %23"),
        ("coap://h:0/", "port \"0\", expected a number from 1 to 65535"),
        ("coap://h:65536/", "port \"65536\", expected a number from 1 to 65535"),
        ("coap://h:+1/", "port \"+1\", expected a number from 1 to 65535"),
        ("coap://h:a/", "port \"a\", expected a number from 1 to 65535"),
        ("coap://fe80::1/", "an IPv6 address stands in brackets: expected [fe80::1]"),
        ("coap://[::g]/", "\"::g\" is neither an address nor a host name"),
        ("coap://[::1/", "\"[::1\" is neither an address nor a host name"),
        ("coap://[::1]x/", "\"[::1]x\" is neither an address nor a host name"),
        ("coap://1.2.3/", "\"1.2.3\" is neither an address nor a host name"),
        ("coap://[::1%]/", "\"\" is not a zone, expected an IPv6 address such as [fe80::1%eth0]"),
        ("coap://a b/", "' ' must be written as %20"),
        ("coap://h/a b", "' ' must be written as %20"),
        ("coap://h/\u{1b}[1m", "'\\u{1b}' must be written as %1B"),
        ("coap://h/%", "`%` must be followed by two hexadecimal digits, itself it is %25"),
        ("coap://h/%+1", "`%` must be followed by two hexadecimal digits, itself it is %25"),
        ("coap://h/%ff", "\"%ff\" does not decode to UTF-8"),
        ("coap://h%00/", "\"h\\0\" is neither an address nor a host name"),
    ] {
        let error = text.parse::<CoapUri>().expect_err(text);
        assert_eq!(error.to_string(), said, "{text}");
    }
    for text in [format!("coap://h/{long}"), format!("coap://h/?{long}"), format!("coap://{long}/")] {
        let error = text.parse::<CoapUri>().expect_err("too long");
        assert_eq!(error.to_string(), "the part that begins \"aaaaaaaaaaaaaaaa\" is longer than 255 bytes");
    }
    assert!(parse(&format!("coap://h/{}", &long[1..])).path[0].len() == 255);
}

#[test]
fn addresses_need_no_look_up() {
    assert_eq!(
        parse("coap://192.0.2.1:7").resolve().ok(),
        Some(vec!["192.0.2.1:7".parse().expect("address")])
    );
    let zoned = parse("coap://[fe80::1%3]").resolve().expect("a number is a zone");
    assert!(matches!(zoned[..], [SocketAddr::V6(address)] if address.scope_id() == 3));
    let unknown = parse("coap://[fe80::1%nosuch0]").resolve().expect_err("no such interface");
    assert_eq!(unknown.to_string(), "there is no interface \"nosuch0\"");
    assert!(parse("coap://[fe80::1%..]").resolve().is_err());
}

fn any_uri() -> impl Strategy<Value = CoapUri> {
    let host = prop_oneof![
        any::<[u8; 4]>().prop_map(|octets| Host::Ip(octets.into(), None)),
        (any::<[u16; 8]>(), prop::option::of("[a-z][a-z0-9.%_-]{0,14}"))
            .prop_map(|(groups, zone)| Host::Ip(groups.into(), zone)),
        "[a-z%ü&/]{1,30}".prop_map(Host::Name),
    ];
    let segment = any::<String>().prop_filter("no dot segment", |text| text != "." && text != "..");
    let path = prop::collection::vec(segment, 0..6)
        .prop_filter("the root has no segment", |segments| segments.as_slice() != [""]);
    let query = prop::collection::vec(any::<String>(), 0..4);
    (host, 1u16.., path, query).prop_map(|(host, port, path, query)| CoapUri { host, port, path, query })
}

proptest! {
    #[test]
    fn what_is_written_reads_the_same(uri in any_uri()) {
        let written = uri.to_string();
        prop_assert!(written.is_ascii());
        prop_assert_eq!(written.parse(), Ok(uri));
    }

    #[test]
    fn any_text_is_read_or_refused(text in r"(coap://)?[a-z\[\]:%./?&#@0-9ü ]{0,24}") {
        if let Ok(uri) = text.parse::<CoapUri>() {
            prop_assert_eq!(uri.to_string().parse(), Ok(uri));
        }
    }
}
