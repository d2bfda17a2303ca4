//! Hostile datagrams and what must come back.

use std::path::Path;

use serde_json::Value;

/// The groups that concern every server: those of security are not among them.
pub const GROUPS: &[&str] = &[
    "header",
    "token",
    "code",
    "option",
    "length",
    "uint",
    "repeat",
    "unknown",
    "payload",
    "uri",
    "semantic",
    "proxy",
    "cbor",
    "discovery",
    "block",
    "observe",
    "size",
];

/// One datagram of `vectors/malformed.json`.
#[derive(Clone, Debug)]
pub struct Vector {
    /// Its name in the file.
    pub id: String,
    /// What it is about.
    pub group: String,
    /// What it is.
    pub name: String,
    /// The datagram.
    pub datagram: Vec<u8>,
    /// The reactions that are right, the required one first.
    pub reactions: Vec<Reaction>,
    /// The server it is meant for, if not every one.
    pub profile: Option<String>,
}

/// How a server reacts to one datagram.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Reaction {
    /// Nothing comes back.
    Ignore,
    /// A Reset with the datagram's message id.
    Reset,
    /// An Empty acknowledgement.
    Acknowledge,
    /// A response of this code, piggybacked if the request was confirmable.
    Respond(u8),
}

/// The datagrams of these groups, in order, for a server with extended tokens (RFC 8974) or for one without.
pub fn malformed(groups: &[&str], extended_tokens: bool) -> Vec<Vector> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("vectors/malformed.json");
    let text = std::fs::read_to_string(&path).expect("vectors/malformed.json is part of the repository");
    let file: Value = serde_json::from_str(&text).expect("it is JSON");
    let all = file["datagrams"].as_array().expect("it has datagrams");
    let mut vectors: Vec<_> =
        all.iter().map(vector).filter(|vector| groups.contains(&vector.group.as_str())).collect();
    if extended_tokens {
        vectors.retain(|vector| vector.profile.as_deref() != Some("rfc7252"));
        let extended = vectors.iter_mut().filter(|vector| vector.profile.as_deref() == Some("rfc8974"));
        // A Reset would say that there are no extended tokens (RFC 8974 §2.2.2).
        extended.for_each(|vector| vector.reactions.retain(|reaction| *reaction != Reaction::Reset));
    }
    vectors
}

fn vector(value: &Value) -> Vector {
    let text = |key: &str| value[key].as_str().expect(key).to_owned();
    let mut reactions = vec![reaction(&value["expect"])];
    reactions.extend(value["also_ok"].as_array().expect("also_ok").iter().map(reaction));
    Vector {
        id: text("id"),
        group: text("group"),
        name: text("name"),
        datagram: unhex(&text("hex")),
        reactions,
        profile: value["profile"].as_str().map(ToOwned::to_owned),
    }
}

fn reaction(value: &Value) -> Reaction {
    match value["action"].as_str().expect("action") {
        "ignore" => Reaction::Ignore,
        "rst" => Reaction::Reset,
        "ack" => Reaction::Acknowledge,
        "resp" => {
            let code = value["code"].as_str().expect("code");
            let (class, detail) = code.split_once('.').expect("class.detail");
            let class: u8 = class.parse().expect("a digit");
            let detail: u8 = detail.parse().expect("two digits");
            Reaction::Respond(class << 5 | detail)
        }
        other => panic!("unknown action {other}"),
    }
}

/// Bytes from hexadecimal digits.
pub fn unhex(digits: &str) -> Vec<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16).expect("a hexadecimal digit") as u8;
    digits.as_bytes().chunks(2).map(|pair| digit(pair[0]) << 4 | digit(pair[1])).collect()
}

/// What the answers to a datagram amount to; an error names what is wrong with them.
pub fn classify(datagram: &[u8], answers: &[Vec<u8>]) -> Result<Reaction, String> {
    let answer = match answers {
        [] => return Ok(Reaction::Ignore),
        [answer] => answer,
        more => return Err(format!("{} datagrams came back", more.len())),
    };
    let [first, code, high, low, rest @ ..] = answer.as_slice() else {
        return Err("an answer shorter than a header".into());
    };
    let same_id = datagram.get(2..4) == Some(&[*high, *low]);
    match (first, code, rest) {
        (0x70, 0, []) if same_id => Ok(Reaction::Reset),
        (0x60, 0, []) if same_id => Ok(Reaction::Acknowledge),
        (_, 0x40..=0xbf, _) => classify_response(datagram, answer, same_id),
        _ => Err(format!("neither Reset, acknowledgement nor response: {answer:02x?}")),
    }
}

fn classify_response(datagram: &[u8], answer: &[u8], same_id: bool) -> Result<Reaction, String> {
    let token = |message: &[u8]| {
        let byte = |at: usize| message.get(at).copied().map_or(0, usize::from);
        let (extension, length) = match usize::from(message[0] & 0x0f) {
            13 => (1, byte(4) + 13),
            14 => (2, (byte(4) << 8 | byte(5)) + 269),
            length => (0, length),
        };
        message.get(4 + extension..4 + extension + length).map(<[u8]>::to_vec)
    };
    if token(datagram) != token(answer) {
        return Err(format!("the token is not echoed: {answer:02x?}"));
    }
    match (datagram[0] >> 4 & 3, answer[0] >> 4 & 3) {
        (0, 2) if same_id => Ok(Reaction::Respond(answer[1])),
        (1, 0 | 1) => Ok(Reaction::Respond(answer[1])),
        _ => Err(format!("the type or message id does not fit: {answer:02x?}")),
    }
}

/// What is wrong with the answers to a vector.
pub fn fault(vector: &Vector, answers: &[Vec<u8>]) -> Option<String> {
    let fault = match classify(&vector.datagram, answers) {
        Err(fault) => fault,
        Ok(reaction) if !vector.reactions.contains(&reaction) => {
            format!("{reaction:?} instead of {:?}", vector.reactions)
        }
        Ok(_) if !within_amplification(&vector.datagram, answers) => "amplified".into(),
        Ok(_) => return None,
    };
    Some(format!("{} {} ({}): {fault}", vector.id, vector.name, vector.group))
}

/// Whether the answer is at most three times the datagram, both with 42 bytes of lower layers; a small first
/// answer of up to 136 bytes always passes (RFC 9175 §2.4).
pub fn within_amplification(datagram: &[u8], answers: &[Vec<u8>]) -> bool {
    answers.iter().all(|answer| answer.len() <= 136 || answer.len() + 42 <= 3 * (datagram.len() + 42))
}
