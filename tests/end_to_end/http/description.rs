//! What `/openapi.json` and `/schema.cddl` say, judged by tools of others.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use twite_tests::ask;
use twite_tests::folder::Folder;
use twite_tests::program::run_within;
use twite_tests::web::{self, get, get_as, put};

use super::{CBOR, JSON, start};

/// How long a tool may take on a machine under load.
const PATIENCE: Duration = Duration::from_secs(600);

/// A tool that `tests/setup` installs.
fn tool(name: &str) -> Command {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../.venv/bin").join(name);
    assert!(path.exists(), "{name} is missing; run tests/setup in the workspace's root");
    Command::new(path)
}

#[test]
fn the_description_is_openapi_3_1() {
    let folder = Folder::new();
    let server = start(folder.path(), &[]);
    let page = get(server.http(), "/openapi.json");
    assert_eq!((page.status, page.header("content-type")), (200, "application/json"));
    let judge = |text: &str| {
        let file = folder.file("openapi.json", text);
        run_within(PATIENCE, tool("openapi-spec-validator").args(["--schema", "3.1"]).arg(file), &[])
    };
    let sound = judge(page.text());
    assert_eq!(sound.code, Some(0), "{sound:?}");
    let broken = judge(&page.text().replacen("\"description\":", "\"beschreibung\":", usize::MAX));
    assert_ne!(broken.code, Some(0), "{broken:?}");
}

/// Requests by the description and against it, of every operation, from one seed: no server error, no status, media type,
/// header or body that is not described, nothing taken that breaks a schema and nothing refused that keeps it.
#[test]
fn the_server_is_what_the_description_says() {
    let folder = Folder::new();
    let server = start(folder.path(), &["--durability", "memory", "--directory"]);
    let configuration = Path::new(env!("CARGO_MANIFEST_DIR")).join("end_to_end/http/schemathesis.toml");
    let mut command = tool("schemathesis");
    command.arg("--config-file").arg(configuration).arg("run");
    command.args([
        "--checks",
        "all",
        "--seed",
        "7",
        "--max-examples",
        "8",
        "--no-shrink",
        "--warnings",
        "off",
    ]);
    command.args(["--phases", "coverage,fuzzing", "--continue-on-failure"]);
    command.arg(format!("http://{}/openapi.json", server.http())).current_dir(folder.path());
    let hooks = Path::new(env!("CARGO_MANIFEST_DIR")).join("end_to_end/http");
    command
        .env("PYTHONPATH", hooks)
        .env("SCHEMATHESIS_HOOKS", "link_format")
        .env("PYTHONDONTWRITEBYTECODE", "1");
    let ran = run_within(PATIENCE, &mut command, &[]);
    assert_eq!(ran.code, Some(0), "{}\n{}", ran.text(), ran.stderr);
}

/// Bodies in CBOR that are of the rule, and some that are not.
type Samples = (&'static str, &'static str, &'static [&'static [u8]], &'static [&'static [u8]]);

const SAMPLES: [Samples; 5] = [
    (
        "sensors/a/temperature",
        "temperature",
        &[b"\xa1\x00\xf9\x4d\x60", b"\xa1\x00\x39\x01\x10", b"\xa3\x00\x15\x01\x00\x07\x80"],
        &[
            b"\xa0",
            b"\xa1\x00\x61x",
            b"\xa1\x00\x39\x01\x11",
            b"\xa1\x00\xfa\x46\x1c\x40\x04",
            b"\xa2\x00\x15\x01\x20",
        ],
    ),
    (
        "sensors/a/humidity",
        "humidity",
        &[b"\xa1\x00\x18\x64", b"\xa2\x00\xf9\x51\x00\x01\x1a\x65\x53\xf1\x00"],
        &[b"\xa1\x00\x18\x65", b"\xa1\x00\x20", b"\xa1\x01\x00", b"\x80"],
    ),
    (
        "lamps/a",
        "lamp",
        &[b"\xa1\x00\xf5", b"\xa2\x00\xf4\x01\x18\x64"],
        &[b"\xa1\x00\x01", b"\xa2\x00\xf5\x01\x18\x65"],
    ),
    (
        "buttons/a",
        "button",
        &[b"\xa2\x00\xf4\x01\x1a\xff\xff\xff\xff"],
        &[b"\xa1\x00\xf4", b"\xa2\x00\xf4\x01\xf5"],
    ),
    (
        "nodes/a",
        "node",
        &[b"\xa2\x00\x01\x01\x19\x27\xdb", b"\xa3\x00\x01\x01\x02\x02\x18\x64"],
        &[b"\xa2\x00\x20\x01\x02", b"\xa2\x00\x01\x01\x1b\x00\x00\x00\x01\x00\x00\x00\x00"],
    ),
];

#[test]
fn what_is_served_in_cbor_is_what_the_cddl_says() {
    let folder = Folder::new();
    let server = start(folder.path(), &["--durability", "memory"]);
    let page = get(server.http(), "/schema.cddl");
    assert_eq!(page.header("content-type"), "text/plain; charset=utf-8");
    let judge = |rule: &str, body: &[u8]| {
        let text = format!("start = {rule}\n{}", page.text());
        cddl::validate_cbor_from_slice(&text, body, None).map_err(|error| error.to_string())
    };
    assert_eq!(SAMPLES.len(), twite::catalog::ENTRIES.len());
    for (path, rule, sound, broken) in SAMPLES {
        for body in sound {
            assert!(
                ask::code(&ask::put(server.address(), path, 60, body)).starts_with('2'),
                "{path} {body:x?}"
            );
            let served = get_as(server.http(), &format!("/{path}"), CBOR).body;
            assert_eq!(judge(rule, &served), Ok(()), "{path} {served:x?}");
            // The first rule takes any of them.
            assert_eq!(judge("resource", &served), Ok(()), "{path} {served:x?}");
        }
        for body in broken {
            assert_eq!(ask::code(&ask::put(server.address(), path, 60, body)), "4.00", "{path} {body:x?}");
            assert!(judge(rule, body).is_err(), "{path} {body:x?}");
        }
        // What was said in JSON is of the rule too.
        let json = get_as(server.http(), &format!("/{path}"), JSON).body;
        assert_eq!(put(server.http(), &format!("/{path}"), JSON, &json).status, 204, "{path}");
        assert_eq!(judge(rule, &get_as(server.http(), &format!("/{path}"), CBOR).body), Ok(()), "{path}");
    }
    let refused = ask::put(server.address(), "lamps/a", 60, b"\xa0");
    assert_eq!(judge("problem-details", &refused.payload), Ok(()), "{refused:?}");
}

#[test]
fn descriptions_are_the_servers_own_and_everybodys() {
    let folder = Folder::new();
    let server =
        start(&folder.path().join("data"), &["--policy", &super::policy::write(&folder, "\"reader\"")]);
    let document = get(server.http(), "/openapi.json").json();
    assert_eq!(document["components"]["securitySchemes"]["bearer"]["scheme"], "bearer");
    assert!(document["paths"]["/lamps/{id}"]["get"]["responses"]["401"].is_object());
    assert!(get(server.http(), "/schema.cddl").text().contains("\ntemperature = {\n"));
    let refused = web::ask(server.http(), "PUT", "/schema.cddl", &[], b"x");
    assert_eq!((refused.status, refused.header("allow")), (405, "GET, HEAD, OPTIONS"));
}
