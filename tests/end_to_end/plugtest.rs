//! The ETSI plugtest descriptions that a server without proxy and DTLS can pass, each as a test of its name.
//!
//! Whatever is not to come is proved by the answer to a ping that was sent later.

mod blocks;
mod exchanges;
mod links;
mod lossy;
mod observe;
mod representations;

use std::cell::Cell;

use twite::exchange::Outgoing;
use twite::wire::{MessageType, RawOption, RequestType, number, uint};
use twite_tests::datagrams::{Datagrams, datagram, message};
use twite_tests::folder::Folder;
use twite_tests::server::Server;

/// A path in segments.
type Path<'a> = &'a [&'a [u8]];

/// A server of its own for each test: nobody else changes anything.
struct Plugtest {
    server: Server,
    _folder: Folder,
}

impl Plugtest {
    fn start() -> Self {
        Self::configured("")
    }

    /// With a timeout of a fifth of a second and two retransmissions.
    fn impatient() -> Self {
        Self::configured("[timing]\nack_timeout_ms = 200\nmax_retransmit = 2\n")
    }

    fn configured(toml: &str) -> Self {
        let folder = Folder::new();
        let file = folder.file("twite.toml", toml);
        let file = file.to_str().expect("a path of our own");
        let data = folder.path().join("data");
        let arguments = ["--plugtest", "--durability", "memory", "--config", file];
        Self { server: Server::start(&data, &arguments), _folder: folder }
    }

    /// A client with a port of its own.
    fn client(&self) -> Client {
        Client { socket: Datagrams::to(self.server.address()), next: Cell::new(0x2000) }
    }
}

/// A client that does nothing by itself.
struct Client {
    socket: Datagrams,
    next: Cell<u16>,
}

/// What came from the server.
#[derive(Debug)]
struct Answer {
    kind: MessageType,
    code: String,
    message_id: u16,
    token: Vec<u8>,
    options: Vec<(u16, Vec<u8>)>,
    payload: Vec<u8>,
}

impl Client {
    /// Sends a request; its message id.
    fn send(&self, token: &[u8], request: &Outgoing<'_>) -> u16 {
        let message_id = self.next.get();
        self.next.set(message_id + 1);
        self.socket.send(&datagram(request, message_id, token));
        message_id
    }

    /// The next message.
    fn receive(&self) -> Answer {
        Answer::read(&self.socket.receive())
    }

    /// The answer to a request: piggybacked if that is confirmable, else Non-confirmable.
    fn ask(&self, token: &[u8], request: &Outgoing<'_>) -> Answer {
        let message_id = self.send(token, request);
        let answer = self.receive();
        assert_eq!(answer.token, token, "{answer:?}");
        if request.confirmable {
            assert_eq!((answer.kind, answer.message_id), (MessageType::Acknowledgement, message_id));
        } else {
            assert_eq!(answer.kind, MessageType::NonConfirmable, "{answer:?}");
        }
        answer
    }

    fn get(&self, path: Path<'_>) -> Answer {
        self.ask(b"get", &Outgoing::new(RequestType::Get, path))
    }

    fn put(&self, path: Path<'_>, content_format: u16, payload: &[u8]) -> Answer {
        let content_format = Some(content_format);
        self.ask(b"put", &Outgoing { content_format, payload, ..Outgoing::new(RequestType::Put, path) })
    }

    /// A GET with the Observe option and further ones.
    fn observe(&self, token: &[u8], path: Path<'_>, value: &[u8], more: &[RawOption<'_>]) -> Answer {
        let mut options = vec![RawOption { number: number::OBSERVE, value }];
        options.extend(more);
        self.ask(token, &Outgoing { options: &options, ..Outgoing::new(RequestType::Get, path) })
    }

    fn acknowledge(&self, answer: &Answer) {
        let [high, low] = answer.message_id.to_be_bytes();
        self.socket.send(&[0x60, 0, high, low]);
    }

    fn reset(&self, answer: &Answer) {
        let [high, low] = answer.message_id.to_be_bytes();
        self.socket.send(&[0x70, 0, high, low]);
    }

    /// Nothing is on its way to this client: the next that comes is the answer to a ping.
    #[track_caller]
    fn expect_nothing(&self) {
        let pong = self.socket.exchange(&[0x40, 0, 0x7f, 0xff]);
        assert_eq!(pong, [0x70, 0, 0x7f, 0xff], "instead of the answer to a ping");
    }
}

impl Answer {
    fn read(datagram: &[u8]) -> Self {
        let message = message(datagram);
        Self {
            kind: message.kind(),
            code: message.code().to_string(),
            message_id: message.message_id(),
            token: message.token().to_vec(),
            options: message.options().map(|option| (option.number, option.value.to_vec())).collect(),
            payload: message.payload().to_vec(),
        }
    }

    fn values(&self, number: u16) -> Vec<&[u8]> {
        let named = self.options.iter().filter(|(known, _)| *known == number);
        named.map(|(_, value)| value.as_slice()).collect()
    }

    fn uint(&self, number: u16) -> Option<u32> {
        self.values(number).first().and_then(|value| uint(value))
    }

    fn content_format(&self) -> Option<u32> {
        self.uint(number::CONTENT_FORMAT)
    }

    fn observe(&self) -> Option<u32> {
        self.uint(number::OBSERVE)
    }

    /// Number, more, exponent of a Block option.
    fn block(&self, number: u16) -> Option<(u32, bool, u32)> {
        self.uint(number).map(|value| (value >> 4, value & 8 != 0, value & 7))
    }
}

/// The value of a Block option.
fn block(number: u32, more: bool, exponent: u32) -> Vec<u8> {
    let value = number << 4 | u32::from(more) << 3 | exponent;
    value.to_be_bytes().into_iter().skip_while(|byte| *byte == 0).collect()
}
