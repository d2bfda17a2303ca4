//! What declarations forbid: at paths that they do not speak of, and who creates what they do speak of.

use twite::wire::{RequestType, ResponseType};

use super::refusal::Refusal;
use super::statistics;
use crate::model::{Model, Models, Undeclared};
use crate::policy::Methods;

/// The kind of what POST creates below `path`: a child's name is not known yet, and any will do to find its kind.
pub(super) fn child(models: Models, path: &str) -> Option<&'static Model> {
    models.of(&child_path(path))
}

/// Whether a child of `path` is of a declared kind.
pub(super) fn has_declared_child(models: Models, path: &str) -> bool {
    models.declared(&child_path(path)).is_some()
}

fn child_path(path: &str) -> String {
    format!("{path}/x")
}

/// Whether POST creates something below `path`.
pub(super) fn is_collection(models: Models, path: &str) -> bool {
    models.typed(path).is_none() && child(models, path).is_none_or(|child| child.creation.is_by_post())
}

/// Whether nothing can be stored at a path.
pub(super) fn is_reserved(path: &str) -> bool {
    path.starts_with(".well-known/") || path.is_empty() || path == statistics::PATH
}

/// What may be done at a path, whether there is something or not.
pub(super) fn methods(models: Models, path: &str) -> Methods {
    let those = |methods: &[RequestType]| {
        methods.iter().fold(Methods::NONE, |all, method| all | Methods::of(*method))
    };
    let read = those(&[RequestType::Get, RequestType::Fetch]);
    let change = those(&[RequestType::Put, RequestType::Delete, RequestType::Patch, RequestType::IPatch]);
    match path {
        ".well-known/core" => return Methods::of(RequestType::Get),
        _ if is_reserved(path) => return read,
        _ => {}
    }
    let (can_change, can_create) = match models.undeclared() {
        Undeclared::Allow => (true, true),
        _ => (models.declared(path).is_some(), has_declared_child(models, path)),
    };
    let creates = can_create && is_collection(models, path);
    let change = if can_change { change } else { Methods::NONE };
    read | change | if creates { Methods::of(RequestType::Post) } else { Methods::NONE }
}

/// Whether a method may be used at a path where not everything may be done that is not declared.
///
/// # Errors
/// 4.05 where nothing is changed, 4.04 where there is nothing.
pub(super) fn admit_undeclared(models: Models, method: RequestType, path: &str) -> Result<(), Refusal> {
    if models.undeclared() == Undeclared::Allow {
        return Ok(());
    }
    let is_declared = match method {
        RequestType::Post => has_declared_child(models, path) || models.declared(path).is_some(),
        // What is not declared is left out of a collection.
        RequestType::Fetch => true,
        _ => models.declared(path).is_some(),
    };
    let is_read = matches!(method, RequestType::Get | RequestType::Fetch);
    if is_declared || is_reserved(path) || is_read && models.undeclared() == Undeclared::ReadOnly {
        return Ok(());
    }
    Err(match models.undeclared() {
        Undeclared::ReadOnly => {
            let detail = "the path is not declared: what is there is only read";
            Refusal::new(ResponseType::MethodNotAllowed, "method not allowed", detail)
        }
        _ => Refusal::new(ResponseType::NotFound, "no such resource", "the path is not declared"),
    })
}

/// Whether the request may create what is not there.
///
/// # Errors
/// 4.05 that says who creates it.
pub(super) fn admit_creation(
    models: Models,
    method: RequestType,
    path: &str,
    is_there: bool,
) -> Result<(), Refusal> {
    let not_allowed =
        |detail: &str| Err(Refusal::new(ResponseType::MethodNotAllowed, "method not allowed", detail));
    match method {
        RequestType::Post if models.typed(path).is_some() => {
            not_allowed("this resource has no children; PUT replaces it")
        }
        RequestType::Post if !is_collection(models, path) => {
            not_allowed("the resources of this collection are not created by POST")
        }
        RequestType::Put if !is_there => match models.declared(path) {
            Some(model) if !model.creation.is_by_put() => {
                not_allowed("the resource is not there, and PUT does not create it")
            }
            _ => Ok(()),
        },
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Creation;
    use crate::pattern::Pattern;

    fn models(undeclared: Undeclared) -> Models {
        let declared = |path, creation| {
            let mut model = Model::any(Pattern::new(path).expect("a pattern"));
            model.creation = creation;
            model
        };
        let all = [("p/{x}", Creation::Put), ("q/{x}", Creation::Post), ("n/{x}", Creation::Never)];
        Models::new(all.map(|(path, creation)| declared(path, creation)).to_vec(), undeclared)
    }

    #[test]
    fn who_creates_is_who_is_declared_to() {
        let models = models(Undeclared::Allow);
        let may = |method, path, there| admit_creation(models, method, path, there).is_ok();
        for (path, put, post) in [("p/a", true, false), ("q/a", false, true), ("n/a", false, false)] {
            assert_eq!(may(RequestType::Put, path, false), put, "{path}");
            assert!(may(RequestType::Put, path, true), "{path}");
            assert_eq!(may(RequestType::Post, &path[..1], false), post, "{path}");
        }
        assert!(may(RequestType::Put, "other", false) && may(RequestType::Post, "other", false));
        assert!(!may(RequestType::Post, "sensors/a/temperature", true));
    }

    #[test]
    fn undeclared_paths_are_read_or_are_not_there() {
        let code = |undeclared, method, path| {
            admit_undeclared(models(undeclared), method, path).err().map(|refusal| refusal.code)
        };
        let (closed, hidden) = (Some(ResponseType::MethodNotAllowed), Some(ResponseType::NotFound));
        for (method, path, read_only, refuse) in [
            (RequestType::Get, "p/a", None, None),
            (RequestType::Put, "p/a", None, None),
            (RequestType::Post, "q", None, None),
            (RequestType::Post, "z", closed, hidden),
            (RequestType::Get, "z", None, hidden),
            (RequestType::Fetch, "", None, None),
            (RequestType::Delete, "lamps/1", closed, hidden),
            (RequestType::Get, ".well-known/core", None, None),
        ] {
            assert_eq!(code(Undeclared::ReadOnly, method, path), read_only, "{method:?} {path}");
            assert_eq!(code(Undeclared::Refuse, method, path), refuse, "{method:?} {path}");
        }
    }
}
