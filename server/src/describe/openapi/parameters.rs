//! What stands in paths, queries and heads of requests.

use serde_json::{Value, json};

use super::{Interface, reference};
use crate::directory::BASE;
use crate::http::links::Page;

/// The parameters that operations refer to.
pub(super) fn all() -> Value {
    // Entity-tags of RFC 9110 §8.8.3, eight at most.
    let tag = "(W/)?\"[!#-~]*\"";
    let tags = json!({ "type": "string", "pattern": format!("^(\\*|({tag}(, ?{tag}){{0,7}})?)$") });
    let header = |name: &str, about: &str, schema: Value| json!({ "name": name, "in": "header", "description": about, "schema": schema });
    let query = |name: &str, about: &str, schema: Value| json!({ "name": name, "in": "query", "description": about, "schema": schema });
    let filter = |name: &str, about: &str| {
        query(
            name,
            &format!("{about}; one filter at a time, `*` at its end takes any rest."),
            json!({ "type": "string" }),
        )
    };
    let criterion = |name: &str, about: &str| {
        query(name, &format!("{about}; `*` at its end takes any rest."), json!({ "type": "string" }))
    };
    // Neither too long nor with control characters.
    let name = json!({ "type": "string", "pattern": "^[^\\u0000-\\u001f\\u007f-\\u009f]{1,63}$" });
    let base = json!({
        "type": "string",
        "maxLength": BASE,
        "pattern": "^[A-Za-z][A-Za-z0-9+.-]*://[A-Za-z0-9._~%!$&'()*+,;=:@\\[\\]-]+/?$",
    });
    json!({
        "IfMatch": header("If-Match", "The states that the resource has to be in, or `*`.", tags.clone()),
        "IfNoneMatch": header("If-None-Match", "The states that it must not be in, or `*`.", tags),
        "Page": query("page", "Which page of the links, from 0.", json!({ "type": "integer", "minimum": 0, "maximum": usize::MAX })),
        "Count": query(
            "count",
            "Links on a page.",
            json!({ "type": "integer", "minimum": 1, "maximum": Page::LARGEST }),
        ),
        "ResourceType": filter("rt", "Links of this resource type"),
        "InterfaceDescription": filter("if", "Links of this interface description"),
        "ContentFormat": filter("ct", "Links to what has this Content-Format, a number"),
        "Title": filter("title", "Links of this title"),
        "Reference": filter("href", "Links to this path"),
        "Endpoint": query("ep", "The name of the endpoint.", name.clone()),
        "Sector": query("d", "The sector it is in.", name),
        "Lifetime": query(
            "lt",
            "Seconds that the registration lasts.",
            json!({ "type": "integer", "minimum": 1, "maximum": u32::MAX }),
        ),
        "Base": query("base", "What the links are relative to: scheme://host or scheme://host:port.", base),
        "EndpointCriterion": criterion("ep", "Of the endpoint of this name"),
        "SectorCriterion": criterion("d", "Of endpoints in this sector"),
        "TypeCriterion": criterion("rt", "Of this resource type"),
        "ReferenceCriterion": criterion("href", "To this URI"),
    })
}

/// The parameters of reading a resource, or of changing it.
pub(super) fn conditions() -> Value {
    json!([reference("parameters", "IfMatch"), reference("parameters", "IfNoneMatch")])
}

/// The parameters of a listing.
pub(super) fn listing() -> Value {
    let names =
        ["Page", "Count", "ResourceType", "InterfaceDescription", "ContentFormat", "Title", "Reference"];
    names.iter().map(|name| reference("parameters", name)).collect()
}

/// The parameters of a registration; over HTTP the base has to be said.
pub(super) fn registration() -> Value {
    let required = |name: &str| {
        let mut parameter = all().get(name).cloned().unwrap_or_default();
        if let Some(members) = parameter.as_object_mut() {
            members.insert("required".to_owned(), json!(true));
        }
        parameter
    };
    let other = ["Sector", "Lifetime", "IfMatch", "IfNoneMatch"].map(|name| reference("parameters", name));
    [required("Endpoint"), required("Base")].into_iter().chain(other).collect()
}

/// The parameters of an update of a registration.
pub(super) fn update() -> Value {
    let names = ["Lifetime", "Base", "IfMatch", "IfNoneMatch"];
    names.iter().map(|name| reference("parameters", name)).collect()
}

/// The parameters of a lookup.
pub(super) fn criteria() -> Value {
    let names = [
        "Page",
        "Count",
        "EndpointCriterion",
        "SectorCriterion",
        "TypeCriterion",
        "ReferenceCriterion",
        "IfMatch",
        "IfNoneMatch",
    ];
    names.iter().map(|name| reference("parameters", name)).collect()
}

/// What is variable in a path template.
pub(super) fn of_path(interface: &Interface<'_>, template: &str) -> Option<Value> {
    let (before, rest) = template.split_once('{')?;
    let (name, after) = rest.split_once('}')?;
    let limits = interface.limits;
    let longest = limits.path_bytes.min(SEGMENT).saturating_sub(before.len() + after.len());
    let schema = json!({
        "type": "string",
        "minLength": 1,
        "maxLength": longest,
        // Neither slashes nor control characters.
        "pattern": "^[^/\\u0000-\\u001f\\u007f-\\u009f]+$",
    });
    let about = match before {
        "" => "The path; there may be further segments behind it.",
        _ => "The name of one of them.",
    };
    Some(json!([{ "name": name, "in": "path", "required": true, "description": about, "schema": schema }]))
}

/// The longest segment of a path, in bytes (RFC 7252 §5.10).
const SEGMENT: usize = 255;
