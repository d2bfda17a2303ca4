//! Conversions by example and by property.

use super::*;
use crate::cbor::Fault;
use proptest::prelude::*;

fn bytes(hexadecimal: &str) -> Vec<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16).expect("a hexadecimal digit") as u8;
    hexadecimal.as_bytes().chunks(2).map(|pair| digit(pair[0]) << 4 | digit(pair[1])).collect()
}

fn to_json(hexadecimal: &str) -> Result<String, Fault> {
    cbor_to_json(&bytes(hexadecimal), Limits::default()).map_err(|error| error.fault)
}

fn to_cbor(json: &str) -> Result<Vec<u8>, JsonFault> {
    json_to_cbor(json.as_bytes(), Limits::default()).map_err(|error| error.fault)
}

#[test]
fn cbor_becomes_json_by_the_rules_of_section_6_1() {
    for (cbor, json) in [
        ("00", "0"),
        ("1bffffffffffffffff", "18446744073709551615"),
        ("3bffffffffffffffff", "-18446744073709551616"),
        ("f93e00", "1.5"),
        ("f93c00", "1.0"),
        ("f98000", "-0.0"),
        ("fb7e37e43c8800759c", "1e300"),
        ("f97e00", "null"),
        ("f97c00", "null"),
        ("f7", "null"),
        ("f8ff", "null"),
        ("f5", "true"),
        ("44fbff0102", r#""-_8BAg""#),
        ("40", r#""""#),
        ("c249010000000000000000", r#""AQAAAAAAAAAA""#),
        ("c349010000000000000000", r#""~AQAAAAAAAAAA""#),
        ("d544fbff0102", r#""-_8BAg""#),
        ("d644fbff0102", r#""+/8BAg==""#),
        ("d744fbff0102", r#""FBFF0102""#),
        ("d78244fbff0102d541ff", r#"["FBFF0102","_w"]"#),
        ("c11a514b67b0", "1363896240"),
        ("d9d9f7a10102", r#"{"1":2}"#),
        ("a2206161016162", r#"{"-1":"a","1":"b"}"#),
        ("5f42fbff420102ff", r#""-_8BAg""#),
        ("7f6261626163ff", r#""abc""#),
        ("bf7f6161ff9f0102ffff", r#"{"a":[1,2]}"#),
        ("80", "[]"),
        ("a0", "{}"),
        ("62000a", r#""\u0000\n""#),
    ] {
        assert_eq!(to_json(cbor).as_deref(), Ok(json), "{cbor}");
    }
}

#[test]
fn cbor_without_a_json_form_is_refused() {
    for (cbor, fault) in [
        ("a201010102", Fault::DuplicateKey(r#""1""#.into())),
        ("a20101613102", Fault::DuplicateKey(r#""1""#.into())),
        ("a26161017f6161ff02", Fault::DuplicateKey(r#""a""#.into())),
        ("a1410101", Fault::KeyWithoutJsonForm),
        ("a1f501", Fault::KeyWithoutJsonForm),
        ("a18001", Fault::KeyWithoutJsonForm),
        ("c201", Fault::BignumWithoutBytes),
        ("c28101", Fault::BignumWithoutBytes),
        ("0000", Fault::Trailing),
        ("81818181818181818101", Fault::TooDeep(8)),
    ] {
        assert_eq!(to_json(cbor), Err(fault), "{cbor}");
    }
    assert!(to_json("818181818181818101").is_ok());
    let error = cbor_to_json(&bytes("8201a201010102"), Limits::default()).expect_err("a duplicate");
    assert_eq!(error.to_string(), r#"byte 5: the map has the key "1" twice"#);
}

#[test]
fn json_becomes_cbor_by_the_rules_of_section_6_2() {
    for (json, cbor) in [
        ("0", "00"),
        ("-0", "f98000"),
        ("-1", "20"),
        ("18446744073709551615", "1bffffffffffffffff"),
        ("-18446744073709551616", "3bffffffffffffffff"),
        ("18446744073709551616", "fa5f800000"),
        ("21.5", "f94d60"),
        ("1.0", "f93c00"),
        ("1e2", "f95640"),
        ("0.1", "fb3fb999999999999a"),
        (r#" { "a" : [ 1 , "b" ] , "c" : { } } "#, "a26161820161626163a0"),
        (r#""\u00fc\ud83d\ude00\/""#, "67c3bcf09f98802f"),
        ("[true,false,null]", "83f5f4f6"),
    ] {
        assert_eq!(to_cbor(json), Ok(bytes(cbor)), "{json}");
    }
    let thirty = format!("[{}]", ["0"; 30].join(","));
    assert_eq!(to_cbor(&thirty).map(|cbor| cbor[..3].to_vec()), Ok(bytes("981e00")));
    assert_eq!(to_cbor("1e999"), Err(JsonFault::NumberOutOfRange));
}

#[test]
fn strict_json_only() {
    for (json, line, column, said) in [
        ("", 1, 1, "expected a value"),
        ("[1,]", 1, 4, "expected a value"),
        ("[", 1, 2, "expected a value or `]`"),
        ("[1 2]", 1, 4, "expected `,` or `]`"),
        ("[1}", 1, 3, "expected `,` or `]`"),
        ("{1:2}", 1, 2, "expected a key in double quotes or `}`"),
        ("{\"a\":1,}", 1, 8, "expected a key in double quotes"),
        ("{\"a\" 1}", 1, 6, "expected `:`"),
        ("{\"a\":1 \"b\"", 1, 8, "expected `,` or `}`"),
        ("01", 1, 2, "expected no digit after a leading zero"),
        ("1.", 1, 3, "expected a digit"),
        ("-", 1, 2, "expected a digit"),
        ("1e+", 1, 4, "expected a digit"),
        ("NaN", 1, 1, "expected a value"),
        ("1 1", 1, 3, "text follows the end of the value"),
        ("truex", 1, 5, "text follows the end of the value"),
        ("\"a", 1, 3, "expected the end of the string, `\"`"),
        ("\"a\nb\"", 1, 3, "a control character must be escaped in a string"),
        ("\"\\ud800\"", 1, 2, "a surrogate stands without its other half"),
        ("\"\\udc00\\ud800\"", 1, 2, "a surrogate stands without its other half"),
        ("\"\\ud800\\u0041\"", 1, 2, "a surrogate stands without its other half"),
        ("\"\\u12\"", 1, 6, "expected four hexadecimal digits"),
        ("\u{feff}1", 1, 1, "expected a value"),
        ("{\n  \"ü\": 1, \"\\u00fc\": 2\n}", 2, 11, "the object has the key \"ü\" twice"),
        ("[[[[[[[[[1]]]]]]]]]", 1, 9, "nested deeper than 8 levels"),
    ] {
        let error = check_json(json.as_bytes(), 8).expect_err(json);
        assert_eq!(error.to_string(), format!("line {line}, column {column}: {said}"), "{json}");
    }
    let error = check_json(b"[\n\"\xff\"]", 8).expect_err("not UTF-8");
    assert_eq!(error.to_string(), "line 2, column 2: the text is not UTF-8");
    assert_eq!(error.offset, 3);
    assert!(check_json(&b"[".repeat(1 << 20), usize::MAX).is_err());
}

#[test]
fn the_result_is_bounded() {
    let limits = Limits { depth: 8, output_bytes: 4 };
    assert!(cbor_to_json(&bytes("6461626364"), limits).is_err());
    assert_eq!(cbor_to_json(&bytes("623132"), limits).as_deref(), Ok(r#""12""#));
    assert!(json_to_cbor(b"[1,2,3,4]", limits).is_err());
    assert!(json_to_cbor(b"[1,2,3]", limits).is_ok());
}

fn any_json() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(Into::into),
        any::<i64>().prop_map(Into::into),
        any::<u64>().prop_map(Into::into),
        // Few digits, since serde_json rounds the last of many; `floats_survive_cbor` has the rest.
        any::<i32>().prop_map(|count| (f64::from(count) / 64.0).into()),
        any::<String>().prop_map(Into::into),
    ];
    leaf.prop_recursive(7, 64, 30, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..30).prop_map(Into::into),
            prop::collection::btree_map(any::<String>(), inner, 0..30)
                .prop_map(|map| serde_json::Value::Object(map.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn values_survive_cbor(value in any_json()) {
        let cbor = json_to_cbor(value.to_string().as_bytes(), Limits::default()).expect("strict JSON");
        let json = cbor_to_json(&cbor, Limits::default()).expect("sound CBOR");
        prop_assert_eq!(serde_json::from_str::<serde_json::Value>(&json).expect("valid JSON"), value);
    }

    #[test]
    fn floats_survive_cbor(value in any::<f64>().prop_filter("finite", |value| value.is_finite())) {
        let cbor = json_to_cbor(format!("{value:?}").as_bytes(), Limits::default()).expect("a number");
        let json = cbor_to_json(&cbor, Limits::default()).expect("sound CBOR");
        prop_assert_eq!(json.parse::<f64>().map(f64::to_bits), Ok(value.to_bits()));
    }

    #[test]
    fn any_bytes_become_valid_json_or_an_error(input in prop::collection::vec(any::<u8>(), 0..64)) {
        if let Ok(json) = cbor_to_json(&input, Limits::default()) {
            prop_assert!(serde_json::from_str::<serde_json::Value>(&json).is_ok(), "{}", json);
            prop_assert_eq!(check_json(json.as_bytes(), 8), Ok(()));
        }
    }

    #[test]
    fn we_accept_no_json_that_serde_json_refuses(input in r#"[\[\]{}:,"\\0-9eE+.\-u a-fnrtl]{0,20}"#) {
        let theirs = serde_json::from_str::<serde_json::Value>(&input);
        match json_to_cbor(input.as_bytes(), Limits::default()) {
            Ok(_) => prop_assert!(theirs.is_ok()),
            Err(JsonError { fault: JsonFault::TooDeep(_) | JsonFault::DuplicateKey(_), .. }) => {}
            Err(error) => prop_assert!(theirs.is_err(), "{}", error),
        }
    }

    #[test]
    fn any_bytes_as_json_never_panic(input in prop::collection::vec(any::<u8>(), 0..64)) {
        let _ = json_to_cbor(&input, Limits::default());
    }
}
