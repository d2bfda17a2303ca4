//! Requests over HTTP to a running server.

use std::io::{BufRead as _, BufReader, Read as _};
use std::net::SocketAddr;
use std::time::Duration;

use ureq::http::{Request, Response};
use ureq::{Agent, Body};

/// How long an answer, or the next event, may take on a machine under load.
const PATIENCE: Duration = Duration::from_secs(20);

/// An answer, read to its end.
#[derive(Debug)]
pub struct Page {
    /// The status code.
    pub status: u16,
    /// Names in small letters.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

/// The events of a resource as they come.
pub struct Events {
    /// The head of the answer; its body is empty.
    pub head: Page,
    lines: Option<BufReader<ureq::BodyReader<'static>>>,
}

/// An event: its fields in their order.
pub type Event = Vec<(String, String)>;

impl Page {
    /// The value of a header; nothing if there is none.
    pub fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
    }

    /// The body as text.
    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.body).expect("text")
    }

    /// The body as JSON.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

/// Asks with headers and a body.
pub fn ask(server: SocketAddr, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Page {
    let response = send(server, method, path, headers, body);
    let mut page = head(&response);
    response.into_body().into_reader().read_to_end(&mut page.body).expect("a body");
    page
}

/// Asks for what is there.
pub fn get(server: SocketAddr, path: &str) -> Page {
    ask(server, "GET", path, &[], &[])
}

/// Asks for what is there in what the client takes.
pub fn get_as(server: SocketAddr, path: &str, accept: &str) -> Page {
    ask(server, "GET", path, &[("accept", accept)], &[])
}

/// Puts a body of a media type there.
pub fn put(server: SocketAddr, path: &str, media_type: &str, body: &[u8]) -> Page {
    ask(server, "PUT", path, &[("content-type", media_type)], body)
}

/// Follows a resource.
pub fn follow(server: SocketAddr, path: &str, headers: &[(&str, &str)]) -> Events {
    let accept = [("accept", "text/event-stream")];
    let response = send(server, "GET", path, &[&accept, headers].concat(), &[]);
    let mut head = head(&response);
    let mut reader = response.into_body().into_reader();
    if head.status == 200 {
        return Events { head, lines: Some(BufReader::new(reader)) };
    }
    reader.read_to_end(&mut head.body).expect("a body");
    Events { head, lines: None }
}

impl Events {
    /// The next event; `None` at the end of the stream. Comments are passed over.
    pub fn next_event(&mut self) -> Option<Event> {
        let lines = self.lines.as_mut().unwrap_or_else(|| panic!("no stream: {:?}", self.head));
        let mut event = Event::new();
        loop {
            let mut line = String::new();
            lines.read_line(&mut line).expect("a line");
            match line.trim_end_matches('\n') {
                "" if line.is_empty() => return None,
                "" if event.is_empty() => {}
                "" => return Some(event),
                text => {
                    let (field, value) = text.split_once(':').unwrap_or((text, ""));
                    if !field.is_empty() {
                        event.push((field.to_owned(), value.trim_start().to_owned()));
                    }
                }
            }
        }
    }

    /// The data of the next event, which is a state.
    pub fn state(&mut self) -> String {
        let event = self.next_event().expect("an event");
        assert_eq!(field(&event, "event"), "", "{event:?}");
        assert_ne!(field(&event, "id"), "", "{event:?}");
        field(&event, "data").to_owned()
    }
}

impl std::fmt::Debug for Events {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.head.fmt(formatter)
    }
}

/// The value of a field; nothing if the event has none.
pub fn field<'e>(event: &'e Event, name: &str) -> &'e str {
    event.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
}

fn send(
    server: SocketAddr,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &[u8],
) -> Response<Body> {
    let agent: Agent = Agent::config_builder()
        .http_status_as_error(false)
        .allow_non_standard_methods(true)
        .max_redirects(0)
        .accept("")
        .timeout_recv_response(Some(PATIENCE))
        .timeout_recv_body(Some(4 * PATIENCE))
        .build()
        .into();
    let mut request = Request::builder().method(method).uri(format!("http://{server}{path}"));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let answer = if matches!(method, "GET" | "HEAD" | "OPTIONS" | "DELETE") {
        agent.run(request.body(()).expect("a request"))
    } else {
        agent.run(request.body(body).expect("a request"))
    };
    answer.unwrap_or_else(|error| panic!("{method} {path}: {error}"))
}

fn head(response: &Response<Body>) -> Page {
    let value = |value: &ureq::http::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    let headers = response.headers().iter().map(|(name, text)| (name.to_string(), value(text)));
    Page { status: response.status().as_u16(), headers: headers.collect(), body: Vec::new() }
}
