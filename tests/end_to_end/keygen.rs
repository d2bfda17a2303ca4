//! `twite keygen` makes both sides of a context, and overwrites nothing.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use twite_server::oscore::ContextFile;
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
