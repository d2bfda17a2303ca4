use std::path::Path;

use proptest::prelude::*;
use twite::resource::schema::Rule;

use crate::config::{Configuration, file};
use crate::model::Creation;

fn load(text: &str) -> Result<Configuration, String> {
    let mut configuration = Configuration::default();
    file::apply(&mut configuration, Path::new("twite.toml"), text).map_err(|error| error.to_string())?;
    Ok(configuration)
}

const TANK: &str = r#"
undeclared = "read-only"

[[resource]]
path = "plants/{plant}/tanks/{id}"
title = "A tank"
rt = "tank"
fields = [
    { name = "level", key = 0, kind = "number", min = 0, max = 12.5, unit = "m" },
    { name = "state", key = 2, kind = "text", one_of = ["idle", "filling"], required = false },
    { name = "note", key = 3, kind = "text", max_bytes = 20, required = false },
    { name = "valves", key = 4, kind = "integer", min = 0, required = false },
    { name = "open", key = 5, kind = "bool", required = false },
]
create = "put"
max_age = 30

[[resource]]
path = "halls/{id}"
type = "temperature"
formats = ["cbor"]
observable = false

[[resource]]
path = "files/{id}"
formats = ["octets", "4711"]
"#;

#[test]
fn resources_are_what_their_tables_say() {
    let settings = load(TANK).expect("three resources").settings;
    let [tank, hall, file] = &settings.resources[..] else { panic!("{:?}", settings.resources) };
    assert_eq!((tank.title, tank.resource_type, tank.creation), ("A tank", "tank", Creation::Put));
    assert_eq!((tank.max_age, tank.fields.len(), tank.observable), (Some(30), 5, true));
    assert_eq!(tank.fields[0].rule, Rule::Number { min: 0.0, max: 12.5 });
    assert_eq!(tank.fields[1].rule, Rule::Choice { of: &["idle", "filling"] });
    assert_eq!(tank.fields[3].rule, Rule::Integer { min: 0, max: i64::MAX });
    assert_eq!((hall.title, hall.formats, hall.observable), ("Temperature", &[60][..], false));
    assert_eq!((file.is_typed(), file.formats), (false, &[42, 4711][..]));
}

#[test]
fn what_is_printed_loads() {
    let configuration = load(TANK).expect("three resources");
    let printed = configuration.to_toml();
    assert!(
        printed.contains("[[resource]] # twite.toml:4:1\npath = \"plants/{plant}/tanks/{id}\"\n"),
        "{printed}"
    );
    assert_eq!(load(&printed).expect(&printed).settings, configuration.settings);
}

#[test]
fn mistakes_are_named_with_their_place() {
    let with = |line: &str| format!("[[resource]]\npath = \"a/{{id}}\"\n{line}\n");
    for (text, said) in [
        (with("colour = 1"), "3:1: key `resource.colour` is not known; expected one of path, type, fields"),
        (
            with("type = \"heat\""),
            "3:8: resource.type: \"heat\" is no type, expected one of temperature, humidity",
        ),
        (with("type = \"lamp\"\nfields = []"), "4:10: resource.fields: a type has fields already"),
        (with("create = \"me\""), "3:10: resource.create: expected one of any, put, post, never"),
        (with("max_age = -1"), "3:11: resource.max_age: expected an integer from 0 to 4294967295"),
        (with("type = \"lamp\"\nformats = [\"text\"]"), "4:12: resource.formats: \"text\" has no fields"),
        (with("formats = [\"jason\"]"), "3:12: resource.formats: `jason` is no Content-Format"),
        (
            with("fields = [{ name = \"a\", key = 0, kind = \"colour\" }]"),
            "3:41: resource.fields.kind: \"colour\" is no kind",
        ),
        (
            with("fields = [{ name = \"a\", key = 256, kind = \"bool\" }]"),
            "3:31: resource.fields.key: expected an integer from 0 to 255",
        ),
        (
            with("fields = [{ name = \"a\", key = 0, kind = \"bool\", min = 1 }]"),
            "3:55: resource.fields.min: does not fit a bool",
        ),
        (
            with("fields = [{ name = \"a\", key = 0, kind = \"number\", min = 2, max = 1 }]"),
            "3:66: resource.fields.max: expected at least min",
        ),
        (
            with(
                "fields = [{ name = \"a\", key = 0, kind = \"bool\" }, { name = \"b\", key = 0, kind = \"bool\" }]",
            ),
            "resource.fields: b has the key of a, expected another",
        ),
        (
            with("fields = [{ key = 0, kind = \"bool\" }]"),
            "3:11: resource.fields.name: missing, expected the field's name",
        ),
        (
            "[[resource]]\ntype = \"lamp\"\n".to_owned(),
            "1:1: resource.path: missing, expected a pattern of paths",
        ),
        (
            "[[resource]]\npath = \"a/*\"\n".to_owned(),
            "2:8: resource.path: * does not fit, expected a name in braces",
        ),
        (
            "[[resource]]\npath = \".well-known/x\"\n".to_owned(),
            "is reserved, expected a path below the root",
        ),
        ("[resource]\npath = \"a\"\n".to_owned(), "expected tables [[resource]]"),
        (
            "[[resource]]\npath = \"a\"\n[[resource]]\npath = \"a\"\n".to_owned(),
            "3:1: resource.path: \"a\" stands twice",
        ),
        ("undeclared = \"no\"\n".to_owned(), "expected one of allow, read-only, refuse"),
    ] {
        let error = load(&text).expect_err(&text);
        assert!(error.contains(said), "{text}\n{error}");
    }
}

proptest! {
    #[test]
    fn any_text_is_a_declaration_or_a_sentence(text in "(\\[\\[resource\\]\\]|path|fields|create|=|\"a\"|\\{|\\}|\\[|\\]|1|,|\n| ){0,24}") {
        if let Err(error) = load(&text) {
            prop_assert!(error.starts_with("twite.toml"), "{error}");
        }
    }
}
