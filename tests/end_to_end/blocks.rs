//! Bodies that do not fit a message, from the command line into the store and back.

use twite::exchange::Outgoing;
use twite::wire::{Block, RawOption, RequestType, number};
use twite_tests::ask::{self, code, get, put};
use twite_tests::datagrams::{Datagrams, datagram, message};
use twite_tests::folder::Folder;
use twite_tests::program::twite;
use twite_tests::server::Server;

const PATH: &[&[u8]] = &[b"large"];

/// A body in which no two blocks are alike.
fn body(len: u32, first: u32) -> Vec<u8> {
    (first..).flat_map(u32::to_be_bytes).take(len as usize).collect()
}

/// The value of a Block option.
fn block(number: u32, more: bool) -> Vec<u8> {
    // 16 bytes a block
    let value = number << 4 | u32::from(more) << 3;
    value.to_be_bytes().into_iter().skip_while(|byte| *byte == 0).collect()
}

#[test]
fn a_large_body_comes_back_whole() {
    let folder = Folder::new();
    let server = Server::start(&folder.path().join("data"), &[]);
    let uri = server.uri("large");
    for (round, size) in (0..).zip(["16", "64", "1024"]) {
        let body = body(10_007, round);
        let file = format!("@{}", folder.file("body", &body).display());
        let sent = twite(["put", "-b", size, &uri, &file]);
        assert_eq!(sent.code, Some(0), "{sent:?}");
        assert!(get(server.address(), "large").payload == body, "{size}");
        for arguments in [&["get", "-b", size, &uri][..], &["get", &uri], &["get", "-N", &uri]] {
            let read = twite(arguments);
            assert_eq!((read.code, read.stdout.len()), (Some(0), body.len()), "{}", read.stderr);
            assert!(read.stdout == body, "{arguments:?}");
        }
    }
    assert_eq!(server.terminate().0, Some(0));
    let server = Server::start(&folder.path().join("data"), &[]);
    assert!(get(server.address(), "large").payload == body(10_007, 2), "after a restart");
}

#[test]
fn every_length_around_a_block_is_right() {
    let folder = Folder::new();
    let server = Server::start(folder.path(), &["--durability", "memory"]);
    let size = 16 << Block::MAX_EXPONENT;
    for len in [0, 1, size - 1, size, size + 1, 2 * size - 1, 2 * size, 2 * size + 1, 64 * size] {
        let body = body(len, len);
        assert_eq!(code(&put(server.address(), "large", 42, &body)).as_bytes()[0], b'2', "{len}");
        assert!(get(server.address(), "large").payload == body, "{len}");
    }
}

#[test]
fn a_body_is_stored_with_its_last_block() {
    let folder = Folder::new();
    let server = Server::start(folder.path(), &[]);
    put(server.address(), "large", None, b"before");
    let socket = Datagrams::to(server.address());
    let send = |block: &[u8], payload: &[u8], message_id| {
        let options = [RawOption { number: number::BLOCK1, value: block }];
        let put = Outgoing { options: &options, payload, ..Outgoing::new(RequestType::Put, PATH) };
        let answer = socket.exchange(&datagram(&put, message_id, b"part"));
        message(&answer).code().to_string()
    };
    assert_eq!(send(&block(0, true), &[b'a'; 16], 1), "2.31");
    assert_eq!(send(&block(1, true), &[b'b'; 16], 2), "2.31");
    assert_eq!(get(server.address(), "large").payload, b"before", "nothing is stored yet");
    assert_eq!(send(&block(3, true), &[b'd'; 16], 3), "4.08", "a block is missing");
    assert_eq!(send(&block(0, true), &[b'a'; 16], 4), "2.31");
    assert_eq!(send(&block(1, false), b"end", 5), "2.04");
    assert_eq!(get(server.address(), "large").payload, [&[b'a'; 16][..], b"end"].concat());
}

#[test]
fn blocks_of_different_states_are_told_apart() {
    let folder = Folder::new();
    let server = Server::start(folder.path(), &[]);
    put(server.address(), "large", None, &body(4_000, 0));
    let socket = Datagrams::to(server.address());
    let fetch = |block: &[u8], message_id| {
        let options = [RawOption { number: number::BLOCK2, value: block }];
        let get = Outgoing { options: &options, ..Outgoing::new(RequestType::Get, PATH) };
        let answer = socket.exchange(&datagram(&get, message_id, b"part"));
        let answer = message(&answer);
        assert_eq!(answer.code().to_string(), "2.05");
        (answer.values(number::ETAG).next().map(<[u8]>::to_vec), answer.payload().to_vec())
    };
    let (first, head) = fetch(&block(0, false), 1);
    let (second, next) = fetch(&block(1, false), 2);
    assert!(first.is_some() && first == second, "{first:?} {second:?}");
    assert_eq!([head, next].concat(), body(32, 0));
    put(server.address(), "large", None, &body(4_000, 7));
    assert_ne!(fetch(&block(2, false), 3).0, first);
}

#[test]
fn a_body_above_the_limit_is_refused_at_once() {
    let folder = Folder::new();
    let file = folder.file("twite.toml", "[limits]\nbody_bytes = 3000\n");
    let data = folder.path().join("data");
    let server = Server::start(&data, &["--config", file.to_str().expect("a path of our own")]);
    assert_eq!(code(&put(server.address(), "large", None, &body(3_000, 0))), "2.01");
    let refused = put(server.address(), "large", None, &body(3_001, 1));
    assert_eq!((code(&refused), refused.uint(number::SIZE1)), ("4.13".into(), Some(3_000)));
    assert!(get(server.address(), "large").payload == body(3_000, 0));
    assert_eq!(code(&ask::delete(server.address(), "large")), "2.02");
}
