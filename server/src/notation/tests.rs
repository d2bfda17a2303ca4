//! The examples of RFC 8949 appendix A, what goes wrong, and round trips.

use super::*;
use crate::cbor::Fault;
use proptest::prelude::*;

fn bytes(hexadecimal: &str) -> Vec<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16).expect("a hexadecimal digit") as u8;
    hexadecimal.as_bytes().chunks(2).map(|pair| digit(pair[0]) << 4 | digit(pair[1])).collect()
}

#[test]
fn examples_of_the_appendix_print_and_parse() {
    for (cbor, text) in [
        ("00", "0"),
        ("1903e8", "1000"),
        ("1bffffffffffffffff", "18446744073709551615"),
        ("c249010000000000000000", "18446744073709551616"),
        ("3bffffffffffffffff", "-18446744073709551616"),
        ("c349010000000000000000", "-18446744073709551617"),
        ("f90000", "0.0"),
        ("f98000", "-0.0"),
        ("f93c00", "1.0"),
        ("fb3ff199999999999a", "1.1"),
        ("f94d60", "21.5"),
        ("fa47c35000", "100000.0"),
        ("fb7e37e43c8800759c", "1e300"),
        ("f90001", "5.960464477539063e-8"),
        ("f97c00", "Infinity"),
        ("f97e00", "NaN"),
        ("f9fc00", "-Infinity"),
        ("f4", "false"),
        ("f6", "null"),
        ("f7", "undefined"),
        ("f0", "simple(16)"),
        ("f8ff", "simple(255)"),
        ("c074323031332d30332d32315432303a30343a30305a", "0(\"2013-03-21T20:04:00Z\")"),
        ("d74401020304", "23(h'01020304')"),
        ("40", "h''"),
        ("62225c", "\"\\\"\\\\\""),
        ("62c3bc", "\"ü\""),
        ("64f0908591", "\"\u{10151}\""),
        ("80", "[]"),
        ("8301820203820405", "[1, [2, 3], [4, 5]]"),
        ("a26161016162820203", "{\"a\": 1, \"b\": [2, 3]}"),
        ("a201020304", "{1: 2, 3: 4}"),
        ("a1820102f5", "{[1, 2]: true}"),
        ("5f42010243030405ff", "(_ h'0102', h'030405')"),
        ("7f657374726561646d696e67ff", "(_ \"strea\", \"ming\")"),
        ("9fff", "[_]"),
        ("9f018202039f0405ffff", "[_ 1, [2, 3], [_ 4, 5]]"),
        ("bf61610161629f0203ffff", "{_ \"a\": 1, \"b\": [_ 2, 3]}"),
        ("bfff", "{_}"),
        ("5fff", "''_"),
        ("7fff", "\"\"_"),
        ("c24101", "2(h'01')"),
        ("c201", "2(1)"),
        ("c35000ffffffffffffffffffffffffffffff", "3(h'00ffffffffffffffffffffffffffffff')"),
    ] {
        assert_eq!(diagnostic(&bytes(cbor)).as_deref(), Ok(text), "{cbor}");
        assert_eq!(parse_diagnostic(text), Ok(bytes(cbor)), "{text}");
    }
}

#[test]
fn a_terminal_is_safe() {
    let text = "a\u{1b}[31m\u{7f}\u{9b}\u{202e}\u{2066}\u{feff}\u{2028}\u{e0041}\n\0";
    let mut cbor = vec![0x78, text.len() as u8];
    cbor.extend_from_slice(text.as_bytes());
    let printed = diagnostic(&cbor).expect("well-formed");
    let expected = r#""a\u001b[31m\u007f\u009b\u202e\u2066\ufeff\u2028\udb40\udc41\n\u0000""#;
    assert_eq!(printed, expected);
    assert_eq!(parse_diagnostic(&printed), Ok(cbor));
}

#[test]
fn what_does_not_fit_takes_lines() {
    let cbor =
        parse_diagnostic(r#"{"name": "kitchen", "values": [1, 2, 3], "tag": 1([_ 5, {}]), "none": []}"#)
            .expect("notation");
    assert!(!diagnostic_pretty(&cbor, 80).expect("well-formed").contains('\n'));
    let narrow =
        "{\n  \"name\": \"kitchen\",\n  \"values\": [1, 2, 3],\n  \"tag\": 1([_ 5, {}]),\n  \"none\": []\n}";
    assert_eq!(diagnostic_pretty(&cbor, 24).as_deref(), Ok(narrow));
    let narrowest = diagnostic_pretty(&cbor, 1).expect("well-formed");
    assert!(narrowest.contains("\"tag\": 1([_\n    5,\n    {}\n  ]),\n  \"none\": []\n}"), "{narrowest}");
    assert_eq!(parse_diagnostic(&narrowest), Ok(cbor));
}

#[test]
fn what_follows_the_item_is_named() {
    let error = diagnostic(&[0x01, 0x02]).expect_err("a trailing byte");
    assert_eq!(error.to_string(), "byte 1: bytes follow the end of the data item");
    assert_eq!(diagnostic(&[0x81; 1 << 20]).expect_err("a bomb").fault, Fault::TooDeep(DEPTH));
}

#[test]
fn mistakes_are_named_with_their_place() {
    for (text, line, column, problem) in [
        ("", 1, 1, "expected a value"),
        ("[1 2]", 1, 4, "expected `,` or `]`"),
        ("[1,\n ,2]", 2, 2, "expected a value"),
        ("{1 2}", 1, 4, "expected `:`"),
        ("{1: 2, 1: 3}", 1, 8, "the map already has this key"),
        ("1 2", 1, 3, "expected the end"),
        ("h'0'", 1, 4, "expected an even number"),
        ("h'0g'", 1, 4, "expected a hexadecimal digit"),
        ("\"ü\\x\"", 1, 4, "expected one of the escapes"),
        ("\"\\ud800x\"", 1, 2, "a surrogate"),
        ("\"a", 1, 3, "expected the end of the text"),
        ("1.", 1, 1, "expected a number"),
        ("1.5.2", 1, 1, "expected a number"),
        ("-0", 1, 1, "expected an integer"),
        ("1e999", 1, 1, "expected a number in the range"),
        ("-1(0)", 1, 1, "expected a tag"),
        ("18446744073709551616(0)", 1, 1, "expected a tag"),
        ("340282366920938463463374607431768211456", 1, 1, "expected an integer of at most 128 bits"),
        ("1(2", 1, 4, "expected `)`"),
        ("truth", 1, 1, "expected a value"),
        ("simple(24)", 1, 1, "expected simple(N)"),
        ("(_ \"a\", h'00')", 1, 9, "expected chunks"),
        ("(1)", 1, 2, "expected `_`"),
    ] {
        let error = parse_diagnostic(text).expect_err(text);
        assert_eq!((error.line, error.column), (line, column), "{text}: {error}");
        assert!(error.problem.starts_with(problem), "{text}: {error}");
    }
    for open in ["[", "{", "1(", "{1:"] {
        assert!(parse_diagnostic(&open.repeat(1 << 18)).is_err());
    }
    assert!(parse_diagnostic(&("[".repeat(32) + &"]".repeat(32))).is_ok());
    assert!(parse_diagnostic(&("[".repeat(33) + &"]".repeat(33))).is_err());
}

proptest! {
    #[test]
    fn what_is_printed_means_the_same(cbor in prop::collection::vec(any::<u8>(), 0..40), columns in 0usize..60) {
        if let Ok(printed) = diagnostic_pretty(&cbor, columns) {
            let compact = diagnostic(&cbor).expect("well-formed");
            // A map may have had a key twice, which is shown but cannot be typed.
            if !compact.contains('{') {
                let encoded = parse_diagnostic(&printed).expect("notation");
                prop_assert_eq!(&diagnostic(&encoded).expect("well-formed"), &compact);
                prop_assert_eq!(parse_diagnostic(&compact), Ok(encoded));
            }
        }
    }

    #[test]
    fn any_text_is_read_or_refused(text in r#"[\[\]{}():,"'_\\0-9eE+.\-u a-fhIN]{0,24}"#) {
        if let Ok(cbor) = parse_diagnostic(&text) {
            let printed = diagnostic(&cbor).expect("what is parsed is well-formed");
            prop_assert_eq!(parse_diagnostic(&printed), Ok(cbor));
        }
    }
}
