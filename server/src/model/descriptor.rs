//! One kind of resource as data: for validation, discovery and every description.

use twite::catalog::ENTRIES;
use twite::resource::schema::{self, Field, Rule};

use super::{compiled, declared};
use crate::formats::{CBOR, JSON};
use crate::pattern::Pattern;

/// A kind of resource: where it is, what it may hold, and what the server does with it.
#[derive(Clone, Debug, PartialEq)]
pub struct Model {
    /// Its paths.
    pub path: Pattern,
    /// Attribute `rt` (RFC 6690 §3.1), or nothing.
    pub resource_type: &'static str,
    /// Attribute `if` (RFC 6690 §3.2), or nothing.
    pub interface: &'static str,
    /// Attribute `title` (RFC 6690 §3.3), or nothing.
    pub title: &'static str,
    /// What its representation may hold; none if it may be anything.
    pub fields: &'static [Field],
    /// The Content-Formats that it is written in; none for any.
    pub formats: &'static [u16],
    /// Who creates it.
    pub creation: Creation,
    /// Whether it can be observed (RFC 7641).
    pub observable: bool,
    /// Seconds for which a representation stays fresh; `None` for CoAP's 60.
    pub max_age: Option<u32>,
    /// Where its JSON comes from.
    form: Form,
}

/// Who creates a resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum Creation {
    /// Clients, by PUT at its path or by POST to the collection.
    #[default]
    Any,
    /// Clients, by PUT at its path.
    Put,
    /// Clients, by POST to the collection.
    Post,
    /// No client: what is there may be replaced.
    Never,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Form {
    /// A type of the catalog, by its place there.
    Compiled(usize),
    Declared,
    Any,
}

impl Model {
    /// The fields of a type of the catalog that is called so.
    ///
    /// # Errors
    /// The names that there are.
    pub fn of_catalog(path: Pattern, name: &str) -> Result<Self, String> {
        let place = ENTRIES.iter().position(|entry| entry.resource_type == name);
        let names: Vec<&str> = ENTRIES.iter().map(|entry| entry.resource_type).collect();
        place
            .map(|place| Self::compiled(path, place))
            .ok_or_else(|| format!("{name:?} is no type, expected one of {}", names.join(", ")))
    }

    /// Resources with these fields.
    #[must_use]
    pub fn of_fields(path: Pattern, fields: Vec<Field>) -> Self {
        Self { fields: fields.leak(), formats: &[CBOR, JSON], form: Form::Declared, ..Self::any(path) }
    }

    /// Resources that may hold anything.
    #[must_use]
    pub fn any(path: Pattern) -> Self {
        Self {
            path,
            resource_type: "",
            interface: "",
            title: "",
            fields: &[],
            formats: &[],
            creation: Creation::Any,
            observable: true,
            max_age: None,
            form: Form::Any,
        }
    }

    /// Those of the catalog.
    pub(super) fn catalog() -> impl Iterator<Item = Self> {
        ENTRIES.iter().enumerate().filter_map(|(place, entry)| {
            let path = Pattern::new(entry.template.text()).ok()?;
            Some(Self::compiled(path, place))
        })
    }

    fn compiled(path: Pattern, place: usize) -> Self {
        let entry = &ENTRIES[place];
        Self {
            resource_type: entry.resource_type,
            interface: entry.interface,
            title: entry.title,
            fields: entry.fields,
            formats: &[CBOR, JSON],
            form: Form::Compiled(place),
            ..Self::any(path)
        }
    }

    /// Whether it speaks of this path.
    #[must_use]
    pub fn is_at(&self, path: &str) -> bool {
        self.path.is_at(path)
    }

    /// Whether it says what a representation may hold.
    #[must_use]
    pub fn is_typed(&self) -> bool {
        self.form != Form::Any
    }

    /// Whether it is written in this format.
    #[must_use]
    pub fn takes(&self, format: Option<u16>) -> bool {
        self.formats.is_empty() || format.is_some_and(|format| self.formats.contains(&format))
    }

    /// The name of the type of the catalog that it is of.
    #[must_use]
    pub fn type_name(&self) -> Option<&'static str> {
        match self.form {
            Form::Compiled(place) => ENTRIES.get(place).map(|entry| entry.resource_type),
            Form::Declared | Form::Any => None,
        }
    }

    /// The number that is measured, if there is one: what has to be there and is a number with a unit.
    #[must_use]
    pub fn measured(&self) -> Option<&'static Field> {
        let is_measured = |field: &&Field| {
            field.required && !field.unit.is_empty() && matches!(field.rule, Rule::Number { .. })
        };
        self.fields.iter().find(is_measured)
    }

    /// Checks a body in CBOR.
    ///
    /// # Errors
    /// A sentence that names the field or the place and what was expected.
    pub fn check_cbor(&self, body: &[u8]) -> Result<(), String> {
        let checked = match self.form {
            Form::Compiled(place) => (ENTRIES[place].check)(body),
            Form::Declared | Form::Any => schema::check(self.fields, body),
        };
        checked.map_err(|violation| violation.to_string())
    }

    /// The CBOR form of a body in JSON.
    ///
    /// # Errors
    /// A sentence that names the field or the place and what was expected.
    pub fn to_cbor(&self, json: &[u8]) -> Result<Vec<u8>, String> {
        match self.form {
            Form::Compiled(place) => compiled::to_cbor(place, json),
            Form::Declared | Form::Any => declared::to_cbor(self.fields, json),
        }
    }

    /// The JSON form of a body in CBOR.
    ///
    /// # Errors
    /// When the body is not of this type.
    pub fn to_json(&self, cbor: &[u8]) -> Result<Vec<u8>, String> {
        match self.form {
            Form::Compiled(place) => compiled::to_json(place, cbor),
            Form::Declared | Form::Any => declared::to_json(self.fields, cbor),
        }
    }
}

impl Creation {
    /// Whether PUT creates it.
    #[must_use]
    pub const fn is_by_put(self) -> bool {
        matches!(self, Self::Any | Self::Put)
    }

    /// Whether POST to the collection creates it.
    #[must_use]
    pub const fn is_by_post(self) -> bool {
        matches!(self, Self::Any | Self::Post)
    }
}
