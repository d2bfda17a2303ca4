//! What one writes, the other reads to the same.

use std::collections::BTreeMap;

use coap_lite::{CoapOption, MessageType, Packet, RequestType, ResponseType};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use twite::base::{Full, Instant};
use twite::exchange::{ETag, Echo, Head, Outgoing, Request, Response};
use twite::wire::{Code, Message, MessageWriter, RawOption, WriteError};

use crate::sample::{Parts, code, kind, parts};

fn write(parts: &Parts, buffer: &mut [u8]) -> Result<usize, WriteError> {
    let code = Code(parts.code);
    let mut writer = MessageWriter::new(buffer, parts.kind, code, parts.message_id, &parts.token)?;
    parts.options.iter().try_for_each(|(number, value)| writer.option(*number, value))?;
    Ok(writer.payload(&parts.payload)?)
}

fn packet(parts: &Parts) -> Packet {
    let mut packet = Packet::new();
    packet.header.set_type(parts.kind);
    packet.header.code = parts.code.into();
    packet.header.message_id = parts.message_id;
    packet.set_token(parts.token.clone());
    for (number, value) in &parts.options {
        packet.add_option(CoapOption::from(*number), value.clone());
    }
    packet.payload.clone_from(&parts.payload);
    packet
}

fn tags() -> impl Strategy<Value = Vec<ETag>> {
    vec(vec(any::<u8>(), 1..=8).prop_map(|bytes| ETag::new(&bytes).expect("1 to 8 bytes")), 0..3)
}

fn segments() -> impl Strategy<Value = Vec<Vec<u8>>> {
    vec(vec(any::<u8>(), 0..20), 0..4)
}

fn slices(texts: &[Vec<u8>]) -> Vec<&[u8]> {
    texts.iter().map(Vec::as_slice).collect()
}

/// An unsigned integer in as few bytes as it needs.
fn uint(number: u32) -> Vec<u8> {
    number.to_be_bytes().into_iter().skip_while(|&byte| byte == 0).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(2_000) })]

    #[test]
    fn coap_lite_reads_what_we_write(parts in parts()) {
        let mut buffer = [0; 4_096];
        let length = write(&parts, &mut buffer).expect("there is room");
        let read = Packet::from_bytes(&buffer[..length]).expect("coap-lite reads it");
        prop_assert_eq!(Parts::theirs(&read), parts);
    }

    #[test]
    fn we_read_what_coap_lite_writes_and_write_the_same_bytes(parts in parts()) {
        let theirs = packet(&parts).to_bytes_unlimited().expect("coap-lite writes it");
        let message = Message::parse(&theirs).expect("we read it");
        prop_assert_eq!(&Parts::ours(&message), &parts);
        let mut buffer = [0; 4_096];
        let length = write(&parts, &mut buffer).expect("there is room");
        prop_assert_eq!(&buffer[..length], &theirs[..], "the encoding has no freedom");
    }

    #[test]
    fn a_buffer_that_is_too_small_is_full_and_nothing_else(parts in parts(), cut in 1_usize..64) {
        let mut buffer = [0; 4_096];
        let length = write(&parts, &mut buffer).expect("there is room");
        let room = length.saturating_sub(cut);
        prop_assert_eq!(write(&parts, &mut buffer[..room]), Err(WriteError::Full));
        prop_assert_eq!(write(&parts, &mut buffer[..length]), Ok(length), "its own length is enough");
    }

    #[test]
    fn options_out_of_order_are_refused(first in 1_u16.., back in 1_u16.., value in vec(any::<u8>(), 0..20)) {
        let earlier = first.saturating_sub(back);
        let mut buffer = [0; 128];
        let mut writer =
            MessageWriter::new(&mut buffer, MessageType::Confirmable, Code::GET, 1, &[]).expect("room");
        writer.option(first, &value).expect("the first");
        prop_assert_eq!(writer.option(earlier, &value), Err(WriteError::OutOfOrder(earlier)));
        writer.option(first, b"again").expect("the same number is in order");
        let length = writer.payload(b"").expect("room");
        let message = Message::parse(&buffer[..length]).expect("well-formed");
        let options: Vec<_> = message.options().map(|option| (option.number, option.value)).collect();
        prop_assert_eq!(options, [(first, &value[..]), (first, b"again")]);
    }

    #[test]
    fn integers_are_written_in_as_few_bytes_as_they_need(number: u16, value: u32, room in 0_usize..16) {
        let mut buffer = [0; 16];
        let written = MessageWriter::new(&mut buffer[..room], MessageType::Confirmable, Code::GET, 1, &[])
            .map_err(WriteError::from)
            .and_then(|mut writer| writer.uint(number, value).map(|()| writer))
            .and_then(|writer| Ok(writer.payload(b"")?));
        let bytes = uint(value);
        let head = match number { 0..=12 => 1, 13..=268 => 2, _ => 3 };
        let needed = 4 + head + bytes.len();
        if room < needed {
            prop_assert_eq!(written, Err(WriteError::Full));
        } else {
            prop_assert_eq!(written, Ok(needed));
            let read = Packet::from_bytes(&buffer[..needed]).expect("coap-lite reads it");
            prop_assert_eq!(read.get_first_option(CoapOption::from(number)), Some(&bytes));
        }
    }

    #[test]
    fn a_request_is_read_as_it_was_meant(
        method in prop_oneof![Just(RequestType::Get), Just(RequestType::Post), Just(RequestType::Put)],
        confirmable: bool,
        message_id: u16,
        token: u64,
        (path, query) in (segments(), segments()),
        host in option::of("[a-z.]{1,20}"),
        (content_format, accept) in (option::of(any::<u16>()), option::of(any::<u16>())),
        (etags, if_match, if_none_match) in (tags(), tags(), any::<bool>()),
        further in vec(prop_oneof![Just(14_u16), Just(2_048), Just(6), Just(60), Just(258)], 0..3),
        payload in vec(any::<u8>(), 0..40),
    ) {
        let (segments, arguments) = (slices(&path), slices(&query));
        let options: Vec<_> = further.iter().map(|&number| RawOption { number, value: b"\x01" }).collect();
        let outgoing = Outgoing {
            method, confirmable, host: host.as_deref(), path: &segments, query: &arguments, content_format,
            accept, etags: &etags, if_match: &if_match, if_none_match, options: &options, payload: &payload,
        };
        let mut buffer = [0; 1_024];
        let token = token.to_be_bytes();
        let length = outgoing.write(&mut buffer, message_id, &token).expect("there is room");
        let read = Packet::from_bytes(&buffer[..length]).expect("coap-lite reads it");
        let mut expected = BTreeMap::<u16, Vec<Vec<u8>>>::new();
        let mut expect = |number: u16, value: &[u8]| expected.entry(number).or_default().push(value.to_vec());
        if_match.iter().for_each(|tag| expect(1, tag.as_bytes()));
        host.iter().for_each(|host| expect(3, host.as_bytes()));
        etags.iter().for_each(|tag| expect(4, tag.as_bytes()));
        if if_none_match { expect(5, b"") }
        path.iter().for_each(|segment| expect(11, segment));
        content_format.iter().for_each(|format| expect(12, &uint(u32::from(*format))));
        query.iter().for_each(|argument| expect(15, argument));
        accept.iter().for_each(|format| expect(17, &uint(u32::from(*format))));
        further.iter().for_each(|&number| expect(number, b"\x01"));
        let options: Vec<_> = expected.into_iter()
            .flat_map(|(number, values)| values.into_iter().map(move |value| (number, value)))
            .collect();
        prop_assert_eq!(Parts::theirs(&read), Parts {
            kind: if confirmable { MessageType::Confirmable } else { MessageType::NonConfirmable },
            code: Code::from(method).0,
            message_id,
            token: token.to_vec(),
            options,
            payload: payload.clone(),
        });
        let message = Message::parse(&buffer[..length]).expect("we read it");
        let request = Request::check(message).expect("every option is known and fits");
        prop_assert_eq!(request.method(), method);
        prop_assert!(request.path().eq(segments.iter().copied()));
        prop_assert!(request.query().eq(arguments.iter().copied()));
        prop_assert_eq!((request.content_format(), request.accept()), (content_format, accept));
        prop_assert_eq!(request.if_none_match(), if_none_match);
        prop_assert_eq!(request.has_if_match(), !if_match.is_empty());
        prop_assert_eq!(request.payload(), &payload[..]);
    }

    #[test]
    fn a_response_is_read_as_it_was_meant(
        (kind, code) in (kind(), code()),
        message_id: u16,
        token in vec(any::<u8>(), 0..=8),
        etag in option::of(vec(any::<u8>(), 1..=8)),
        location_path in "([a-z]{1,8}(/[a-z]{0,8}){0,3})?",
        content_format in option::of(any::<u16>()),
        (max_age, size1) in (option::of(any::<u32>()), option::of(any::<u32>())),
        (location_query, payload, asks) in (vec("[a-z=&]{0,12}", 0..3), vec(any::<u8>(), 0..40), any::<bool>()),
    ) {
        let class = coap_lite::MessageClass::from(code);
        let coap_lite::MessageClass::Response(response_code) = class else { return Ok(()) };
        prop_assume!(response_code != ResponseType::UnKnown);
        let response = Response {
            code: response_code,
            etag: etag.as_deref().and_then(ETag::new),
            location_path: &location_path,
            location_query: &location_query.iter().map(String::as_str).collect::<Vec<_>>(),
            content_format,
            max_age,
            size1,
            echo: asks.then(|| Echo::new([9; 32]).value(Instant::from_millis(1), &twite_tests::engine::peer(1))),
            payload: &payload,
        };
        let head = Head::new(kind, message_id, &token);
        let mut buffer = [0; 256];
        let length = response.write(&mut buffer, head).expect("there is room");
        let read = Packet::from_bytes(&buffer[..length]).expect("coap-lite reads it");
        let mut options: Vec<(u16, Vec<u8>)> = etag.iter().map(|tag| (4, tag.clone())).collect();
        let segments = location_path.split('/').filter(|_| !location_path.is_empty());
        options.extend(segments.map(|segment| (8, segment.as_bytes().to_vec())));
        options.extend(content_format.map(|format| (12, uint(u32::from(format)))));
        options.extend(max_age.map(|seconds| (14, uint(seconds))));
        options.extend(location_query.iter().map(|argument| (20, argument.clone().into_bytes())));
        options.extend(size1.map(|size| (60, uint(size))));
        options.extend(response.echo.map(|value| (252, value.as_bytes().to_vec())));
        let token = token.clone();
        prop_assert_eq!(
            Parts::theirs(&read),
            Parts { kind, code, message_id, token, options, payload: payload.clone() }
        );
        let mut in_place = [0; 256];
        let written = response.write_with(&mut in_place, head, &mut |room| {
            room.get_mut(..payload.len()).ok_or(Full)?.copy_from_slice(&payload);
            Ok(payload.len())
        });
        prop_assert_eq!(written, Ok(length));
        prop_assert_eq!(&in_place[..length], &buffer[..length], "in place or not");
    }
}
