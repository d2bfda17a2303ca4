//! Layers, refusals and the printed configuration.

use std::path::PathBuf;

use clap::Parser;
use proptest::prelude::*;

use super::*;
use crate::logging::LogFormat;

#[derive(Parser)]
struct Command {
    #[command(flatten)]
    serve: ServeArguments,
}

fn flags(line: &str) -> ServeArguments {
    let words = std::iter::once("serve").chain(line.split_whitespace());
    Command::try_parse_from(words).unwrap_or_else(|error| panic!("{error}")).serve
}

fn variables(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn from_file(text: &str) -> Result<Configuration, ConfigError> {
    let mut configuration = Configuration::default();
    file::apply(&mut configuration, Path::new("twite.toml"), text)?;
    configuration.check()?;
    Ok(configuration)
}

fn refusal(text: &str) -> String {
    let error = from_file(text).err().unwrap_or_else(|| panic!("accepted: {text}"));
    error.to_string()
}

#[test]
fn without_a_word_the_defaults_hold() {
    let settings =
        load(&ServeArguments::default(), variables(&[("PATH", "/bin")])).expect("defaults").settings;
    assert_eq!(settings, Settings::default());
    assert_eq!(
        settings.listen.iter().map(ToString::to_string).collect::<Vec<_>>(),
        ["127.0.0.1:5683", "[::1]:5683"]
    );
    assert_eq!(settings.limits.body_bytes, 16 << 20);
    assert_eq!(settings.limits.total_bytes, 268_435_456);
}

#[test]
fn the_last_layer_wins() {
    let path = std::env::temp_dir().join(format!("twite-layers-{}.toml", std::process::id()));
    let text = "data = '/file'\ndurability = 'interval'\ninterval_ms = 50\n[log]\nformat = 'json'\n[limits]\nentries = 1_000\n";
    std::fs::write(&path, text).expect("a writable directory");
    let name = path.to_string_lossy().into_owned();
    let environment = variables(&[
        ("TWITE_CONFIG", &name),
        ("TWITE_DATA", "/variable"),
        ("TWITE_DURABILITY", "memory"),
        ("TWITE_LOG", "debug"),
        ("TWITE_DEMO", "true"),
        ("TWITE_LISTEN", "127.0.0.1:1, [::1]:2"),
    ]);
    let configuration = load(&flags("--data /flag --plugtest"), environment).expect("sound layers");
    std::fs::remove_file(&path).expect("the file is there");
    let settings = &configuration.settings;
    assert_eq!(settings.data, PathBuf::from("/flag"));
    assert_eq!(settings.durability, Durability::Memory);
    assert_eq!((settings.interval_ms, settings.limits.entries), (50, 1000));
    assert_eq!((settings.log, settings.log_filter.as_str()), (LogFormat::Json, "debug"));
    assert!(settings.demo && settings.plugtest);
    assert_eq!(settings.listen.len(), 2);
    let printed = configuration.to_toml();
    for line in [
        "data = \"/flag\" # --data".to_owned(),
        "durability = \"memory\" # TWITE_DURABILITY".to_owned(),
        format!("interval_ms = 50 # {name}:3:15"),
        "path_depth = 16 # default".to_owned(),
    ] {
        assert!(printed.lines().any(|printed| printed == line), "{line}\n{printed}");
    }
    assert_eq!(from_file(&printed).expect("what is printed loads").settings, *settings);
}

#[test]
fn flags_speak() {
    let settings =
        load(&flags("--open --log json --durability interval --demo"), []).expect("flags").settings;
    assert_eq!(settings.listen.iter().map(ToString::to_string).collect::<Vec<_>>(), ["[::]:5683"]);
    assert_eq!(
        (settings.log, settings.durability, settings.demo),
        (LogFormat::Json, Durability::Interval, true)
    );
    assert_eq!(flags("--listen 127.0.0.1:1 --listen [::1]:2").listen.len(), 2);
    assert!(flags("--print-config").print_config);
    let error = load(&flags("--listen 127.0.0.1:1 --listen 127.0.0.1:1"), []).expect_err("twice");
    assert_eq!(error.to_string(), "--listen: \"127.0.0.1:1\" stands twice, expected each address once");
    for (line, said) in [
        ("--listen foo", "\"foo\" is not an address, expected ADDR:PORT such as 127.0.0.1:5683"),
        ("--durability x", "invalid value 'x' for '--durability <commit|interval|memory>'"),
    ] {
        let error = Command::try_parse_from(std::iter::once("serve").chain(line.split_whitespace()));
        let error = error.err().expect(line).to_string();
        assert!(error.contains(said), "{error}");
    }
}

#[test]
fn other_hosts_are_served_by_a_policy_or_on_purpose() {
    let load = |line: &str, environment: &[(&str, &str)]| load(&flags(line), variables(environment));
    let listen = |configuration: Configuration| {
        configuration.settings.listen.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
    };
    for (line, environment, said) in [
        (
            "--listen 0.0.0.0:1",
            &[][..],
            "--listen: listen: other hosts reach 0.0.0.0:1 and there is no policy",
        ),
        ("--listen 127.0.0.1:1 --listen [::]:2", &[], "--listen: listen: other hosts reach [::]:2"),
        ("--listen 192.0.2.1:1", &[], "--listen: listen: other hosts reach 192.0.2.1:1"),
        ("--http [::1]:1 --http [::]:1", &[], "--http: http.listen: other hosts reach [::]:1"),
        ("", &[("TWITE_HTTP", "0.0.0.0:1")], "TWITE_HTTP: http.listen: other hosts reach 0.0.0.0:1"),
        (
            "",
            &[("TWITE_LISTEN", "[fe80::1%1]:5683")],
            "TWITE_LISTEN: listen: other hosts reach [fe80::1%1]:5683",
        ),
        (
            "--listen 0.0.0.0:1",
            &[("TWITE_POLICY", ""), ("TWITE_OPEN", "false")],
            "--listen: listen: other hosts",
        ),
    ] {
        let error = load(line, environment).expect_err(line).to_string();
        assert!(error.starts_with(said), "{error}");
        assert!(error.contains("expected --policy FILE") && error.contains("or --open"), "{error}");
    }
    for (line, environment, expected) in [
        ("--open", &[][..], "[::]:5683"),
        ("--open --listen 0.0.0.0:1", &[], "0.0.0.0:1"),
        ("--open", &[("TWITE_LISTEN", "192.0.2.1:1")], "192.0.2.1:1"),
        ("--listen 0.0.0.0:1", &[("TWITE_OPEN", "true")], "0.0.0.0:1"),
        ("--listen 0.0.0.0:1 --policy p.toml", &[], "0.0.0.0:1"),
        ("--listen 0.0.0.0:1", &[("TWITE_POLICY", "p.toml")], "0.0.0.0:1"),
        ("--listen 127.3.2.1:1 --listen [::ffff:127.0.0.1]:1", &[], "127.3.2.1:1 [::ffff:127.0.0.1]:1"),
        ("--listen 127.0.0.1:1 --listen 224.0.1.187:1", &[], "127.0.0.1:1 224.0.1.187:1"),
    ] {
        assert_eq!(load(line, environment).map(listen).as_deref(), Ok(expected), "{line}");
    }
    let printed = load("--policy p.toml --open", &[]).expect("both").to_toml();
    assert!(
        printed.contains("policy = \"p.toml\" # --policy\n") && printed.contains("open = true # --open\n")
    );
    assert_eq!(refusal("policy = 1"), "twite.toml:1:10: policy: 1 does not fit, expected the path of a file");
}

#[test]
fn mistakes_in_a_file_are_named_on_one_line() {
    for (text, said) in [
        (
            "[limits]\nbodybytes = 1",
            "2:1: key `limits.bodybytes` is not known; expected one of limits.body_bytes, limits.entries, limits.registrations, limits.total_bytes, limits.path_bytes, limits.path_depth, limits.peers, limits.observers, limits.observers_per_peer, limits.remembered, limits.remembered_per_peer, limits.amplification, limits.requests_per_second, limits.errors_per_second, limits.trusts_loopback",
        ),
        (
            "listen = [\n  'foo'\n]",
            "2:3: listen: \"foo\" is not an address, expected ADDR:PORT such as 127.0.0.1:5683 or [::1]:5683",
        ),
        (
            "listen = ['127.0.0.1:http']",
            "1:11: listen: \"127.0.0.1:http\" is not an address, expected ADDR:PORT such as 127.0.0.1:5683 or [::1]:5683",
        ),
        (
            "[proxy]\ntargets = ['coap://a.example', 'https://b.example']",
            "2:32: proxy.targets: \"https://b.example\": the scheme is \"https\", expected coap or http",
        ),
        ("listen = []", "1:10: listen: [] is empty, expected at least one ADDR:PORT"),
        (
            "listen = '127.0.0.1:1'",
            "1:10: listen: \"127.0.0.1:1\" does not fit, expected a list of ADDR:PORT",
        ),
        (
            "listen = [1]",
            "1:10: listen: a list of other things than text does not fit, expected a list of ADDR:PORT",
        ),
        (
            "limits.body_bytes = 0",
            "1:21: limits.body_bytes: 0 does not fit, expected an integer from 1 to 1073741824",
        ),
        (
            "limits.body_bytes = '1'",
            "1:21: limits.body_bytes: \"1\" does not fit, expected an integer from 1 to 1073741824",
        ),
        (
            "limits.body_bytes = 99999999999999999999",
            "1:21: limits.body_bytes: 99999999999999999999 does not fit, expected an integer from 1 to 1073741824",
        ),
        (
            "limits.total_bytes = 9",
            "1:22: limits.body_bytes is 16777216, expected at most limits.total_bytes, which is 9",
        ),
        (
            "[timing]\nack_timeout_ms = 3_600_000\nmax_retransmit = 10",
            "2:18: timing: ACK_TIMEOUT, MAX_RETRANSMIT and MAX_LATENCY make EXCHANGE_LIFETIME longer than a day",
        ),
        ("[timing]\nnstart = 0", "2:10: timing.nstart: 0 does not fit, expected an integer from 1 to 255"),
        ("congestion = 'x'", "1:14: congestion: \"x\" does not fit, expected one of default, cocoa"),
        (
            "durability = 'x\\ny'",
            "1:14: durability: \"x\\\\ny\" does not fit, expected one of commit, interval, memory",
        ),
        ("demo = 'true'", "1:8: demo: \"true\" does not fit, expected true or false"),
        ("data = ''", "1:8: data: \"\" does not fit, expected the path of a directory"),
        ("log = 'json'", "1:7: log: a value does not fit, expected the table [log]"),
        ("data.x = 1", "1:1: data: a table does not fit, expected the path of a directory"),
        (
            "'limits.entries' = 1",
            "1:1: key `limits.entries` is not known; expected one of listen, data, durability, interval_ms, demo, plugtest, directory, undeclared, fresh_changes, policy, oscore, open, multicast, congestion, workers, poll_us, receive_buffer_bytes, [log], [http], [proxy], [limits], [timing], [[network]], [[resource]]",
        ),
        (
            "[log]\nfilter = 'inof'",
            "2:10: log.filter: \"inof\" is not a level, expected one of off, error, warn, info, debug, trace, or TARGET=LEVEL",
        ),
    ] {
        assert_eq!(refusal(text), format!("twite.toml:{said}"), "{text}");
    }
    for text in
        ["https://", "example.org", "https://example.org/", "HTTPS://example.org", "https://Example.org"]
    {
        let error = refusal(&format!("[http]\ncors = ['*', 'https://example.org:8443', '{text}']"));
        assert!(
            error.starts_with(&format!("twite.toml:2:42: http.cors: \"{text}\" is no origin")),
            "{error}"
        );
    }
    for text in ["x", "a = ", "[limits", "demo = true\ndemo = false", "demo = \"\u{1b}\"", "\"a\\nb\" = 1"] {
        let error = refusal(text);
        assert!(error.starts_with("twite.toml:") && error.lines().count() == 1, "{error}");
        assert!(!error.contains('\u{1b}'), "{error}");
    }
    let missing = load(&flags("--config /nonexistent/twite.toml"), []).expect_err("no file");
    assert!(missing.to_string().starts_with("/nonexistent/twite.toml: cannot be read: "), "{missing}");
}

#[test]
fn mistakes_in_the_environment_are_named() {
    for (name, value, said) in [
        (
            "TWITE_DURABILTY",
            "commit",
            "this variable is not known; expected another, the nearest is TWITE_DURABILITY",
        ),
        ("TWITE_DURABILITY", "x", "\"x\" does not fit, expected one of commit, interval, memory"),
        ("TWITE_LIMITS_BODY_BYTES", "0", "\"0\" does not fit, expected an integer from 1 to 1073741824"),
        ("TWITE_DEMO", "yes", "\"yes\" does not fit, expected true or false"),
        (
            "TWITE_LISTEN",
            "",
            "\"\" is not an address, expected ADDR:PORT such as 127.0.0.1:5683 or [::1]:5683",
        ),
        ("TWITE_DATA", "a\u{fffd}", "the value is not UTF-8"),
        ("TWITE_CONFIG", "", "the value is empty, expected the path of a file"),
    ] {
        let error = load(&ServeArguments::default(), variables(&[(name, value)])).expect_err(name);
        assert_eq!(error.to_string(), format!("{name}: {said}"));
    }
}

#[test]
fn the_table_is_sound() {
    let printed = Configuration::default().to_toml();
    for key in KEYS {
        assert_eq!(KEYS.iter().filter(|other| other.name == key.name).count(), 1, "{}", key.name);
        assert_eq!(KEYS.iter().filter(|other| other.variable == key.variable).count(), 1, "{}", key.variable);
        let variable = format!("TWITE_{}", key.name.to_uppercase().replace('.', "_"));
        assert!(
            key.variable == variable || ["log.filter", "http.listen"].contains(&key.name),
            "{}",
            key.name
        );
    }
    // Every default passes its own check.
    assert_eq!(from_file(&printed).expect("defaults load").settings, Settings::default());
}

proptest! {
    #[test]
    fn any_path_and_filter_print_to_what_loads_back(data in ".{1,20}", path in ".{1,20}", bytes in 1usize..1 << 20) {
        let mut configuration = Configuration::default();
        let source = Source::File { path: PathBuf::from(path), position: Some((1, 1)) };
        configuration.set(1, source, &Given::Text(&data)).expect("any path");
        configuration.settings.limits.body_bytes = bytes;
        prop_assert_eq!(from_file(&configuration.to_toml()).expect("it loads").settings, configuration.settings);
    }

    #[test]
    fn any_file_is_read_or_refused_on_one_line(text in r#"(\[?[a-z_.]{0,10}\]? ?=? ?["'\[\]0-9a-z]{0,6}\n?){0,4}"#) {
        if let Err(error) = from_file(&text) {
            prop_assert_eq!(error.to_string().lines().count(), 1);
        }
    }
}
