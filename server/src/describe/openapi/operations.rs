//! The methods of a path.

use serde_json::{Map, Value, json};
use twite::wire::RequestType;

use super::responses::{refuse, success};
use super::schemas::cbor;
use super::{Interface, Kind, Own, Place, parameters, reference, schemas};
use crate::formats::{self, CBOR, JSON, LINK, MERGE_PATCH, OCTETS, SENML_CBOR, SENML_JSON, TEXT};
use crate::http::event::EVENT_STREAM;
use crate::http::media::COAP_PAYLOAD;
use crate::policy::Methods;

/// What every request to a resource can meet.
const ANY: &[u16] = &[400, 500, 503];
/// Beside that, what can be wrong with reading, and with a listing.
const READING: &[u16] = &[404, 406, 412];
const LISTING: &[u16] = &[406];
const LOOKING_UP: &[u16] = &[406, 412];
/// With everything that changes something.
const CHANGING: &[u16] = &[403, 408, 412, 413, 504];
const WRITING: &[u16] = &[415];
const ABSENT: &[u16] = &[404];
const PATCHING: &[u16] = &[404, 409, 415, 422];
/// What a policy adds.
const POLICY: &[u16] = &[401, 403, 405];
/// What is said at a path that may be one of the server's own.
const OWN: &[u16] = &[405];

/// Headers of a representation.
const REPRESENTATION: &[(&str, bool)] =
    &[("ETag", false), ("Cache-Control", true), ("Vary", true), ("Link", false)];
/// Headers of a change.
const CHANGED: &[(&str, bool)] = &[("ETag", true)];
const CREATED: &[(&str, bool)] = &[("ETag", true), ("Location", true)];
const LOCATED: &[(&str, bool)] = &[("Location", true)];
const DELETED: &[(&str, bool)] = &[];
const ALLOW: &[(&str, bool)] = &[("Allow", true)];

/// What is being written of a path.
struct Operations<'i> {
    interface: &'i Interface<'i>,
    place: &'i Place,
    written: Map<String, Value>,
}

/// The operations of a place of resources.
pub(super) fn of_place(interface: &Interface<'_>, place: &Place) -> Value {
    let mut operations = Operations { interface, place, written: Map::new() };
    let has = |method| place.methods.has(Methods::of(method));
    operations.written.extend(
        parameters::of_path(interface, place.template)
            .map(|parameters| ("parameters".to_owned(), parameters)),
    );
    if has(RequestType::Get) {
        operations.read();
    }
    if has(RequestType::Put) {
        let created = success("It was created.", CHANGED, None);
        let replaced = success("It was replaced.", CHANGED, None);
        operations.write("put", "Create or replace", [("201", created), ("204", replaced)]);
    }
    if has(RequestType::Post) {
        operations.post();
    }
    if has(RequestType::Patch) || has(RequestType::IPatch) {
        operations.patch();
    }
    if has(RequestType::Delete) {
        let deleted = success("It is not there any more.", DELETED, None);
        let errors = if matches!(place.kind, Kind::Registration) { ABSENT } else { &[] };
        operations.change("delete", "Remove", [("204", deleted)], errors, None);
    }
    let options = success("What may be done there is in Allow.", ALLOW, None);
    let mut responses = Map::from_iter([("204".to_owned(), options)]);
    refuse([400, 404, 503], &mut responses);
    let about = json!({ "summary": "What may be done", "responses": responses });
    operations.written.insert("options".to_owned(), about);
    Value::Object(operations.written)
}

/// The operations of a path of the server's own.
pub(super) fn of_own(interface: &Interface<'_>, own: &Own) -> Value {
    let read = |content: Option<Value>| {
        let fresh = [("Cache-Control", true)];
        let mut responses = Map::from_iter([("200".to_owned(), success(own.about, &fresh, content))]);
        refuse([503], &mut responses);
        if own.media_types.len() > 1 {
            refuse([406], &mut responses);
        }
        if own.guarded && interface.policy {
            refuse(POLICY.iter().copied(), &mut responses);
        }
        let mut operation = json!({ "summary": own.about, "tags": ["server"], "responses": responses });
        if own.guarded {
            secure(interface, &mut operation);
        }
        operation
    };
    let content = own.media_types.iter().map(|media_type| {
        let schema = match *media_type {
            "application/json" => json!({ "type": "object" }),
            "application/cbor" => cbor(None),
            _ => json!({ "type": "string" }),
        };
        ((*media_type).to_owned(), json!({ "schema": schema }))
    });
    let content = Value::Object(content.collect());
    let options = success("What may be done there is in Allow.", ALLOW, None);
    let mut answers = Map::from_iter([("204".to_owned(), options)]);
    refuse([503], &mut answers);
    json!({
        "get": read(Some(content)),
        "head": read(None),
        "options": { "summary": "What may be done", "tags": ["server"], "responses": answers },
    })
}

impl Operations<'_> {
    fn read(&mut self) {
        let (about, errors, parameters) = match self.place.kind {
            Kind::Links => ("The links of the resources that may be seen.", LISTING, parameters::listing()),
            Kind::Lookup => ("The links that meet all criteria.", LOOKING_UP, parameters::criteria()),
            _ => ("Its representation, or each state as it comes.", READING, parameters::conditions()),
        };
        for method in ["get", "head"] {
            let content = (method == "get").then(|| self.shown());
            let mut responses = Map::from_iter([("200".to_owned(), success(about, REPRESENTATION, content))]);
            if !matches!(self.place.kind, Kind::Links) {
                let same = success("It is in a state that the client has.", REPRESENTATION, None);
                responses.insert("304".to_owned(), same);
            }
            refuse(ANY.iter().chain(errors).copied(), &mut responses);
            self.insert(method, "Read", &parameters, None, responses);
        }
    }

    fn post(&mut self) {
        match self.place.kind {
            Kind::Registrations => {
                let registered = success("The endpoint is registered there, anew or not.", LOCATED, None);
                let links = json!({ media_type(LINK): { "schema": { "type": "string" } } });
                let body = json!({ "description": "The links of the endpoint", "content": links });
                self.change("post", "Register an endpoint", [("201", registered)], WRITING, Some(body));
            }
            Kind::Registration => {
                let updated = success("It lasts on from now.", DELETED, None);
                self.change("post", "Update a registration", [("204", updated)], ABSENT, None);
            }
            _ => {
                let created = success("A resource below it was created.", CREATED, None);
                self.write("post", "Create a resource below", [("201", created)]);
            }
        }
    }

    fn write<const N: usize>(&mut self, method: &str, summary: &str, successes: [(&str, Value); N]) {
        let is_typed = matches!(self.place.kind, Kind::Typed(_));
        let body = json!({ "required": is_typed, "content": self.taken() });
        self.change(method, summary, successes, WRITING, Some(body));
    }

    fn patch(&mut self) {
        let patch = |about: &str| json!({ "schema": { "description": about } });
        let body = json!({
            "required": true,
            "content": {
                media_type(MERGE_PATCH): patch("A merge patch (RFC 7396); `null` removes a member"),
                media_type(CBOR): patch("The same in CBOR, with integer keys for fields"),
            },
        });
        let patched = success("It was changed.", CHANGED, None);
        self.change("patch", "Change a part", [("204", patched)], PATCHING, Some(body));
    }

    fn change<const N: usize>(
        &mut self,
        method: &str,
        summary: &str,
        successes: [(&str, Value); N],
        errors: &[u16],
        body: Option<Value>,
    ) {
        let mut responses: Map<String, Value> =
            successes.into_iter().map(|(status, response)| (status.to_owned(), response)).collect();
        refuse(ANY.iter().chain(CHANGING).chain(errors).copied(), &mut responses);
        let parameters = match (self.place.kind, method) {
            (Kind::Registrations, _) => parameters::registration(),
            (Kind::Registration, "post") => parameters::update(),
            _ => parameters::conditions(),
        };
        self.insert(method, summary, &parameters, body, responses);
    }

    fn insert(
        &mut self,
        method: &str,
        summary: &str,
        parameters: &Value,
        body: Option<Value>,
        mut responses: Map<String, Value>,
    ) {
        if self.interface.policy {
            refuse(POLICY.iter().copied(), &mut responses);
        }
        if matches!(self.place.kind, Kind::Any) {
            refuse(OWN.iter().copied(), &mut responses);
        }
        let tag = match self.place.kind {
            Kind::Typed(entry) => entry.resource_type,
            Kind::Any => "any",
            Kind::Links => "discovery",
            Kind::Registrations | Kind::Registration | Kind::Lookup => "directory",
        };
        let mut operation =
            json!({ "summary": summary, "tags": [tag], "parameters": parameters, "responses": responses });
        if let (Some(body), Some(members)) = (body, operation.as_object_mut()) {
            members.insert("requestBody".to_owned(), body);
        }
        secure(self.interface, &mut operation);
        self.written.insert(method.to_owned(), operation);
    }

    /// The bodies that are taken.
    fn taken(&self) -> Value {
        match self.place.kind {
            Kind::Typed(entry) => json!({
                media_type(JSON): { "schema": reference("schemas", &schemas::name(entry)) },
                media_type(CBOR): { "schema": cbor(Some(entry)) },
            }),
            _ => json!({
                media_type(JSON): { "schema": {} },
                media_type(CBOR): { "schema": cbor(None) },
                media_type(TEXT): { "schema": { "type": "string" } },
                media_type(OCTETS): { "schema": {} },
            }),
        }
    }

    /// The representations that there are.
    fn shown(&self) -> Value {
        let mut content = match self.place.kind {
            Kind::Links | Kind::Lookup => {
                return json!({
                    media_type(LINK): { "schema": { "type": "string" } },
                    media_type(JSON): { "schema": reference("schemas", "Links") },
                });
            }
            _ => self.taken(),
        };
        if let Some(members) = content.as_object_mut() {
            members.insert(EVENT_STREAM.to_owned(), json!({ "schema": { "type": "string" } }));
            match self.place.kind {
                Kind::Typed(entry) if entry.measured().is_some() => {
                    let pack = json!({ "schema": { "type": "array", "items": { "type": "object" } } });
                    members.insert(media_type(SENML_JSON).to_owned(), pack);
                    members.insert(media_type(SENML_CBOR).to_owned(), json!({ "schema": {} }));
                }
                Kind::Any => {
                    for media_type in formats::media_types().chain([COAP_PAYLOAD]) {
                        members.entry(media_type).or_insert_with(|| json!({ "schema": {} }));
                    }
                }
                _ => {}
            }
        }
        content
    }
}

/// With a policy a request has the permissions of its token's identity, or of `anonymous`.
fn secure(interface: &Interface<'_>, operation: &mut Value) {
    if let (true, Some(members)) = (interface.policy, operation.as_object_mut()) {
        members.insert("security".to_owned(), json!([{ "bearer": [] }, {}]));
    }
}

fn media_type(format: u16) -> &'static str {
    formats::media_type(format).unwrap_or(COAP_PAYLOAD)
}
