//! Which resources there are and what may be said of them: those of the catalog and those that a configuration declares.
//!
//! Everything that asks which type a path has asks [`Models`]; everything that describes resources walks
//! [`Models::iter`].
//!
//! | file | holds |
//! |---|---|
//! | `members` | fields by name in JSON, by key in CBOR |
//! | `compiled` | the JSON of the catalog's types |
//! | `declared` | the JSON of declared types, by their fields |
//! | `descriptor` | one kind of resource as data |
//! | this file | all of them, by path |

mod compiled;
mod declared;
mod descriptor;
mod members;

use clap::ValueEnum;

pub use descriptor::{Creation, Model};
pub(crate) use members::{find, keys_to_names, names_to_keys, read_number, read_text};

/// Arrays and maps within one another in a body.
pub(crate) const DEPTH: usize = 8;

/// All kinds of resources. Copying it is free: what is declared lives as long as the process, as what is compiled does.
#[derive(Clone, Copy, Debug)]
pub struct Models {
    /// Those that are declared, in the order of the configuration, then those of the catalog.
    all: &'static [Model],
    declared: usize,
    undeclared: Undeclared,
}

/// What becomes of paths that no declaration speaks of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum Undeclared {
    /// Everything may be done there.
    #[default]
    Allow,
    /// What is there is read; nothing is changed.
    ReadOnly,
    /// There is nothing.
    Refuse,
}

impl Models {
    /// Declared resources before those of the catalog.
    #[must_use]
    pub fn new(declared: Vec<Model>, undeclared: Undeclared) -> Self {
        let count = declared.len();
        let all: Vec<Model> = declared.into_iter().chain(Model::catalog()).collect();
        Self { all: all.leak(), declared: count, undeclared }
    }

    /// The kind of the resource at `path`: the first that speaks of it.
    #[must_use]
    pub fn of(self, path: &str) -> Option<&'static Model> {
        self.all.iter().find(|model| model.is_at(path))
    }

    /// The kind of the resource at `path` if it says what the representation may hold.
    #[must_use]
    pub fn typed(self, path: &str) -> Option<&'static Model> {
        self.of(path).filter(|model| model.is_typed())
    }

    /// The declaration that speaks of `path`. Costs nothing where nothing is declared.
    #[must_use]
    pub fn declared(self, path: &str) -> Option<&'static Model> {
        self.all.get(..self.declared)?.iter().find(|model| model.is_at(path))
    }

    /// What becomes of other paths than the declared ones.
    #[must_use]
    pub const fn undeclared(self) -> Undeclared {
        self.undeclared
    }

    /// Whether what is at `path` may be known of.
    #[must_use]
    pub fn shows(self, path: &str) -> bool {
        self.undeclared != Undeclared::Refuse || self.declared(path).is_some()
    }

    /// All kinds, the declared ones first.
    pub fn iter(self) -> impl Iterator<Item = &'static Model> {
        self.all.iter()
    }
}

impl Default for Models {
    fn default() -> Self {
        Self::new(Vec::new(), Undeclared::Allow)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pattern::Pattern;

    fn declared(path: &str) -> Model {
        let mut model = Model::any(Pattern::new(path).expect("a pattern"));
        model.title = "declared";
        model
    }

    #[test]
    fn what_is_declared_comes_first() {
        let models =
            Models::new(vec![declared("sensors/a/{x}"), declared("sensors/{id}/x")], Undeclared::Allow);
        let title = |path| models.of(path).map(|model| model.title);
        assert_eq!(title("sensors/a/temperature"), Some("declared"));
        assert_eq!(title("sensors/b/temperature"), Some("Temperature"));
        assert_eq!(title("sensors/b/x"), Some("declared"));
        assert_eq!(title("sensors/b/y"), None);
        assert!(models.declared("sensors/b/temperature").is_none());
        assert!(models.typed("sensors/a/temperature").is_none() && models.typed("lamps/1").is_some());
        let catalog = Models::default();
        assert_eq!(models.iter().count(), 2 + catalog.iter().count());
    }

    #[test]
    fn undeclared_paths_are_hidden_only_where_they_are_refused() {
        let shows = |undeclared| {
            let models = Models::new(vec![declared("a/{x}")], undeclared);
            ["a/b", "b", "lamps/1"].map(|path| models.shows(path))
        };
        assert_eq!(shows(Undeclared::Allow), [true; 3]);
        assert_eq!(shows(Undeclared::ReadOnly), [true; 3]);
        assert_eq!(shows(Undeclared::Refuse), [true, false, false]);
    }
}
