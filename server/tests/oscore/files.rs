//! What is refused, and what a failure leaves.

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt as _, symlink};

use twite::oscore::{AHEAD, SequenceStore as _};
use twite_server::oscore::{Held, create, create_for_aiocoap};

use super::{Directory, pair, take};

fn refusal(path: &std::path::Path) -> String {
    let error = Held::open(path).expect_err("it is refused").to_string();
    assert!(error.starts_with(&path.display().to_string()) && error.contains("expected"), "{error}");
    error
}

#[test]
fn a_context_goes_on_where_numbers_may_have_been_used() {
    let directory = Directory::new();
    let path = directory.context();
    let mut first = Held::open(&path).unwrap();
    assert!(first.context.window().is_known(), "nothing came before");
    assert_eq!((take(&mut first.context), take(&mut first.context)), (Some(0), Some(1)));
    drop(first);
    let mut second = Held::open(&path).unwrap();
    assert!(!second.context.window().is_known(), "something may have come");
    assert_eq!(take(&mut second.context), Some(AHEAD));
}

#[test]
fn one_at_a_time_has_a_context_by_whatever_name() {
    let directory = Directory::new();
    let path = directory.context();
    let other = directory.0.join("other.toml");
    symlink(&path, &other).unwrap();
    let held = Held::open(&other).unwrap();
    assert!(refusal(&path).contains("is in use"));
    // Whoever keeps the numbers has it, not whoever keeps the keys.
    let numbers = held.numbers;
    assert!(refusal(&other).contains("is in use"));
    drop(numbers);
    let mut again = Held::open(&path).unwrap();
    assert_eq!(take(&mut again.context), Some(AHEAD), "of either name the numbers are the same");
    drop(again);
    fs::hard_link(&path, directory.0.join("copy.toml")).unwrap();
    assert!(refusal(&path).contains("has 2 names"));
}

#[test]
fn a_context_that_others_may_read_is_refused() {
    let directory = Directory::new();
    let path = directory.context();
    for (mode, expected) in [(0o604, "holds keys and its mode is 0604"), (0o620, "its mode is 0620")] {
        fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
        assert!(refusal(&path).contains(expected), "{mode:o}");
    }
    fs::set_permissions(&path, Permissions::from_mode(0o400)).unwrap();
    assert!(Held::open(&path).is_ok());
}

#[test]
fn without_its_numbers_a_context_is_refused() {
    let directory = Directory::new();
    let path = directory.context();
    let numbers = directory.0.join("client.toml.sequence");
    for content in ["", "-1", "1099511627777", "12 34", "x"] {
        fs::write(&numbers, content).unwrap();
        let error = Held::open(&path).expect_err("no number").to_string();
        assert!(error.contains(".sequence: holds something else, expected one number"), "{content}: {error}");
    }
    fs::remove_file(&numbers).unwrap();
    let error = Held::open(&path).expect_err("no file").to_string();
    assert!(error.contains(".sequence: is missing") && error.contains("write 0 into it"), "{error}");
    fs::write(&numbers, "1099511627776\n").unwrap();
    assert!(refusal(&path).contains("has used all its sequence numbers"));
    fs::write(&numbers, "1099511627775").unwrap();
    let mut last = Held::open(&path).unwrap();
    assert_eq!((take(&mut last.context), take(&mut last.context)), (Some((1 << 40) - 1), None));
}

#[test]
fn what_cannot_be_stored_is_not_used() {
    let directory = Directory::new();
    let path = directory.context();
    let next = directory.0.join("client.toml.sequence.next");
    let mut held = Held::open(&path).unwrap();
    fs::create_dir(&next).unwrap();
    let mut used = 0;
    while let Some(number) = take(&mut held.context) {
        assert_eq!(number, used);
        used += 1;
        let due = held.context.reservation_due().is_some();
        assert_eq!(held.context.reserve(&mut held.numbers).is_err(), due, "{number}");
    }
    assert_eq!(used, AHEAD, "what was stored before");
    fs::remove_dir(&next).unwrap();
    held.context.reserve(&mut held.numbers).unwrap();
    assert_eq!(take(&mut held.context), Some(AHEAD));
    let sequence = directory.0.join("client.toml.sequence");
    assert_eq!(held.numbers.load().unwrap(), Some(2 * AHEAD));
    // The new number is written, but does not get its place.
    fs::rename(&sequence, directory.0.join("away")).unwrap();
    fs::create_dir(&sequence).unwrap();
    assert!(held.numbers.save(3 * AHEAD).is_err());
    drop(held);
    assert!(Held::open(&path).expect_err("a folder").to_string().contains("is no file"));
}

#[test]
fn nothing_is_overwritten() {
    let directory = Directory::new();
    let path = directory.context();
    let text = fs::read_to_string(&path).unwrap();
    let error = create(&path, &pair().client).expect_err("it is there").to_string();
    assert!(error.contains("client.toml: is there already, expected a new name"), "{error}");
    assert_eq!(fs::read_to_string(&path).unwrap(), text);
    let other = directory.0.join("other.toml");
    fs::write(directory.0.join("other.toml.sequence"), "256").unwrap();
    let error = create(&other, &pair().client).expect_err("numbers are there").to_string();
    assert!(error.contains("other.toml.sequence: is there already"), "{error}");
    assert!(!other.exists(), "nothing is left of it");
    for file in ["client.toml", "client.toml.sequence"] {
        let mode = fs::metadata(directory.0.join(file)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{file}");
    }
}

#[test]
fn a_side_for_aiocoap_is_a_folder_of_its_owner() {
    let directory = Directory::new();
    let folder = directory.0.join("client");
    create_for_aiocoap(&folder, &pair().client).unwrap();
    let text = fs::read_to_string(folder.join("secret.json")).unwrap();
    assert!(text.contains("\"recipient-id_hex\": \"\"") && !text.contains("id-context"), "{text}");
    assert_eq!(fs::metadata(&folder).unwrap().permissions().mode() & 0o777, 0o700);
    assert!(create_for_aiocoap(&folder, &pair().client).is_err());
}
