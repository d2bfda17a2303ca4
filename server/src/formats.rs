//! Content-Formats by number and name (the registry of RFC 7252 §12.3).

/// Formats that tools name: number, media type, short name.
const NAMES: &[(u16, &str, &str)] = &[
    (0, "text/plain", "text"),
    (40, "application/link-format", "link"),
    (41, "application/xml", "xml"),
    (42, "application/octet-stream", "octets"),
    (47, "application/exi", "exi"),
    (50, "application/json", "json"),
    (51, "application/json-patch+json", "json-patch"),
    (52, "application/merge-patch+json", "merge-patch"),
    (60, "application/cbor", "cbor"),
    (61, "application/cwt", "cwt"),
    (63, "application/cbor-seq", "cbor-seq"),
    (110, "application/senml+json", "senml-json"),
    (112, "application/senml+cbor", "senml-cbor"),
    (257, "application/concise-problem-details+cbor", "problem"),
];

/// Plain text.
pub const TEXT: u16 = 0;
/// Link format, RFC 6690.
pub const LINK: u16 = 40;
/// Bytes of any kind.
pub const OCTETS: u16 = 42;
/// JSON.
pub const JSON: u16 = 50;
/// JSON merge patch, RFC 7396.
pub const MERGE_PATCH: u16 = 52;
/// CBOR.
pub const CBOR: u16 = 60;
/// Measurements in JSON, RFC 8428.
pub const SENML_JSON: u16 = 110;
/// Measurements in CBOR, RFC 8428.
pub const SENML_CBOR: u16 = 112;
/// Concise problem details, RFC 9290.
pub const PROBLEM: u16 = 257;

/// The media type of a format.
pub fn media_type(format: u16) -> Option<&'static str> {
    NAMES.iter().find(|(number, ..)| *number == format).map(|(_, media_type, _)| *media_type)
}

/// Every media type that has a format here.
pub fn media_types() -> impl Iterator<Item = &'static str> {
    NAMES.iter().map(|(_, media_type, _)| *media_type)
}

/// The format of a media type, in lower case and without parameters.
pub fn of_media_type(media_type: &str) -> Option<u16> {
    NAMES.iter().find(|(_, known, _)| *known == media_type).map(|(number, ..)| *number)
}

/// Whether a body of this format is one CBOR item.
pub const fn is_cbor(format: u16) -> bool {
    matches!(format, CBOR | PROBLEM | 112)
}

/// Whether a body of this format is text that a terminal may show.
pub const fn is_text(format: u16) -> bool {
    matches!(format, TEXT | LINK | 41 | JSON | 51 | 52 | 110)
}

/// Reads a format from its number, media type or short name.
///
/// # Errors
/// A sentence that names what was expected.
pub fn parse(text: &str) -> Result<u16, String> {
    if let Ok(number) = text.parse() {
        return Ok(number);
    }
    let known = NAMES.iter().find(|(_, media_type, short)| *media_type == text || *short == text);
    known.map(|(number, ..)| *number).ok_or_else(|| {
        let names: Vec<&str> = NAMES.iter().map(|(.., short)| *short).collect();
        format!(
            "`{text}` is no Content-Format; expected a number, a media type or one of {}",
            names.join(", ")
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn by_number_media_type_and_short_name() {
        assert_eq!(parse("60"), Ok(60));
        assert_eq!(parse("application/json"), Ok(50));
        assert_eq!(parse("cbor"), Ok(60));
        assert!(parse("jason").is_err_and(|error| error.contains("`jason`") && error.contains("json")));
    }
}
