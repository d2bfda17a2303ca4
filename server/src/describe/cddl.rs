//! Representations in CBOR as CDDL, RFC 8610.

use std::fmt::Write as _;

use twite::catalog::{ENTRIES, Entry};
use twite::resource::schema::{Field, Rule};

/// What goes before the rules.
const HEAD: &str = "\
; What the resources of Twite hold as application/cbor (Content-Format 60).
; A member of a later version is none of a reader's business; a member that is known keeps its rule.
";

/// What goes behind them.
const PROBLEMS: &str = "
; Errors, as application/concise-problem-details+cbor (Content-Format 257, RFC 9290)
problem-details = {
  -1: tstr, ; title
  ? -2: tstr, ; detail
}
";

/// The rules of all representations; the first one takes any of them.
#[must_use]
pub fn cddl() -> String {
    let names: Vec<&str> = ENTRIES.iter().map(rule_name).collect();
    let mut text = format!("{HEAD}\nresource = {}\n", names.join(" / "));
    for entry in ENTRIES {
        rule(entry, &mut text);
    }
    text.push_str(PROBLEMS);
    text
}

/// The name of the rule of a resource's representation.
#[must_use]
pub const fn rule_name(entry: &Entry) -> &'static str {
    entry.resource_type
}

fn rule(entry: &Entry, text: &mut String) {
    // Texts can always be written.
    let _ = write!(text, "\n; {}: /{}\n{} = {{\n", entry.title, entry.template.text(), rule_name(entry));
    for field in entry.fields {
        let optional = if field.required { "" } else { "? " };
        let unit = if field.unit.is_empty() { String::new() } else { format!(", in {}", field.unit) };
        // The colon cuts: a value that breaks the rule is no member of a later version (RFC 8610 §3.5.4).
        let _ = writeln!(text, "  {optional}{}: {}, ; {}{unit}", field.key, values(field), field.name);
    }
    text.push_str("  * uint => any,\n}\n");
}

/// What a field may hold. A range takes whole numbers or those with a fraction, by its bounds (RFC 8610 §2.2.2.1).
fn values(field: &Field) -> String {
    match field.rule {
        Rule::Number { min, max } => {
            let whole = (f64::from(min).ceil(), f64::from(max).floor());
            format!("{}..{} / {min:?}..{max:?}", whole.0, whole.1)
        }
        Rule::Integer { min, max } => format!("{min}..{max}"),
        Rule::Bool => "bool".to_owned(),
        Rule::Text { max } => format!("tstr .size (0..{max})"),
        Rule::Choice { of } => of.iter().map(|text| format!("{text:?}")).collect::<Vec<_>>().join(" / "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_of_a_field_has_its_words() {
        let text = cddl();
        assert!(text.contains("\nresource = temperature / humidity / lamp / button / node\n"), "{text}");
        for part in [
            "\n; Temperature: /sensors/{id}/temperature\ntemperature = {\n  \
             0: -273..10000 / -273.15..10000.0, ; celsius, in Cel\n  \
             ? 1: 0..9223372036854775807, ; time, in s\n  * uint => any,\n}\n",
            "\nlamp = {\n  0: bool, ; on\n  ? 1: 0..100, ; brightness, in %\n",
        ] {
            assert!(text.contains(part), "{part} in\n{text}");
        }
        let field = Field { key: 3, name: "note", rule: Rule::Text { max: 7 }, required: true, unit: "" };
        assert_eq!(values(&field), "tstr .size (0..7)");
    }
}
