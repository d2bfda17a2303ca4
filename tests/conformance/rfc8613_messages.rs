//! RFC 8613 Appendix C and further vectors: protected messages are these bytes, and are opened to what they were.

use serde_json::Value;
use twite::oscore::{Binding, Compressed, Context, Opened, Refusal, Start};
use twite::wire::{Message, MessageType, RawOption, number};
use twite_tests::oscore::{bytes, context, list, vectors};

/// Limits that any test stays below.
const FAR: u64 = 1 << 40;

/// What counts of a message.
fn parts<'a>(message: &Message<'a>) -> (MessageType, u8, u16, &'a [u8], Vec<RawOption<'a>>, &'a [u8]) {
    let options = message.options().collect();
    (message.kind(), message.code().0, message.message_id(), message.token(), options, message.payload())
}

/// The value of the OSCORE option.
pub(crate) fn option<'a>(message: &Message<'a>) -> &'a [u8] {
    message.values(number::OSCORE).next().expect("it is protected")
}

/// The names of client and server, and the entry with their secret.
fn sides<'v>(file: &'v Value, entry: &'v Value) -> (&'v Value, Vec<u8>, Vec<u8>) {
    if let (Some(client), Some(server)) = (bytes(entry, "client_sender_id"), bytes(entry, "server_sender_id"))
    {
        return (entry, client, server);
    }
    let section = |name: &str| entry[name].as_str().expect("a context");
    let (one, two) = (section("context"), section("context_of_verifier"));
    let of =
        |name: &str| list(file, "vectors").iter().find(|known| known["section"] == name).expect("a context");
    let client = [one, two].into_iter().map(of).find(|known| known["role"] == "client").expect("a client");
    (client, bytes(client, "sender_id").expect("an id"), bytes(client, "recipient_id").expect("an id"))
}

fn started_at(keys: &Value, sender: &[u8], recipient: &[u8], number: u64) -> Context {
    let mut context = context(keys, sender, recipient, Start::Stored(number));
    context.reserved(FAR);
    context
}

fn unused(keys: &Value, sender: &[u8], recipient: &[u8]) -> Context {
    context(keys, sender, recipient, Start::Ephemeral)
}

fn entries<'v>(file: &'v Value, kind: &str) -> Vec<&'v Value> {
    let all = list(file, "vectors").iter().chain(list(file, "derived"));
    all.filter(|entry| entry["kind"] == kind).collect()
}

fn opened<'b>(context: &mut Context, datagram: &[u8], room: &'b mut [u8]) -> Result<Opened<'b>, Refusal> {
    let outer = Message::parse(datagram).expect("a message");
    let compressed = Compressed::read(option(&outer)).ok_or(Refusal::Decode)?;
    context.open_request(&compressed, &outer, room)
}

#[test]
fn appendix_c_4_to_c_6_requests() {
    let file = vectors();
    let entries = entries(&file, "request_protection");
    assert!(entries.len() >= 11, "{}", entries.len());
    for entry in entries {
        let (keys, client, server) = sides(&file, entry);
        let number = entry["sender_sequence_number"].as_u64().expect("a number");
        let plain = bytes(entry, "unprotected").expect("a message");
        let plain = Message::parse(&plain).expect("well-formed");
        let mut buffer = [0; 256];
        let (length, _) =
            started_at(keys, &client, &server, number).protect_request(&plain, &mut buffer).expect("room");
        assert_eq!(Some(&buffer[..length]), bytes(entry, "protected").as_deref(), "{}", entry["name"]);
        let (mut verifier, mut room) = (unused(keys, &server, &client), [0; 512]);
        let opened = opened(&mut verifier, &buffer[..length], &mut room).expect("it is ours");
        assert_eq!(parts(&opened.message), parts(&plain), "{}", entry["name"]);
        assert_eq!((opened.binding.partial_iv().number(), opened.is_new), (number, true));
    }
}

/// The request of a response's entry, protected and opened on the other side.
fn request_of(file: &Value, entry: &Value) -> (Vec<u8>, Value) {
    let named = |known: &&Value| known["section"] == entry["request"] || known["name"] == entry["request"];
    let request = *entries(file, "request_protection").iter().find(|known| named(known)).expect("a request");
    (bytes(request, "protected").expect("a message"), request.clone())
}

#[test]
fn appendix_c_7_and_c_8_responses() {
    let file = vectors();
    let entries = entries(&file, "response_protection");
    assert!(entries.len() >= 5, "{}", entries.len());
    for entry in entries {
        let (request, request_entry) = request_of(&file, entry);
        let (keys, client, server) = sides(&file, &request_entry);
        let own = bytes(entry, "oscore_option").is_some_and(|value| !value.is_empty());
        let number = ["sender_sequence_number", "server_sequence_number"].map(|name| entry[name].as_u64());
        let number = number.into_iter().flatten().next().unwrap_or(0);
        let mut room = [0; 512];
        let mut opener = unused(keys, &server, &client);
        let mut binding: Binding = opened(&mut opener, &request, &mut room).expect("it is ours").binding;
        if own {
            binding.spend();
        }
        let plain = bytes(entry, "unprotected").expect("a message");
        let plain = Message::parse(&plain).expect("well-formed");
        let mut sealer = started_at(keys, &server, &client, number);
        let mut buffer = [0; 256];
        let length = sealer.protect_response(&plain, &mut binding, &mut buffer).expect("room");
        assert_eq!(Some(&buffer[..length]), bytes(entry, "protected").as_deref(), "{}", entry["name"]);
        assert!(binding.is_spent(), "the next response needs a number of its own");

        let number = request_entry["sender_sequence_number"].as_u64().expect("a number");
        let mut asker = started_at(keys, &client, &server, number);
        let asked = bytes(&request_entry, "unprotected").expect("a message");
        let asked = Message::parse(&asked).expect("well-formed");
        let (_, mut awaited) = asker.protect_request(&asked, &mut room).expect("room");
        let outer = Message::parse(&buffer[..length]).expect("well-formed");
        let compressed = Compressed::read(option(&outer)).expect("an option of ours");
        let mut room = [0; 512];
        let inner = asker.open_response(&compressed, &outer, &mut awaited, &mut room).expect("it is ours");
        assert_eq!(parts(&inner), parts(&plain), "{}", entry["name"]);
        let again = asker.open_response(&compressed, &outer, &mut awaited, &mut [0; 512]).err();
        assert_eq!(again, Some(Refusal::Replay), "{}: the same response twice", entry["name"]);
    }
}

#[test]
fn section_7_4_replays() {
    let file = vectors();
    let keys = &list(&file, "derived").iter().find(|entry| entry["client_sender_id"] == "01").expect("keys");
    for entry in list(&file, "replay") {
        let numbers = entry["partial_ivs"].as_array().expect("numbers");
        let expected = entry["accept"].as_array().expect("what is accepted");
        let mut server = unused(keys, &[2], &[1]);
        for (number, accept) in numbers.iter().zip(expected) {
            let number = number.as_u64().expect("a number");
            let plain = Message::parse(b"\x40\x01\0\x01\xb1t").expect("well-formed");
            let mut buffer = [0; 64];
            let mut client = started_at(keys, &[1], &[2], number);
            let (length, _) = client.protect_request(&plain, &mut buffer).expect("room");
            let mut room = [0; 128];
            let outcome = opened(&mut server, &buffer[..length], &mut room).map(|opened| opened.is_new);
            let wanted = if accept == true { Ok(true) } else { Err(Refusal::Replay) };
            assert_eq!(outcome, wanted, "{}: {number}", entry["name"]);
        }
    }
}

#[test]
fn section_4_1_3_5_observations_show_outside_and_notifications_have_their_own_numbers() {
    let file = vectors();
    let keys = &file["negative_context"];
    let (mut client, mut server) = (unused(keys, &[1], &[2]), unused(keys, &[2], &[1]));
    let plain = Message::parse(b"\x41\x01\0\x01\x07\x60\x51t").expect("well-formed");
    let (mut request, mut room) = ([0; 64], [0; 128]);
    let (length, mut awaited) = client.protect_request(&plain, &mut request).expect("room");
    let outer = Message::parse(&request[..length]).expect("well-formed");
    assert_eq!((outer.code().0, outer.values(number::OBSERVE).next()), (0x05, Some(&[][..])));
    let opened = opened(&mut server, &request[..length], &mut room).expect("it is ours");
    assert_eq!(parts(&opened.message), parts(&plain));

    // Sequence 0x30 outside; inside only the Partial IV counts.
    let state = Message::parse(b"\x51\x45\0\x02\x07\x61\x30\xff21").expect("well-formed");
    let mut binding = opened.binding;
    let mut sent = Vec::new();
    for order in 0..3_u8 {
        let (mut buffer, mut room) = ([0; 64], [0; 128]);
        let length = server.protect_response(&state, &mut binding, &mut buffer).expect("room");
        let outer = Message::parse(&buffer[..length]).expect("well-formed");
        assert_eq!((outer.code().0, outer.values(number::OBSERVE).next()), (0x45, Some(&[0x30][..])));
        let own =
            Compressed::read(option(&outer)).and_then(|compressed| compressed.partial_iv).expect("its own");
        assert_eq!(own.number(), u64::from(order));
        let compressed = Compressed { partial_iv: Some(own), ..Compressed::default() };
        let inner = client.open_response(&compressed, &outer, &mut awaited, &mut room).expect("it is ours");
        let observe = inner.values(number::OBSERVE).next().map(<[u8]>::to_vec);
        assert_eq!(
            (observe, inner.payload()),
            (Some([order].into_iter().filter(|&o| o != 0).collect()), &b"21"[..])
        );
        sent.push(buffer[..length].to_vec());
    }
    for old in &sent {
        let outer = Message::parse(old).expect("well-formed");
        let compressed = Compressed::read(option(&outer)).expect("an option of ours");
        let again = client.open_response(&compressed, &outer, &mut awaited, &mut [0; 128]).err();
        assert_eq!(again, Some(Refusal::Replay), "an older notification");
    }
}

#[test]
fn section_4_1_3_5_1_observe_without_an_outer_option_is_none() {
    let file = vectors();
    let keys = &file["negative_context"];
    let (mut client, mut server) = (unused(keys, &[1], &[2]), unused(keys, &[2], &[1]));
    let plain = Message::parse(b"\x40\x01\0\x01\x60\x51t").expect("well-formed");
    let (mut request, mut room) = ([0; 64], [0; 128]);
    let (length, _) = client.protect_request(&plain, &mut request).expect("room");
    // The Observe option in front of the OSCORE option is taken out, as by a proxy that does not know it.
    let mut stripped = request[..length].to_vec();
    assert_eq!(stripped[4..6], [0x60, 0x33]);
    stripped.splice(4..6, [0x93]);
    let opened = opened(&mut server, &stripped, &mut room).expect("it is ours");
    assert_eq!(opened.message.values(number::OBSERVE).count(), 0);
}
