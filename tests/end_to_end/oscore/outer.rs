//! RFC 8613 §4.1.3.4.2: somebody on the way cuts protected messages into blocks, by hand here.

use twite::exchange::Outgoing;
use twite::oscore::Awaited;
use twite::wire::{Block, Message, MessageWriter, RequestType, number, uint};
use twite_tests::datagrams::{Datagrams, datagram, message};
use twite_tests::folder::Folder;
use twite_tests::secure::{Asker, Inner};
use twite_tests::server::Server;

use super::{context, text};

/// 64 bytes.
const EXPONENT: u8 = 2;

/// The message with other block options, message id and payload.
fn with(original: &[u8], id: u16, blocks: &[(u16, Block)], payload: &[u8]) -> Vec<u8> {
    let outer = message(original);
    let mut buffer = vec![0; 65_535];
    let writer = MessageWriter::new(&mut buffer, outer.kind(), outer.code(), id, outer.token());
    let mut writer = writer.expect("room");
    let is_cut = |number: u16| matches!(number, number::BLOCK1 | number::BLOCK2);
    let kept = outer
        .options()
        .filter(|option| !is_cut(option.number))
        .map(|option| (option.number, option.value.to_vec()));
    let added = blocks.iter().map(|(number, block)| {
        let value = block.to_option().to_be_bytes();
        (*number, value.into_iter().skip_while(|byte| *byte == 0).collect())
    });
    let mut options: Vec<(u16, Vec<u8>)> = kept.chain(added).collect();
    options.sort_by_key(|(number, _)| *number);
    for (number, value) in options {
        writer.option(number, &value).expect("room");
    }
    let length = writer.payload(payload).expect("room");
    buffer.truncate(length);
    buffer
}

/// The request in blocks, with message ids from this one on.
fn cut(protected: &[u8], id: u16) -> Vec<Vec<u8>> {
    let payload = message(protected).payload();
    let chunks: Vec<&[u8]> = payload.chunks(16 << EXPONENT).collect();
    let numbered = chunks.iter().zip(0..);
    numbered
        .map(|(chunk, number)| {
            let more = (number as usize) < chunks.len() - 1;
            let block = Block { number, more, exponent: EXPONENT };
            with(protected, id + number as u16, &[(number::BLOCK1, block)], chunk)
        })
        .collect()
}

fn block(answer: &Message<'_>, number: u16) -> Option<Block> {
    answer.values(number).next().and_then(uint).and_then(Block::from_option)
}

/// Sends all blocks; the answer to the last one.
fn send(socket: &Datagrams, blocks: &[Vec<u8>]) -> Vec<u8> {
    let (last, before) = blocks.split_last().expect("blocks");
    for sent in before {
        let answer = socket.exchange(sent);
        let answer = message(&answer);
        assert_eq!(answer.code().to_string(), "2.31");
        assert_eq!(block(&answer, number::BLOCK1), block(&message(sent), number::BLOCK1));
    }
    socket.exchange(last)
}

/// A body that does not fit a block.
fn body() -> Vec<u8> {
    (0..3_000_u32).map(|at| (at * at % 251) as u8).collect()
}

fn put<'r>(path: &'r [&'r [u8]], payload: &'r [u8]) -> Outgoing<'r> {
    Outgoing { payload, ..Outgoing::new(RequestType::Put, path) }
}

fn protect(asker: &mut Asker, request: &Outgoing<'_>, token: &[u8]) -> (Vec<u8>, Awaited) {
    asker.ask(&datagram(request, 1, token))
}

#[test]
fn a_request_that_was_cut_is_served_once_it_is_whole() {
    let folder = Folder::new();
    let (file, mut asker) = context(&folder, "gateway");
    let server = Server::start(&folder.path().join("data"), &["--workers", "2", "--oscore", text(&file)]);
    let socket = Datagrams::to(server.address());
    let body = body();
    let (protected, mut awaited) = protect(&mut asker, &put(&[b"large"], &body), b"t");
    let blocks = cut(&protected, 100);
    assert!(blocks.len() > 40);
    let answer = send(&socket, &blocks);
    let whole = message(&answer);
    assert_eq!(block(&whole, number::BLOCK1), block(&message(&blocks[blocks.len() - 1]), number::BLOCK1));
    assert_eq!(asker.open(&answer, &mut awaited).code.to_string(), "2.01");
    // The acknowledgement was lost: the same answer, and nothing is done twice.
    assert_eq!(socket.exchange(&blocks[blocks.len() - 1]), answer);
    // Somebody sends all of it again.
    let again = cut(&protected, 1_000);
    let replayed = send(&socket, &again);
    assert_eq!(message(&replayed).payload(), b"Replay detected");
    // A part that was changed is found once all of it is there.
    let (protected, _) = protect(&mut asker, &put(&[b"large"], &body), b"u");
    let mut blocks = cut(&protected, 2_000);
    *blocks[3].last_mut().expect("a byte") ^= 1;
    assert_eq!(message(&send(&socket, &blocks)).payload(), b"Decryption failed");
    assert_eq!(twite_tests::ask::get(server.address(), "large").payload, body);
}

#[test]
fn a_response_is_cut_as_the_proxy_asks() {
    let folder = Folder::new();
    let (file, mut asker) = context(&folder, "gateway");
    let server = Server::start(&folder.path().join("data"), &["--oscore", text(&file)]);
    let body: Vec<u8> = body().into_iter().take(1_000).collect();
    twite_tests::ask::put(server.address(), "large", None, &body);
    let socket = Datagrams::to(server.address());
    let (protected, mut awaited) = protect(&mut asker, &Outgoing::new(RequestType::Get, &[b"large"]), b"t");
    let ciphertext = message(&protected).payload().to_vec();
    let first = Block { number: 0, more: false, exponent: EXPONENT };
    let mut answer = socket.exchange(&with(&protected, 1, &[(number::BLOCK2, first)], &ciphertext));
    let (mut whole, head) = (Vec::new(), answer.clone());
    for id in 2.. {
        let part = message(&answer);
        let told = block(&part, number::BLOCK2).expect("a block of the response");
        assert_eq!((told.offset(), told.exponent), (whole.len(), EXPONENT));
        whole.extend_from_slice(part.payload());
        if !told.more {
            break;
        }
        assert_eq!(part.payload().len(), told.size());
        let next = Block { number: told.number + 1, more: false, exponent: EXPONENT };
        answer = socket.exchange(&with(&protected, id, &[(number::BLOCK2, next)], b""));
    }
    let opened = asker.open(&with(&head, 1, &[], &whole), &mut awaited);
    assert_eq!((opened.code.to_string().as_str(), opened.payload), ("2.05", body));
    // Both ways: the request in blocks, with what the response shall be cut into.
    let (protected, mut awaited) = protect(&mut asker, &Outgoing::new(RequestType::Get, &[b"none"]), b"u");
    let blocks = cut(&protected, 100);
    assert_eq!(asker.open(&send(&socket, &blocks), &mut awaited).code.to_string(), "4.04");
}

#[test]
fn senders_are_apart_and_what_is_missing_or_too_much_is_refused() {
    let folder = Folder::new();
    let (one_file, mut one) = context(&folder, "one");
    let (other_file, mut other) = context(&folder, "other");
    let arguments = ["--oscore", text(&one_file), "--oscore", text(&other_file)];
    let server = Server::start(&folder.path().join("data"), &arguments);
    let body = body();
    let mut under_way: Vec<(&mut Asker, Datagrams, Vec<Vec<u8>>, Awaited)> = Vec::new();
    for (asker, path) in [(&mut one, &b"one"[..]), (&mut other, b"other")] {
        let (protected, awaited) = protect(asker, &put(&[path], &body), b"t");
        under_way.push((asker, Datagrams::to(server.address()), cut(&protected, 1), awaited));
    }
    let count = under_way[0].2.len();
    for at in 0..count {
        for (asker, socket, blocks, awaited) in &mut under_way {
            let answer = socket.exchange(&blocks[at]);
            if at == count - 1 {
                let Inner { code, .. } = asker.open(&answer, awaited);
                assert_eq!(code.to_string(), "2.01");
            }
        }
    }
    // A block is missing.
    let (asker, socket, ..) = &mut under_way[0];
    let (protected, _) = protect(asker, &put(&[b"gap"], &body), b"t");
    let blocks = cut(&protected, 200);
    socket.exchange(&blocks[0]);
    assert_eq!(message(&socket.exchange(&blocks[2])).code().to_string(), "4.08");
    // S046: a mebibyte of it.
    let (protected, _) = protect(asker, &put(&[b"much"], &body), b"t");
    let mut told = None;
    for number in 0..1_024 {
        let block = Block { number, more: true, exponent: 6 };
        let sent = with(&protected, 1_000 + number as u16, &[(number::BLOCK1, block)], &[b'x'; 1_024]);
        let answer = socket.exchange(&sent);
        let answer = message(&answer);
        match answer.code().to_string().as_str() {
            "2.31" => {}
            "4.13" => {
                told = answer.values(number::SIZE1).next().and_then(uint);
                break;
            }
            code => panic!("{code}"),
        }
    }
    assert!(told.is_some_and(|most| (60_000..65_536).contains(&most)), "{told:?}");
}

#[test]
fn a_restarted_server_is_shown_freshness_by_a_request_in_blocks() {
    let folder = Folder::new();
    let (file, mut asker) = context(&folder, "gateway");
    let arguments = ["--oscore", text(&file)];
    Server::start(&folder.path().join("data"), &arguments).kill();
    let server = Server::start(&folder.path().join("data"), &arguments);
    let socket = Datagrams::to(server.address());
    let body = body();
    let request = put(&[b"large"], &body);
    let (protected, mut awaited) = protect(&mut asker, &request, b"t");
    let challenge = asker.open(&send(&socket, &cut(&protected, 1)), &mut awaited);
    let echo = challenge.option(number::ECHO).expect("an Echo value");
    let options = [twite::wire::RawOption { number: number::ECHO, value: echo }];
    let (protected, mut awaited) = protect(&mut asker, &Outgoing { options: &options, ..request }, b"t");
    let answer = send(&socket, &cut(&protected, 500));
    assert_eq!(asker.open(&answer, &mut awaited).code.to_string(), "2.01");
}
