use super::*;
use crate::transcode::{Limits, cbor_to_json, json_to_cbor};

/// RFC 7396 appendix A: original, patch, result.
const EXAMPLES: &[[&str; 3]] = &[
    [r#"{"a":"b"}"#, r#"{"a":"c"}"#, r#"{"a":"c"}"#],
    [r#"{"a":"b"}"#, r#"{"b":"c"}"#, r#"{"a":"b","b":"c"}"#],
    [r#"{"a":"b"}"#, r#"{"a":null}"#, r#"{}"#],
    [r#"{"a":"b","b":"c"}"#, r#"{"a":null}"#, r#"{"b":"c"}"#],
    [r#"{"a":["b"]}"#, r#"{"a":"c"}"#, r#"{"a":"c"}"#],
    [r#"{"a":"c"}"#, r#"{"a":["b"]}"#, r#"{"a":["b"]}"#],
    [r#"{"a":{"b":"c"}}"#, r#"{"a":{"b":"d","c":null}}"#, r#"{"a":{"b":"d"}}"#],
    [r#"{"a":[{"b":"c"}]}"#, r#"{"a":[1]}"#, r#"{"a":[1]}"#],
    [r#"["a","b"]"#, r#"["c","d"]"#, r#"["c","d"]"#],
    [r#"{"a":"b"}"#, r#"["c"]"#, r#"["c"]"#],
    [r#"{"a":"foo"}"#, "null", "null"],
    [r#"{"a":"foo"}"#, r#""bar""#, r#""bar""#],
    [r#"{"e":null}"#, r#"{"a":1}"#, r#"{"e":null,"a":1}"#],
    [r#"[1,2]"#, r#"{"a":"b","c":null}"#, r#"{"a":"b"}"#],
    [r#"{}"#, r#"{"a":{"bb":{"ccc":null}}}"#, r#"{"a":{"bb":{}}}"#],
];

fn json(target: &str, patch: &str) -> String {
    let merged = merge::<Json>(Some(target.as_bytes()), patch.as_bytes()).expect("no key twice");
    String::from_utf8(merged).expect("text")
}

fn cbor(json: &str) -> Vec<u8> {
    json_to_cbor(json.as_bytes(), Limits::default()).expect("strict JSON")
}

#[test]
fn rfc7396_appendix_a_in_json() {
    for [target, patch, result] in EXAMPLES {
        assert_eq!(json(target, patch), *result, "{target} {patch}");
    }
}

#[test]
fn rfc7396_appendix_a_in_cbor() {
    for [target, patch, result] in EXAMPLES {
        let merged = merge::<Cbor>(Some(&cbor(target)), &cbor(patch)).expect("no key twice");
        let shown = cbor_to_json(&merged, Limits::default()).expect("sound CBOR");
        let value = |text: &str| serde_json::from_str::<serde_json::Value>(text).expect("JSON");
        assert_eq!(value(&shown), value(result), "{target} {patch}");
    }
}

#[test]
fn what_the_patch_does_not_name_stays_as_it_is_written() {
    let target = "{ \"big\" : 1.50e400 , \"\\u00fc\" : [ 1,\n2 ], \"b\": {\"x\" : 1, \"y\":2} }";
    assert_eq!(
        json(target, r#" { "b" : { "x" : null, "z" : 3 } } "#),
        "{\"big\":1.50e400,\"ü\":[ 1,\n2 ],\"b\":{\"y\":2,\"z\":3}}"
    );
    assert_eq!(json(r#"{"a\"\n":1}"#, r#"{"a\u0022\n":2}"#), r#"{"a\"\n":2}"#, "keys are compared as text");
}

#[test]
fn cbor_keys_are_compared_by_what_they_mean() {
    // {_ 24: 1, (_ "a", "b"): 2, h'01': 3} with 24 in two bytes more than it needs
    let target = b"\xbf\x19\x00\x18\x01\x7f\x61a\x61b\xff\x02\x41\x01\x03\xff";
    let patch = b"\xa3\x18\x18\x0a\x62ab\xf6\x41\x01\x0c"; // {24: 10, "ab": null, h'01': 12}
    assert_eq!(merge::<Cbor>(Some(target), patch), Ok(b"\xa2\x18\x18\x0a\x41\x01\x0c".to_vec()));
    assert_eq!(merge::<Cbor>(None, b"\xa2\x01\x00\x18\x01\x00"), Err(DuplicateKey));
    assert_eq!(merge::<Cbor>(None, b"\xa1\x00\xf7"), Ok(b"\xa1\x00\xf7".to_vec()), "undefined is a value");
    let tagged = b"\xd8\x20\xa1\x00\xf6";
    assert_eq!(merge::<Cbor>(Some(b"\xa1\x00\x01"), tagged), Ok(tagged.to_vec()), "a tagged map replaces");
}

#[test]
fn a_patch_from_json_names_integer_keys_in_decimal() {
    let target = b"\xa2\x00\xf5\x20\x02"; // {0: true, -1: 2}
    let patch = cbor(r#"{"0":false,"-1":null,"2":"new"}"#);
    assert_eq!(merge::<CborByName>(Some(target), &patch), Ok(b"\xa2\x00\xf4\x612\x63new".to_vec()));
    assert_eq!(merge::<Cbor>(Some(target), b"\xa1\x610\x00"), Ok(b"\xa3\x00\xf5\x20\x02\x610\x00".to_vec()));
}
