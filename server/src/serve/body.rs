//! Bodies: what may be stored, and the same body in another format.

use twite::resource::well_formed::{CborLimits, check_cbor};
use twite::wire::ResponseType;

use super::refusal::Refusal;
use crate::formats::{CBOR, JSON, media_type};
use crate::model::{DEPTH, Model, Models};
use crate::store::Entry;
use crate::transcode;

/// Whether a body may be stored: CBOR and JSON well-formed, a type by its rules and in its formats, anything else as it is.
pub(super) fn check(model: Option<&Model>, format: Option<u16>, body: &[u8]) -> Result<(), Refusal> {
    let invalid = |detail: String| Refusal::new(ResponseType::BadRequest, "invalid body", &detail);
    if let Some(model) = model.filter(|model| !model.takes(format)) {
        let formats: Vec<String> = model.formats.iter().map(|format| named(*format)).collect();
        let title = if model.title.is_empty() { "this resource" } else { model.title };
        let detail = format!("{title} is taken as Content-Format {}", formats.join(" or "));
        return Err(Refusal::new(ResponseType::UnsupportedContentFormat, "unsupported format", &detail));
    }
    match (model.filter(|model| model.is_typed()), format) {
        (Some(model), Some(CBOR)) => model.check_cbor(body).map_err(invalid),
        (Some(model), Some(JSON)) => model.to_cbor(body).map(|_| ()).map_err(invalid),
        (_, Some(CBOR)) => {
            check_cbor(body, CborLimits::default()).map_err(|error| invalid(error.to_string()))
        }
        (_, Some(JSON)) => {
            transcode::check_json(body, DEPTH).map_err(|error| invalid(format!("JSON: {error}")))
        }
        (_, _) => Ok(()),
    }
}

/// A format with its name.
fn named(format: u16) -> String {
    match format {
        CBOR => "60 (CBOR)".to_owned(),
        JSON => "50 (JSON)".to_owned(),
        other => media_type(other).map_or(other.to_string(), |name| format!("{other} ({name})")),
    }
}

/// The body of `entry` in the format that is wanted, CBOR as JSON or JSON as CBOR; else what there is.
pub(super) fn convert(models: Models, entry: &Entry, wanted: Option<u16>) -> Result<Vec<u8>, String> {
    let model = models.typed(entry.key.as_str());
    let limits = transcode::Limits::default();
    match (entry.content_format, wanted, model) {
        (Some(CBOR), Some(JSON), Some(model)) => model.to_json(&entry.body),
        (Some(JSON), Some(CBOR), Some(model)) => model.to_cbor(&entry.body),
        (Some(CBOR), Some(JSON), None) => transcode::cbor_to_json(&entry.body, limits)
            .map(String::into_bytes)
            .map_err(|error| error.to_string()),
        (Some(JSON), Some(CBOR), None) => {
            transcode::json_to_cbor(&entry.body, limits).map_err(|error| error.to_string())
        }
        (Some(stored @ (CBOR | JSON)), ..) => {
            let other = if stored == CBOR { JSON } else { CBOR };
            Err(format!("available in formats {stored} and {other}"))
        }
        (Some(stored), ..) => Err(format!("available in format {stored}")),
        (None, ..) => Err("available without a format".into()),
    }
}
