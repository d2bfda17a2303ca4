use super::*;

/// A request with this OSCORE value, token, message id and type, and these options behind the OSCORE option.
fn request(id: u8, option: u8, options: &[u8], payload: &[u8]) -> Vec<u8> {
    let marker: &[u8] = if payload.is_empty() { b"" } else { b"\xff" };
    [&[0x41, 2, 0, id, b't', 0x91, option][..], options, marker, payload].concat()
}

/// Block1 (27) behind OSCORE (9).
fn block1(number: u8, more: bool) -> [u8; 3] {
    [0xd1, 5, number << 4 | u8::from(more) << 3]
}

fn peer(port: u16) -> Peer {
    Peer::new(([127, 0, 0, 1], port).into())
}

/// What comes of a datagram: the datagram to be served, or the code, the first option and what is behind the token.
#[derive(PartialEq, Eq, Debug)]
enum Came {
    Untouched,
    Whole(Vec<u8>),
    Answer(String, Vec<u8>),
}

fn came(outer: &mut Outer, second: u64, port: u16, datagram: &[u8]) -> Came {
    match outer.receive(Instant::from_millis(second * 1_000), peer(port), datagram) {
        Received::Untouched => Came::Untouched,
        Received::Whole(bytes) => Came::Whole(bytes.to_vec()),
        Received::Answer(bytes) => {
            let message = Message::parse(bytes).expect("well-formed");
            assert_eq!((message.kind(), message.token()), (MessageType::Acknowledgement, &b"t"[..]));
            Came::Answer(message.code().to_string(), bytes[5..].to_vec())
        }
        Received::Nothing => panic!("nothing is said"),
    }
}

fn said(code: &str, rest: &[u8]) -> Came {
    Came::Answer(code.to_owned(), rest.to_vec())
}

#[test]
fn blocks_are_put_together_and_repetitions_change_nothing() {
    let mut outer = Outer::new();
    let first = request(1, 7, &block1(0, true), &[b'a'; 16]);
    let second = request(2, 7, &block1(1, true), &[b'b'; 16]);
    let last = request(3, 7, &block1(2, false), b"c");
    for _ in 0..2 {
        assert_eq!(came(&mut outer, 0, 1, &first), said("2.31", &[0xd1, 14, 0x08]));
    }
    for _ in 0..2 {
        assert_eq!(came(&mut outer, 0, 1, &second), said("2.31", &[0xd1, 14, 0x18]));
    }
    let whole = request(3, 7, &[], &[&[b'a'; 16][..], &[b'b'; 16], b"c"].concat());
    for _ in 0..2 {
        assert_eq!(came(&mut outer, 0, 1, &last), Came::Whole(whole.clone()));
    }
}

#[test]
fn messages_of_other_senders_and_other_numbers_are_apart() {
    let mut outer = Outer::new();
    for (port, option, letter) in [(1, 7, b'a'), (2, 7, b'b'), (1, 8, b'c')] {
        came(&mut outer, 0, port, &request(1, option, &block1(0, true), &[letter; 16]));
    }
    for (port, option, letter) in [(1, 7, b'a'), (2, 7, b'b'), (1, 8, b'c')] {
        let whole = request(2, option, &[], &[&[letter; 16][..], b"!"].concat());
        let last = request(2, option, &block1(1, false), b"!");
        assert_eq!(came(&mut outer, 0, port, &last), Came::Whole(whole));
    }
}

#[test]
fn gaps_wrong_sizes_and_excess_end_it() {
    let mut outer = Outer::new();
    assert_eq!(
        came(&mut outer, 0, 1, &request(1, 7, &block1(1, true), &[0; 16])),
        said("4.08", &[0xd1, 14, 0x18])
    );
    came(&mut outer, 0, 1, &request(1, 7, &block1(0, true), &[0; 16]));
    assert_eq!(
        came(&mut outer, 0, 1, &request(2, 7, &block1(1, true), &[0; 15])),
        said("4.00", &[0xd1, 14, 0x18])
    );
    assert_eq!(
        came(&mut outer, 0, 1, &request(3, 7, &block1(1, true), &[0; 16])),
        said("4.08", &[0xd1, 14, 0x18])
    );
    let exponent_7 = request(4, 7, &[0xd1, 5, 0x07], b"x");
    assert_eq!(came(&mut outer, 0, 1, &exponent_7), said("4.00", b""));
    // Size1 (60) of 65 536.
    let declared = [&block1(0, true)[..], &[0xd3, 20, 1, 0, 0]].concat();
    let limit = &[&[0xd1, 14, 0x08, 0xd2, 20][..], &(MAX_UNFRAGMENTED as u16).to_be_bytes()].concat();
    assert_eq!(came(&mut outer, 0, 1, &request(5, 7, &declared, &[0; 16])), said("4.13", limit));
    let mut code = String::new();
    for number in 0_u32..64 {
        let [.., high, low] = (number << 4 | 0x0e).to_be_bytes();
        let block = request(6, 7, &[0xd2, 5, high, low], &[0; 1_024]);
        let Came::Answer(answered, _) = came(&mut outer, 0, 1, &block) else { panic!("it is not whole") };
        code = answered;
    }
    assert_eq!(code, "4.13");
    assert!(outer.cuts.is_empty(), "nothing of it is kept");
}

#[test]
fn there_is_room_again_once_they_have_waited_too_long() {
    let mut outer = Outer::new();
    let first = request(1, 7, &block1(0, true), &[0; 16]);
    for port in 0..MOST as u16 {
        assert_eq!(came(&mut outer, 0, port, &first), said("2.31", &[0xd1, 14, 0x08]));
    }
    assert_eq!(came(&mut outer, 92, 99, &first), said("5.03", &[0xd1, 1, 93, 0xd1, 0, 0x08]));
    assert_eq!(came(&mut outer, 93, 99, &first), said("2.31", &[0xd1, 14, 0x08]));
    assert_eq!(outer.cuts.len(), 1);
}

#[test]
fn a_response_goes_in_the_blocks_that_were_asked_for() {
    let mut outer = Outer::new();
    // Block2 (23) of 16 bytes.
    assert_eq!(came(&mut outer, 0, 1, &request(1, 7, &[0xd1, 1, 0x00], b"x")), Came::Untouched);
    let response = [&[0x61, 0x44, 0, 1, b't', 0x90, 0xff][..], &[b'a'; 16], &[b'b'; 16], b"c"].concat();
    let other = [&[0x61, 0x44, 0, 1, b'u', 0x90, 0xff][..], &[b'a'; 40]].concat();
    assert_eq!(outer.send(peer(2), &response), response);
    assert_eq!(outer.send(peer(1), &other), other);
    let first = [&[0x61, 0x44, 0, 1, b't', 0x90, 0xd1, 1, 0x08, 0xff][..], &[b'a'; 16]].concat();
    assert_eq!(outer.send(peer(1), &response), first);
    for (number, more, part) in [(1, 8, &[b'b'; 16][..]), (2, 0, b"c")] {
        let asks = request(number, 7, &[0xd1, 1, number << 4], b"");
        let rest = [&[0x90, 0xd1, 1, number << 4 | more, 0xff], part].concat();
        assert_eq!(came(&mut outer, 0, 1, &asks), said("2.04", &rest));
    }
    assert_eq!(came(&mut outer, 0, 1, &request(5, 7, &[0xd1, 1, 0x30], b"")), said("4.00", b""));
    assert_eq!(came(&mut outer, 0, 1, &request(6, 8, &[0xd1, 1, 0x10], b"")), said("4.08", b""));
    // The next request with that token wants its response whole.
    assert_eq!(came(&mut outer, 0, 1, &request(7, 9, &[], b"x")), Came::Untouched);
    assert_eq!(outer.send(peer(1), &response), response);
}

#[test]
fn what_is_not_cut_or_not_protected_is_not_looked_at() {
    let mut outer = Outer::new();
    let plain = [&[0x41, 3, 0, 1, b't', 0xd1, 14, 0x08, 0xff][..], &[0; 16]].concat();
    let unreliable = [&[0x51][..], &request(1, 7, &block1(0, true), &[0; 16])[1..]].concat();
    for datagram in [&b""[..], &[0x60, 0, 0, 1], &plain, &unreliable, &request(1, 7, b"", b"x")] {
        assert_eq!(came(&mut outer, 0, 1, datagram), Came::Untouched, "{datagram:02x?}");
    }
    assert!(outer.cuts.is_empty());
}
