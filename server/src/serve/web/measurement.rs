//! Measurements as SenML: what a catalog type says in one number with a unit.

use twite::resource::schema::Field;

use super::answer::Answer;
use crate::formats::{CBOR, JSON, SENML_CBOR, SENML_JSON};
use crate::http::conditions::quoted;
use crate::http::senml::Record;
use crate::model::Models;
use crate::serve::window::time;
use crate::store::Entry;

/// The formats of SenML that an entry can be shown in.
pub(super) fn formats(models: Models, entry: &Entry) -> &'static [u16] {
    let is_shown = matches!(entry.content_format, Some(CBOR | JSON)) && measured(models, entry).is_some();
    let has_name = Record::names(entry.key.as_str()).is_some();
    if is_shown && has_name { &[SENML_JSON, SENML_CBOR] } else { &[] }
}

/// The answer that has the entry as JSON, as SenML. Its entity-tag is that of the JSON made weak: what it names is the same
/// state, not the same bytes.
pub(super) fn show(models: Models, entry: Option<&Entry>, format: u16, mut answer: Answer) -> Answer {
    if let Some(etag) = answer.etag.take() {
        answer = answer.with("etag", format!("W/{}", quoted(&etag)));
    }
    if answer.payload.is_empty() {
        return answer;
    }
    match entry.and_then(|entry| pack(models, entry, format, &answer.payload)) {
        Some(payload) => Answer { content_format: Some(format), payload, ..answer },
        None => answer,
    }
}

fn pack(models: Models, entry: &Entry, format: u16, json: &[u8]) -> Option<Vec<u8>> {
    let field = measured(models, entry)?;
    let (base_name, name) = Record::names(entry.key.as_str())?;
    let members: serde_json::Value = serde_json::from_slice(json).ok()?;
    let value = members.get(field.name)?.as_f64()?;
    let record = Record { base_name, name, unit: field.unit, value, time: time(models, entry) };
    Some(if format == SENML_CBOR { record.to_cbor() } else { record.to_json() })
}

/// The number that is measured.
fn measured(models: Models, entry: &Entry) -> Option<&'static Field> {
    models.of(entry.key.as_str())?.measured()
}
