use super::*;
use crate::store::Revision;

const LIMIT: usize = 1 << 16;

fn entry(path: &str, content_format: u16, body: &[u8]) -> Entry {
    let key = Key::new(path).expect("a path");
    let (content_format, body) = (Some(content_format), body.into());
    Entry { key, revision: Revision(7), content_format, accepted: None, body }
}

fn patch(path: &str, format: u16, body: &[u8]) -> Result<Patch, Refusal> {
    let model = crate::model::Models::default().of(path);
    Patch::new((Key::new(path).expect("a path"), model), Expect::Any, Some(format), body)
}

/// What becomes of the resource, or the code and the detail of the refusal.
fn patched(entry: &Entry, format: u16, body: &[u8]) -> Result<Vec<u8>, (ResponseType, String)> {
    let applied =
        patch(entry.key.as_str(), format, body).and_then(|mut patch| patch.apply(Some(entry), LIMIT));
    let write = applied.map_err(|refusal| (refusal.code, refusal.detail))?;
    assert_eq!(write.expect, Expect::OneOf(Revision(7).into()), "only if it is still that");
    match write.operation {
        Operation::Put { content_format, body } => {
            assert_eq!(content_format, entry.content_format, "it stays in its format");
            Ok(body.to_vec())
        }
        other => panic!("{other:?}"),
    }
}

fn unfit(entry: &Entry, format: u16, body: &[u8]) -> String {
    let (code, detail) = patched(entry, format, body).expect_err("it cannot be applied");
    assert_eq!(code, ResponseType::UnprocessableEntity, "{detail}");
    detail
}

#[test]
fn both_patches_change_both_formats() {
    let json = entry("notes/a", JSON, br#"{"a":1,"b":{"c":2}}"#);
    assert_eq!(
        patched(&json, MERGE_PATCH, br#"{"b":{"d":3}}"#),
        Ok(br#"{"a":1,"b":{"c":2,"d":3}}"#.to_vec())
    );
    assert_eq!(patched(&json, CBOR, b"\xa1\x61a\xf6"), Ok(br#"{"b":{"c":2}}"#.to_vec()));
    let cbor = entry("notes/a", CBOR, b"\xa2\x00\x01\x61a\x02"); // {0: 1, "a": 2}
    assert_eq!(patched(&cbor, MERGE_PATCH, br#"{"0":5,"a":null}"#), Ok(b"\xa1\x00\x05".to_vec()));
    assert_eq!(patched(&cbor, CBOR, b"\xa1\x00\xf6"), Ok(b"\xa1\x61a\x02".to_vec()));
}

#[test]
fn fields_of_a_type_have_names_in_json_and_keys_in_cbor() {
    let cbor = entry("sensors/a1/temperature", CBOR, b"\xa2\x00\xf9\x4d\x60\x18\x63\x01"); // {0: 21.5, 99: 1}
    let single = b"\xa2\x00\xfa\x41\xaa\x66\x66\x18\x63\x01".to_vec();
    assert_eq!(
        patched(&cbor, MERGE_PATCH, br#"{"celsius":21.3}"#),
        Ok(single.clone()),
        "a single, as of a PUT"
    );
    assert_eq!(patched(&cbor, CBOR, b"\xa1\x00\xfa\x41\xaa\x66\x66"), Ok(single));
    let json = entry("sensors/a1/temperature", JSON, br#"{"celsius":20,"time":7}"#);
    assert_eq!(patched(&json, MERGE_PATCH, br#"{"time":null}"#), Ok(br#"{"celsius":20}"#.to_vec()));
    let decimal = br#"{"celsius":21.3,"time":7}"#.to_vec();
    assert_eq!(patched(&json, CBOR, b"\xa1\x00\xfa\x41\xaa\x66\x66"), Ok(decimal));
}

#[test]
fn a_result_keeps_the_rules_of_its_type() {
    let cbor = entry("sensors/a1/temperature", CBOR, b"\xa1\x00\xf9\x4d\x60");
    let json = entry("sensors/a1/temperature", JSON, br#"{"celsius":20}"#);
    for entry in [&cbor, &json] {
        let cold = "celsius: expected a number from -273.15 to 10000";
        assert_eq!(unfit(entry, MERGE_PATCH, br#"{"celsius":-300}"#), cold);
        assert_eq!(unfit(entry, CBOR, b"\xa1\x00\x39\x01\x2b"), cold);
        assert!(unfit(entry, CBOR, b"\xa1\x00\xf6").contains("celsius"), "it must be there");
        assert!(unfit(entry, MERGE_PATCH, br#"{"celsius":null}"#).contains("celsius"));
        assert_eq!(unfit(entry, MERGE_PATCH, br#"{"celcius":1}"#), "celcius: expected one of celsius, time");
        unfit(entry, MERGE_PATCH, b"[1]");
        unfit(entry, CBOR, b"\x80");
    }
    assert!(unfit(&cbor, CBOR, b"\xa1\x67celsius\x01").contains("integer keys"));
}

#[test]
fn malformed_patches_and_foreign_formats_are_told_apart() {
    let code = |format, body: &[u8]| patch("a", format, body).err().map(|refusal| refusal.code);
    let deep = |head: &[u8], inside: &[u8]| [head.repeat(9).as_slice(), inside].concat();
    for (format, body) in [
        (MERGE_PATCH, b"{\"a\":1,\"a\":2}".to_vec()),
        (MERGE_PATCH, b"{} {}".to_vec()),
        (MERGE_PATCH, deep(b"[", &b"]".repeat(9))),
        (CBOR, b"\xa2\x00\x01\x00\x02".to_vec()),
        (CBOR, deep(b"\x81", b"\x00")),
        (CBOR, Vec::new()),
    ] {
        assert_eq!(code(format, &body), Some(ResponseType::BadRequest), "{format} {body:02x?}");
    }
    for format in [0, JSON, 51] {
        assert_eq!(code(format, b"{}"), Some(ResponseType::UnsupportedContentFormat), "{format}");
    }
    assert_eq!(code(CBOR, b"\xa2\x01\x00\x18\x01\x00"), None, "well-formed, but the key means the same");
    unfit(&entry("a", CBOR, b"\xa0"), CBOR, b"\xa2\x01\x00\x18\x01\x00");
    unfit(&entry("a", JSON, b"{}"), CBOR, b"\xa1\x41\x00\x00");
    let text = patched(&entry("a", 0, b"text"), MERGE_PATCH, b"{}").expect_err("text has no members");
    assert_eq!(text.0, ResponseType::UnsupportedContentFormat);
}

#[test]
fn the_result_is_bounded_and_so_are_the_attempts() {
    let stored = entry("a", JSON, br#"{"a":"0123456789"}"#);
    let grow = || patch("a", MERGE_PATCH, br#"{"b":"0123456789"}"#).expect("well-formed");
    let code = |refusal: Refusal| refusal.code;
    assert_eq!(grow().apply(Some(&stored), 34).map_err(code).err(), Some(ResponseType::UnprocessableEntity));
    let mut often = grow();
    let applied = (0..).take_while(|_| often.apply(Some(&stored), 35).is_ok()).count();
    assert_eq!(applied, ATTEMPTS as usize);
    assert_eq!(often.apply(Some(&stored), 35).map_err(code).err(), Some(ResponseType::Conflict));
    assert_eq!(often.apply(None, 35).map_err(code).err(), Some(ResponseType::NotFound));
}
