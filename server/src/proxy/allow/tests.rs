//! Requests that were forged to reach other places than the list says, as a table.

use super::*;

fn list(lines: &[&str]) -> AllowList {
    let read = |line: &&str| Allowed::read(line).unwrap_or_else(|error| panic!("{error}"));
    AllowList::new(lines.iter().map(read).collect())
}

/// Whether the list admits a target that leads to these addresses.
fn reaches(list: &AllowList, text: &str, addresses: &[&str]) -> bool {
    let Ok(target) = Target::read(text) else { return false };
    let socket = |address: &&str| SocketAddr::new(address.parse().expect("an address"), target.uri.port);
    let addresses: Vec<SocketAddr> = addresses.iter().map(socket).collect();
    list.admit(&target).is_ok() && list.pin(&target, &addresses).is_ok()
}

#[test]
fn lines_allow_what_they_say() {
    let list = list(&[
        "coap://device.example.org",
        "coap://*.sensors.example.org:61616",
        "coap://10.1.0.0/16:*",
        "coap://[2606:4700::/32]",
        "http://origin.example.org:8080",
    ]);
    for (text, address, reached) in [
        ("coap://device.example.org/a", "1.1.1.1", true),
        ("coap://DEVICE.example.org:5683/a", "2606:4700::1", true),
        ("coap://device.example.org:5684/a", "1.1.1.1", false),
        ("http://device.example.org:5683/a", "1.1.1.1", false),
        ("coap://example.org/a", "1.1.1.1", false),
        ("coap://xdevice.example.org/a", "1.1.1.1", false),
        ("coap://device.example.org.evil.example/a", "1.1.1.1", false),
        ("coap://a.sensors.example.org:61616", "1.1.1.1", true),
        ("coap://a.b.sensors.example.org:61616", "1.1.1.1", true),
        ("coap://sensors.example.org:61616", "1.1.1.1", false),
        ("coap://asensors.example.org:61616", "1.1.1.1", false),
        ("coap://a.sensors.example.org", "1.1.1.1", false),
        ("coap://10.1.2.3:7/", "10.1.2.3", true),
        ("coap://[::ffff:10.1.2.3]/", "10.1.2.3", true),
        ("coap://10.2.2.3/", "10.2.2.3", false),
        ("coap://[2606:4700::1]/", "2606:4700::1", true),
        ("coap://[2606:4701::1]/", "2606:4701::1", false),
        ("coap://1.1.1.1/", "1.1.1.1", false),
        ("http://origin.example.org:8080/x", "1.1.1.1", true),
        ("http://origin.example.org/x", "1.1.1.1", false),
        ("http://10.1.2.3/x", "10.1.2.3", false),
        // A name may lead where addresses are listed too.
        ("coap://device.example.org/a", "10.1.9.9", true),
        ("http://origin.example.org:8080/x", "10.1.9.9", false),
    ] {
        assert_eq!(reaches(&list, text, &[address]), reached, "{text} {address}");
    }
}

#[test]
fn nobody_is_led_into_the_house() {
    let list = list(&["coap://*.example.org", "http://*.example.org", "coap://0.0.0.0/0", "coap://[::/0]"]);
    for address in [
        "127.0.0.1",
        "127.9.9.9",
        "0.0.0.0",
        "10.0.0.1",
        "100.64.0.1",
        "169.254.169.254",
        "172.16.0.1",
        "192.168.1.1",
        "198.18.0.1",
        "224.0.1.187",
        "255.255.255.255",
        "::",
        "::1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "::127.0.0.1",
        "64:ff9b::7f00:1",
        "2001::1",
        "2002:7f00:1::",
        "fc00::1",
        "fe80::1",
        "ff02::fd",
    ] {
        let literal =
            if address.contains(':') { format!("coap://[{address}]/") } else { format!("coap://{address}/") };
        assert!(!reaches(&list, &literal, &[address]), "{literal}");
        for scheme in ["coap", "http"] {
            // Names that lead there, also beside a good address (DNS rebinding).
            let name = format!("{scheme}://rebind.example.org/");
            assert!(!reaches(&list, &name, &[address]), "{address}");
            assert!(!reaches(&list, &name, &["1.1.1.1", address]), "{address}");
            assert!(!reaches(&list, &name, &[address, "1.1.1.1"]), "{address}");
        }
    }
    for text in ["coap://localhost/", "coap://localhost.example.net/", "coap://ip6-localhost/"] {
        assert!(!reaches(&list, text, &["127.0.0.1"]), "{text}");
    }
    assert!(reaches(&list, "coap://1.1.1.1/", &["1.1.1.1"]));
    assert!(reaches(&list, "http://a.example.org/", &["1.1.1.1", "2606:4700::1"]));
    assert!(!reaches(&list, "http://a.example.org/", &[]), "a name that leads nowhere");
}

#[test]
fn special_addresses_are_reached_where_they_are_listed() {
    let list = list(&[
        "coap://127.0.0.0/8:61616",
        "coap://[::1]:*",
        "coap://192.168.0.0/15",
        "coap://fe80.example.org",
    ]);
    for (text, address, reached) in [
        ("coap://127.0.0.2:61616/", "127.0.0.2", true),
        ("coap://127.0.0.2/", "127.0.0.2", false),
        ("coap://[::1]:9/", "::1", true),
        // 192.168.0.0/15 is of other addresses too.
        ("coap://192.168.0.1/", "192.168.0.1", false),
        ("coap://192.169.0.1/", "192.169.0.1", true),
        ("coap://fe80.example.org/", "fe80::1", false),
    ] {
        assert_eq!(reaches(&list, text, &[address]), reached, "{text}");
    }
}

#[test]
fn the_pinned_address_is_one_of_those_that_were_checked() {
    let list = list(&["coap://a.example.org"]);
    let target = Target::read("coap://a.example.org:5683/").expect("a target");
    let addresses = ["[::ffff:1.1.1.1]:5683".parse().expect("one"), "2.2.2.2:5683".parse().expect("two")];
    assert_eq!(list.pin(&target, &addresses), Ok("1.1.1.1:5683".parse().expect("the first")));
}

#[test]
fn lines_are_written_as_they_are_read() {
    for line in [
        "coap://a.example.org",
        "coap://*.example.org:61616",
        "coap://10.1.0.0/16",
        "coap://10.1.0.1/32:*",
        "coap://[2001:db8::/32]:9",
        "http://a.example.org",
    ] {
        assert_eq!(Allowed::read(line).expect(line).to_string(), line);
    }
    assert_eq!(Allowed::read("coap://10.1.0.1").expect("one").to_string(), "coap://10.1.0.1/32");
    assert_eq!(Allowed::read("HTTP://[::1]:80").expect("one").to_string(), "http://[::1/128]");
}

#[test]
fn what_is_no_line_is_told_what_was_expected() {
    for line in [
        "a.example.org",
        "coap://",
        "coap://*",
        "coap://*.",
        "coap://a.*.org",
        "coap://a.example.org/path",
        "coap://u@a.example.org",
        "coap://A.example.org",
        "coap://a.example.org.",
        "coap://a.example.org:0",
        "coap://a.example.org:99999",
        "coap://a.example.org:",
        "coap://10.0.0.0/33",
        "coap://127.1",
        "coap://2130706433",
        "coap://2001:db8::1",
        "coap://[10.0.0.1]",
        "coap://[2001:db8::1]x",
        "coap://224.0.1.187",
        "coap://[ff02::fd]",
        "coap://[::ffff:10.0.0.0/104]",
        "https://a.example.org",
        "coaps://a.example.org",
    ] {
        let error = Allowed::read(line).expect_err(line);
        assert!(error.contains("expected") && error.starts_with(&format!("{line:?}")), "{error}");
    }
}
