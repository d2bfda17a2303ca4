//! Bodies: what may be stored, and the same body in another format.

use twite::resource::well_formed::{CborLimits, check_cbor};
use twite::wire::ResponseType;

use super::face::{DEPTH, Face};
use super::refusal::Refusal;
use crate::formats::{CBOR, JSON};
use crate::store::Entry;
use crate::transcode;

/// Whether a body may be stored: CBOR and JSON well-formed, a catalog type by its rules, anything else as it is.
pub(super) fn check(face: Option<Face>, format: Option<u16>, body: &[u8]) -> Result<(), Refusal> {
    let invalid = |detail: String| Refusal::new(ResponseType::BadRequest, "invalid body", &detail);
    match (face, format) {
        (Some(face), Some(CBOR)) => {
            (face.entry.check)(body).map_err(|violation| invalid(violation.to_string()))
        }
        (Some(face), Some(JSON)) => face.to_cbor(body).map(|_| ()).map_err(invalid),
        (Some(face), _) => {
            let detail = format!("{} is taken as Content-Format 60 (CBOR) or 50 (JSON)", face.entry.title);
            Err(Refusal::new(ResponseType::UnsupportedContentFormat, "unsupported format", &detail))
        }
        (None, Some(CBOR)) => {
            check_cbor(body, CborLimits::default()).map_err(|error| invalid(error.to_string()))
        }
        (None, Some(JSON)) => {
            transcode::check_json(body, DEPTH).map_err(|error| invalid(format!("JSON: {error}")))
        }
        (None, _) => Ok(()),
    }
}

/// The body of `entry` in the format that is wanted, CBOR as JSON or JSON as CBOR; else what there is.
pub(super) fn convert(entry: &Entry, wanted: Option<u16>) -> Result<Vec<u8>, String> {
    let face = Face::of(entry.key.as_str());
    let limits = transcode::Limits::default();
    match (entry.content_format, wanted, face) {
        (Some(CBOR), Some(JSON), Some(face)) => face.to_json(&entry.body),
        (Some(JSON), Some(CBOR), Some(face)) => face.to_cbor(&entry.body),
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
