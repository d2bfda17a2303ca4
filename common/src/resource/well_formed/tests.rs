//! Every rule of the check, and agreement with a second check written another way.

extern crate std;

use std::{collections::BTreeSet, string::String, vec, vec::Vec};

use minicbor::Encoder;
use proptest::prelude::*;

use super::*;
use CborErrorKind::*;

fn check(bytes: &[u8]) -> Result<(), CborError> {
    check_cbor(bytes, CborLimits::default())
}

fn refused(bytes: &[u8], offset: usize, kind: CborErrorKind) {
    assert_eq!(check(bytes), Err(CborError { offset, kind }), "{bytes:02x?}");
}

#[test]
fn one_item_of_each_kind_is_accepted() {
    for bytes in [
        &[0x00][..],
        &[0x1b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
        &[0x38, 0x64],
        &[0x40],
        &[0x42, 0xff, 0xfe],
        &[0x62, 0xc3, 0xa9],
        &[0x80],
        &[0x82, 0x01, 0x80],
        &[0xa0],
        &[0xa1, 0x0a, 0x01],
        &[0xc2, 0x49, 1, 0, 0, 0, 0, 0, 0, 0, 0],
        &[0xf4],
        &[0xf6],
        &[0xf8, 0x20],
        &[0xf9, 0x3c, 0x00],
        &[0xfa, 0, 0, 0, 0],
        &[0xfb, 0, 0, 0, 0, 0, 0, 0, 0],
        &[0x5f, 0xff],
        &[0x5f, 0x41, 1, 0x40, 0xff],
        &[0x7f, 0x61, 0x61, 0x61, 0x62, 0xff],
        &[0x9f, 0xff],
        &[0x9f, 0x9f, 0xff, 0x01, 0xff],
        &[0xbf, 0xff],
        &[0xbf, 0x01, 0x9f, 0xff, 0x02, 0x03, 0xff],
    ] {
        assert_eq!(check(bytes), Ok(()), "{bytes:02x?}");
    }
}

#[test]
fn too_little_data_is_refused() {
    refused(&[], 0, Truncated);
    refused(&[0xa1], 0, LengthBeyondEnd);
    refused(&[0x19, 0x01], 0, Truncated);
    refused(&[0xf9, 0x01], 0, Truncated);
    refused(&[0xc1], 0, LengthBeyondEnd);
    refused(&[0x9f, 0x01, 0x02], 3, Truncated);
    refused(&[0x82, 0x41, 0x00], 3, Truncated);
    refused(&[0x7f, 0x61, 0x61], 3, Truncated);
}

#[test]
fn declared_lengths_are_bounded_by_what_is_left() {
    refused(&[0x9a, 0xff, 0xff, 0xff, 0xff, 0x01], 0, LengthBeyondEnd);
    refused(&[0x7b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x61], 0, LengthBeyondEnd);
    refused(&[0xbb, 0x80, 0, 0, 0, 0, 0, 0, 0, 0x01], 0, LengthBeyondEnd);
    refused(&[0xa2, 0x01, 0x02, 0x03], 0, LengthBeyondEnd);
    refused(&[0x81, 0x43, 0x01], 1, LengthBeyondEnd);
    refused(&[0x7f, 0x62, 0x61, 0xff], 1, InvalidText);
    refused(&[0x7f, 0x78, 0x40, 0x61, 0xff], 1, LengthBeyondEnd);
}

#[test]
fn trailing_bytes_are_refused() {
    refused(&[0xa0, 0xa0], 1, TrailingBytes);
    refused(&[0x9f, 0xff, 0xff], 2, TrailingBytes);
}

#[test]
fn arrays_maps_and_tags_count_towards_the_depth() {
    for (opener, rest) in [(&[0x81][..], &[][..]), (&[0xc1], &[]), (&[0xa1, 0x00], &[]), (&[0x9f], &[0xff])] {
        let nested = |depth: usize| [&opener.repeat(depth)[..], &[0x00], &rest.repeat(depth)].concat();
        assert_eq!(check(&nested(8)), Ok(()));
        refused(&nested(9), 8 * opener.len(), TooDeep);
        refused(&nested(900), 8 * opener.len(), TooDeep);
        let deepest = CborLimits { depth: usize::MAX, ..CborLimits::default() };
        assert_eq!(check_cbor(&nested(MAXIMUM_DEPTH), deepest), Ok(()));
        let beyond = check_cbor(&nested(MAXIMUM_DEPTH + 1), deepest);
        assert_eq!(beyond.map_err(|error| error.kind), Err(TooDeep));
        assert_eq!(item_length(&nested(MAXIMUM_DEPTH)), Ok(nested(MAXIMUM_DEPTH).len()));
    }
    let flat = CborLimits { depth: 0, ..CborLimits::default() };
    assert_eq!(check_cbor(&[0x01], flat), Ok(()));
    assert_eq!(check_cbor(&[0x80], flat), Err(CborError { offset: 0, kind: TooDeep }));
}

#[test]
fn reserved_and_misplaced_information_is_refused() {
    for major in 0..8 {
        for information in 28..31 {
            refused(&[0x81, major << 5 | information], 1, ReservedInformation);
        }
    }
    refused(&[0x1f], 0, IndefiniteNumber);
    refused(&[0x3f], 0, IndefiniteNumber);
    refused(&[0xdf, 0x00], 0, IndefiniteNumber);
}

#[test]
fn a_break_ends_nothing_but_an_indefinite_array_or_map() {
    refused(&[0xff], 0, UnexpectedBreak);
    refused(&[0x82, 0x01, 0xff], 2, UnexpectedBreak);
    refused(&[0xa1, 0x01, 0xff], 2, UnexpectedBreak);
    refused(&[0x9f, 0xc1, 0xff, 0xff], 2, UnexpectedBreak);
    refused(&[0xbf, 0x01, 0xff], 2, MissingValue);
    refused(&[0xbf, 0x01, 0x02, 0x03, 0xff], 4, MissingValue);
}

#[test]
fn chunks_are_definite_strings_of_the_same_type() {
    refused(&[0x7f, 0x41, 0x61, 0xff], 1, WrongChunk);
    refused(&[0x5f, 0x61, 0x61, 0xff], 1, WrongChunk);
    refused(&[0x7f, 0x7f, 0x61, 0x61, 0xff, 0xff], 1, WrongChunk);
    refused(&[0x5f, 0x00, 0xff], 1, WrongChunk);
    refused(&[0x5f, 0xf6, 0xff], 1, WrongChunk);
}

#[test]
fn simple_values_below_32_take_one_byte() {
    refused(&[0xf8, 0x18], 0, LongSimpleValue);
    refused(&[0xf8, 0x1f], 0, LongSimpleValue);
    refused(&[0xf8], 0, Truncated);
}

#[test]
fn text_is_utf8_chunk_by_chunk() {
    refused(&[0x61, 0xff], 0, InvalidText);
    refused(&[0x81, 0x61, 0xc3], 1, InvalidText);
    refused(&[0x7f, 0x61, 0xc3, 0x61, 0xa9, 0xff], 1, InvalidText); // the two chunks together would be "é"
    assert_eq!(check(&[0x41, 0xff]), Ok(()));
}

#[test]
fn duplicate_keys_are_refused_at_the_second_one() {
    refused(&[0xa2, 0x01, 0x00, 0x01, 0x00], 3, DuplicateKey);
    refused(&[0xa3, 0x02, 0x00, 0x01, 0x00, 0x02, 0x00], 5, DuplicateKey);
    refused(&[0xa3, 0x02, 0x81, 0x05, 0x01, 0x00, 0x01, 0x00], 6, DuplicateKey);
    refused(&[0xbf, 0x61, 0x62, 0xa0, 0x61, 0x61, 0xa0, 0x61, 0x62, 0xa0, 0xff], 7, DuplicateKey);
    refused(&[0x81, 0xa2, 0x81, 0x01, 0x00, 0x81, 0x01, 0x00], 5, DuplicateKey); // keys that are arrays
    refused(&[0xa1, 0x05, 0xa2, 0x01, 0x00, 0x01, 0x00], 5, DuplicateKey);
    assert_eq!(check(&[0x82, 0xa1, 0x01, 0x00, 0xa1, 0x01, 0x00]), Ok(())); // two maps
    assert_eq!(check(&[0xa2, 0x01, 0x00, 0x18, 0x01, 0x00]), Ok(())); // two encodings of 1: documented
    assert_eq!(check(&[0xa3, 0x03, 0x00, 0x01, 0x00, 0x02, 0x00]), Ok(()));
}

/// A map with the keys 0 to `count - 1` in the order given by `key`, all values 0.
fn map_of(count: u16, key: impl Fn(u16) -> u16) -> Vec<u8> {
    let pairs = (0..count).flat_map(|index| [&[0x19][..], &key(index).to_be_bytes(), &[0x00]].concat());
    [&[0xb9][..], &count.to_be_bytes()].concat().into_iter().chain(pairs).collect()
}

#[test]
fn a_sorted_map_of_any_size_costs_nothing_and_an_unsorted_one_has_a_budget() {
    let none = CborLimits { comparisons: 0, ..CborLimits::default() };
    assert_eq!(check_cbor(&map_of(u16::MAX, |index| index), none), Ok(()));
    let twice = check_cbor(&map_of(300, |index| index.min(298)), none);
    assert_eq!(twice, Err(CborError { offset: 3 + 4 * 299, kind: DuplicateKey }));
    assert_eq!(check(&map_of(250, |index| 249 - index)), Ok(()));
    let error = check(&map_of(u16::MAX, |index| u16::MAX - index)).expect_err("too many keys");
    // The key number k passes 2k items: the budget of 65 536 is spent at the key number 256.
    assert_eq!(error, CborError { offset: 3 + 4 * 256, kind: TooManyKeys });
    let two = CborLimits { comparisons: 2, ..CborLimits::default() };
    assert_eq!(check_cbor(&map_of(2, |index| 1 - index), two), Ok(()));
    let one = CborLimits { comparisons: 1, ..CborLimits::default() };
    assert_eq!(
        check_cbor(&map_of(2, |index| 1 - index), one),
        Err(CborError { offset: 7, kind: TooManyKeys })
    );
    let maps = [&[0x82][..], &map_of(200, |index| 199 - index), &map_of(200, |index| 199 - index)].concat();
    assert_eq!(check(&maps).map_err(|error| error.kind), Err(TooManyKeys)); // one budget for the whole body
}

#[test]
fn the_length_of_the_first_item_ignores_what_follows() {
    assert_eq!(item_length(&[0x82, 0x01, 0x41, 0x00, 0xff, 0xff]), Ok(4));
    assert_eq!(item_length(&[0xbf, 0x01, 0x02, 0xff, 0x1c]), Ok(4));
    assert_eq!(item_length(&[0xff]), Err(CborError { offset: 0, kind: UnexpectedBreak }));
}

/// Random trees as an encoder writes them.
#[derive(Clone, Debug)]
enum Tree {
    Unsigned(u64),
    Negative(i64),
    Bytes(Vec<u8>),
    Text(String),
    Chunks(Vec<String>),
    Single(f32),
    Null,
    Simple(u8),
    Tag(u64, std::boxed::Box<Tree>),
    Array(Vec<Tree>, bool),
    Map(std::collections::BTreeMap<i32, Tree>, bool, bool),
}

struct Sink(Vec<u8>);

impl minicbor::encode::Write for Sink {
    type Error = core::convert::Infallible;
    fn write_all(&mut self, bytes: &[u8]) -> Result<(), Self::Error> {
        self.0.extend_from_slice(bytes);
        Ok(())
    }
}

impl Tree {
    fn encode(&self, out: &mut Encoder<Sink>) {
        match self {
            Self::Unsigned(value) => drop(out.u64(*value)),
            Self::Negative(value) => drop(out.i64(*value)),
            Self::Bytes(value) => drop(out.bytes(value)),
            Self::Text(value) => drop(out.str(value)),
            Self::Chunks(chunks) => {
                drop(out.begin_str());
                chunks.iter().for_each(|chunk| drop(out.str(chunk)));
                drop(out.end());
            }
            Self::Single(value) => drop(out.f32(*value)),
            Self::Null => drop(out.null()),
            Self::Simple(value) => drop(out.simple(*value)),
            Self::Tag(tag, content) => {
                drop(out.tag(minicbor::data::Tag::new(*tag)));
                content.encode(out);
            }
            Self::Array(items, definite) => {
                drop(if *definite { out.array(items.len() as u64) } else { out.begin_array() });
                items.iter().for_each(|item| item.encode(out));
                drop(if *definite { Ok(out) } else { out.end() });
            }
            Self::Map(entries, definite, reversed) => {
                drop(if *definite { out.map(entries.len() as u64) } else { out.begin_map() });
                let mut entries: Vec<_> = entries.iter().collect();
                if *reversed {
                    entries.reverse();
                }
                for (key, value) in entries {
                    drop(out.i32(*key));
                    value.encode(out);
                }
                drop(if *definite { Ok(out) } else { out.end() });
            }
        }
    }

    fn bytes(&self) -> Vec<u8> {
        let mut out = Encoder::new(Sink(vec![]));
        self.encode(&mut out);
        out.into_writer().0
    }
}

fn trees() -> impl Strategy<Value = Tree> {
    let leaf = prop_oneof![
        any::<u64>().prop_map(Tree::Unsigned),
        any::<i64>().prop_map(Tree::Negative),
        proptest::collection::vec(any::<u8>(), 0..40).prop_map(Tree::Bytes),
        ".{0,20}".prop_map(Tree::Text),
        proptest::collection::vec(".{0,5}", 0..4).prop_map(Tree::Chunks),
        any::<f32>().prop_map(Tree::Single),
        Just(Tree::Null),
        prop_oneof![0_u8..20, 32_u8..].prop_map(Tree::Simple),
    ];
    leaf.prop_recursive(8, 64, 8, |inner| {
        prop_oneof![
            (any::<u64>(), inner.clone()).prop_map(|(tag, content)| Tree::Tag(tag, content.into())),
            (proptest::collection::vec(inner.clone(), 0..8), any::<bool>())
                .prop_map(|(items, definite)| Tree::Array(items, definite)),
            (proptest::collection::btree_map(-300..300, inner, 0..8), any::<bool>(), any::<bool>())
                .prop_map(|(entries, definite, reversed)| Tree::Map(entries, definite, reversed)),
        ]
    })
}

/// The same rules by recursion over slices, with a heap: the rest after one item, or `None`.
fn reference(bytes: &[u8], depth: usize) -> Option<&[u8]> {
    let (&initial, rest) = bytes.split_first()?;
    let (major, information) = (initial / 32, initial % 32);
    let size = [0, 1, 2, 4, 8, 0, 0, 0, 0].get(usize::from(information.max(23) - 23)).copied()?;
    let (argument, rest) = rest.split_at_checked(size)?;
    let value = argument.iter().fold(0_u128, |value, &byte| value * 256 + u128::from(byte));
    let value = if information < 24 { u128::from(information) } else { value };
    let endless = information == 31;
    if (28..31).contains(&information) || ((4..7).contains(&major) && depth == 0) {
        return None;
    }
    match major {
        0 | 1 => (!endless).then_some(rest),
        2 | 3 if endless => {
            let mut rest = rest;
            while rest.first() != Some(&0xff) {
                let &chunk = rest.first()?;
                rest = (chunk / 32 == major && chunk % 32 != 31).then(|| reference(rest, depth))??;
            }
            rest.get(1..)
        }
        2 | 3 => {
            let (content, rest) = rest.split_at_checked(usize::try_from(value).ok()?)?;
            (major == 2 || core::str::from_utf8(content).is_ok()).then_some(rest)
        }
        4 | 5 => {
            let (mut rest, mut keys, mut count) = (rest, BTreeSet::new(), 0_u128);
            while if endless { rest.first() != Some(&0xff) } else { count < value } {
                let after = reference(rest, depth - 1)?;
                if major == 5 && !keys.insert(&rest[..rest.len() - after.len()]) {
                    return None;
                }
                rest = if major == 5 { reference(after, depth - 1)? } else { after };
                count += 1;
            }
            if endless { rest.get(1..) } else { Some(rest) }
        }
        6 => (!endless).then(|| reference(rest, depth - 1))?,
        _ => (!endless && (information != 24 || value >= 32)).then_some(rest),
    }
}

fn agrees(bytes: &[u8]) -> Result<(), TestCaseError> {
    let expected = reference(bytes, 8).is_some_and(<[u8]>::is_empty);
    prop_assert_eq!(check(bytes).is_ok(), expected, "{:02x?}: {:?}", bytes, check(bytes));
    let _ = item_length(bytes);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn random_bytes_do_not_panic_and_both_checks_agree(bytes in proptest::collection::vec(any::<u8>(), 0..40)) {
        agrees(&bytes)?;
    }

    #[test]
    fn bytes_of_structure_agree(bytes in proptest::collection::vec(
        prop_oneof![Just(0xff_u8), Just(0x9f), Just(0xbf), Just(0x5f), Just(0x7f), Just(0x61), Just(0xa2), Just(0x82),
            Just(0xc1), Just(0xf8), 0_u8..4], 0..16)) {
        agrees(&bytes)?;
    }

    #[test]
    fn what_an_encoder_writes_is_accepted(tree in trees()) {
        let bytes = tree.bytes();
        prop_assert_eq!(check(&bytes), Ok(()));
        prop_assert_eq!(item_length(&[&bytes[..], &[0xff]].concat()), Ok(bytes.len()));
    }

    #[test]
    fn one_changed_byte_agrees(tree in trees(), place in any::<proptest::sample::Index>(), byte in any::<u8>()) {
        let mut bytes = tree.bytes();
        let place = place.index(bytes.len());
        bytes[place] = byte;
        agrees(&bytes)?;
        agrees(&bytes[..place])?;
    }
}
