//! The vectors of `vectors/oscore_vectors.json`.

use std::path::Path;

use serde_json::Value;
use twite::oscore::{Context, Parameters, Start};

use crate::vectors::unhex;

/// The whole file.
pub fn vectors() -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("vectors/oscore_vectors.json");
    let text = std::fs::read_to_string(&path).expect("vectors/oscore_vectors.json is part of the repository");
    serde_json::from_str(&text).expect("it is JSON")
}

/// The entries of one list of the file.
pub fn list<'v>(file: &'v Value, name: &str) -> &'v [Value] {
    file[name].as_array().unwrap_or_else(|| panic!("the file has a list {name}"))
}

/// The bytes of a field in hexadecimal; `None` if it is null or missing.
pub fn bytes(entry: &Value, field: &str) -> Option<Vec<u8>> {
    entry[field].as_str().map(unhex)
}

/// The context of an entry with a secret, seen from one of its sides.
pub fn context(entry: &Value, sender: &[u8], recipient: &[u8], start: Start) -> Context {
    let id_context = bytes(entry, "id_context");
    let parameters = Parameters {
        master_secret: &bytes(entry, "master_secret").expect("a secret"),
        master_salt: &bytes(entry, "master_salt").unwrap_or_default(),
        sender_id: sender,
        recipient_id: recipient,
        id_context: id_context.as_deref(),
    };
    Context::derive(&parameters, start).expect("parameters that fit")
}
