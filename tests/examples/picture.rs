//! Makes a picture of the dashboard with some devices: `picture FILE [VIEW] [light|dark] [telephone]`, the view being what
//! stands behind `#`.

use std::time::Duration;

use twite_tests::ask;
use twite_tests::browser::{Browser, Screen};
use twite_tests::folder::Folder;
use twite_tests::server::Server;

const CBOR: u16 = 60;

/// Readings before the picture is taken.
const READINGS: usize = 60;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let file = arguments.first().expect("picture FILE [VIEW] [light|dark] [telephone]");
    let view = arguments.get(1).map_or("resources/sensors/kitchen/temperature", String::as_str);
    let scheme = arguments.get(2).map_or("light", String::as_str);
    let screen =
        if arguments.iter().any(|one| one == "telephone") { Screen::Telephone } else { Screen::Desk };

    let folder = Folder::new();
    let server = Server::start(folder.path(), &["--http", "127.0.0.1:0"]);
    settle(&server);
    let browser = Browser::start(screen);
    browser.open(&format!("http://{}/", server.http()));
    browser.run(&format!("localStorage.setItem('twite-scheme', '{scheme}')"));
    browser.open(&format!("http://{}/?#{view}", server.http()));
    browser.wait_for_text("#connection", "live");
    for number in 0..READINGS {
        report(&server, number);
        std::thread::sleep(Duration::from_millis(120));
    }
    browser.wait("document.querySelectorAll('button[data-path]').length > 8");
    let picture = decode(&browser.picture());
    std::fs::write(file, picture).expect("a file that can be written");
    for complaint in browser.complaints() {
        eprintln!("{complaint}");
    }
}

/// What is there from the beginning.
fn settle(server: &Server) {
    let put = |path: &str, format: u16, body: &[u8]| ask::put(server.address(), path, format, body);
    put("lamps/desk", CBOR, b"\xa2\x00\xf5\x01\x18\x50");
    put("lamps/hall", CBOR, b"\xa1\x00\xf4");
    put("buttons/door", CBOR, b"\xa2\x00\xf4\x01\x07");
    put("nodes/attic", CBOR, b"\xa3\x00\x1a\x00\x01\x51\x80\x01\x19\x27\xdb\x02\x18\x51");
    put("nodes/kitchen", CBOR, b"\xa2\x00\x19\x0e\x74\x01\x19\x27\xdb");
    put("notes/delivery", 0, b"Filter for the boiler comes on Tuesday");
    put("site/heating", 50, br#"{"mode":"eco","target":19.5}"#);
}

/// One round of readings.
fn report(server: &Server, number: usize) {
    let wave = |period: f32, height: f32| (number as f32 / period).sin() * height;
    for (path, value) in [
        ("sensors/kitchen/temperature", 21.4 + wave(9.0, 1.3) + wave(2.1, 0.2)),
        ("sensors/attic/temperature", 26.0 + wave(14.0, 3.0)),
        ("sensors/cellar/temperature", 12.5 - wave(20.0, 0.6)),
        ("sensors/cellar/humidity", (62.0 + wave(6.0, 4.0)).round()),
    ] {
        let mut body = vec![0xa1, 0x00, 0xfa];
        body.extend(((value * 16.0).round() / 16.0).to_be_bytes());
        ask::put(server.address(), path, CBOR, &body);
    }
}

/// The bytes of base64.
fn decode(text: &str) -> Vec<u8> {
    const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let digits = text.bytes().filter_map(|byte| ALPHABET.iter().position(|digit| *digit == byte));
    let digits: Vec<usize> = digits.collect();
    let group = |four: &[usize]| {
        let bits = four.iter().fold(0, |bits, digit| bits << 6 | digit) << (6 * (4 - four.len()));
        let bytes = [(bits >> 16) as u8, (bits >> 8) as u8, bits as u8];
        bytes.into_iter().take(four.len() - 1).collect::<Vec<u8>>()
    };
    digits.chunks(4).flat_map(group).collect()
}
