//! `twite discover --multicast`.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv6Addr, SocketAddr, SocketAddrV6};
use std::process::ExitCode;
use std::sync::mpsc;

use twite::exchange::Outgoing;
use twite::wire::RequestType;

use super::arguments::{Discover, Target};
use super::{Ended, discover, exchange, output};
use crate::client::{Blocks, Client, Direction, Group, Reply, ask_group};
use crate::formats;
use crate::serve::groups::{ALL_NODES_LINK, ALL_NODES_V4};
use crate::trace::Line;
use crate::uri::{CoapUri, Host};

/// More interfaces than this are not asked by.
const TARGETS: usize = 64;

/// Answers that wait to be shown.
const WAITING: usize = 1_024;

/// Asks the group, by one thread for each interface, and shows what each server lists as soon as it answers.
pub(super) fn run(arguments: &Discover) -> Result<ExitCode, Ended> {
    let text = written_out(&arguments.target.uri);
    let target = Target { uri: text, ..arguments.target.clone() };
    let mut uri = exchange::parse(&target)?;
    if exchange::is_bare(&uri) {
        uri.path = vec![".well-known".into(), "core".into()];
    }
    let named = named(&uri, &arguments.target.uri)?;
    let targets = targets(&uri, named, arguments.interface.as_deref())?;
    let (answers, answered) = mpsc::sync_channel(WAITING);
    let mut servers = BTreeSet::new();
    std::thread::scope(|scope| {
        for group in targets {
            let (answers, uri, target) = (answers.clone(), &uri, &target);
            scope.spawn(move || ask(group, uri, target, arguments, &answers));
        }
        drop(answers);
        for (address, reply) in answered {
            if servers.insert(address) {
                show(address, reply, &uri, arguments);
            }
        }
    });
    match servers.len() {
        0 => Err(Ended::NoAnswer(format!("no answer within {:?}", arguments.span))),
        _ => Ok(ExitCode::SUCCESS),
    }
}

fn ask(
    group: Group,
    uri: &CoapUri,
    target: &Target,
    arguments: &Discover,
    answers: &mpsc::SyncSender<(SocketAddr, Reply)>,
) {
    let trace = |direction, datagram: &[u8]| {
        if target.verbose {
            let arrow = if direction == Direction::Sent { ">" } else { "<" };
            output::note(&format!("{arrow} {}", Line(datagram)));
        }
    };
    let asked = with_request(uri, |request| {
        ask_group(group, request, arguments.span, Box::new(trace), |address, reply| {
            if reply.code.class() == 2 {
                // Too many answers at once are like too many datagrams.
                let _ = answers.try_send((address, reply));
            }
        })
    });
    if let Err(error) = asked {
        output::note(&format!("{}: {error}", group.address));
    }
}

fn with_request<T>(uri: &CoapUri, ask: impl FnOnce(&Outgoing<'_>) -> T) -> T {
    let path: Vec<&[u8]> = uri.path.iter().map(AsRef::as_ref).collect();
    let query: Vec<&[u8]> = uri.query.iter().map(AsRef::as_ref).collect();
    let accept = Some(formats::LINK);
    ask(&Outgoing { confirmable: false, query: &query, accept, ..Outgoing::new(RequestType::Get, &path) })
}

/// The server's URI, then its links; the rest of a long list is fetched from it alone.
fn show(address: SocketAddr, first: Reply, uri: &CoapUri, arguments: &Discover) {
    let reply = if first.is_whole() {
        first
    } else {
        let mut storage = exchange::storage(&arguments.target);
        let whole = Client::connect(storage.lend(), address, arguments.target.timing())
            .map_err(Into::into)
            .and_then(|mut client| {
                let patience = arguments.target.patience();
                with_request(uri, |request| client.transfer(request, Blocks::default(), patience, |_, _| {}))
            });
        whole.unwrap_or_else(|error| {
            output::note(&format!("{address}: part of the list is missing: {error}"));
            first
        })
    };
    discover::server(address, &reply, arguments.raw);
}

/// `224.0.1.187`, `ff02::fd%eth0` or nothing as a URI.
fn written_out(text: &str) -> String {
    let address = text.split('%').next().unwrap_or_default();
    if text.is_empty() {
        format!("coap://{ALL_NODES_V4}")
    } else if text.contains("://") {
        text.to_owned()
    } else if address.parse::<Ipv6Addr>().is_ok() {
        format!("coap://[{}]", text.replace('%', "%25"))
    } else {
        format!("coap://{text}")
    }
}

/// The group that the command line names, if any.
fn named(uri: &CoapUri, text: &str) -> Result<Option<IpAddr>, Ended> {
    match uri.host {
        _ if text.is_empty() => Ok(None),
        Host::Ip(address, _) if address.is_multicast() => Ok(Some(address)),
        _ => Err(Ended::Usage(format!("{text}: expected the address of a group"))),
    }
}

/// By which interfaces which groups are asked: by all but the loopback unless one is named.
fn targets(uri: &CoapUri, named: Option<IpAddr>, interface: Option<&str>) -> Result<Vec<Group>, Ended> {
    if let (Host::Ip(IpAddr::V6(_), Some(_)), None) = (&uri.host, interface) {
        let addresses = uri.resolve().map_err(|error| Ended::Usage(error.to_string()))?;
        return Ok(addresses.into_iter().map(|address| Group { address, interface: None }).collect());
    }
    let all = if_addrs::get_if_addrs().map_err(|error| Ended::NoAnswer(error.to_string()))?;
    let wanted = |known: &&if_addrs::Interface| match interface {
        Some(name) => known.name == name,
        None => !known.is_loopback(),
    };
    let mut scopes = BTreeSet::new();
    let mut targets = Vec::new();
    for known in all.iter().filter(wanted) {
        let index = known.index.unwrap_or(0);
        match (known.ip(), named) {
            (IpAddr::V4(own), None | Some(IpAddr::V4(_))) => {
                let group = named.unwrap_or(ALL_NODES_V4.into());
                let address = SocketAddr::new(group, uri.port);
                targets.push(Group { address, interface: Some(own) });
            }
            (IpAddr::V6(_), None) if scopes.insert(index) => {
                targets.push(scoped(ALL_NODES_LINK, uri.port, index));
            }
            (IpAddr::V6(_), Some(IpAddr::V6(group))) if scopes.insert(index) => {
                targets.push(scoped(group, uri.port, index));
            }
            _ => {}
        }
    }
    targets.truncate(TARGETS);
    match (targets.is_empty(), interface) {
        (false, _) => Ok(targets),
        (true, Some(name)) => Err(Ended::Usage(format!("the interface {name} has no fitting address"))),
        (true, None) => Err(Ended::NoAnswer("no interface to ask by; --interface lo asks this host".into())),
    }
}

fn scoped(group: Ipv6Addr, port: u16, index: u32) -> Group {
    Group { address: SocketAddrV6::new(group, port, 0, index).into(), interface: None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_group_is_named_by_address_or_uri() {
        for (text, uri) in [
            ("", "coap://224.0.1.187"),
            ("224.0.1.187", "coap://224.0.1.187"),
            ("ff02::fd%eth0", "coap://[ff02::fd%25eth0]"),
            ("coap://224.0.1.187:61616?rt=lamp", "coap://224.0.1.187:61616?rt=lamp"),
        ] {
            assert_eq!(written_out(text), uri);
        }
    }

    #[test]
    fn without_a_name_both_protocols_are_asked() {
        let of = |text: &str| {
            let uri = written_out(text).parse().expect("a URI");
            named(&uri, text).map_err(|_| ())
        };
        assert_eq!(of(""), Ok(None));
        assert_eq!(of("224.0.1.187"), Ok(Some(ALL_NODES_V4.into())));
        assert_eq!(of("127.0.0.1"), Err(()));
    }
}
