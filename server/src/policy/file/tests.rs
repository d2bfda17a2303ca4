//! Mistakes in a policy are named with their places, and nothing of a policy with a mistake counts.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;

use proptest::prelude::*;

use super::*;
use crate::policy::token::generate;

/// The hash of a token, once and once more.
const HASH: &str = "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

fn refusal(text: &str) -> String {
    let error = read(Path::new("policy.toml"), text).err().unwrap_or_else(|| panic!("accepted: {text}"));
    error.to_string()
}

#[test]
fn mistakes_are_named_on_one_line() {
    let role = "[roles.r]\npermissions = [{ path = 'a', methods = ['GET'] }]\n";
    let identities = |text: &str| format!("{role}[identities.i]\nroles = ['r']\n{text}");
    let permission = |text: &str| format!("[identities]\n[roles.r]\npermissions = [\n{text}\n]");
    for (text, said) in [
        (String::new(), "1:1: nobody is named, expected tables such as [identities.anonymous]"),
        (
            "identities = 1".into(),
            "1:14: identities: an integer does not fit, expected the table [identities]",
        ),
        ("[identity.a]".into(), "1:2: key `identity` is not known; expected one of identities, roles"),
        (
            "[identities]\n'a b' = {}".into(),
            "2:1: identities: \"a b\" is no name, expected 1 to 64 letters, digits and the signs . _ -",
        ),
        (
            "[identities]\na = 1".into(),
            "2:5: identities.a: an integer does not fit, expected the table [identities.a]",
        ),
        ("[identities.a]\n[identities.a]".into(), "2:13: duplicate key"),
        ("[identities.a]\nbearer = 1\nbearer = 2".into(), "3:1: duplicate key"),
        ("[identities.anonymous]".into(), "1:13: identities.anonymous: no roles, expected a list of names"),
        (
            "[identities.anonymous]\nroles = []".into(),
            "2:9: identities.anonymous.roles: nothing there, expected a list of names of roles",
        ),
        (
            "[identities.anonymous]\nroles = ['x']".into(),
            "2:10: identities.anonymous.roles: role \"x\" is not known, expected some of a role of a table such as [roles.reader]",
        ),
        (
            "[identities.anonymous]\nbearer = []".into(),
            "2:1: identities.anonymous.bearer: anonymous is whoever proves nothing, expected only roles",
        ),
        (identities(""), "3:13: identities.i: nobody can prove to be that, expected bearer or oscore"),
        (
            identities("password = 'x'"),
            "5:1: key `identities.i.password` is not known; expected one of roles, bearer, oscore",
        ),
        (
            identities("bearer = 'x'"),
            "5:10: identities.i.bearer: a string does not fit, expected a list of lines that `twite token` prints: \"sha256:\" and 64 digits of 0-9 and a-f",
        ),
        (
            identities("oscore = [1]"),
            "5:11: identities.i.oscore: an integer does not fit, expected a list of names of OSCORE contexts",
        ),
        (
            identities("oscore = ['x', 'x']"),
            "5:16: identities.i.oscore: \"x\" stands twice, expected it once",
        ),
        (
            identities("oscore = ['x']\n[identities.j]\nroles = ['r']\noscore = ['x']"),
            "8:11: identities.j.oscore: \"x\" stands twice, expected it once",
        ),
        (
            identities("oscore = ['x']\n[identities.j]\nroles = ['r', 'r']"),
            "7:15: identities.j.roles: \"r\" stands twice, expected it once",
        ),
        (
            identities("oscore = ['x']\n[identities.j]\nroles = ['r', 's']"),
            "7:15: identities.j.roles: role \"s\" is not known, expected some of r",
        ),
        (
            "[identities]\n[roles.r]".into(),
            "2:8: roles.r: no permissions, expected a list of { path = \"…\", methods = [\"GET\", …] }",
        ),
        (
            "[identities]\n[roles.r]\npath = 'x'".into(),
            "3:1: key `roles.r.path` is not known; expected one of permissions",
        ),
        (
            permission(""),
            "3:15: roles.r.permissions: nothing there, expected a list of { path = \"…\", methods = [\"GET\", …] }",
        ),
        (
            permission("'GET a'"),
            "4:1: roles.r.permissions: a string does not fit, expected a list of { path = \"…\", methods = [\"GET\", …] }",
        ),
        (
            permission("{ path = 'a' }"),
            "4:1: roles.r.permissions: expected both of { path = \"…\", methods = [\"GET\", …] }",
        ),
        (
            permission("{ path = 'a', methods = [] }"),
            "4:25: roles.r.permissions.methods: nothing there, expected a list of some of GET, POST, PUT, DELETE, FETCH, PATCH, iPATCH",
        ),
        (
            permission("{ path = 'a', methods = ['get'] }"),
            "4:26: roles.r.permissions.methods: \"get\" is no method, expected some of GET, POST, PUT, DELETE, FETCH, PATCH, iPATCH",
        ),
        (
            permission("{ path = 'a', methods = ['GET', 'GET'] }"),
            "4:33: roles.r.permissions.methods: \"GET\" stands twice, expected it once",
        ),
        (
            permission("{ path = 'a', method = 'GET' }"),
            "4:15: key `roles.r.permissions.method` is not known; expected one of path, methods",
        ),
        (
            permission("{ path = '/a', methods = ['GET'] }"),
            "4:10: roles.r.permissions.path: \"/a\": expected a path without a leading slash",
        ),
        (
            permission("{ path = 1, methods = ['GET'] }"),
            "4:10: roles.r.permissions.path: an integer does not fit, expected a pattern such as \"sensors/**\"",
        ),
        (
            permission("{ path = 'a', methods = ['GET'] },\n{ path = 'a', methods = ['PUT'] }"),
            "5:1: roles.r.permissions: path \"a\" stands twice, expected it once with all its methods",
        ),
    ] {
        assert_eq!(refusal(&text), format!("policy.toml:{said}"), "{text}");
    }
}

#[test]
fn secrets_are_in_no_error_and_in_no_debugging_output() {
    let policy = |bearer: &str| {
        format!(
            "[roles.r]\npermissions = [{{ path = 'a', methods = ['GET'] }}]\n\
             [identities.i]\nroles = ['r']\nbearer = [{bearer}]\n"
        )
    };
    let (token, hash) = generate().expect("randomness");
    // The token itself in the place of its hash, and a hash that another has too.
    for (text, secret) in [
        (policy(&format!("'{token}'")), token.as_str()),
        (policy(&format!("'{HASH}', '{HASH}'")), &HASH[7..20]),
        (policy(&format!("'{}'", HASH.replace("sha256:", "sha256:x"))), &HASH[7..20]),
        (policy(&format!("'{HASH}")), &HASH[7..20]),
    ] {
        let error = refusal(&text);
        assert!(!error.contains(secret) && error.starts_with("policy.toml:5:"), "{error}");
    }
    let read = read(Path::new("policy.toml"), &policy(&format!("'{}'", hash.to_text()))).expect("a policy");
    let shown = format!("{read:?} {read}");
    assert!(shown.contains("TokenHash(..)") && !shown.contains(&hash.to_text()[7..20]), "{shown}");
    assert!(read.bearer(token.as_bytes()).is_some() && read.bearer(b"").is_none());
}

#[test]
fn a_file_with_hashes_is_hidden_from_others() {
    let path = std::env::temp_dir().join(format!("twite-policy-{}.toml", std::process::id()));
    let load = |text: &str, mode| {
        fs::write(&path, text).expect("a temporary file");
        fs::set_permissions(&path, Permissions::from_mode(mode)).expect("our own file");
        let loaded = load(&path);
        fs::set_permissions(&path, Permissions::from_mode(0o600)).expect("our own file");
        loaded.map_err(|error| error.to_string())
    };
    let role = "[roles.r]\npermissions = [{ path = '**', methods = ['GET'] }]\n";
    let open = format!("{role}[identities.anonymous]\nroles = ['r']\n");
    let secret = format!("{open}[identities.i]\nroles = ['r']\nbearer = ['{HASH}']\n");
    assert!(load(&open, 0o644).is_ok() && load(&secret, 0o640).is_ok() && load(&secret, 0o600).is_ok());
    for (text, mode, said) in [
        (
            &secret,
            0o644,
            "holds hashes of tokens and its mode is 0644, expected that others may not read it: chmod o-rwx",
        ),
        (&open, 0o664, "its mode is 0664, expected that only its owner may write it: chmod go-w"),
    ] {
        assert_eq!(load(text, mode).expect_err("refused"), format!("{}: {said}", path.display()));
    }
    fs::remove_file(&path).expect("our own file");
}

proptest! {
    #[test]
    fn any_file_is_read_or_refused_on_one_line(text in r#"(\[?(identities|roles|permissions|path|methods|a)[.a-z]{0,3}\]? ?=? ?["'\[\]{}0-9a-z]{0,6}\n?){0,5}"#) {
        if let Err(error) = read(Path::new("policy.toml"), &text) {
            prop_assert_eq!(error.to_string().lines().count(), 1);
        }
    }
}
