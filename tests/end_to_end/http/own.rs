//! Health and metrics.

use twite_tests::ask;
use twite_tests::folder::Folder;
use twite_tests::web::{self, get, put};

use super::{JSON, start};

#[test]
fn the_server_says_how_it_is() {
    let folder = Folder::new();
    let server = start(folder.path(), &["--workers", "2"]);
    let http = server.http();
    for path in ["/health/live", "/health/ready"] {
        let health = get(http, path);
        assert_eq!((health.status, health.header("cache-control")), (200, "max-age=0"), "{path}");
    }
    put(http, "/n", JSON, b"1");
    for _ in 0..3 {
        ask::get(server.address(), "n");
    }
    let metrics = get(http, "/metrics");
    assert_eq!(metrics.header("content-type"), "text/plain; version=0.0.4; charset=utf-8");
    let text = metrics.text();
    for line in [
        "twite_coap_requests_total 3",
        "twite_coap_engines 2",
        "twite_store_writes_total 1",
        "twite_store_entries 1",
        "twite_store_bytes 2",
        "twite_http_requests_total{method=\"PUT\",status=\"201\"} 1",
        "twite_http_requests_total{method=\"GET\",status=\"200\"} 2",
        "twite_http_request_duration_seconds_count 3",
    ] {
        assert!(text.lines().any(|other| other == line), "{line} in\n{text}");
    }
    // Every figure has a head, and none stands twice.
    let names: Vec<&str> =
        text.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split(' ').next()).collect();
    let mut distinct = names.clone();
    distinct.sort_unstable();
    distinct.dedup();
    assert_eq!(names.len(), distinct.len());
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let name = line.split(['{', ' ']).next().expect("a name");
        let family = ["_bucket", "_sum", "_count"].iter().find_map(|end| name.strip_suffix(end));
        assert!(names.contains(&name) || family.is_some_and(|family| names.contains(&family)), "{line}");
    }
}

#[test]
fn its_own_paths_are_not_those_of_resources() {
    let folder = Folder::new();
    let server = start(folder.path(), &[]);
    assert_eq!(ask::code(&ask::put(server.address(), "metrics", 0, b"mine")), "2.01");
    assert!(get(server.http(), "/metrics").text().contains("twite_store_entries 1"));
    let refused = put(server.http(), "/metrics", "text/plain", b"x");
    assert_eq!((refused.status, refused.header("allow")), (405, "GET, HEAD, OPTIONS"));
    assert_eq!(ask::get(server.address(), "metrics").payload, b"mine");
    assert_eq!(put(server.http(), "/metrics/below", "text/plain", b"x").status, 201);
    assert_eq!(web::ask(server.http(), "HEAD", "/health/live", &[], &[]).status, 200);
}
