//! Policies that are refused, servers that are not to be open by accident, and what an operator has at hand.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;

use twite_tests::folder::Folder;
use twite_tests::program::{Ran, command, run, twite};
use twite_tests::server::Server;

use super::{PUBLIC, policy, text};

/// Runs a server that does not start; the line in which it says why.
fn refused(folder: &Folder, arguments: &[&str]) -> String {
    let data = folder.path().join("data");
    let ran = twite(["serve", "--data", text(&data)].iter().chain(arguments));
    assert_eq!(ran.code, Some(2), "{ran:?}");
    assert!(ran.stdout.is_empty() && ran.stderr.lines().count() == 1, "{ran:?}");
    assert!(!data.exists(), "nothing is begun: {ran:?}");
    ran.stderr
}

/// A token, and the line of its hash.
fn token() -> (String, String) {
    let made = twite(["token"]);
    assert_eq!((made.code, made.stderr.as_str()), (Some(0), ""), "{made:?}");
    let (token, line) = made.text().trim_end().split_once('\n').expect("two lines");
    (token.to_owned(), line.to_owned())
}

#[test]
fn a_policy_with_a_mistake_is_named_with_its_place() {
    let folder = Folder::new();
    for (content, place, expected) in [
        (
            PUBLIC.replace("\"reporter\"]", "\"reprter\"]"),
            ":3:21: ",
            "role \"reprter\" is not known, expected some of",
        ),
        (
            PUBLIC.replace("methods = [\"PUT\"]", "methods = [\"put\"]"),
            ":14:",
            "\"put\" is no method, expected some of",
        ),
        (PUBLIC.replace("[roles.reporter]", "[roles.visitor]"), ":12:8: ", "duplicate key"),
        (PUBLIC.replace("permissions", "permission"), ":6:1: ", "expected one of permissions"),
        (String::new(), ":1:1: ", "expected tables such as [identities.anonymous]"),
    ] {
        let path = policy(&folder, &content);
        let line = refused(&folder, &["--listen", "127.0.0.1:0", "--policy", text(&path)]);
        assert!(line.contains(&format!("policy.toml{place}")) && line.contains(expected), "{line}");
    }
    let line = refused(&folder, &["--listen", "127.0.0.1:0", "--policy", "/nonexistent/policy.toml"]);
    assert!(line.contains("/nonexistent/policy.toml: cannot be read"), "{line}");
}

#[test]
fn a_file_that_others_can_change_or_that_shows_secrets_is_refused() {
    let folder = Folder::new();
    let (token, line) = token();
    assert!(token.starts_with("twite_") && token.len() == 70, "{token}");
    let secret = format!("{PUBLIC}[identities.gateway]\nroles = [\"visitor\"]\n{line}\n");
    for (content, mode, said) in [
        (PUBLIC, 0o646, "expected that only its owner may write it: chmod go-w"),
        (PUBLIC, 0o664, "expected that only its owner may write it: chmod go-w"),
        (
            &secret,
            0o644,
            "holds hashes of tokens and its mode is 0644, expected that others may not read it: chmod o-rwx",
        ),
    ] {
        let path = policy(&folder, content);
        fs::set_permissions(&path, Permissions::from_mode(mode)).expect("our own file");
        let line = refused(&folder, &["--listen", "127.0.0.1:0", "--policy", text(&path)]);
        assert!(line.contains(said) && line.contains("policy.toml: "), "{line}");
    }
    let path = policy(&folder, &secret);
    fs::set_permissions(&path, Permissions::from_mode(0o640)).expect("our own file");
    let server = Server::start(&folder.path().join("data"), &["--policy", text(&path)]);
    let (code, log) = server.terminate();
    assert_eq!(code, Some(0));
    assert!(!log.contains(&token[6..]) && !log.contains(&line[20..40]), "no secret is in the log: {log}");
}

#[test]
fn other_hosts_are_served_by_a_policy_or_on_purpose() {
    let folder = Folder::new();
    let line = refused(&folder, &["--listen", "0.0.0.0:0"]);
    for expected in ["other hosts reach 0.0.0.0:0", "--policy FILE", "--open"] {
        assert!(line.contains(expected), "{line}");
    }
    let path = policy(&folder, PUBLIC);
    let data = folder.path().join("data");
    for arguments in [&["--open"][..], &["--policy", text(&path)]] {
        let server = Server::listening(&data, &["0.0.0.0:0"], arguments);
        assert_eq!(server.terminate().0, Some(0), "{arguments:?}");
    }
}

#[test]
fn the_policy_is_a_setting_like_any_other() {
    let folder = Folder::new();
    let path = policy(&folder, PUBLIC);
    let printed = |ran: Ran, source: &str| {
        let expected = format!("policy = \"{}\" # {source}", text(&path));
        assert!(ran.text().lines().any(|line| line == expected), "{expected}\n{ran:?}");
    };
    printed(twite(["serve", "--print-config", "--policy", text(&path)]), "--policy");
    let mut serve = command();
    serve.args(["serve", "--print-config"]).env("TWITE_POLICY", &path);
    printed(run(&mut serve, &[]), "TWITE_POLICY");
    let file = folder.file("twite.toml", format!("policy = \"{}\"\n", text(&path)));
    printed(twite(["serve", "--print-config", "--config", text(&file)]), &format!("{}:1:10", text(&file)));
}

#[test]
fn an_operator_can_ask_what_a_policy_means() {
    let folder = Folder::new();
    let path = policy(&folder, PUBLIC);
    let ran = twite(["check-policy", text(&path)]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    for line in ["anonymous: visitor, reporter", "  may GET FETCH PATCH public/**", "  may PUT secret/**"] {
        assert!(ran.text().lines().any(|found| found == line), "{line}: {ran:?}");
    }
    let ran = twite(["check-policy", text(&policy(&folder, "[identity]"))]);
    assert_eq!(ran.code, Some(2), "{ran:?}");
    assert!(ran.stderr.contains("policy.toml:1:2: key `identity` is not known"), "{ran:?}");
}
