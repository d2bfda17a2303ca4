//! A resource as its table.

use std::fmt::Write as _;

use twite::resource::schema::{Field, Rule};

use crate::config::slot::{name, quoted};
use crate::formats::media_type;
use crate::model::Model;

/// The table as TOML, without its name.
pub(in crate::config) fn to_toml(model: &Model) -> String {
    let mut output = format!("path = {}\n", quoted(model.path.as_str()));
    // Writing to a string does not fail.
    if let Some(name) = model.type_name() {
        let _ = writeln!(output, "type = {}", quoted(name));
    } else if model.is_typed() {
        output += "fields = [\n";
        model.fields.iter().for_each(|field| {
            let _ = writeln!(output, "    {},", field_to_toml(field));
        });
        output += "]\n";
    }
    for (key, text) in [("rt", model.resource_type), ("if", model.interface), ("title", model.title)] {
        let _ = writeln!(output, "{key} = {}", quoted(text));
    }
    if !model.formats.is_empty() {
        let name = |format: &u16| media_type(*format).map_or(format.to_string(), ToOwned::to_owned);
        let names: Vec<String> = model.formats.iter().map(|format| quoted(&name(format))).collect();
        let _ = writeln!(output, "formats = [{}]", names.join(", "));
    }
    let _ =
        writeln!(output, "create = {}\nobservable = {}", quoted(&name(&model.creation)), model.observable);
    if let Some(seconds) = model.max_age {
        let _ = writeln!(output, "max_age = {seconds}");
    }
    output
}

fn field_to_toml(field: &Field) -> String {
    let rule = match field.rule {
        Rule::Number { min, max } => format!("kind = \"number\", min = {}, max = {}", float(min), float(max)),
        Rule::Integer { min, max } => format!("kind = \"integer\", min = {min}, max = {max}"),
        Rule::Bool => "kind = \"bool\"".to_owned(),
        Rule::Text { max } => format!("kind = \"text\", max_bytes = {max}"),
        Rule::Choice { of } => {
            let texts: Vec<String> = of.iter().map(|text| quoted(text)).collect();
            format!("kind = \"text\", one_of = [{}]", texts.join(", "))
        }
    };
    let Field { key, name, required, unit, .. } = field;
    format!(
        "{{ name = {}, key = {key}, {rule}, required = {required}, unit = {} }}",
        quoted(name),
        quoted(unit)
    )
}

/// A float of TOML has a fraction or an exponent.
fn float(number: f32) -> String {
    format!("{number:e}")
}
