//! Addresses that are no place of the Internet: this host, the networks around it, and what translates into them.

use std::net::{IpAddr, Ipv6Addr};

use twite::reliability::Prefix;

/// Special-purpose ranges of IPv4 (the registry of RFC 6890), and groups.
const V4: &[([u8; 4], u8)] = &[
    ([0, 0, 0, 0], 8),
    ([10, 0, 0, 0], 8),
    ([100, 64, 0, 0], 10),
    ([127, 0, 0, 0], 8),
    ([169, 254, 0, 0], 16),
    ([172, 16, 0, 0], 12),
    ([192, 0, 0, 0], 24),
    ([192, 0, 2, 0], 24),
    ([192, 88, 99, 0], 24),
    ([192, 168, 0, 0], 16),
    ([198, 18, 0, 0], 15),
    ([198, 51, 100, 0], 24),
    ([203, 0, 113, 0], 24),
    ([224, 0, 0, 0], 4),
    ([240, 0, 0, 0], 4),
];

/// Those of IPv6: what lies within 2000::/3 and is none of its places, then the ranges outside of it, the nearest first.
const V6: &[([u16; 8], u8)] = &[
    ([0x2001, 0, 0, 0, 0, 0, 0, 0], 23),
    ([0x2001, 0xdb8, 0, 0, 0, 0, 0, 0], 32),
    ([0x2002, 0, 0, 0, 0, 0, 0, 0], 16),
    ([0x3fff, 0, 0, 0, 0, 0, 0, 0], 20),
    ([0, 0, 0, 0, 0, 0, 0, 1], 128),
    ([0x64, 0xff9b, 0, 0, 0, 0, 0, 0], 96),
    ([0xfc00, 0, 0, 0, 0, 0, 0, 0], 7),
    ([0xfe80, 0, 0, 0, 0, 0, 0, 0], 10),
    ([0xff00, 0, 0, 0, 0, 0, 0, 0], 8),
    ([0, 0, 0, 0, 0, 0, 0, 0], 3),
    ([0x4000, 0, 0, 0, 0, 0, 0, 0], 2),
    ([0x8000, 0, 0, 0, 0, 0, 0, 0], 1),
];

/// The range that makes an address special; `None` for a place of the Internet.
#[must_use]
pub fn special(address: IpAddr) -> Option<Prefix> {
    let v4 = V4.iter().filter_map(|(octets, length)| Prefix::new(IpAddr::from(*octets), *length));
    let v6 = V6.iter().filter_map(|(words, length)| Prefix::new(Ipv6Addr::from(*words).into(), *length));
    v4.chain(v6).find(|range| range.contains(address))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_places_of_the_internet_are_none() {
        for (address, range) in [
            ("0.0.0.0", "0.0.0.0/8"),
            ("10.1.2.3", "10.0.0.0/8"),
            ("100.127.255.255", "100.64.0.0/10"),
            ("127.0.0.1", "127.0.0.0/8"),
            ("127.255.255.254", "127.0.0.0/8"),
            ("169.254.169.254", "169.254.0.0/16"),
            ("172.31.0.1", "172.16.0.0/12"),
            ("192.168.0.1", "192.168.0.0/16"),
            ("224.0.1.187", "224.0.0.0/4"),
            ("255.255.255.255", "240.0.0.0/4"),
            ("::", "::/3"),
            ("::1", "::1/128"),
            ("::127.0.0.1", "::/3"),
            ("::ffff:127.0.0.1", "127.0.0.0/8"),
            ("::ffff:a9fe:a9fe", "169.254.0.0/16"),
            ("64:ff9b::7f00:1", "64:ff9b::/96"),
            ("64:ff9b:1::1", "::/3"),
            ("2001::1", "2001::/23"),
            ("2001:db8::1", "2001:db8::/32"),
            ("2002:7f00:1::", "2002::/16"),
            ("fc00::1", "fc00::/7"),
            ("fd12::1", "fc00::/7"),
            ("fe80::1", "fe80::/10"),
            ("fec0::1", "8000::/1"),
            ("ff02::fd", "ff00::/8"),
        ] {
            let found = special(address.parse().expect("an address"));
            let found = found.map(|range| format!("{}/{}", range.address(), range.length()));
            assert_eq!(found.as_deref(), Some(range), "{address}");
        }
        for address in [
            "1.1.1.1",
            "100.63.255.255",
            "128.0.0.1",
            "172.32.0.1",
            "223.255.255.255",
            "2606:4700::1",
            "2a00::1",
        ] {
            assert_eq!(special(address.parse().expect("an address")), None, "{address}");
        }
    }
}
