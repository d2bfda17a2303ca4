//! `twite keygen` makes both sides of a context, and overwrites nothing.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use twite::oscore::Context;
use twite_device::{ContextPlace, Record, TwoCopies};
use twite_server::oscore::ContextFile;
use twite_tests::board::Cells;
use twite_tests::folder::Folder;
use twite_tests::program::{Ran, twite};

fn keygen(folder: &Folder, arguments: &[&str]) -> Ran {
    let directory = folder.path().to_str().expect("UTF-8");
    twite(["keygen", "--directory", directory].iter().chain(arguments))
}

fn names(folder: &Folder) -> Vec<String> {
    let entries = fs::read_dir(folder.path()).expect("a folder");
    let mut names: Vec<String> =
        entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

#[test]
fn both_sides_are_made_and_belong_together() {
    let folder = Folder::new();
    let ran = keygen(&folder, &["gateway", "--client-id", "0a", "--id-context", ""]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let expected = [
        "gateway.client.toml",
        "gateway.client.toml.sequence",
        "gateway.server.toml",
        "gateway.server.toml.sequence",
    ];
    assert_eq!(names(&folder), expected);
    assert!(ran.text().ends_with("gateway.client.toml\noscore = [\"gateway\"]\n"), "{ran:?}");
    let [client, server] = ["client", "server"].map(|side| {
        let path = folder.path().join(format!("gateway.{side}.toml"));
        let mode = fs::metadata(&path).expect("a file").permissions().mode() & 0o777;
        assert_eq!(mode, 0o600, "{side}");
        let text = fs::read_to_string(&path).expect("a file");
        ContextFile::read(&path, &text).expect("a context")
    });
    assert_eq!((client.sender_id.as_slice(), client.recipient_id.as_slice()), (&[10][..], &[][..]));
    assert_eq!((&client.sender_id, &client.recipient_id), (&server.recipient_id, &server.sender_id));
    assert_eq!(client.id_context, Some(Vec::new()), "an empty one is not none");
    let secret = |side: &str| {
        let text = fs::read_to_string(folder.path().join(format!("gateway.{side}.toml"))).expect("a file");
        let line = text.lines().find(|line| line.starts_with("master_secret")).map(ToOwned::to_owned);
        line.expect("a secret")
    };
    assert_eq!(secret("client"), secret("server"));
    assert!(!ran.text().contains(&secret("client")[20..]), "secrets are not printed");
}

#[test]
fn nothing_is_overwritten_and_no_half_of_a_pair_is_left() {
    let folder = Folder::new();
    let there = folder.file("gateway.client.toml", "mine");
    let ran = keygen(&folder, &["gateway"]);
    assert_eq!(ran.code, Some(2), "{ran:?}");
    assert!(ran.stderr.contains("gateway.client.toml: is there already, expected a new name"), "{ran:?}");
    assert_eq!(names(&folder), ["gateway.client.toml"]);
    assert_eq!(fs::read_to_string(there).expect("a file"), "mine");
    for (arguments, expected) in [
        (&["a/b"][..], "is no name"),
        (&["a", "--client-id", "zz"], "expected hexadecimal"),
        (&["a", "--client-id", "0011223344556677"], "expected at most 7 bytes"),
        (&["a", "--client-id", ""], "expected two that differ"),
    ] {
        let ran = keygen(&folder, arguments);
        assert_eq!(ran.code, Some(2), "{ran:?}");
        assert!(ran.stderr.contains(expected), "{ran:?}");
    }
    assert_eq!(names(&folder), ["gateway.client.toml"]);
}

#[test]
fn one_side_can_be_for_aiocoap() {
    let folder = Folder::new();
    let ran = keygen(&folder, &["gateway", "--aiocoap", "client"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(ran.text().contains("{\"coap://HOST/*\": {\"oscore\": {\"basedir\": \""), "{ran:?}");
    assert_eq!(names(&folder), ["gateway.client", "gateway.server.toml", "gateway.server.toml.sequence"]);
    let again = keygen(&folder, &["gateway", "--aiocoap", "server"]);
    assert_eq!(again.code, Some(0), "other names are free: {again:?}");
}

/// The contexts in an image.
fn contexts(image: &[u8]) -> Vec<Context> {
    let mut records = TwoCopies::<_, { Record::FREE }>::new(Cells(image.to_vec()));
    let loaded = ContextPlace::ALL.into_iter().map(|place| place.load(&mut records).expect("it may be used"));
    loaded.flatten().collect()
}

#[test]
fn a_device_has_room_for_two_sides_in_its_memory() {
    let folder = Folder::new();
    let image = folder.path().join("board.eeprom");
    let device = image.to_str().expect("UTF-8");
    let ran = keygen(&folder, &["first", "--device", device, "--aiocoap", "client"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(ran.text().ends_with(&format!("\n{device}\n")), "no line for a policy: {ran:?}");
    let ran = keygen(&folder, &["second", "--device", device, "--client-id", "0a", "--id-context", "37cbf3"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let expected = ["board.eeprom", "first.client", "second.client.toml", "second.client.toml.sequence"];
    assert_eq!(names(&folder), expected);
    let metadata = fs::metadata(&image).expect("a file");
    assert_eq!((metadata.permissions().mode() & 0o777, metadata.len()), (0o600, 8_192));
    let bytes = fs::read(&image).expect("an image");
    let made = contexts(&bytes);
    assert_eq!((made[0].recipient_id().as_bytes().len(), made[1].recipient_id().as_bytes()), (4, &[10][..]));
    assert_eq!(made[1].id_context().map(|context| context.as_bytes()), Some(&[0x37, 0xcb, 0xf3][..]));

    let third = keygen(&folder, &["third", "--device", device]);
    assert!(third.code == Some(2) && third.stderr.contains("holds 2 contexts already"), "{third:?}");
    assert_eq!(fs::read(&image).expect("an image"), bytes);
    assert_eq!(names(&folder), expected, "the client's side has gone as well");
}

#[test]
fn an_image_that_is_unfit_stays_as_it_is() {
    let folder = Folder::new();
    let image = folder.path().join("board.eeprom");
    let device = image.to_str().expect("UTF-8");
    let refused = |arguments: &[&str], expected: &str| {
        let before = fs::read(&image).ok();
        let ran = keygen(&folder, arguments);
        assert!(ran.code == Some(2) && ran.stderr.contains(expected), "{ran:?}");
        assert_eq!(fs::read(&image).ok(), before);
    };
    refused(&["a", "--device", device, "--aiocoap", "server"], "expected one place for the server's side");
    assert_eq!(keygen(&folder, &["a", "--device", device, "--client-id", "0a"]).code, Some(0));
    refused(&["b", "--device", device, "--client-id", "0a"], "a client of this ID already");
    refused(&["a", "--device", device], "a.client.toml: is there already");
    let change = |mode| fs::set_permissions(&image, fs::Permissions::from_mode(mode)).expect("it is ours");
    change(0o644);
    refused(&["b", "--device", device], "expected that others may not read it");
    change(0o600);
    fs::write(&image, [0xff; 512]).expect("room");
    refused(&["b", "--device", device], "has 512 bytes, expected an EEPROM's image of 1024 or more");
    assert_eq!(names(&folder), ["a.client.toml", "a.client.toml.sequence", "board.eeprom"]);
}
