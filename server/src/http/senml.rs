//! One measurement as SenML, RFC 8428.

use minicbor::Encoder;
use serde::Serialize;

/// A measurement.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Record<'r> {
    /// What comes before the name: the path of the sensor.
    #[serde(rename = "bn")]
    pub base_name: &'r str,
    /// What is measured.
    #[serde(rename = "n")]
    pub name: &'r str,
    /// In which unit (RFC 8428 §12.1).
    #[serde(rename = "u")]
    pub unit: &'r str,
    /// How much.
    #[serde(rename = "v")]
    pub value: f64,
    /// When, in seconds since 1970.
    #[serde(rename = "t", skip_serializing_if = "Option::is_none")]
    pub time: Option<f64>,
}

impl<'r> Record<'r> {
    /// The two names of a path; `None` if no name may be called so (RFC 8428 §4.5.1).
    #[must_use]
    pub fn names(path: &'r str) -> Option<(&'r str, &'r str)> {
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"-:./_".contains(&byte);
        let fine = path.bytes().all(fits) && path.bytes().next()?.is_ascii_alphanumeric();
        fine.then(|| path.split_at(path.rfind('/').map_or(0, |slash| slash + 1)))
    }

    /// A pack of this record in JSON (RFC 8428 §5).
    #[must_use]
    pub fn to_json(&self) -> Vec<u8> {
        // Texts and finite numbers can always be written.
        serde_json::to_vec(&[self]).unwrap_or_default()
    }

    /// A pack of this record in CBOR (RFC 8428 §6).
    #[must_use]
    pub fn to_cbor(&self) -> Vec<u8> {
        let mut pack = Vec::new();
        // Writing to a vector does not fail.
        let _ = self.encode(&mut Encoder::new(&mut pack));
        pack
    }

    fn encode(
        &self,
        encoder: &mut Encoder<&mut Vec<u8>>,
    ) -> Result<(), minicbor::encode::Error<std::convert::Infallible>> {
        encoder.array(1)?.map(4 + u64::from(self.time.is_some()))?;
        encoder.i8(-2)?.str(self.base_name)?.u8(0)?.str(self.name)?.u8(1)?.str(self.unit)?;
        encoder.u8(2)?.f64(self.value)?;
        if let Some(time) = self.time {
            encoder.u8(6)?.f64(time)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RECORD: Record<'_> =
        Record { base_name: "sensors/a1/", name: "temperature", unit: "Cel", value: 21.5, time: Some(7.0) };

    #[test]
    fn section_5_labels_in_json() {
        assert_eq!(
            String::from_utf8(RECORD.to_json()).as_deref(),
            Ok(r#"[{"bn":"sensors/a1/","n":"temperature","u":"Cel","v":21.5,"t":7.0}]"#)
        );
        assert!(!Record { time: None, ..RECORD }.to_json().windows(3).any(|text| text == b"\"t\""));
    }

    #[test]
    fn section_6_labels_in_cbor() {
        let limits = crate::transcode::Limits::default();
        assert_eq!(
            crate::transcode::cbor_to_json(&RECORD.to_cbor(), limits).as_deref(),
            Ok(r#"[{"-2":"sensors/a1/","0":"temperature","1":"Cel","2":21.5,"6":7.0}]"#)
        );
    }

    #[test]
    fn section_4_5_1_names() {
        assert_eq!(Record::names("sensors/a1/temperature"), Some(("sensors/a1/", "temperature")));
        assert_eq!(Record::names("alone"), Some(("", "alone")));
        for path in ["", "sensors/ü/temperature", "_a/b", "a b", "a%20b"] {
            assert_eq!(Record::names(path), None, "{path}");
        }
    }
}
