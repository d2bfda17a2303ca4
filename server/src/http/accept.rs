//! What the client takes, RFC 9110 §12.5.1, against what there is.

use super::media::MediaType;

/// The media ranges of an Accept header with their weights.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Accept {
    ranges: Vec<Range>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Range {
    media: MediaType,
    /// From 0 to 1000.
    weight: u16,
}

/// More ranges are not looked at.
const RANGES: usize = 32;

impl Accept {
    /// Reads the values of all Accept headers; a range that is malformed counts as absent.
    pub fn read<'v>(values: impl Iterator<Item = &'v str>) -> Self {
        let texts = values.flat_map(|value| value.split(','));
        Self { ranges: texts.filter_map(Range::read).take(RANGES).collect() }
    }

    /// How much the media type is wanted, from 0 (not at all) to 1000: the most specific range that fits decides.
    #[must_use]
    pub fn weight(&self, media_type: &str) -> u16 {
        if self.ranges.is_empty() {
            return 1000;
        }
        let fitting = self.ranges.iter().filter(|range| range.specificity(media_type).is_some());
        let best = fitting.max_by_key(|range| range.specificity(media_type));
        best.map_or(0, |range| range.weight)
    }

    /// Whether the media type is named, not only met by a range, and wanted.
    #[must_use]
    pub fn names(&self, media_type: &str) -> bool {
        self.ranges.iter().any(|range| range.weight > 0 && range.media.essence() == media_type)
    }

    /// The Content-Format that is wanted most of those that are named, the first of equals; `None` if everything else is
    /// wanted as much, or if none that is named has one.
    #[must_use]
    pub fn preferred(&self) -> Option<u16> {
        let mut best = None;
        for range in &self.ranges {
            let is_any = range.media.essence() == "*/*";
            let format = range.media.clone().content_format().ok().filter(|_| !is_any);
            let is_better = range.weight > best.map_or(0, |(weight, _)| weight);
            if is_better && (is_any || format.is_some()) {
                best = Some((range.weight, format));
            }
        }
        best.and_then(|(_, format)| format)
    }

    /// The one of these that is wanted most, the first of equals; `None` if none is wanted.
    pub fn choose<T: Copy>(&self, offers: &[T], media_type: impl Fn(T) -> String) -> Option<T> {
        let mut best = None;
        for offer in offers {
            let weight = self.weight(&media_type(*offer));
            if weight > best.map_or(0, |(weight, _)| weight) {
                best = Some((weight, *offer));
            }
        }
        best.map(|(_, offer)| offer)
    }
}

impl Range {
    fn read(text: &str) -> Option<Self> {
        let mut media = MediaType::read(text)?;
        let weight = media.take_parameter("q");
        Some(Self { media, weight: weight.map_or(Some(1000), |text| weight_of(&text))? })
    }

    /// How closely the range fits: `None` if it does not.
    fn specificity(&self, media_type: &str) -> Option<u8> {
        match self.media.essence() {
            "*/*" => Some(0),
            range if range == media_type => Some(2),
            range => {
                let kind = range.strip_suffix("/*")?;
                media_type.split_once('/').filter(|(other, _)| *other == kind).map(|_| 1)
            }
        }
    }
}

/// `qvalue` of RFC 9110 §12.4.2 in thousandths.
fn weight_of(text: &str) -> Option<u16> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    if fraction.len() > 3 || !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let thousandths: u16 = format!("{fraction:0<3}").parse().ok()?;
    match whole {
        "0" => Some(thousandths),
        "1" if thousandths == 0 => Some(1000),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OFFERS: [&str; 2] = ["application/cbor", "application/json"];

    fn choose(accept: &str) -> Option<&'static str> {
        Accept::read(std::iter::once(accept)).choose(&OFFERS, ToString::to_string)
    }

    #[test]
    fn weights_decide_and_then_the_order_of_offers() {
        for (accept, chosen) in [
            ("*/*", Some("application/cbor")),
            ("application/json", Some("application/json")),
            ("application/json;q=0.5, application/cbor;q=0.4", Some("application/json")),
            ("application/json;q=0.5, */*;q=0.8", Some("application/cbor")),
            ("application/cbor;q=0, */*", Some("application/json")),
            ("application/cbor;q=0, application/*;q=0.001", Some("application/json")),
            ("text/html, application/*;q=0.9", Some("application/cbor")),
            ("APPLICATION/JSON ; charset=utf-8 ; Q=1.000", Some("application/json")),
            ("text/html", None),
            ("*/*;q=0", None),
            ("application/json;q=2", Some("application/cbor")),
            ("application/json;q=0.0001", Some("application/cbor")),
            ("", Some("application/cbor")),
        ] {
            assert_eq!(choose(accept), chosen, "{accept}");
        }
        for (accept, preferred) in [
            ("", None),
            ("*/*", None),
            ("application/cbor", Some(60)),
            ("text/html, application/json;q=0.9, */*;q=0.8", Some(50)),
            ("application/json;q=0.5, application/cbor;q=0.6", Some(60)),
            ("*/*, application/json", None),
            ("application/coap-payload;cf=4711", Some(4711)),
            ("application/json;q=0", None),
        ] {
            assert_eq!(Accept::read(std::iter::once(accept)).preferred(), preferred, "{accept}");
        }
        let accept = Accept::read(["text/event-stream", "*/*;q=0.1"].into_iter());
        assert!(accept.names("text/event-stream") && !accept.names("application/json"));
        assert_eq!(accept.weight("application/json"), 100);
    }
}
