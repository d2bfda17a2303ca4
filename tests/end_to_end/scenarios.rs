//! Scenarios of several steps against a running server, by their names in `vectors/malformed.json`.

use std::process::Command;

use twite::exchange::Outgoing;
use twite::wire::{Block, RawOption, RequestType, number};
use twite_tests::ask::{self, code};
use twite_tests::datagrams::{Datagrams, datagram, message};
use twite_tests::folder::Folder;
use twite_tests::program;
use twite_tests::server::Server;

const TEXT: &[&[u8]] = &[b"t"];

/// One block of 16 bytes of a PUT, perhaps with a Request-Tag; the answer's code.
fn put_block(socket: &Datagrams, path: &str, block: Block, tag: Option<&[u8]>, payload: &[u8]) -> String {
    let value = block.to_option().to_be_bytes();
    let value: Vec<u8> = value.into_iter().skip_while(|byte| *byte == 0).collect();
    let mut options = vec![RawOption { number: number::BLOCK1, value: &value }];
    options.extend(tag.map(|value| RawOption { number: number::REQUEST_TAG, value }));
    let path = [path.as_bytes()];
    let put = Outgoing { options: &options, payload, ..Outgoing::new(RequestType::Put, &path) };
    // Each block of each body is a message of its own.
    let id = u16::try_from(block.number).expect("a small number") << 8 | u16::from(payload[0]);
    code_of(&socket.exchange(&datagram(&put, id, b"part")))
}

fn code_of(datagram: &[u8]) -> String {
    message(datagram).code().to_string()
}

const fn first() -> Block {
    Block { number: 0, more: true, exponent: 0 }
}

const fn last() -> Block {
    Block { number: 1, more: false, exponent: 0 }
}

#[test]
fn s021_a_flood_of_pings_keeps_nobody_out() {
    let folder = Folder::new();
    let server = Server::start(folder.path(), &["--plugtest"]);
    std::thread::scope(|scope| {
        let flood = scope.spawn(|| {
            let socket = Datagrams::to(server.address());
            for id in 0..100_000_u32 {
                let [.., high, low] = id.to_be_bytes();
                socket.send(&[0x40, 0, high, low]);
            }
            let resets = socket.waiting();
            assert!(resets.iter().all(|reset| reset.len() == 4 && reset[..2] == [0x70, 0]));
            resets.len()
        });
        for _ in 0..20 {
            assert_eq!(ask::get(server.address(), "t").payload, b"hello");
        }
        // A burst of 512 and 64 a second after that, from each thread's endpoint.
        let resets = flood.join().expect("the flood is over");
        assert!((1..10_000).contains(&resets), "{resets} resets");
    });
    assert_eq!(ask::get(server.address(), "t").payload, b"hello");
    assert_eq!(server.terminate().0, Some(0));
}

#[test]
fn s037_half_open_uploads_fill_no_more_than_there_is() {
    let folder = Folder::new();
    let server = Server::start(folder.path(), &[]);
    let sockets: Vec<Datagrams> = (0..300).map(|_| Datagrams::to(server.address())).collect();
    let codes: Vec<String> =
        sockets.iter().map(|socket| put_block(socket, "large", first(), None, &[b'a'; 16])).collect();
    assert!(codes.iter().all(|code| code == "2.31" || code == "5.03"), "{codes:?}");
    let taken = codes.iter().filter(|code| *code == "2.31").count();
    assert!((1..300).contains(&taken), "{taken} bodies are begun");
    assert_eq!(code(&ask::put(server.address(), "small", None, b"x")), "2.01", "others are served");
    assert_eq!(put_block(&sockets[0], "large", last(), None, b"end"), "2.01", "who has begun may end");
    // Threads have room of their own, so it may be another client's room than the last one's.
    let refused = sockets.iter().zip(&codes).filter(|(_, code)| *code == "5.03");
    let again: Vec<String> =
        refused.map(|(socket, _)| put_block(socket, "large", first(), None, &[b'b'; 16])).collect();
    assert_eq!(again.iter().filter(|code| *code == "2.31").count(), 1, "and makes room: {again:?}");
}

#[test]
fn s042_bodies_of_two_senders_and_two_tags_are_never_mixed() {
    let folder = Folder::new();
    let server = Server::start(folder.path(), &[]);
    let senders = [Datagrams::to(server.address()), Datagrams::to(server.address())];
    let bodies = [(0, None, b'a'), (1, None, b'b'), (0, Some(&b"one"[..]), b'c'), (0, Some(b"two"), b'd')];
    for (sender, tag, letter) in bodies {
        assert_eq!(put_block(&senders[sender], "large", first(), tag, &[letter; 16]), "2.31");
    }
    for (sender, tag, letter) in bodies {
        let code = put_block(&senders[sender], "large", last(), tag, &[letter; 3]);
        assert!(code == "2.01" || code == "2.04", "{code}");
        assert_eq!(ask::get(server.address(), "large").payload, [letter; 19]);
    }
}

#[test]
fn s058_clients_that_are_gone_do_not_end_the_server() {
    let folder = Folder::new();
    let server = Server::start(folder.path(), &["--plugtest"]);
    let register = RawOption { number: number::OBSERVE, value: b"" };
    for round in 0..200 {
        // The system answers for a socket that is closed: port unreachable.
        let socket = Datagrams::to(server.address());
        let observe = Outgoing { options: &[register], ..Outgoing::new(RequestType::Get, &[b"obs"]) };
        socket.send(&datagram(&observe, round, b"gone"));
        socket.send(&datagram(&Outgoing::new(RequestType::Get, TEXT), round + 1_000, b"gone"));
    }
    for _ in 0..3 {
        ask::put(server.address(), "obs", 0, b"new");
        assert_eq!(ask::get(server.address(), "t").payload, b"hello");
    }
    let (code, log) = server.terminate();
    assert_eq!(code, Some(0), "{log}");
    assert!(!log.contains("panic"), "{log}");
}

/// A server that may write files of so many blocks of 512 bytes at most.
fn server_on_a_disk_of(data: &std::path::Path, blocks: u32) -> Server {
    let script = format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$0\" \"$@\"");
    let mut command = Command::new("sh");
    command.env_clear().args(["-c", &script]).arg(program::program());
    command.args(["serve", "--listen", "127.0.0.1:0", "--data"]).arg(data);
    Server::spawn(&mut command)
}

#[test]
fn s067_a_full_disk_is_told_and_loses_nothing() {
    let folder = Folder::new();
    let server = server_on_a_disk_of(folder.path(), 1_024);
    let body = |round: usize| format!("{round:04}").repeat(200).into_bytes();
    let mut written = 0;
    let refused = loop {
        let reply = ask::put(server.address(), &format!("full/{written}"), None, &body(written));
        if code(&reply) != "2.01" {
            break reply;
        }
        written += 1;
        assert!(written < 10_000, "the disk is not full");
    };
    assert_eq!((code(&refused), refused.uint(number::MAX_AGE)), ("5.03".into(), Some(30)));
    assert!(written > 10, "{written}");
    let all_there = |server: &Server| {
        for round in 0..written {
            assert_eq!(ask::get(server.address(), &format!("full/{round}")).payload, body(round));
        }
        assert_eq!(code(&ask::get(server.address(), &format!("full/{written}"))), "4.04");
    };
    all_there(&server);
    server.kill();
    let server = Server::start(folder.path(), &[]);
    all_there(&server);
    assert_eq!(code(&ask::put(server.address(), "full/more", None, b"x")), "2.01");
}

#[test]
fn s069_a_server_that_stops_tells_its_observers() {
    let folder = Folder::new();
    let server = Server::start(folder.path(), &[]);
    ask::put(server.address(), "note", 0, b"one");
    let options = [RawOption { number: number::OBSERVE, value: b"" }];
    let observe = Outgoing { options: &options, ..Outgoing::new(RequestType::Get, &[b"note"]) };
    let observers: Vec<Datagrams> = (0..50).map(|_| Datagrams::to(server.address())).collect();
    for observer in &observers {
        assert_eq!(code_of(&observer.exchange(&datagram(&observe, 1, b"seen"))), "2.05");
    }
    let uploader = Datagrams::to(server.address());
    assert_eq!(put_block(&uploader, "note", first(), None, &[b'a'; 16]), "2.31");
    let writers: Vec<Datagrams> = (0..50).map(|_| Datagrams::to(server.address())).collect();
    for (writer, name) in writers.iter().zip(0..) {
        let name = name.to_string();
        let path = [&b"open"[..], name.as_bytes()];
        writer.send(&datagram(
            &Outgoing { payload: b"x", ..Outgoing::new(RequestType::Put, &path) },
            1,
            b"open",
        ));
    }
    let address = server.address();
    let (code, log) = server.terminate();
    assert_eq!(code, Some(0), "{log}");
    for observer in &observers {
        let last = observer.receive();
        assert_eq!((code_of(&last).as_str(), message(&last).token()), ("5.03", &b"seen"[..]));
    }
    // What came before the signal is answered, what came too late is not; nothing is half done.
    let answers: Vec<_> = writers.iter().map(|writer| writer.waiting()).collect();
    assert!(answers.iter().flatten().all(|answer| code_of(answer) == "2.01"));
    let server = Server::listening(folder.path(), &[&address.to_string()], &[]);
    for (answers, name) in answers.iter().zip(0..) {
        let reply = ask::get(server.address(), &format!("open/{name}"));
        assert!(answers.is_empty() || reply.payload == b"x", "an acknowledged write is gone");
    }
    assert_eq!(ask::get(server.address(), "note").payload, b"one", "half a body is none");
}
