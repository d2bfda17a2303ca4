//! Server-Sent Events (the `text/event-stream` of the HTML standard, §9.2.5).

/// The media type of a stream.
pub const EVENT_STREAM: &str = "text/event-stream";

/// A comment, which keeps the connection and tells a server that its client is gone.
pub const COMMENT: &str = ":\n\n";

/// An event.
#[derive(Clone, Copy, Debug, Default)]
pub struct Event<'e> {
    /// Its kind; `message` if there is none.
    pub name: Option<&'static str>,
    /// What a client that comes back names in Last-Event-ID.
    pub id: Option<&'e str>,
    /// What it says; of any number of lines.
    pub data: &'e str,
}

impl Event<'_> {
    /// The event as it is sent.
    #[must_use]
    pub fn to_text(&self) -> String {
        let mut text = String::with_capacity(self.data.len() + 64);
        for (field, value) in [("event: ", self.name), ("id: ", self.id)] {
            if let Some(value) = value {
                text.extend([field, value, "\n"]);
            }
        }
        for line in lines(self.data) {
            text.extend(["data: ", line, "\n"]);
        }
        text.push('\n');
        text
    }
}

/// All three line ends of the standard end one: none may be taken for the end of a field.
fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.split('\n').flat_map(|line| line.strip_suffix('\r').unwrap_or(line).split('\r'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_cannot_forge_fields() {
        let event = Event { id: Some("1a"), data: "{\"a\":1}", ..Event::default() };
        assert_eq!(event.to_text(), "id: 1a\ndata: {\"a\":1}\n\n");
        let forged = Event { name: Some("deleted"), id: None, data: "a\r\n\revent: x\n\nid: 2" };
        assert_eq!(
            forged.to_text(),
            "event: deleted\ndata: a\ndata: \ndata: event: x\ndata: \ndata: id: 2\n\n"
        );
        assert_eq!(Event::default().to_text(), "data: \n\n");
    }
}
