//! Which groups a socket answers (RFC 7252 §12.8), joined on every interface, also on those that come up later.

use std::collections::BTreeSet;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use tokio::time::Instant;

use super::socket::Socket;

/// "All CoAP Nodes" of IPv4.
pub(crate) const ALL_NODES_V4: Ipv4Addr = Ipv4Addr::new(224, 0, 1, 187);
/// "All CoAP Nodes" of IPv6 on the link.
pub(crate) const ALL_NODES_LINK: Ipv6Addr = Ipv6Addr::new(0xff02, 0, 0, 0, 0, 0, 0, 0xfd);
/// "All CoAP Nodes" of IPv6 on the site.
pub(crate) const ALL_NODES_SITE: Ipv6Addr = Ipv6Addr::new(0xff05, 0, 0, 0, 0, 0, 0, 0xfd);

/// How long a new interface may wait to be joined.
const AGAIN: Duration = Duration::from_secs(30);

/// Interfaces beyond this many are left alone.
const INTERFACES: usize = 64;

/// The groups of one socket.
#[derive(Debug)]
pub(super) struct Groups {
    groups: Vec<IpAddr>,
    joined: BTreeSet<(IpAddr, u32)>,
    /// What could not be joined, and was said to be so once.
    failed: BTreeSet<(IpAddr, u32)>,
    due: Instant,
}

/// The groups that a socket on `address` answers: those of all CoAP nodes if it is unspecified and `everybody` may ask,
/// and those of `named` that fit its port and its protocols.
pub(super) fn of(address: SocketAddr, everybody: bool, named: &[SocketAddr]) -> Vec<SocketAddr> {
    let unspecified = address.ip().is_unspecified();
    let mut groups: Vec<SocketAddr> = Vec::new();
    if everybody && unspecified {
        groups.push((ALL_NODES_V4, address.port()).into());
        groups
            .extend([ALL_NODES_LINK, ALL_NODES_SITE].map(|group| SocketAddr::from((group, address.port()))));
    }
    groups.extend(named.iter().filter(|group| group.port() == address.port()));
    // An unspecified IPv6 address takes IPv4 too.
    groups.retain(|group| group.is_ipv4() == address.is_ipv4() || group.is_ipv4() && unspecified);
    groups
}

impl Groups {
    /// Joins `groups` wherever that is possible.
    pub(super) fn join(socket: &Socket, groups: &[SocketAddr]) -> Self {
        let groups = groups.iter().map(SocketAddr::ip).collect();
        let mut groups =
            Self { groups, joined: BTreeSet::new(), failed: BTreeSet::new(), due: Instant::now() };
        groups.renew(socket);
        groups
    }

    /// Waits until it is time to look for new interfaces.
    pub(super) async fn due(&self) {
        if self.groups.is_empty() {
            std::future::pending::<()>().await;
        }
        tokio::time::sleep_until(self.due).await;
    }

    /// Joins on the interfaces that are new. What fails is a warning, and tried again.
    pub(super) fn renew(&mut self, socket: &Socket) {
        self.due = Instant::now() + AGAIN;
        if self.groups.is_empty() {
            return;
        }
        let interfaces = match interfaces() {
            Ok(interfaces) => interfaces,
            Err(error) => {
                tracing::warn!(%error, "no list of interfaces: no group is joined");
                return;
            }
        };
        let there = |(group, index): &(IpAddr, u32)| {
            interfaces.iter().any(|(known, is_ipv4, _)| known == index && *is_ipv4 == group.is_ipv4())
        };
        self.joined.retain(there);
        self.failed.retain(there);
        for &group in &self.groups {
            for (index, _, name) in interfaces.iter().filter(|(_, is_ipv4, _)| *is_ipv4 == group.is_ipv4()) {
                let membership = (group, *index);
                if self.joined.contains(&membership) {
                    continue;
                }
                match socket.join(group, *index) {
                    Ok(()) => {
                        self.failed.remove(&membership);
                        self.joined.insert(membership);
                    }
                    Err(error) if self.failed.insert(membership) => {
                        tracing::warn!(%group, interface = %name, %error, "group not joined");
                    }
                    Err(_) => {}
                }
            }
        }
    }
}

/// The interfaces that have an address, once for each protocol: index, whether IPv4, name.
fn interfaces() -> io::Result<BTreeSet<(u32, bool, String)>> {
    let all = if_addrs::get_if_addrs()?;
    let known = all.into_iter().filter_map(|interface| {
        let is_ipv4 = interface.ip().is_ipv4();
        Some((interface.index?, is_ipv4, interface.name))
    });
    Ok(known.take(INTERFACES).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn groups(address: &str, everybody: bool, named: &[&str]) -> Vec<String> {
        let parse = |text: &str| text.parse::<SocketAddr>().expect("an address");
        let named: Vec<_> = named.iter().map(|text| parse(text)).collect();
        of(parse(address), everybody, &named).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn unspecified_addresses_answer_all_coap_nodes() {
        assert_eq!(groups("0.0.0.0:1", true, &[]), ["224.0.1.187:1"]);
        assert_eq!(groups("[::]:1", true, &[]), ["224.0.1.187:1", "[ff02::fd]:1", "[ff05::fd]:1"]);
        let none = [""; 0];
        assert_eq!(groups("[::]:1", false, &[]), none);
        for one_address in ["127.0.0.1:1", "[::1]:1", "192.0.2.1:1"] {
            assert_eq!(groups(one_address, true, &[]), none);
        }
    }

    #[test]
    fn a_group_that_is_named_is_answered_where_it_fits() {
        let named = ["224.0.1.187:1", "239.1.2.3:2", "[ff02::fd%2]:1"];
        assert_eq!(groups("127.0.0.1:1", true, &named), ["224.0.1.187:1"]);
        assert_eq!(groups("127.0.0.1:2", false, &named), ["239.1.2.3:2"]);
        assert_eq!(groups("[::1]:1", true, &named), ["[ff02::fd%2]:1"]);
        assert_eq!(groups("[::]:2", false, &named), ["239.1.2.3:2"]);
    }
}
